import Foundation
import Foundations
import GoTemplate
import Model

/// The functions of templates: Go's and Prometheus's.
enum TemplateFunctions {
    /// Those that the evaluator runs itself, because they end early or ask the store.
    static let special: Set<String> = ["and", "or", "query"]

    static let names: Set<String> = special.union(table.keys)

    typealias Function = @Sendable ([TemplateValue]) throws -> TemplateValue

    struct Failure: Error {
        let reason: String
    }

    static let table: [String: Function] = comparisons.merging(texts) { $1 }.merging(numbers) { $1 }.merging(samples) { $1 }.merging(notifications) { $1 }

    // Go's own

    private static let comparisons: [String: Function] = [
        "not": { .bool(!(try one($0, "not")).isTrue) },
        "eq": { arguments in
            guard arguments.count >= 2 else { throw Failure(reason: "eq needs two values") }
            return .bool(try arguments.dropFirst().contains { try equals(arguments[0], $0) })
        },
        "ne": { .bool(!(try equals(try two($0, "ne").0, $0[1]))) },
        "lt": { .bool(try order($0, "lt") < 0) },
        "le": { .bool(try order($0, "le") <= 0) },
        "gt": { .bool(try order($0, "gt") > 0) },
        "ge": { .bool(try order($0, "ge") >= 0) },
        "len": { arguments in
            switch try one(arguments, "len") {
            case .text(let text): .integer(Int64(text.utf8.count))
            case .list(let list): .integer(Int64(list.count))
            case .map(let map): .integer(Int64(map.count))
            case .listing(let list, _): .integer(Int64(list.count))
            case .pairs(let pairs): .integer(Int64(pairs.count))
            case let other: throw Failure(reason: "len of \(other.kind)")
            }
        },
        "index": { arguments in
            guard let base = arguments.first else { throw Failure(reason: "index needs a value") }
            return try arguments.dropFirst().reduce(base, element)
        },
        "print": { .text(spaced($0)) },
        "println": { .text($0.map(\.printed).joined(separator: " ") + "\n") },
        "printf": { arguments in
            guard case .text(let format)? = arguments.first else { throw Failure(reason: "printf needs a format") }
            return .text(GoFormat.format(format, arguments.dropFirst().map(\.formatArgument)))
        },
        "urlquery": { .text(percentEncoded(spaced($0))) },
        "html": { .text(escapedHTML(spaced($0))) },
    ]

    private static let texts: [String: Function] = [
        "title": { .text(titled(try text(try one($0, "title")))) },
        "toUpper": { .text(try text(try one($0, "toUpper")).uppercased()) },
        "toLower": { .text(try text(try one($0, "toLower")).lowercased()) },
        "match": { arguments in
            let (pattern, subject) = try two(arguments, "match")
            return .bool(try expression(pattern).matchesPart(try text(subject)))
        },
        "reReplaceAll": { arguments in
            guard arguments.count == 3 else { throw Failure(reason: "reReplaceAll needs a pattern, a replacement and a text") }
            return .text(replaceAll(try expression(arguments[0]), try text(arguments[1]), in: try text(arguments[2])))
        },
        "safeHtml": { .markup(try text(try one($0, "safeHtml"))) },
        "urlQueryEscape": { .text(percentEncoded(try text(try one($0, "urlQueryEscape")))) },
        "stripPort": { .text(withoutPort(try text(try one($0, "stripPort")))) },
        "stripDomain": { .text(withoutDomain(try text(try one($0, "stripDomain")))) },
        "graphLink": { .text("/graph?g0.expr=\(percentEncoded(try text(try one($0, "graphLink"))))&g0.tab=0") },
        "tableLink": { .text("/graph?g0.expr=\(percentEncoded(try text(try one($0, "tableLink"))))&g0.tab=1") },
    ]

