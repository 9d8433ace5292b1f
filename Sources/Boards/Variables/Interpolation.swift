import Foundations

/// Fills in variables: `$name`, `${name}`, `${name:format}`, `[[name]]`, `[[name:format]]`. A name that stands for nothing stays as it is.
enum Interpolation {
    /// Where the value stands; in an address what would end a part of it is encoded.
    enum Target { case promQL, logQL, text, address }

    static func fill(_ text: String, _ scope: VariableScope, for target: Target) -> String {
        fill(text, scope, target, rounds: Limits.interpolationRounds)
    }

    /// A query as it is asked: with its variables filled in, and in PromQL where it is written for VictoriaMetrics.
    static func query(_ text: String, _ scope: VariableScope, _ language: PanelQuery.Language, isInstant: Bool = false) -> String {
        switch language {
        case .logQL: return fill(text, scope, for: .logQL)
        case .promQL:
            let window = MetricsQL.Window(stepMilliseconds: scope.stepMilliseconds, rangeMilliseconds: scope.rangeMilliseconds, isInstant: isInstant)
            return MetricsQL.promQL(fill(text, scope, for: .promQL), window)
        }
    }

    /// The names that a text refers to, known or not.
    static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.first {
            if let reference = Reference(&bytes, byte) { names.insert(reference.name) } else { bytes.removeFirst() }
        }
        return names
    }

    private static func fill(_ text: String, _ scope: VariableScope, _ target: Target, rounds: Int) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "[") }) else { return text }
        var bytes = Array(text.utf8)[...]
        var filled: [UInt8] = []
        while let byte = bytes.first {
            let before = bytes
            guard let reference = Reference(&bytes, byte) else {
                filled.append(byte)
                bytes.removeFirst()
                continue
            }
            guard let binding = scope.binding(reference.name) else {
                filled.append(contentsOf: before[..<bytes.startIndex])
                continue
            }
            var value = written(binding, reference.format, target)
            // Values that a file writes may contain other variables.
            if rounds > 0, value.utf8.contains(UInt8(ascii: "$")) || value.contains("[[") { value = fill(value, scope, target, rounds: rounds - 1) }
            filled.append(contentsOf: value.utf8)
            if filled.count > Limits.queryBytes { break }
        }
        return String(decoding: filled, as: UTF8.self)
    }

    /// A reference at the beginning of `bytes`, which is taken off.
    private struct Reference {
        let name: String
        let format: String?

        init?(_ bytes: inout ArraySlice<UInt8>, _ first: UInt8) {
            func isName(_ byte: UInt8) -> Bool { (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_") }
            let rest = bytes.dropFirst()
            if first == UInt8(ascii: "$"), rest.first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
                guard let reference = Self.parts(rest[(rest.startIndex + 1)..<end], isName) else { return nil }
                (name, format) = reference
                bytes = bytes[(end + 1)...]
            } else if first == UInt8(ascii: "$"), let second = rest.first, isName(second), !(0x30...0x39).contains(second) {
                let found = rest.prefix(while: isName)
                name = String(decoding: found, as: UTF8.self)
                format = nil
                bytes = bytes[found.endIndex...]
            } else if first == UInt8(ascii: "["), rest.first == UInt8(ascii: "[") {
                let inside = rest.dropFirst()
                guard let end = inside.firstIndex(of: UInt8(ascii: "]")), end + 1 < inside.endIndex, inside[end + 1] == UInt8(ascii: "]") else { return nil }
                guard let reference = Self.parts(inside[..<end], isName) else { return nil }
                (name, format) = reference
                bytes = bytes[(end + 2)...]
            } else {
                return nil
            }
        }

        private static func parts(_ bytes: ArraySlice<UInt8>, _ isName: (UInt8) -> Bool) -> (String, String?)? {
            let pieces = bytes.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            // `${name.field}` names a part of a value: the value itself is all there is here.
            guard let name = pieces.first?.split(separator: UInt8(ascii: "."), maxSplits: 1).first, !name.isEmpty, name.allSatisfy(isName) else { return nil }
            return (String(decoding: name, as: UTF8.self), pieces.count > 1 ? String(decoding: pieces[1], as: UTF8.self) : nil)
        }
    }

    private static func written(_ binding: VariableScope.Binding, _ format: String?, _ target: Target) -> String {
        if binding.isAll, let literal = binding.literal { return literal }
        if binding.isAll, format == "text" || (format == nil && (target == .text || target == .address)) { return "All" }
        let values = binding.values.map(\.value)
        guard let format else { return plain(binding, values, target) }
        switch format {
        case "csv", "raw": return values.joined(separator: ",")
        case "pipe": return values.joined(separator: "|")
        case "regex": return alternatives(values.map(VariableFormat.regexEscaped))
        case "glob": return values.count == 1 ? values[0] : "{" + values.joined(separator: ",") + "}"
        case "text": return binding.values.map(\.text).joined(separator: " + ")
        case "json": return values.count == 1 ? VariableFormat.quoted(values[0]) : "[" + values.map(VariableFormat.quoted).joined(separator: ",") + "]"
        case "doublequote": return values.map(VariableFormat.quoted).joined(separator: ",")
        case "singlequote": return values.map { "'" + $0.replacing("'", with: "\\'") + "'" }.joined(separator: ",")
        case "sqlstring": return values.map { "'" + $0.replacing("'", with: "''") + "'" }.joined(separator: ",")
        case "percentencode": return VariableFormat.percentEncoded(values.count == 1 ? values[0] : "{" + values.joined(separator: ",") + "}")
        case "lucene": return values.count == 1 ? values[0] : "(" + values.map(VariableFormat.quoted).joined(separator: " OR ") + ")"
        case "date", "date:iso": return values.first.flatMap { Int64($0) }.map { TimestampText.rfc3339(Timestamp(milliseconds: $0)) } ?? values.joined(separator: ",")
        case _ where format.hasPrefix("date:") && format != "date:seconds": return values.first.flatMap { Int64($0) }.map { VariableFormat.date($0, String(format.dropFirst(5))) } ?? values.joined(separator: ",")
        case "date:seconds": return values.first.flatMap { Int64($0) }.map { String($0 / 1000) } ?? values.joined(separator: ",")
        default: return plain(binding, values, target)
        }
    }

    /// Without a format: in a query a variable of several values is a pattern, any other a text within quotes.
    private static func plain(_ binding: VariableScope.Binding, _ values: [String], _ target: Target) -> String {
        switch target {
        case .text: return binding.values.map(\.text).joined(separator: " + ")
        case .address: return VariableFormat.addressEncoded(values.joined(separator: ","))
        case .promQL, .logQL:
            guard binding.isPattern else { return values.map(VariableFormat.quoteEscaped).joined(separator: ",") }
            let pattern = alternatives(values.map(VariableFormat.patternInQuotes))
            // All of very many: what any value matches.
            return pattern.utf8.count > Limits.queryBytes / 2 && binding.isAll ? ".*" : pattern
        }
    }

    private static func alternatives(_ values: [String]) -> String { values.count == 1 ? values[0] : "(" + values.joined(separator: "|") + ")" }
}

