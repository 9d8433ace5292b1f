import Foundations
import GoTemplate
import Model

/// Queries as text: what `format_query` gives, and what explanations show.
enum LogQLText {
    /// Longer queries are broken over lines.
    private static let lineWidth = 100
    private static let indent = "  "

    /// A query in the canonical form: one line where it fits, else a line a part.
    static func formatted(_ expression: Expression, depth: Int = 0) -> String {
        let line = oneLine(expression)
        if line.count + depth * indent.count <= lineWidth { return line }
        let inner = "\n" + String(repeating: indent, count: depth + 1)
        let outer = "\n" + String(repeating: indent, count: depth)
        switch expression {
        case .log(let selector): return ([streams(selector.matchers)] + selector.stages.map(stage)).joined(separator: inner)
        case .range(let aggregation):
            let parameter = aggregation.parameter.map { "\(number($0))," + inner } ?? ""
            let parts = [streams(aggregation.selector.matchers)] + aggregation.selector.stages.map(stage) + unwrap(aggregation.unwrap)
            let body = parts.joined(separator: inner + indent) + " " + range(aggregation)
            return "\(aggregation.function.rawValue)(\(inner)\(parameter)\(body)\(outer))\(grouping(aggregation.grouping))"
        case .vectorAggregation(let aggregation):
            let parameter = aggregation.function.takesParameter ? "\(aggregation.parameter)," + inner : ""
            let head = aggregation.function.rawValue + grouping(aggregation.grouping)
            return "\(head)(\(inner)\(parameter)\(formatted(aggregation.operand, depth: depth + 1))\(outer))"
        case .binary(let operation):
            return [broken(operation.left, depth), sign(operation), broken(operation.right, depth)].joined(separator: inner)
        case .labelReplace(let operand, let destination, let replacement, let source, let pattern):
            let rest = [destination, replacement, source, pattern.pattern].map(quotedText).joined(separator: ",")
            return "label_replace(\(inner)\(formatted(operand, depth: depth + 1)),\(inner)\(rest)\(outer))"
        case .number, .constantVector: return line
        }
    }

    /// A side of an operator over several lines.
    private static func broken(_ operand: Expression, _ depth: Int) -> String {
        guard case .binary = operand else { return formatted(operand, depth: depth + 1) }
        return "(\(formatted(operand, depth: depth + 2)))"
    }

    static func oneLine(_ expression: Expression) -> String {
        switch expression {
        case .log(let selector): return self.selector(selector)
        case .range(let aggregation):
            let parts = [self.selector(aggregation.selector)] + unwrap(aggregation.unwrap)
            let parameter = aggregation.parameter.map { number($0) + "," } ?? ""
            let isPlain = aggregation.selector.stages.isEmpty && aggregation.unwrap == nil
            return "\(aggregation.function.rawValue)(\(parameter)\(parts.joined(separator: " "))\(isPlain ? "" : " ")\(range(aggregation)))\(grouping(aggregation.grouping))"
        case .vectorAggregation(let aggregation):
            let parameter = aggregation.function.takesParameter ? "\(aggregation.parameter)," : ""
            return "\(aggregation.function.rawValue)\(grouping(aggregation.grouping))(\(parameter)\(oneLine(aggregation.operand)))"
        case .binary(let operation): return "\(operand(operation.left, of: operation)) \(sign(operation)) \(operand(operation.right, of: operation))"
        case .labelReplace(let operand, let destination, let replacement, let source, let pattern):
            return "label_replace(\(([oneLine(operand)] + [destination, replacement, source, pattern.pattern].map(quotedText)).joined(separator: ",")))"
        case .number(let value): return number(value)
        case .constantVector(let value): return "vector(\(number(value)))"
        }
    }

    static func selector(_ selector: LogSelector) -> String { ([streams(selector.matchers)] + selector.stages.map(stage)).joined(separator: " ") }

    static func streams(_ matchers: [Matcher]) -> String { "{\(matchers.map(condition).joined(separator: ", "))}" }

