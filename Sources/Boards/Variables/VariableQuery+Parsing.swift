import Foundations
import Model

extension VariableQuery {
    /// From `label_values(metric{a="b"}, label)`, `label_names()`, `metrics(pattern)`, `query_result(expression)` or a selector.
    /// Nil where it is none of them.
    init?(_ text: String, isLogs: Bool = false) {
        let text = Text.trimmed(text)
        guard !text.isEmpty else { return nil }
        if let inside = Self.arguments(of: "label_values", in: text) {
            let (selector, label) = Self.splitAtLastComma(inside)
            guard !label.isEmpty else { return nil }
            self = isLogs ? .logLabelValues(selector: selector, label: label) : .labelValues(selector: selector, label: label)
        } else if let inside = Self.arguments(of: "label_names", in: text) {
            self = isLogs ? .logLabelNames : .labelNames(selector: inside)
        } else if let inside = Self.arguments(of: "metrics", in: text) {
            self = .metrics(pattern: inside)
        } else if let inside = Self.arguments(of: "query_result", in: text) {
            self = .queryResult(expression: inside)
        } else if isLogs || text.hasPrefix("{") || text.first!.isLetter || text.first == "_" || text.first == "$" || text.first == ":" {
            self = .series(selector: text)
        } else {
            return nil
        }
    }

    private static func arguments(of function: String, in text: String) -> String? {
        guard text.hasPrefix(function), text.hasSuffix(")") else { return nil }
        let rest = Text.trimmed(String(text.dropFirst(function.utf8.count)))
        guard rest.hasPrefix("(") else { return nil }
        return Text.trimmed(String(rest.dropFirst().dropLast()))
    }

    /// The label stands after the last comma that is in no braces and no quotes.
    private static func splitAtLastComma(_ text: String) -> (selector: String, label: String) {
        var depth = 0
        var quote: Character?
        var comma: String.Index?
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if let open = quote {
                if character == "\\" { index = text.index(index, offsetBy: 1, limitedBy: text.index(before: text.endIndex)) ?? index }
                if character == open { quote = nil }
            } else {
                switch character {
                case "\"", "'", "`": quote = character
                case "(", "{", "[": depth += 1
                case ")", "}", "]": depth -= 1
                case "," where depth == 0: comma = index
                default: break
                }
            }
            index = text.index(after: index)
        }
        guard let comma else { return ("", text) }
        return (Text.trimmed(String(text[..<comma])), Text.trimmed(String(text[text.index(after: comma)...])))
    }
}

/// Lists as files write them: `a, b, text : value`, a comma within a value as `\,`.
enum CommaList {
    static func values(_ text: String) -> [VariableValue] {
        var parts: [String] = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                if character != "," { parts[parts.count - 1].append("\\") }
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        if isEscaped { parts[parts.count - 1].append("\\") }
        return parts.compactMap { part in
            let part = Text.trimmed(part)
            if part.isEmpty { return nil }
            // `text : value`, with blanks around the colon.
            let pieces = part.split(separator: " : ", maxSplits: 1, omittingEmptySubsequences: false)
            return pieces.count == 2 ? VariableValue(text: Text.trimmed(String(pieces[0])), value: Text.trimmed(String(pieces[1]))) : VariableValue(part)
        }
    }
}

/// Small helpers for text.
enum Text {
    static func trimmed(_ text: String) -> String {
        var part = Substring(text)
        while let first = part.first, first.isWhitespace { part.removeFirst() }
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }

    /// Compares names as people expect it: numbers within them by their size.
    static func precedesNaturally(_ left: String, _ right: String) -> Bool {
        var (a, b) = (Array(left.utf8)[...], Array(right.utf8)[...])
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        while let x = a.first, let y = b.first {
            if isDigit(x), isDigit(y) {
                let one = a.prefix(while: isDigit).drop { $0 == 0x30 }, other = b.prefix(while: isDigit).drop { $0 == 0x30 }
                if one.count != other.count { return one.count < other.count }
                if one != other { return one.lexicographicallyPrecedes(other) }
                a = a.drop(while: isDigit)
                b = b.drop(while: isDigit)
                continue
            }
            if x != y { return x < y }
            a.removeFirst()
            b.removeFirst()
        }
        return a.count < b.count
    }
}
