import Foundations

/// A text with labels in it: `{{.method}} {{ .path | ToUpper }}`; a part of Go's templates, as `line_format` uses them.
struct LineTemplate: Sendable {
    struct Mistake: Error { let reason: String }

    private enum Source: Sendable {
        case label(String)
        case text(String)
        case line
        case timestamp
    }

    private struct Field: Sendable {
        let source: Source
        let functions: [@Sendable (String) -> String]
    }

    private enum Part: Sendable {
        case literal(String)
        case field(Field)
    }

    private let parts: [Part]

    init(_ text: String) throws(Mistake) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{") {
            var literal = String(rest[..<open.lowerBound])
            rest = rest[open.upperBound...]
            if rest.hasPrefix("- ") {
                while literal.last?.isWhitespace == true { literal.removeLast() }
                rest = rest.dropFirst(1)
            }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            guard let close = rest.firstRange(of: "}}") else { throw Mistake(reason: "the template has `{{` without `}}`") }
            var action = rest[..<close.lowerBound]
            rest = rest[close.upperBound...]
            if action.hasSuffix(" -") {
                action = action.dropLast(2)
                rest = rest.drop { $0.isWhitespace }
            }
            parts.append(.field(try Self.field(action)))
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    func render(_ entry: LogEntry) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .field(let field):
                var value: String
                switch field.source {
                case .label(let name): value = entry.value(name)
                case .text(let text): value = text
                case .line: value = entry.line
                case .timestamp: value = TimestampText.rfc3339(entry.record.timestamp)
                }
                for function in field.functions { value = function(value) }
                result += value
            }
        }
        return result
    }

    /// `.label | f "a" | g`, or `f "a" .label`.
    private static func field(_ action: Substring) throws(Mistake) -> Field {
        let steps = splitSteps(action)
        var words = try self.words(steps.first ?? "")
        guard let last = words.popLast() else { throw Mistake(reason: "the template has empty braces") }
        var functions: [@Sendable (String) -> String] = []
        let source: Source
        if let named = self.source(last) {
            source = named
            if let name = words.first { functions.append(try function(name, Array(words.dropFirst()))) }
        } else {
            throw Mistake(reason: "`\(SafeText(last))` in the template is no label (`.name`), text in quotes, `__line__` or `__timestamp__`")
        }
        for step in steps.dropFirst() {
            let words = try self.words(step)
            guard let name = words.first else { throw Mistake(reason: "the template has an empty step behind `|`") }
            functions.append(try function(name, Array(words.dropFirst())))
        }
        return Field(source: source, functions: functions)
    }

    private static func source(_ word: String) -> Source? {
        if word == "__line__" { return .line }
        if word == "__timestamp__" { return .timestamp }
        if word.hasPrefix("\"") { return .text(String(word.dropFirst())) }
        return word.hasPrefix(".") && word.count > 1 ? .label(String(word.dropFirst())) : nil
    }

    /// Words of a step; texts in quotes keep a leading quote as their mark.
    private static func words(_ step: Substring) throws(Mistake) -> [String] {
        var words: [String] = []
        var rest = step.drop { $0.isWhitespace }
        while let first = rest.first {
            if first == "\"" || first == "`" {
                guard let end = rest.dropFirst().firstIndex(of: first) else { throw Mistake(reason: "a text in the template has no closing quote") }
                words.append("\"" + rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else {
                let word = rest.prefix { !$0.isWhitespace }
                words.append(String(word))
                rest = rest.dropFirst(word.count)
            }
            rest = rest.drop { $0.isWhitespace }
        }
        return words
    }

    /// Cuts at `|` outside quotes.
    private static func splitSteps(_ action: Substring) -> [Substring] {
        var steps: [Substring] = []
        var start = action.startIndex
        var quote: Character?
        for index in action.indices {
            let character = action[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "`" {
                quote = character
            } else if character == "|" {
                steps.append(action[start..<index])
                start = action.index(after: index)
            }
        }
        return steps + [action[start...]]
    }

    private static func function(_ name: String, _ arguments: [String]) throws(Mistake) -> @Sendable (String) -> String {
        let texts = arguments.map { $0.hasPrefix("\"") ? String($0.dropFirst()) : $0 }
        func need(_ count: Int) throws(Mistake) {
            if texts.count != count { throw Mistake(reason: "\(name) in the template takes \(count) argument\(count == 1 ? "" : "s") before the value, not \(texts.count)") }
        }
        switch name {
        case "ToLower", "lower": return { $0.lowercased() }
        case "ToUpper", "upper": return { $0.uppercased() }
        case "title": return { $0.prefix(1).uppercased() + $0.dropFirst() }
        case "TrimSpace": return { String($0.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
        case "trunc":
            try need(1)
            guard let count = Int(texts[0]) else { throw Mistake(reason: "trunc in the template takes a whole number") }
            return { count >= 0 ? String($0.prefix(count)) : String($0.suffix(-count)) }
        case "default":
            try need(1)
            return { $0.isEmpty ? texts[0] : $0 }
        case "replace":
            try need(2)
            return { texts[0].isEmpty ? $0 : $0.replacing(texts[0], with: texts[1]) }
        case "trimPrefix", "TrimPrefix":
            try need(1)
            return { $0.hasPrefix(texts[0]) ? String($0.dropFirst(texts[0].count)) : $0 }
        case "trimSuffix", "TrimSuffix":
            try need(1)
            return { $0.hasSuffix(texts[0]) ? String($0.dropLast(texts[0].count)) : $0 }
        default:
            throw Mistake(reason: "there is no function `\(SafeText(name))` for templates; known are lower, upper, title, TrimSpace, trunc, default, replace, trimPrefix, trimSuffix")
        }
    }
}