    static func stage(_ stage: Stage) -> String {
        switch stage {
        case .lineFilter(let filter): return lineFilter(filter)
        case .label(let filter): return "| " + labelFilter(filter)
        case .json(let expressions): return "| json" + (expressions.isEmpty ? "" : " ") + expressions.map { "\($0.name)=\(quotedText($0.path.text))" }.joined(separator: ", ")
        case .logfmt(let expressions, let isStrict, let keepsEmpty):
            let flags = (isStrict ? " --strict" : "") + (keepsEmpty ? " --keep-empty" : "")
            return "| logfmt" + flags + (expressions.isEmpty ? "" : " ") + expressions.map { "\($0.name)=\(quotedText($0.key))" }.joined(separator: ", ")
        case .regexp(let expression): return "| regexp \(quotedText(expression.pattern))"
        case .pattern(let pattern): return "| pattern \(quotedText(pattern.text))"
        case .unpack: return "| unpack"
        case .lineFormat(let template): return "| line_format \(quotedText(template.text))"
        case .labelFormat(let formats):
            let parts = formats.map { name, source in
                switch source {
                case .label(let other): "\(name)=\(other)"
                case .template(let template): "\(name)=\(quotedText(template.text))"
                }
            }
            return "| label_format " + parts.joined(separator: ", ")
        case .decolorize: return "| decolorize"
        case .drop(let tests): return "| drop " + tests.map { $0.matcher.map(condition) ?? $0.name }.joined(separator: ", ")
        case .keep(let tests): return "| keep " + tests.map { $0.matcher.map(condition) ?? $0.name }.joined(separator: ", ")
        }
    }

    private static func lineFilter(_ filter: LineFilterStage) -> String {
        let sign =
            switch (filter.kind, filter.isNegative) {
            case (.contains, false), (.phrase, false): "|="
            case (.contains, true), (.phrase, true): "!="
            case (.matches, false): "|~"
            case (.matches, true): "!~"
            case (.pattern, false): "|>"
            case (.pattern, true): "!>"
            }
        return "\(sign) " + (filter.texts.map(quotedText) + filter.networks.map { "ip(\(quotedText($0.text)))" }).joined(separator: " or ")
    }

    private static func labelFilter(_ filter: LabelFilter) -> String {
        switch filter {
        case .matcher(let matcher), .stream(let matcher): condition(matcher)
        case .number(let name, let op, _, _, let text): "\(name)\(op.rawValue)\(text)"
        case .address(let name, let range, let isNegative): "\(name)\(isNegative ? "!=" : "=")ip(\(quotedText(range.text)))"
        case .both(let left, let right): "(\(labelFilter(left)) and \(labelFilter(right)))"
        case .either(let left, let right): "(\(labelFilter(left)) or \(labelFilter(right)))"
        }
    }

    private static func condition(_ matcher: Matcher) -> String { "\(matcher.name)\(matcher.op.rawValue)\(quotedText(matcher.value))" }

    private static func unwrap(_ unwrap: Unwrap?) -> [String] {
        guard let unwrap else { return [] }
        let label =
            switch unwrap.conversion {
            case .number: unwrap.label
            case .duration: "duration(\(unwrap.label))"
            case .bytes: "bytes(\(unwrap.label))"
            }
        return ["| unwrap \(label)"] + unwrap.filters.map { "| " + labelFilter($0) }
    }

    private static func range(_ aggregation: RangeAggregation) -> String {
        let offset = aggregation.offsetMilliseconds == 0 ? "" : " offset " + DurationText.format(milliseconds: aggregation.offsetMilliseconds)
        return "[\(DurationText.format(milliseconds: aggregation.rangeMilliseconds))]\(offset)"
    }

    private static func grouping(_ grouping: Grouping?) -> String {
        grouping.map { " \($0.isWithout ? "without" : "by") (\($0.names.joined(separator: ", ")))" } ?? ""
    }

    private static func sign(_ operation: BinaryOperation) -> String {
        var text = operation.op.rawValue
        if operation.returnsBool { text += " bool" }
        if let matching = operation.matching { text += " \(matching.isWithout ? "ignoring" : "on") (\(matching.names.joined(separator: ", ")))" }
        if let (side, include) = operation.many { text += " group_\(side == .left ? "left" : "right") (\(include.joined(separator: ", ")))" }
        return text
    }

    private static func operand(_ expression: Expression, of operation: BinaryOperation) -> String {
        guard case .binary = expression else { return oneLine(expression) }
        return "(\(oneLine(expression)))"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : "\(value)"
    }

    /// A text in backquotes where that spares escapes, else in double quotes.
    static func quotedText(_ text: String) -> String {
        let needsEscapes = text.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        let hasControls = text.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "`") }
        if needsEscapes && !hasControls { return "`\(text)`" }
        return GoFormat.goQuoted(text)
    }
}
