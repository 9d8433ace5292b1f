import Foundations
import GoTemplate

/// What an expression of a line's template can be.
enum LineTemplateValue {
    case nothing
    case bool(Bool)
    case integer(Int64)
    case float(Double)
    case text(String)
    case list([LineTemplateValue])
    case map([(name: String, value: LineTemplateValue)])
    case time(LineTime)
    /// The labels of the line.
    case labels

    init(_ literal: TemplateLiteral) {
        self =
            switch literal {
            case .nothing: .nothing
            case .bool(let flag): .bool(flag)
            case .integer(let number): .integer(number)
            case .float(let number): .float(number)
            case .text(let text): .text(text)
            }
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
        case .time, .labels: true
        }
    }

    /// As Go prints a value with `%v`.
    var printed: String {
        switch self {
        case .nothing: "<no value>"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .float(let number): GoNumber.shortest(number)
        case .text(let text): text
        case .list(let list): "[\(list.map(\.printed).joined(separator: " "))]"
        case .map(let map): "map[\(map.sorted { $0.name < $1.name }.map { "\($0.name):\($0.value.printed)" }.joined(separator: " "))]"
        case .time(let time): time.printed
        case .labels: "map[]"
        }
    }

    /// The kind, for errors.
    var kind: String {
        switch self {
        case .nothing: "nothing"
        case .bool: "a bool"
        case .integer: "a whole number"
        case .float: "a number"
        case .text: "a text"
        case .list: "a list"
        case .map, .labels: "a map"
        case .time: "a time"
        }
    }

    var formatArgument: GoFormat.Argument {
        switch self {
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .float(let number): .float(number)
        case .text(let text): .text(text)
        case .nothing: .other(printed: "<nil>", type: "<nil>", isCollection: false)
        case .list: .other(printed: printed, type: "[]interface {}", isCollection: true)
        case .map, .labels: .other(printed: printed, type: "map[string]interface {}", isCollection: true)
        case .time: .other(printed: printed, type: "time.Time", isCollection: true)
        }
    }
}

/// A moment on the clock of a zone.
struct LineTime: Sendable {
    /// Since 1970.
    var seconds: Int64
    var nanosecond: Int64 = 0
    var offsetSeconds: Int64 = 0
    /// The zone's abbreviation.
    var zone: String? = "UTC"

    init(_ moment: NanoTimestamp) {
        let rest = moment.nanoseconds % 1_000_000_000
        nanosecond = rest < 0 ? rest + 1_000_000_000 : rest
        seconds = (moment.nanoseconds - rest) / 1_000_000_000 - (rest < 0 ? 1 : 0)
    }

    init(seconds: Int64, nanosecond: Int64 = 0, offsetSeconds: Int64 = 0, zone: String? = "UTC") {
        self.seconds = seconds
        self.nanosecond = nanosecond
        self.offsetSeconds = offsetSeconds
        self.zone = zone
    }

    /// Go's time that stands for none: the first day of the year 1.
    static let zero = LineTime(seconds: -62_135_596_800)

    var printed: String { formatted("2006-01-02 15:04:05.999999999 -0700 MST") }

    func formatted(_ layout: String) -> String {
        GoTime.format(seconds: seconds, nanosecond: nanosecond, offsetSeconds: offsetSeconds, zone: zone, layout: layout)
    }

    /// Since 1970, in parts of so many a second.
    func epoch(partsPerSecond parts: Int64) -> String {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: parts)
        return overflow ? String(seconds < 0 ? Int64.min : .max) : String(product &+ nanosecond / (1_000_000_000 / parts))
    }
}
