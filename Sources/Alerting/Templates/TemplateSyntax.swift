import Foundations
import GoTemplate

typealias TemplateError = GoTemplate.TemplateError
typealias TemplateLexer = GoTemplate.TemplateLexer
typealias TemplateParser = GoTemplate.TemplateParser
typealias TemplateNode = GoTemplate.TemplateNode
typealias TemplatePipeline = GoTemplate.TemplatePipeline
typealias TemplateOperand = GoTemplate.TemplateOperand
typealias GoLiteral = GoTemplate.GoLiteral
typealias GoTime = GoTemplate.GoTime

extension TemplateValue {
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

    /// As printf takes it.
    var formatArgument: GoFormat.Argument {
        switch self {
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .float(let number): .float(number)
        case .text(let text), .markup(let text): .text(text)
        case .nothing: .other(printed: printed, type: "<nil>", isCollection: false)
        case .list, .listing: .other(printed: printed, type: "[]interface {}", isCollection: true)
        case .map, .pairs: .other(printed: printed, type: "map[string]string", isCollection: true)
        case .moment: .other(printed: printed, type: "time.Time", isCollection: false)
        case .object: .other(printed: printed, type: "struct", isCollection: false)
        }
    }
}

extension GoTime {
    /// Before it a time stands for none.
    static let yearTwo = Timestamp(seconds: TimestampText.days(2, 1, 1) * 86_400).milliseconds

    static func format(_ moment: Timestamp, _ zone: ZoneClock, layout: String) -> String {
        let milliseconds = ((moment.milliseconds % 1000) + 1000) % 1000
        return format(
            seconds: (moment.milliseconds - milliseconds) / 1000, nanosecond: milliseconds * 1_000_000, offsetSeconds: zone.offsetSeconds(at: moment), zone: zone.name == "UTC" ? "UTC" : nil,
            layout: layout)
    }
}
