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
    /// A list with named parts: `.Alerts` with `.Alerts.Firing`.
    case listing([TemplateValue], [String: TemplateValue])
    /// Names with texts, in order, and what notifications' templates do with them: `.SortedPairs`, `.Names`, `.Values`, `.Remove`.
    case pairs([(name: String, text: String)])
    /// A time, on the wall clock of a zone.
    case moment(Timestamp, ZoneClock)
    /// HTML that is meant as such.
    case markup(String)

    static func labels(_ labels: Labels) -> TemplateValue { .map(Dictionary(labels.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })) }

    static func pairs(_ texts: [String: String]) -> TemplateValue { .pairs(texts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) }

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
        case .object, .moment: true
        case .listing(let list, _): !list.isEmpty
        case .pairs(let pairs): !pairs.isEmpty
        case .markup(let text): !text.isEmpty
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
        case .listing(let list, _): "[\(list.map(\.printed).joined(separator: " "))]"
        case .pairs(let pairs): "map[\(pairs.map { "\($0.name):\($0.text)" }.joined(separator: " "))]"
        case .moment(let moment, let zone): GoTime.format(moment, zone, layout: "2006-01-02 15:04:05.999 -0700 MST")
        case .markup(let text): text
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
        case .listing: "a list"
        case .pairs: "a map"
        case .moment: "a time"
        case .markup: "a text"
        }
    }
}
