import Foundations
import Model

/// What an expression of a template can be.
enum TemplateValue: Sendable {
    case nothing
    case bool(Bool)
    case integer(Int64)
    case float(Double)
    case text(String)
    case list([TemplateValue])
    /// Labels: a name that is missing is an empty text.
    case map([String: String])
    /// Named parts: a name that is missing is an error.
    case object([String: TemplateValue])

    static func labels(_ labels: Labels) -> TemplateValue { .map(Dictionary(labels.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })) }

    static func sample(_ labels: Labels, _ value: Double) -> TemplateValue {
        .object(["Labels": .labels(labels), "Value": .float(value)])
    }

    /// Go's truth: anything but false, zero and empty.
    var isTrue: Bool {
        switch self {
        case .nothing: false
        case .bool(let flag): flag
        case .integer(let number): number != 0
        case .float(let number): number != 0
        case .text(let text): !text.isEmpty
        case .list(let list): !list.isEmpty
        case .map(let map): !map.isEmpty
        case .object: true
        }
    }

    /// As Go prints a value with `%v`.
    var printed: String {
        switch self {
        case .nothing: "<nil>"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .float(let number): NumberText.shortest(number)
        case .text(let text): text
        case .list(let list): "[\(list.map(\.printed).joined(separator: " "))]"
        case .map(let map): "map[\(map.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " "))]"
        case .object(let parts): "{\(parts.sorted { $0.key < $1.key }.map { $0.value.printed }.joined(separator: " "))}"
        }
    }

    /// The kind, for errors.
    var kind: String {
        switch self {
        case .nothing: "nil"
        case .bool: "a bool"
        case .integer: "an integer"
        case .float: "a number"
        case .text: "a text"
        case .list: "a list"
        case .map: "a map"
        case .object: "an object"
        }
    }
}
