import Foundations
import Glibc
import Model

/// Takes secrets out of lines and fields before they are stored. The agent does it before its spool, the collector before its log store.
///
/// Card numbers keep their length and their last four digits (`************1111`); of other secrets `[redacted]` is left. What was
/// taken out once is not found again, so that the collector counts nothing twice. A line of JSON stays one.
///
/// Lines without a secret, nearly all, cost two looks and no memory: one for runs of digits, one for the rare groups of three bytes that
/// secrets announce themselves with. A batch is looked over as a whole.
public struct Redactor: Sendable {
    /// What stands in place of a secret.
    public static let mark = "[redacted]"

    let rules: RedactionRules
    let triggers: RedactionTriggers
    let findsCards: Bool
    let findsWords: Bool

    public init(_ rules: RedactionRules = RedactionRules()) {
        self.rules = rules
        triggers = RedactionTriggers(rules.kinds)
        findsCards = rules.kinds.contains(.cards)
        findsWords = !rules.kinds.isDisjoint(with: [.bearer, .jwt, .aws, .urls, .keys])
    }

    /// Whether it takes anything out.
    public var isOn: Bool { findsCards || findsWords || !rules.patterns.isEmpty }

    /// The text without its secrets, counted; nil where it has none.
    public func redact(_ bytes: UnsafeRawBufferPointer, counting counts: inout RedactionCounts) -> [UInt8]? {
        guard var clean = pass(bytes, counting: &counts) else { return nil }
        // Secrets may overlap, and what is left of one beside a mark is one again.
        for _ in 0..<Limits.redactionPassesMax {
            guard let cleaner = clean.withUnsafeBytes({ pass($0, counting: &counts) }) else { break }
            clean = cleaner
        }
        return clean
    }

    private func pass(_ bytes: UnsafeRawBufferPointer, counting counts: inout RedactionCounts) -> [UInt8]? {
        var found: [RedactionFinding] = []
        if findsCards { CardNumbers.find(in: bytes, into: &found) }
        if findsWords { triggers.find(in: bytes, into: &found) }
        if rules.kinds.contains(.patterns) { findPatterns(in: bytes, into: &found) }
        return found.isEmpty ? nil : RedactionFinding.apply(&found, to: bytes, counting: &counts)
    }

    /// The same in place.
    public func redact(_ text: inout String, counting counts: inout RedactionCounts) {
        guard let clean = text.withUTF8({ redact(UnsafeRawBufferPointer($0), counting: &counts) }) else { return }
        text = String(decoding: clean, as: UTF8.self)
    }

    /// A record's line and the values of its fields; a field whose name is that of a secret loses its whole value.
    public func redact(_ record: inout LogRecord, counting counts: inout RedactionCounts) {
        let (original, countBefore) = (record.body, counts.total)
        if let bytes = record.invalidBody {
            if let clean = bytes.withUnsafeBytes({ redact($0, counting: &counts) }) {
                record.body = String(decoding: clean, as: UTF8.self)
                // What was no UTF-8 may have stood in the secret.
                record.invalidBody = clean.withUnsafeBytes { UTF8Check.isValid($0) } ? nil : clean
            }
        } else {
            redact(&record.body, counting: &counts)
        }
        let lineHadSecrets = counts.total != countBefore
        // A field that was read from the line says the same once more.
        func counted(_ text: String, _ found: RedactionCounts) {
            if !lineHadSecrets || !original.utf8.isEmpty && !contains(original, text) { counts.add(found) }
        }
        for index in record.fields.indices {
            switch record.fields[index].value {
            case .string(var text):
                if rules.kinds.contains(.keys), !text.isEmpty, isSecretName(&record.fields[index].name) {
                    guard !SecretKeys.isHarmless(text) else { continue }
                    record.fields[index].value = .string(Self.mark)
                    var found = RedactionCounts()
                    found[.keys] = 1
                    counted(text, found)
                } else {
                    var found = RedactionCounts()
                    let secret = text
                    redact(&text, counting: &found)
                    guard found.total > 0 else { continue }
                    record.fields[index].value = .string(text)
                    counted(secret, found)
                }
            case .integer(let number):
                guard findsCards, number >= CardNumbers.smallest else { continue }
                var text = String(number)
                var found = RedactionCounts()
                redact(&text, counting: &found)
                guard found.total > 0 else { continue }
                record.fields[index].value = .string(text)
                counted(String(number), found)
            case .double, .bool: continue
            }
        }
    }

