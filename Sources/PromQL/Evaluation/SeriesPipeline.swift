import Model

/// Expressions that make of one series at most one, without looking at others: they can be computed while series are decoded.
enum SeriesPipeline {
    /// A selector, or a function over a range selector, that an expression makes its series of one by one; nil where it doesn't.
    static func leaf(of expression: Expression) -> Expression? {
        switch expression.node {
        case .parenthesized(let inner): return leaf(of: inner)
        case .unary(_, let operand): return leaf(of: operand)
        case .selector: return expression
        case .binary(let operation):
            if operation.op.isSetOperator { return nil }
            if operation.right.type == .scalar, !operation.right.readsSeries { return leaf(of: operation.left) }
            if operation.left.type == .scalar, !operation.left.readsSeries { return leaf(of: operation.right) }
            return nil
        case .call(let function, let arguments):
            if isLeaf(expression) { return expression }
            guard mapsSeries(function), let vector = arguments.first(where: { $0.type == .vector }),
                arguments.allSatisfy({ $0.type == .vector || ($0.type == .scalar && !$0.readsSeries) })
            else { return nil }
            return leaf(of: vector)
        default: return nil
        }
    }

    /// Whether an expression reads samples itself and makes one series of each.
    static func isLeaf(_ expression: Expression) -> Bool {
        switch expression.node {
        case .selector: return true
        case .call(.timestamp, let arguments), .call(.startTimestamp, let arguments):
            if case .selector = arguments[0].unparenthesized.node { return true }
            return false
        case .call(let function, let arguments):
            guard function != .absentOverTime else { return false }
            var ranges = 0
            for argument in arguments {
                if argument.type == .matrix {
                    guard case .rangeSelector = argument.unparenthesized.node else { return false }
                    ranges += 1
                } else if argument.readsSeries || argument.type != .scalar {
                    return false
                }
            }
            return ranges == 1
        default: return false
        }
    }

    /// The place of the selector that a leaf reads.
    static func selector(of leaf: Expression) -> Expression {
        if case .call(_, let arguments) = leaf.node {
            return arguments.first { $0.type == .matrix || $0.type == .vector }!.unparenthesized
        }
        return leaf
    }

    /// Functions of one series' values at a time.
    private static func mapsSeries(_ function: PromQLFunction) -> Bool {
        switch function {
        case .abs, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .clamp, .clampMax, .clampMin, .cos, .cosh, .dayOfMonth, .dayOfWeek, .dayOfYear,
            .daysInMonth, .deg, .exp, .floor, .histogramAvg, .histogramCount, .histogramStddev, .histogramStdvar, .histogramSum, .hour, .ln, .log10,
            .log2, .minute, .month, .rad, .round, .sgn, .sin, .sinh, .sqrt, .tan, .tanh, .year:
            true
        default: false
        }
    }

    /// Whether a call looks at no labels but leaves that to what is around it.
    static func keepsLabels(_ expression: Expression) -> Bool {
        if isLeaf(expression) { return true }
        if case .call(let function, _) = expression.node { return mapsSeries(function) }
        return false
    }
}
