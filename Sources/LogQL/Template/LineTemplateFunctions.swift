import Foundations
import GoTemplate

/// The functions of line templates: Go's own, and Loki's.
enum LineTemplateFunctions {
    typealias Function = @Sendable (LineTemplateArguments) throws -> LineTemplateValue

    /// Those that the run answers itself.
    private static let special: Set<String> = ["and", "or", "__line__", "__timestamp__"]

    static let names: Set<String> = special.union(table.keys)

    static let table: [String: Function] = logic.merging(texts) { $1 }.merging(edges) { $1 }.merging(patterns) { $1 }.merging(numbers) { $1 }.merging(times) { $1 }

    private static let logic: [String: Function] = [
        "not": { arguments in .bool(!(try arguments.only()).isTrue) },
        "eq": { arguments in
            try arguments.need(atLeast: 2)
            for index in 1..<arguments.count where try equals(arguments[0], arguments[index]) { return .bool(true) }
            return .bool(false)
        },
        "ne": { arguments in
            try arguments.need(2)
            return .bool(!(try equals(arguments[0], arguments[1])))
        },
        "lt": { arguments in .bool(try order(arguments) < 0) },
        "le": { arguments in .bool(try order(arguments) <= 0) },
        "gt": { arguments in .bool(try order(arguments) > 0) },
        "ge": { arguments in .bool(try order(arguments) >= 0) },
        "len": { arguments in
            switch try arguments.only() {
            case .text(let text): return .integer(Int64(text.utf8.count))
            case .list(let list): return .integer(Int64(list.count))
            case .map(let map): return .integer(Int64(map.count))
            case let other: throw LineTemplateFailure(reason: "len of \(other.kind)")
            }
        },
        "index": { arguments in
            try arguments.need(atLeast: 1)
            var value = arguments[0]
            for index in 1..<arguments.count { value = try element(value, arguments[index]) }
            return value
        },
        "print": { arguments in .text(spaced(arguments.values)) },
        "println": { arguments in .text(arguments.values.map(\.printed).joined(separator: " ") + "\n") },
        "printf": { arguments in
            try arguments.need(atLeast: 1)
            return .text(GoFormat.format(try arguments.text(0), arguments.values.dropFirst().map(\.formatArgument)))
        },
        "fromJson": { arguments in .init(json: try arguments.onlyText()) },
    ]

    private static func equals(_ left: LineTemplateValue, _ right: LineTemplateValue) throws(LineTemplateFailure) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): return left.utf8.elementsEqual(right.utf8)
        case (.bool(let left), .bool(let right)): return left == right
        case (.integer(let left), .integer(let right)): return left == right
        case (.float(let left), .float(let right)): return left == right
        case (.nothing, .nothing): return true
        case (.nothing, _), (_, .nothing): return false
        default: throw LineTemplateFailure(reason: "\(left.kind) and \(right.kind) can't be compared")
        }
    }

    private static func order(_ arguments: LineTemplateArguments) throws(LineTemplateFailure) -> Int {
        try arguments.need(2)
        switch (arguments[0], arguments[1]) {
        case (.text(let left), .text(let right)): return left == right ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        case (.integer(let left), .integer(let right)): return left == right ? 0 : left < right ? -1 : 1
        case (.float(let left), .float(let right)): return left == right ? 0 : left < right ? -1 : 1
        case let (left, right): throw LineTemplateFailure(reason: "\(left.kind) and \(right.kind) can't be ordered")
        }
    }

    private static func element(_ value: LineTemplateValue, _ key: LineTemplateValue) throws(LineTemplateFailure) -> LineTemplateValue {
        switch (value, key) {
        case (.list(let list), .integer(let index)):
            guard index >= 0, index < list.count else { throw LineTemplateFailure(reason: "index \(index) of a list of \(list.count)") }
            return list[Int(index)]
        case (.map(let map), .text(let name)): return map.last { $0.name == name }?.value ?? .nothing
        default: throw LineTemplateFailure(reason: "can't index \(value.kind) by \(key.kind)")
        }
    }

    /// Go's Sprint: a space between two that are both no texts.
    static func spaced(_ values: [LineTemplateValue]) -> String {
        var result = ""
        var wasText = true
        for value in values {
            let isText = if case .text = value { true } else { false }
            if !isText && !wasText { result += " " }
            result += value.printed
            wasText = isText
        }
        return result
    }
}

/// What a function is called with.
struct LineTemplateArguments {
    let values: [LineTemplateValue]
    private let function: String

    init(_ function: String, _ values: [LineTemplateValue]) {
        self.function = function
        self.values = values
    }

    var count: Int { values.count }
    subscript(_ index: Int) -> LineTemplateValue { values[index] }

    func need(_ count: Int) throws(LineTemplateFailure) {
        guard values.count == count else { throw LineTemplateFailure(reason: "\(function) takes \(count) value\(count == 1 ? "" : "s"), not \(values.count)") }
    }

    func need(atLeast count: Int) throws(LineTemplateFailure) {
        guard values.count >= count else { throw LineTemplateFailure(reason: "\(function) takes \(count) value\(count == 1 ? "" : "s") or more, not \(values.count)") }
    }

    func only() throws(LineTemplateFailure) -> LineTemplateValue {
        try need(1)
        return values[0]
    }

    func onlyText() throws(LineTemplateFailure) -> String {
        try need(1)
        return try text(0)
    }

    func text(_ index: Int) throws(LineTemplateFailure) -> String {
        switch values[index] {
        case .text(let text): return text
        // Values of JSON that is missing, and numbers that a function gave.
        case .nothing: return ""
        case .integer, .float, .bool: return values[index].printed
        case let other: throw LineTemplateFailure(reason: "\(function) needs a text, not \(other.kind)")
        }
    }

    /// A whole number; texts that are none count as 0, as in Loki.
    func integer(_ index: Int) throws(LineTemplateFailure) -> Int64 {
        switch values[index] {
        case .integer(let number): return number
        case .float(let number): return Int64(exactly: number.rounded(.towardZero)) ?? 0
        case .bool(let flag): return flag ? 1 : 0
        case .text(let text): return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0.rounded(.towardZero)) } ?? 0
        case .nothing: return 0
        case let other: throw LineTemplateFailure(reason: "\(function) needs a number, not \(other.kind)")
        }
    }

    func number(_ index: Int) throws(LineTemplateFailure) -> Double {
        switch values[index] {
        case .float(let number): return number
        case .text(let text): return Double(text) ?? 0
        default: return Double(try integer(index))
        }
    }

    func count(_ index: Int) throws(LineTemplateFailure) -> Int { Int(clamping: try integer(index)) }
}