/// Values as parts of something else.
enum VariableFormat {
    private static let special = Set("\\^$*{}[]+?.()|".utf8)

    /// Every character that means something in a pattern is escaped.
    static func regexEscaped(_ text: String) -> String { escaped(text, with: "\\") }

    /// The same within a quoted string of a query, where a backslash is written as two.
    static func patternInQuotes(_ text: String) -> String {
        quoteEscaped(regexEscaped(text))
    }

    /// Backslashes and double quotes, within a quoted string.
    static func quoteEscaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == 0x0A }) else { return text }
        return text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    static func quoted(_ text: String) -> String { "\"" + quoteEscaped(text) + "\"" }

    /// What ends a part of an address is encoded; the rest, such as colons and slashes, stays readable.
    static func addressEncoded(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || "\"#$%&+<>[\\".utf8.contains($0) }) else { return text }
        return percentEncoded(text)
    }

    static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
            if isLetter || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte) {
                encoded.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    /// A moment by a pattern of `YYYY`, `MM`, `DD`, `HH`, `mm`, `ss`; the rest stays.
    static func date(_ milliseconds: Int64, _ pattern: String) -> String {
        let text = TimestampText.rfc3339(Timestamp(milliseconds: milliseconds))
        func part(_ from: Int, _ count: Int) -> String { String(text.dropFirst(from).prefix(count)) }
        return pattern.replacing("YYYY", with: part(0, 4)).replacing("yyyy", with: part(0, 4)).replacing("MM", with: part(5, 2)).replacing("DD", with: part(8, 2))
            .replacing("dd", with: part(8, 2)).replacing("HH", with: part(11, 2)).replacing("mm", with: part(14, 2)).replacing("ss", with: part(17, 2))
    }

    private static func escaped(_ text: String, with mark: String) -> String {
        guard text.utf8.contains(where: special.contains) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII, special.contains(UInt8(scalar.value)) { escaped += mark }
            escaped.unicodeScalars.append(scalar)
        }
        return escaped
    }
}