    private static let numbers: [String: Function] = [
        "humanize": { .text(NumberText.humanize(try number(try one($0, "humanize")))) },
        "humanize1024": { .text(NumberText.humanize1024(try number(try one($0, "humanize1024")))) },
        "humanizeDuration": { .text(NumberText.humanizeDuration(try number(try one($0, "humanizeDuration")))) },
        "humanizePercentage": { .text(NumberText.humanizePercentage(try number(try one($0, "humanizePercentage")))) },
        "humanizeTimestamp": { .text(NumberText.humanizeTimestamp(try number(try one($0, "humanizeTimestamp")))) },
        "parseDuration": { arguments in
            guard let milliseconds = DurationText.milliseconds(try text(try one(arguments, "parseDuration"))) else {
                throw Failure(reason: "parseDuration of a text that is no duration")
            }
            return .float(Double(milliseconds) / 1000)
        },
    ]

    private static let samples: [String: Function] = [
        "first": { arguments in
            guard case .list(let list) = try one(arguments, "first") else { throw Failure(reason: "first of what is no list") }
            guard let first = list.first else { throw Failure(reason: "first() called on vector with no elements") }
            return first
        },
        "value": { try part("Value", of: try one($0, "value")) },
        "strvalue": { .text(try labels(of: try one($0, "strvalue"))["__value__"] ?? "") },
        "label": { arguments in
            let (name, sample) = try two(arguments, "label")
            return .text(try labels(of: sample)[try text(name)] ?? "")
        },
        "sortByLabel": { arguments in
            let (name, list) = try two(arguments, "sortByLabel")
            guard case .list(let samples) = list else { throw Failure(reason: "sortByLabel of \(list.kind)") }
            let label = try text(name)
            let keyed = try samples.map { (key: try labels(of: $0)[label] ?? "", sample: $0) }
            return .list(keyed.sorted { $0.key < $1.key }.map(\.sample))
        },
    ]

    // What they are made of

    static func part(_ name: String, of value: TemplateValue) throws -> TemplateValue {
        switch value {
        case .map(let map): return .text(map[name] ?? "")
        case .listing(_, let parts):
            guard let part = parts[name] else { throw Failure(reason: "can't evaluate field \(name)") }
            return part
        case .pairs(let pairs): return part(name, of: pairs)
        case .moment: return try method(name, of: value, [])
        case .object(let parts):
            guard let part = parts[name] else { throw Failure(reason: "can't evaluate field \(name)") }
            return part
        default: throw Failure(reason: "\(value.kind) has no field \(name)")
        }
    }

    private static func labels(of sample: TemplateValue) throws -> [String: String] {
        guard case .map(let labels) = try part("Labels", of: sample) else { throw Failure(reason: "no sample") }
        return labels
    }

    static func one(_ arguments: [TemplateValue], _ name: String) throws -> TemplateValue {
        guard arguments.count == 1 else { throw Failure(reason: "\(name) needs one value, not \(arguments.count)") }
        return arguments[0]
    }

    static func two(_ arguments: [TemplateValue], _ name: String) throws -> (TemplateValue, TemplateValue) {
        guard arguments.count == 2 else { throw Failure(reason: "\(name) needs two values, not \(arguments.count)") }
        return (arguments[0], arguments[1])
    }

    static func text(_ value: TemplateValue) throws -> String {
        switch value {
        case .text(let text), .markup(let text): return text
        default: throw Failure(reason: "a text is needed, not \(value.kind)")
        }
    }

    static func number(_ value: TemplateValue) throws -> Double {
        switch value {
        case .float(let number): return number
        case .integer(let number): return Double(number)
        case .text(let text):
            guard let number = Double(text) else { throw Failure(reason: "\(text.debugDescription) is no number") }
            return number
        default: throw Failure(reason: "a number is needed, not \(value.kind)")
        }
    }

