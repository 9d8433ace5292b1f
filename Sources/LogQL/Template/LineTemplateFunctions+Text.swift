import Foundations
import GoTemplate
import Model

extension LineTemplateFunctions {
    static let texts: [String: Function] = [
        "lower": { .text(try $0.onlyText().lowercased()) },
        "ToLower": { .text(try $0.onlyText().lowercased()) },
        "upper": { .text(try $0.onlyText().uppercased()) },
        "ToUpper": { .text(try $0.onlyText().uppercased()) },
        "title": { .text(titled(try $0.onlyText())) },
        "default": { arguments in
            try arguments.need(2)
            return arguments[1].isTrue ? arguments[1] : arguments[0]
        },
        "trunc": { arguments in
            try arguments.need(2)
            let (count, text) = (try arguments.count(0), try arguments.text(1))
            return .text(String(count >= 0 ? text.unicodeScalars.prefix(count) : text.unicodeScalars.suffix(-max(count, -Int.max))))
        },
        "substr": { arguments in
            try arguments.need(3)
            let (start, end, scalars) = (try arguments.count(0), try arguments.count(1), try arguments.text(2).unicodeScalars)
            if start < 0 { return .text(String(scalars.prefix(max(0, end)))) }
            return .text(String(end < 0 ? scalars.dropFirst(start) : scalars.prefix(end).dropFirst(start)))
        },
        "replace": { arguments in
            try arguments.need(3)
            return .text(replaced(try arguments.text(2), try arguments.text(0), try arguments.text(1), countMax: -1))
        },
        "Replace": { arguments in
            try arguments.need(4)
            return .text(replaced(try arguments.text(0), try arguments.text(1), try arguments.text(2), countMax: try arguments.count(3)))
        },
        "repeat": { arguments in
            try arguments.need(2)
            let (count, text) = (max(0, try arguments.count(0)), try arguments.text(1))
            let (bytes, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
            guard !overflow, bytes <= Limits.templateOutputBytesMax else { throw LineTemplateFailure(reason: "repeat makes more than \(Limits.templateOutputBytesMax) bytes") }
            return .text(String(repeating: text, count: count))
        },
        "indent": { .text(try indented($0)) },
        "nindent": { .text("\n" + (try indented($0))) },
        "alignLeft": { arguments in
            try arguments.need(2)
            let (width, scalars) = (try arguments.count(0), try arguments.text(1).unicodeScalars)
            return .text(width < 0 ? String(scalars) : String(scalars.prefix(width)) + (try blanks(width - scalars.count)))
        },
        "alignRight": { arguments in
            try arguments.need(2)
            let (width, scalars) = (try arguments.count(0), try arguments.text(1).unicodeScalars)
            return .text(width < 0 ? String(scalars) : (try blanks(width - scalars.count)) + String(scalars.suffix(width)))
        },
        "contains": { arguments in
            try arguments.need(2)
            return .bool(try arguments.text(1).containsBytes(try arguments.text(0)))
        },
        "hasPrefix": { arguments in
            try arguments.need(2)
            return .bool(try arguments.text(1).utf8.starts(with: try arguments.text(0).utf8))
        },
        "hasSuffix": { arguments in
            try arguments.need(2)
            return .bool(try arguments.text(1).utf8.reversed().starts(with: try arguments.text(0).utf8.reversed()))
        },
        "b64enc": { .text(Base64Text.encoded(Array(try $0.onlyText().utf8))) },
        "b64dec": { arguments in
            guard let bytes = Base64Text.decoded(try arguments.onlyText()) else { throw LineTemplateFailure(reason: "b64dec of a text that is no Base64") }
            return .text(String(decoding: bytes, as: UTF8.self))
        },
        "urlencode": { .text(percentEncoded(try $0.onlyText())) },
        "urlquery": { .text(percentEncoded(spaced($0.values))) },
        "urldecode": { arguments in
            guard let text = percentDecoded(try arguments.onlyText()) else { throw LineTemplateFailure(reason: "urldecode of a text with a broken escape") }
            return .text(text)
        },
        "html": { arguments in
            .text([("&", "&amp;"), ("'", "&#39;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;")].reduce(spaced(arguments.values)) { $0.replacing($1.0, with: $1.1) })
        },
        "bytes": { arguments in
            guard let bytes = Quantity.bytes(try arguments.onlyText()) else { throw LineTemplateFailure(reason: "bytes of a text that is no size") }
            return .float(bytes)
        },
        "duration": { .float(try seconds($0)) },
        "duration_seconds": { .float(try seconds($0)) },
    ]

    /// What takes something off the ends of texts. Those in lower case have the text last, the others, as in Go, first.
    static let edges: [String: Function] = [
        "trim": { .text(trimmed(try $0.onlyText()) { $0.properties.isWhitespace }) },
        "TrimSpace": { .text(trimmed(try $0.onlyText()) { $0.properties.isWhitespace }) },
        "trimAll": { try trimmedOf($0, subject: 1, start: true, end: true) },
        "Trim": { try trimmedOf($0, subject: 0, start: true, end: true) },
        "TrimLeft": { try trimmedOf($0, subject: 0, start: true, end: false) },
        "TrimRight": { try trimmedOf($0, subject: 0, start: false, end: true) },
        "trimPrefix": { .text(try withoutPrefix($0, subject: 1)) },
        "TrimPrefix": { .text(try withoutPrefix($0, subject: 0)) },
        "trimSuffix": { .text(try withoutSuffix($0, subject: 1)) },
        "TrimSuffix": { .text(try withoutSuffix($0, subject: 0)) },
    ]

    static let patterns: [String: Function] = [
        "count": { arguments in
            try arguments.need(2)
            var count: Int64 = 0
            try forEachMatch(try arguments.text(0), try arguments.text(1)) { _, _, _ in count += 1 }
            return .integer(count)
        },
        "regexReplaceAll": { .text(try replacedAll($0) { expression, replacement, match, bytes in expression.expand(replacement, match: match, in: bytes) }) },
        "regexReplaceAllLiteral": { .text(try replacedAll($0) { _, replacement, _, _ in replacement }) },
    ]

    private static func seconds(_ arguments: LineTemplateArguments) throws -> Double {
        let text = try arguments.onlyText()
        guard let milliseconds = Quantity.durationMilliseconds(text) else { throw LineTemplateFailure(reason: "\(GoFormat.goQuoted(text)) is no duration") }
        return milliseconds / 1000
    }

    private static func titled(_ text: String) -> String {
        var result = ""
        var startsWord = true
        for character in text {
            result += startsWord ? character.uppercased() : String(character)
            startsWord = !(character.isLetter || character.isNumber || character == "_" || character == "'")
        }
        return result
    }

    private static func replaced(_ text: String, _ old: String, _ new: String, countMax: Int) -> String {
        guard !old.isEmpty else { return text }
        return countMax < 0 ? text.replacing(old, with: new) : text.replacing(old, with: new, maxReplacements: countMax)
    }

    private static func indented(_ arguments: LineTemplateArguments) throws -> String {
        try arguments.need(2)
        let pad = try blanks(try arguments.count(0))
        return pad + (try arguments.text(1)).replacing("\n", with: "\n" + pad)
    }

    private static func blanks(_ count: Int) throws -> String {
        guard count <= Limits.templateOutputBytesMax else { throw LineTemplateFailure(reason: "more than \(Limits.templateOutputBytesMax) blanks") }
        return String(repeating: " ", count: max(0, count))
    }

    private static func trimmed(_ text: String, start: Bool = true, end: Bool = true, _ isOff: (Unicode.Scalar) -> Bool) -> String {
        var scalars = Substring(text).unicodeScalars
        if start { scalars = scalars.drop(while: isOff) }
        if end { while let last = scalars.last, isOff(last) { scalars.removeLast() } }
        return String(scalars)
    }

    private static func trimmedOf(_ arguments: LineTemplateArguments, subject: Int, start: Bool, end: Bool) throws -> LineTemplateValue {
        try arguments.need(2)
        let cut = Set((try arguments.text(1 - subject)).unicodeScalars)
        return .text(trimmed(try arguments.text(subject), start: start, end: end) { cut.contains($0) })
    }

    private static func withoutPrefix(_ arguments: LineTemplateArguments, subject: Int) throws -> String {
        try arguments.need(2)
        let (text, prefix) = (try arguments.text(subject), try arguments.text(1 - subject))
        return text.utf8.starts(with: prefix.utf8) ? String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : text
    }

    private static func withoutSuffix(_ arguments: LineTemplateArguments, subject: Int) throws -> String {
        try arguments.need(2)
        let (text, suffix) = (try arguments.text(subject), try arguments.text(1 - subject))
        return text.utf8.reversed().starts(with: suffix.utf8.reversed()) ? String(decoding: text.utf8.dropLast(suffix.utf8.count), as: UTF8.self) : text
    }

    private static func replacedAll(
        _ arguments: LineTemplateArguments, _ replacement: (RegularExpression, String, [Range<Int>?], UnsafeRawBufferPointer) -> String
    ) throws -> String {
        try arguments.need(3)
        let new = try arguments.text(2)
        var result: [UInt8] = []
        var position = 0
        var subject = try arguments.text(1)
        try forEachMatch(try arguments.text(0), subject) { expression, match, bytes in
            guard let whole = match[0] else { return }
            result.append(contentsOf: bytes[position..<whole.lowerBound])
            result.append(contentsOf: replacement(expression, new, match, bytes).utf8)
            position = whole.upperBound
            guard result.count <= Limits.templateOutputBytesMax else { throw LineTemplateFailure(reason: "the text is longer than \(Limits.templateOutputBytesMax) bytes") }
        }
        subject.withUTF8 { result.append(contentsOf: $0[position...]) }
        return String(decoding: result, as: UTF8.self)
    }

    private static func forEachMatch(
        _ pattern: String, _ subject: String, _ body: (RegularExpression, [Range<Int>?], UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let expression = try PatternCache.shared.expression(pattern)
        var subject = subject
        try subject.withUTF8 { text in
            let bytes = UnsafeRawBufferPointer(text)
            var position = 0
            while position <= bytes.count, let match = expression.firstMatch(in: bytes, from: position), let whole = match[0] {
                try body(expression, match, bytes)
                position = whole.isEmpty ? whole.upperBound + 1 : whole.upperBound
            }
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || "-_.~".utf8.contains(byte)
            result += isPlain ? String(Unicode.Scalar(byte)) : byte == 0x20 ? "+" : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return result
    }

    private static func percentDecoded(_ text: String) -> String? {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                result.append(0x20)
            } else if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Expressions that templates name: compiled once, not once a line.
private final class PatternCache: Sendable {
    static let shared = PatternCache()

    private let compiled = Locked<[String: RegularExpression]>([:])

    func expression(_ pattern: String) throws -> RegularExpression {
        if let found = compiled.withLock({ $0[pattern] }) { return found }
        let expression = try RegularExpression(pattern, isMatchingNewlines: false)
        compiled.withLock { compiled in
            if compiled.count >= Limits.templatePatternsMax { compiled.removeAll() }
            compiled[pattern] = expression
        }
        return expression
    }
}
