import Foundations
import Model

extension Parser {
    /// A primary expression with what binds to it: range, subquery, offset, @, anchored, smoothed.
    mutating func parsePostfix() throws(PromQLSyntaxError) -> Expression {
        var expression = try parsePrimary()
        while true {
            let start = current.start
            switch current.kind {
            case .leftBracket: expression = try parseBrackets(expression)
            case .at: expression = try parseAt(expression)
            case .identifier where isWord("offset"): expression = try parseOffset(expression)
            case .identifier where isWord("anchored") || isWord("smoothed"):
                let rangeExtension: RangeExtension = isWord("anchored") ? .anchored : .smoothed
                take()
                expression = try extend(expression, rangeExtension, at: start)
            default: return expression
            }
        }
    }

    private mutating func parseBrackets(_ expression: Expression) throws(PromQLSyntaxError) -> Expression {
        let start = take().start
        let range = try parseDuration(isAlone: false)
        try checkPositive(range, at: start)
        if takeIf(.rightBracket) { return try makeRangeSelector(expression, range, at: start) }
        try expect(.colon, in: "subquery or range selector", #"":" or "]""#)
        var step: DurationExpression?
        if current.kind != .rightBracket {
            let stepStart = current.start
            step = try parseDuration(isAlone: false)
            try checkPositive(step!, at: stepStart)
        }
        try expect(.rightBracket, in: "subquery selector", #""]""#)
        guard expression.type == .vector else {
            throw PromQLSyntaxError(
                position: expression.range.start, reason: "subquery is only allowed on instant vector, got \(expression.type.documentedName) instead")
        }
        return try make(.subquery(Subquery(expression: expression, range: range, step: step)), from: expression.range.start, .matrix)
    }

    private func checkPositive(_ duration: DurationExpression, at start: SourcePosition) throws(PromQLSyntaxError) {
        guard duration.isLiteral else { return }
        do {
            _ = try duration.milliseconds(step: 0, range: 0, isPositive: true)
        } catch {
            throw PromQLSyntaxError(position: start, reason: error.description)
        }
    }

    private func makeRangeSelector(_ expression: Expression, _ range: DurationExpression, at start: SourcePosition) throws(PromQLSyntaxError) -> Expression {
        guard case .selector(let selector) = expression.node else {
            throw PromQLSyntaxError(position: start, reason: "ranges only allowed for vector selectors")
        }
        if selector.offset != nil { throw PromQLSyntaxError(position: start, reason: "no offset modifiers allowed before range") }
        if selector.at != nil { throw PromQLSyntaxError(position: start, reason: "no @ modifiers allowed before range") }
        if selector.rangeExtension != nil { throw PromQLSyntaxError(position: start, reason: "no anchored or smoothed modifiers allowed before range") }
        return try make(.rangeSelector(selector, range), from: expression.range.start, .matrix)
    }

    private mutating func parseAt(_ expression: Expression) throws(PromQLSyntaxError) -> Expression {
        let start = take().start
        let at: AtModifier
        if next.kind == .leftParenthesis, isWord("start") || isWord("end") {
            at = isWord("start") ? .start : .end
            take()
            try expect(.leftParenthesis, in: "@", #""(""#)
            try expect(.rightParenthesis, in: "@", #"")""#)
        } else {
            let numberStart = current.start
            let seconds = try parseSignedNumber("@")
            guard seconds.magnitude < Double(PromQLLimits.millisecondsMax / 1000) else {
                throw PromQLSyntaxError(position: numberStart, reason: "timestamp out of bounds for @ modifier: \(ValueText.format(seconds))")
            }
            at = .timestamp(Int64((seconds * 1000).rounded()))
        }
        switch expression.node {
        case .selector(var selector):
            guard selector.at == nil else { break }
            selector.at = at
            return try make(.selector(selector), from: expression.range.start, .vector)
        case .rangeSelector(var selector, let range):
            guard selector.at == nil else { break }
            selector.at = at
            return try make(.rangeSelector(selector, range), from: expression.range.start, .matrix)
        case .subquery(var subquery):
            guard subquery.at == nil else { break }
            subquery.at = at
            return try make(.subquery(subquery), from: expression.range.start, .matrix)
        default:
            throw PromQLSyntaxError(
                position: start, reason: "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery")
        }
        throw PromQLSyntaxError(position: start, reason: "@ <timestamp> may not be set multiple times")
    }

    private mutating func parseOffset(_ expression: Expression) throws(PromQLSyntaxError) -> Expression {
        let start = take().start
        let offset = try parseDuration(isAlone: true)
        switch expression.node {
        case .selector(var selector):
            guard selector.offset == nil else { break }
            selector.offset = offset
            return try make(.selector(selector), from: expression.range.start, .vector)
        case .rangeSelector(var selector, let range):
            guard selector.offset == nil else { break }
            selector.offset = offset
            return try make(.rangeSelector(selector, range), from: expression.range.start, .matrix)
        case .subquery(var subquery):
            guard subquery.offset == nil else { break }
            subquery.offset = offset
            return try make(.subquery(subquery), from: expression.range.start, .matrix)
        default:
            throw PromQLSyntaxError(
                position: start, reason: "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery")
        }
        throw PromQLSyntaxError(position: start, reason: "offset may not be set multiple times")
    }

    private func extend(_ expression: Expression, _ rangeExtension: RangeExtension, at start: SourcePosition) throws(PromQLSyntaxError) -> Expression {
        switch expression.node {
        case .selector(var selector):
            guard rangeExtension == .smoothed else {
                throw PromQLSyntaxError(position: start, reason: "anchored modifier can only be used with range selectors")
            }
            guard selector.rangeExtension == nil else { break }
            selector.rangeExtension = rangeExtension
            return try make(.selector(selector), from: expression.range.start, .vector)
        case .rangeSelector(var selector, let range):
            guard selector.rangeExtension == nil else { break }
            selector.rangeExtension = rangeExtension
            return try make(.rangeSelector(selector, range), from: expression.range.start, .matrix)
        default:
            throw PromQLSyntaxError(position: start, reason: "\(rangeExtension.rawValue) modifier must be preceded by a vector selector or range vector selector")
        }
        throw PromQLSyntaxError(position: start, reason: "anchored and smoothed may be set only once")
    }
}

extension Parser {
    /// A duration; `isAlone` where it isn't in brackets, so that arithmetic needs parentheses.
    mutating func parseDuration(isAlone: Bool) throws(PromQLSyntaxError) -> DurationExpression {
        isAlone ? try parseDurationUnary(isAlone: true) : try parseDurationBinary(precedenceMin: 1)
    }

    private mutating func parseDurationBinary(precedenceMin: Int) throws(PromQLSyntaxError) -> DurationExpression {
        var left = try parseDurationUnary(isAlone: false)
        var count = 0
        while let (op, precedence) = durationOperator, precedence >= precedenceMin {
            count += 1
            guard count < PromQLLimits.nestingMax else {
                throw PromQLSyntaxError(position: current.start, reason: "a duration may have at most \(PromQLLimits.nestingMax) operators in a row")
            }
            take()
            let right = try nested { (parser: inout Parser) throws(PromQLSyntaxError) in
                try parser.parseDurationBinary(precedenceMin: op == .power ? precedence : precedence + 1)
            }
            left = .binary(op, left, right)
        }
        return left
    }

    private var durationOperator: (DurationExpression.Operator, Int)? {
        switch current.kind {
        case .plus: (.add, 1)
        case .minus: (.subtract, 1)
        case .times: (.multiply, 2)
        case .divide: (.divide, 2)
        case .modulo: (.modulo, 2)
        case .power: (.power, 3)
        default: nil
        }
    }

    private mutating func parseDurationUnary(isAlone: Bool) throws(PromQLSyntaxError) -> DurationExpression {
        if takeIf(.plus) { return try nested { (parser: inout Parser) throws(PromQLSyntaxError) in try parser.parseDurationUnary(isAlone: isAlone) } }
        let start = current.start.offset
        guard takeIf(.minus) else {
            let primary = try parseDurationPrimary()
            switch primary {
            case .milliseconds, .seconds, .step, .range: return .placed(primary, start..<previousEnd)
            default: return primary
            }
        }
        let operand = try nested { (parser: inout Parser) throws(PromQLSyntaxError) in
            isAlone ? try parser.parseDurationUnary(isAlone: true) : try parser.parseDurationBinary(precedenceMin: 3)
        }
        return .placed(.negated(operand), start..<previousEnd)
    }

    private mutating func parseDurationPrimary() throws(PromQLSyntaxError) -> DurationExpression {
        switch current.kind {
        case .duration(let milliseconds):
            take()
            return .milliseconds(milliseconds)
        case .number(let seconds):
            take()
            return .seconds(seconds)
        case .leftParenthesis:
            take()
            let inner = try nested { (parser: inout Parser) throws(PromQLSyntaxError) in try parser.parseDurationBinary(precedenceMin: 1) }
            try expect(.rightParenthesis, in: "duration expression", #"")""#)
            return .parenthesized(inner)
        case .identifier(let word) where next.kind == .leftParenthesis:
            return try parseDurationCall(word.lowercased())
        default: throw unexpected(in: "duration expression", expected: "duration")
        }
    }

    private mutating func parseDurationCall(_ word: String) throws(PromQLSyntaxError) -> DurationExpression {
        guard ["step", "range", "min", "max", "min_of", "max_of"].contains(word) else {
            throw unexpected(in: "duration expression", expected: "duration, step(), range(), min() or max()")
        }
        take()
        take()
        if word == "step" || word == "range" {
            try expect(.rightParenthesis, in: "duration expression", #"")""#)
            return word == "step" ? .step : .range
        }
        let (left, right) = try nested { (parser: inout Parser) throws(PromQLSyntaxError) in
            let left = try parser.parseDurationBinary(precedenceMin: 1)
            try parser.expect(.comma, in: "duration expression", #"",""#)
            return (left, try parser.parseDurationBinary(precedenceMin: 1))
        }
        try expect(.rightParenthesis, in: "duration expression", #"")""#)
        return word.hasPrefix("min") ? .minimum(left, right) : .maximum(left, right)
    }
}
