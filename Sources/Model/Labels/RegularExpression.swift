import CRE2
import Foundations

/// A regular expression in RE2's syntax, which PromQL and LogQL are defined with: its time is linear in the text.
///
/// Patterns that are plain text, a plain prefix or suffix, or an alternation of plain texts are matched without RE2.
public final class RegularExpression: @unchecked Sendable {
    public struct SyntaxError: Error, Equatable, CustomStringConvertible {
        public let pattern: String
        public let reason: String
        public var description: String { "\(quoted(pattern)) is no regular expression: \(reason)" }
    }

    /// Bounds what one pattern may cost: 8 MiB of program and automaton, RE2's own default.
    static let memoryBytesMax = 8 << 20
    /// Longer patterns are refused before they are compiled.
    static let patternBytesMax = 64 << 10

    public let pattern: String
    /// The texts that the whole pattern is an alternation of (`a|b|c`); nil where it is something else. Lets an index look them up.
    public let alternatives: [String]?
    /// The text that every match starts with, where the pattern is that text and then `.*` or `.+`; nil where it is something else.
    public let prefix: String?

    private let compiled: OpaquePointer
    private let literals: Set<[UInt8]>?

    /// `isMatchingNewlines`: the dot matches a line feed too, as Prometheus's label matchers have it.
    public init(_ pattern: String, isCaseInsensitive: Bool = false, isMatchingNewlines: Bool = true) throws(SyntaxError) {
        guard pattern.utf8.count <= Self.patternBytesMax else {
            throw SyntaxError(pattern: String(pattern.prefix(64)) + "…", reason: "it is longer than \(Self.patternBytesMax) bytes")
        }
        var text = Self.namingGroups(pattern)
        compiled = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                nj_re2_compile($0.baseAddress, $0.count, isCaseInsensitive, isMatchingNewlines, Self.memoryBytesMax)
            }
        }
        if let reason = nj_re2_error(compiled) {
            let error = SyntaxError(pattern: pattern, reason: String(cString: reason))
            nj_re2_free(compiled)
            throw error
        }
        self.pattern = pattern
        alternatives = isCaseInsensitive ? nil : Self.plainAlternatives(pattern)
        literals = alternatives.map { Set($0.map { Array($0.utf8) }) }
        prefix = isCaseInsensitive || !isMatchingNewlines ? nil : Self.plainPrefix(pattern)
    }

    /// `(?<name>` as `(?P<name>`, which is the only way of naming a group that older RE2 knows.
    static func namingGroups(_ pattern: String) -> String {
        guard pattern.contains("(?<") else { return pattern }
        var (result, rest, isInClass) = ("", Substring(pattern), false)
        while let character = rest.first {
            if character == "\\" {
                result += rest.prefix(2)
                rest = rest.dropFirst(2)
                continue
            }
            if !isInClass, rest.hasPrefix("(?<"), let next = rest.dropFirst(3).first, next.isLetter || next == "_" {
                result += "(?P<"
                rest = rest.dropFirst(3)
                continue
            }
            if character == "[" { isInClass = true } else if character == "]" { isInClass = false }
            result.append(rest.removeFirst())
        }
        return result
    }

    deinit { nj_re2_free(compiled) }

    /// Whether all of `text` matches.
    public func matchesWhole(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matchesWhole(UnsafeRawBufferPointer($0)) }
    }

    public func matchesWhole(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let literals { return literals.contains(Array(bytes)) }
        return bytes.withMemoryRebound(to: CChar.self) { nj_re2_full_match(compiled, $0.baseAddress, $0.count) }
    }

    /// Whether some part of `text` matches.
    public func matchesPart(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matchesPart(UnsafeRawBufferPointer($0)) }
    }

    public func matchesPart(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.withMemoryRebound(to: CChar.self) { nj_re2_partial_match(compiled, $0.baseAddress, $0.count) }
    }

    public var groupCount: Int { Int(nj_re2_group_count(compiled)) }

    /// The name of a capturing group, counted from 1.
    public func groupName(_ index: Int) -> String? { nj_re2_group_name(compiled, Int32(index)).map { String(cString: $0) } }

    /// The first match at or after byte `start`: byte ranges of the match and of each group (nil where a group took no part).
    public func firstMatch(in bytes: UnsafeRawBufferPointer, from start: Int = 0, isAnchored: Bool = false) -> [Range<Int>?]? {
        let groups = groupCount + 1
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: groups * 2) { offsets in
            let found = bytes.withMemoryRebound(to: CChar.self) {
                nj_re2_match(compiled, $0.baseAddress, $0.count, start, isAnchored, offsets.baseAddress, Int32(groups))
            }
            guard found else { return nil }
            return (0..<groups).map { offsets[2 * $0] < 0 ? nil : offsets[2 * $0]..<offsets[2 * $0 + 1] }
        }
    }

    /// Go's `Regexp.Expand`: `$1`, `${1}`, `$name`, `${name}`, `$$`. A reference to no group is empty.
    public func expand(_ template: String, match: [Range<Int>?], in bytes: UnsafeRawBufferPointer) -> String {
        var result: [UInt8] = []
        var rest = Array(template.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "$") {
                rest.removeFirst()
                result.append(byte)
            } else if let name = Self.takeReference(&rest) {
                if let range = group(named: name, in: match) { result.append(contentsOf: bytes[range]) }
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func group(named name: String, in match: [Range<Int>?]) -> Range<Int>? {
        if let index = Int(name) { return match.indices.contains(index) ? match[index] : nil }
        for index in match.indices.dropFirst() where groupName(index) == name {
            if let range = match[index] { return range }
        }
        return nil
    }

    private static func takeReference(_ rest: inout ArraySlice<UInt8>) -> String? {
        func isWord(_ byte: UInt8) -> Bool { byte == 0x5F || (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) }
        let hasBraces = rest.first == UInt8(ascii: "{")
        let word = rest.dropFirst(hasBraces ? 1 : 0).prefix(while: isWord)
        guard !word.isEmpty else { return nil }
        if hasBraces {
            guard word.endIndex < rest.endIndex, rest[word.endIndex] == UInt8(ascii: "}") else { return nil }
            rest = rest[(word.endIndex + 1)...]
        } else {
            rest = rest[word.endIndex...]
        }
        return String(decoding: word, as: UTF8.self)
    }

    private static let special = Set<UInt8>(#"\.+*?()|[]{}^$"#.utf8)

    private static func plainAlternatives(_ pattern: String) -> [String]? {
        let parts = pattern.split(separator: "|", omittingEmptySubsequences: false)
        return parts.contains { $0.utf8.contains(where: special.contains) } ? nil : parts.map(String.init)
    }

    private static func plainPrefix(_ pattern: String) -> String? {
        guard pattern.hasSuffix(".*") || pattern.hasSuffix(".+") else { return nil }
        let start = pattern.dropLast(2)
        return start.isEmpty || start.utf8.contains(where: special.contains) ? nil : String(start)
    }
}