    private func contains(_ line: String, _ text: String) -> Bool {
        var (line, text) = (line, text)
        return line.withUTF8 { line in
            text.withUTF8 { text in
                guard let first = text.first else { return true }
                var start = 0
                while line.count - start >= text.count, let found = memchr(line.baseAddress! + start, Int32(first), line.count - start) {
                    let place = UnsafeRawPointer(found) - UnsafeRawPointer(line.baseAddress!)
                    if line.count - place >= text.count, memcmp(found, text.baseAddress!, text.count) == 0 { return true }
                    start = place + 1
                }
                return false
            }
        }
    }

    private func isSecretName(_ name: inout String) -> Bool {
        name.withUTF8 { SecretKeys.isSecret(UnsafeRawBufferPointer($0)) }
    }

    private func findPatterns(in bytes: UnsafeRawBufferPointer, into found: inout [RedactionFinding]) {
        for pattern in rules.patterns {
            var start = 0
            while start <= bytes.count, let match = pattern.expression.firstMatch(in: bytes, from: start), let whole = match[0] {
                let group = match.count > 1 ? match[1] ?? whole : whole
                if !group.isEmpty, !bytes[group].elementsEqual(Self.mark.utf8) {
                    found.append(RedactionFinding(range: group, kind: .patterns))
                }
                start = max(whole.upperBound, start + 1)
            }
        }
    }
}

/// A secret's place in a text.
struct RedactionFinding {
    var range: Range<Int>
    var kind: RedactionKind

    /// Writes the text anew. Of findings that overlap the earlier and longer one counts.
    static func apply(_ found: inout [RedactionFinding], to bytes: UnsafeRawBufferPointer, counting counts: inout RedactionCounts) -> [UInt8] {
        found.sort { ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + found.count * Redactor.mark.utf8.count)
        var end = 0
        for finding in found where finding.range.lowerBound >= end {
            result.append(contentsOf: bytes[end..<finding.range.lowerBound])
            // A bare value of JSON was a number: what takes its place is no longer one, and stands in quotes.
            let needsQuotes = isBareJSONValue(finding.range, in: bytes)
            if needsQuotes { result.append(UInt8(ascii: "\"")) }
            if finding.kind == .cards {
                CardNumbers.appendMasked(bytes, finding.range, to: &result)
            } else {
                result.append(contentsOf: Redactor.mark.utf8)
            }
            if needsQuotes { result.append(UInt8(ascii: "\"")) }
            counts[finding.kind] += 1
            end = finding.range.upperBound
        }
        result.append(contentsOf: bytes[end...])
        return result
    }

    /// Whether the range is a value without quotes in a line that is a JSON object: `{"card":4111111111111111}`.
    private static func isBareJSONValue(_ range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.first == UInt8(ascii: "{") else { return false }
        var before = range.lowerBound - 1
        while before > 0, bytes[before] == 0x20 { before -= 1 }
        var after = range.upperBound
        while after < bytes.count, bytes[after] == 0x20 { after += 1 }
        guard before > 0, after < bytes.count else { return false }
        let opens = bytes[before] == UInt8(ascii: ":") || bytes[before] == UInt8(ascii: "[") || bytes[before] == UInt8(ascii: ",")
        let closes = bytes[after] == UInt8(ascii: ",") || bytes[after] == UInt8(ascii: "}") || bytes[after] == UInt8(ascii: "]")
        guard opens, closes, bytes[before] != UInt8(ascii: ":") || (before > 1 && bytes[before - 1] == UInt8(ascii: "\"")) else { return false }
        return bytes[range].allSatisfy { LineCursor.isDigit($0) }
    }
}