    private static func equals(_ left: TemplateValue, _ right: TemplateValue) throws -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.nothing, .nothing): true
        case (.integer(let left), .integer(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.integer(let left), .float(let right)): Double(left) == right
        case (.float(let left), .integer(let right)): left == Double(right)
        default: throw Failure(reason: "\(left.kind) and \(right.kind) can't be compared")
        }
    }

    /// Negative, 0 or positive. A NaN has no order: an error.
    private static func order(_ arguments: [TemplateValue], _ name: String) throws -> Int {
        let (left, right) = try two(arguments, name)
        if case .text(let left) = left, case .text(let right) = right { return left < right ? -1 : left == right ? 0 : 1 }
        guard !(left.isText || right.isText) else { throw Failure(reason: "\(left.kind) and \(right.kind) can't be compared") }
        let (a, b) = (try number(left), try number(right))
        if a.isNaN || b.isNaN { throw Failure(reason: "\(name) of a value that is not a number") }
        return a < b ? -1 : a == b ? 0 : 1
    }

    private static func element(_ base: TemplateValue, _ key: TemplateValue) throws -> TemplateValue {
        switch (base, key) {
        case (.map(let map), .text(let name)): return .text(map[name] ?? "")
        case (.pairs(let pairs), .text(let name)): return .text(pairs.first { $0.name == name }?.text ?? "")
        case (.object(let parts), .text(let name)): return parts[name] ?? .nothing
        case (.list(let list), .integer(let index)), (.listing(let list, _), .integer(let index)):
            guard index >= 0, index < list.count else { throw Failure(reason: "index \(index) of a list of \(list.count)") }
            return list[Int(index)]
        default: throw Failure(reason: "can't index \(base.kind) by \(key.kind)")
        }
    }

    /// Go's Sprint: a space between two that are both no texts.
    private static func spaced(_ values: [TemplateValue]) -> String {
        var result = ""
        for (index, value) in values.enumerated() {
            if index > 0, !value.isText, !values[index - 1].isText { result += " " }
            result += value.printed
        }
        return result
    }

    private static func expression(_ pattern: TemplateValue) throws -> RegularExpression {
        do {
            return try RegularExpression(try text(pattern), isMatchingNewlines: false)
        } catch let error as RegularExpression.SyntaxError {
            throw Failure(reason: error.description)
        }
    }

    private static func replaceAll(_ expression: RegularExpression, _ replacement: String, in subject: String) -> String {
        var subject = subject
        return subject.withUTF8 { buffer in
            let bytes = UnsafeRawBufferPointer(buffer)
            var result: [UInt8] = []
            var position = 0
            while position <= bytes.count, result.count <= Limits.templateOutputBytesMax,
                let match = expression.firstMatch(in: bytes, from: position), let whole = match[0]
            {
                result.append(contentsOf: bytes[position..<whole.lowerBound])
                result.append(contentsOf: expression.expand(replacement, match: match, in: bytes).utf8)
                position = whole.upperBound
                if whole.isEmpty {
                    if position < bytes.count { result.append(bytes[position]) }
                    position += 1
                }
            }
            if position < bytes.count { result.append(contentsOf: bytes[position...]) }
            return String(decoding: result, as: UTF8.self)
        }
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

    static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || "-_.~".utf8.contains(byte)
            result += isPlain ? String(Unicode.Scalar(byte)) : byte == 0x20 ? "+" : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return result
    }

    static func escapedHTML(_ text: String) -> String {
        [("&", "&amp;"), ("'", "&#39;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;")].reduce(text) { $0.replacing($1.0, with: $1.1) }
    }

    private static func withoutPort(_ address: String) -> String {
        if address.hasPrefix("["), let end = address.firstIndex(of: "]") { return String(address[address.index(after: address.startIndex)..<end]) }
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0]) : address
    }

    private static func withoutDomain(_ address: String) -> String {
        let host = withoutPort(address)
        let isNumeric = host.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" } && (host.contains(":") || host.split(separator: ".").count == 4)
        if isNumeric { return address }
        return String(host.prefix { $0 != "." }) + address.dropFirst(address.hasPrefix(host) ? host.count : address.count)
    }
}

extension TemplateValue {
    fileprivate var isText: Bool { if case .text = self { true } else { false } }
}
