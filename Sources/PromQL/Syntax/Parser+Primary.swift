import Model

extension Parser {
    /// Words that only stand behind an operator and can't name a metric.
    private static let reserved: Set<String> = ["bool", "on", "ignoring", "group_left", "group_right"]

    mutating func parsePrimary() throws(PromQLSyntaxError) -> Expression {
        let start = current.start
        switch current.kind {
        case .duration(let milliseconds):
            take()
            return try make(.number(NumberLiteral(value: Double(milliseconds) / 1000, isDuration: true)), from: start, .scalar)
        case .string(let bytes):
            take()
            return try make(.string(StringLiteral(bytes: bytes)), from: start, .string)
        case .leftParenthesis:
            take()
            let inner = try parseExpression()
            guard takeIf(.rightParenthesis) else {
                if current.kind == .end { throw PromQLSyntaxError(position: current.start, reason: "unclosed left parenthesis", expected: #"")""#) }
                throw unexpected(in: "parentheses", expected: #"an operator or ")""#)
            }
            return try make(.parenthesized(inner), from: start, inner.type)
        case .leftBrace: return try parseSelector(name: nil, from: start)
        case .identifier(let word): return try parseWord(word, from: start)
        default:
            guard let value = takeNumber() else { throw unexpected(in: "the expression", expected: "a number, a string, a selector, a call or \"(\"") }
            return try make(.number(NumberLiteral(value: value, isDuration: false)), from: start, .scalar)
        }
    }

    private mutating func parseWord(_ word: String, from start: SourcePosition) throws(PromQLSyntaxError) -> Expression {
        let lowered = word.lowercased()
        if let op = AggregationOperator(rawValue: lowered), isAggregationNext { return try parseAggregation(op, from: start) }
        if let value = takeNumber() { return try make(.number(NumberLiteral(value: value, isDuration: false)), from: start, .scalar) }
        if next.kind == .leftParenthesis { return try parseCall(word, from: start) }
        if Self.reserved.contains(lowered) { throw unexpected(in: "the expression", expected: "a metric name, a call or a number") }
        take()
        return try parseSelector(name: word, from: start)
    }

    private var isAggregationNext: Bool {
        switch next.kind {
        case .leftParenthesis: true
        case .identifier(let word): word.lowercased() == "by" || word.lowercased() == "without"
        default: false
        }
    }

    private mutating func parseAggregation(_ op: AggregationOperator, from start: SourcePosition) throws(PromQLSyntaxError) -> Expression {
        take()
        var grouping = try parseGrouping()
        let arguments = try parseArguments("aggregation")
        if grouping == nil { grouping = try parseGrouping() }
        let wanted = op.parameterType == nil ? 1 : 2
        guard arguments.count == wanted else {
            throw PromQLSyntaxError(
                position: start, reason: "wrong number of arguments for aggregate expression provided, expected \(wanted), got \(arguments.count)")
        }
        let aggregation = Aggregation(op: op, grouping: grouping, parameter: wanted == 2 ? arguments[0] : nil, expression: arguments[wanted - 1])
        try TypeCheck.aggregation(aggregation)
        return try make(.aggregation(aggregation), from: start, .vector)
    }

    private mutating func parseGrouping() throws(PromQLSyntaxError) -> Grouping? {
        if isWord("by") {
            take()
            return .by(try parseLabelList("grouping opts"))
        }
        if isWord("without") {
            take()
            return .without(try parseLabelList("grouping opts"))
        }
        return nil
    }

    private mutating func parseCall(_ word: String, from start: SourcePosition) throws(PromQLSyntaxError) -> Expression {
        guard let function = PromQLFunction(rawValue: word) else {
            throw PromQLSyntaxError(position: start, reason: "unknown function with name \(quoted(word))")
        }
        take()
        let arguments = try parseArguments("call to function \(quoted(word))", anySelectorAt: function == .info ? 1 : nil)
        try TypeCheck.call(function, arguments, at: start)
        return try make(.call(function, arguments), from: start, function.signature.result)
    }

    private mutating func parseArguments(_ place: String, anySelectorAt anyIndex: Int? = nil) throws(PromQLSyntaxError) -> [Expression] {
        try expect(.leftParenthesis, in: place, #""(""#)
        var arguments: [Expression] = []
        if takeIf(.rightParenthesis) { return arguments }
        while true {
            let allowed = allowsAnySelector
            allowsAnySelector = arguments.count == anyIndex
            arguments.append(try parseExpression())
            allowsAnySelector = allowed
            if takeIf(.rightParenthesis) { return arguments }
            let comma = current.start
            try expect(.comma, in: place, #""," or ")""#)
            if current.kind == .rightParenthesis {
                throw PromQLSyntaxError(position: comma, reason: "trailing commas not allowed in function call args")
            }
        }
    }
}

extension Parser {
    /// Braces, if any, behind a metric's name, or braces alone.
    private mutating func parseSelector(name: String?, from start: SourcePosition) throws(PromQLSyntaxError) -> Expression {
        var selector = VectorSelector(name: name, matchers: [])
        if takeIf(.leftBrace) {
            while !takeIf(.rightBrace) {
                try parseLabelMatcher(into: &selector)
                if current.kind != .rightBrace { try expect(.comma, in: "label matching", #""," or "}""#) }
            }
        }
        if let name = selector.name {
            if name.isEmpty { throw PromQLSyntaxError(position: start, reason: "the metric name is empty") }
            if let other = selector.matchers.first(where: { $0.name == LabelName.metricName })?.value {
                throw PromQLSyntaxError(position: start, reason: "metric name must not be set twice: \(quoted(name)) or \(quoted(other))")
            }
            selector.matchers.append(Matcher(LabelName.metricName, equals: name))
        }
        guard allowsAnySelector || selector.matchers.contains(where: { !$0.matchesEmpty }) else {
            throw PromQLSyntaxError(position: start, reason: "vector selector must contain at least one non-empty matcher")
        }
        return try make(.selector(selector), from: start, .vector)
    }

    private mutating func parseLabelMatcher(into selector: inout VectorSelector) throws(PromQLSyntaxError) {
        let start = current.start
        let label: String
        switch current.kind {
        case .identifier(let word): label = word
        case .string(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
                throw PromQLSyntaxError(position: start, reason: "\(StringEscape.quoted(bytes)) is no label name")
            }
            label = text
            // A text alone is the metric's name.
            if next.kind == .comma || next.kind == .rightBrace {
                take()
                if let name = selector.name {
                    throw PromQLSyntaxError(position: start, reason: "metric name must not be set twice: \(quoted(name)) or \(quoted(text))")
                }
                selector.name = text
                return
            }
        default: throw unexpected(in: "label matching", expected: #"identifier, string or "}""#)
        }
        take()
        let op: Matcher.Operator
        switch current.kind {
        case .equal: op = .equal
        case .notEqual: op = .notEqual
        case .matches: op = .regex
        case .matchesNot: op = .notRegex
        default: throw unexpected(in: "label matching", expected: "label matching operator")
        }
        take()
        guard case .string(let bytes) = current.kind else { throw unexpected(in: "label matching", expected: "string") }
        guard let value = String(validating: bytes, as: UTF8.self) else {
            throw PromQLSyntaxError(position: current.start, reason: "\(StringEscape.quoted(bytes)) is no UTF-8")
        }
        let valueStart = take().start
        do {
            selector.matchers.append(try Matcher(label, op, value))
        } catch {
            throw PromQLSyntaxError(position: valueStart, reason: error.description)
        }
    }
}
