import Model

/// Which types of expressions go together, with Prometheus's wording where they don't.
enum TypeCheck {
    private static func expect(_ expression: Expression, _ type: ValueType, _ place: String) throws(PromQLSyntaxError) {
        guard expression.type == type else {
            throw PromQLSyntaxError(
                position: expression.range.start, reason: "expected type \(type.documentedName) in \(place), got \(expression.type.documentedName)")
        }
    }

    static func unary(_ operand: Expression) throws(PromQLSyntaxError) {
        guard operand.type == .scalar || operand.type == .vector else {
            throw PromQLSyntaxError(
                position: operand.range.start,
                reason: "unary expression only allowed on expressions of type scalar or instant vector, got \(quoted(operand.type.documentedName))")
        }
    }

    static func binary(_ operation: BinaryOperation, hasMatching: Bool) throws(PromQLSyntaxError) -> ValueType {
        let (left, right) = (operation.left, operation.right)
        for side in [left, right] where side.type != .scalar && side.type != .vector {
            throw PromQLSyntaxError(position: side.range.start, reason: "binary expression must contain only scalar and instant vector types")
        }
        let areScalars = left.type == .scalar && right.type == .scalar
        if operation.op.isComparison && areScalars && !operation.returnsBool {
            throw PromQLSyntaxError(position: left.range.start, reason: "comparisons between scalars must use BOOL modifier")
        }
        if operation.op.isTrim && left.type == .scalar {
            throw PromQLSyntaxError(position: left.range.start, reason: "operator \(quoted(operation.op.rawValue)) needs native histograms on its left side, not a scalar")
        }
        if left.type == .vector && right.type == .vector { return .vector }
        if operation.op.isSetOperator {
            throw PromQLSyntaxError(position: left.range.start, reason: "set operator \(quoted(operation.op.rawValue)) not allowed in binary scalar expression")
        }
        if hasMatching {
            let isFillAlone = operation.matching.labels == nil
            throw PromQLSyntaxError(
                position: left.range.start,
                reason: isFillAlone ? "filling in missing series only allowed between instant vectors" : "vector matching only allowed between instant vectors")
        }
        return areScalars ? .scalar : .vector
    }

    static func aggregation(_ aggregation: Aggregation) throws(PromQLSyntaxError) {
        try expect(aggregation.expression, .vector, "aggregation expression")
        if let parameter = aggregation.parameter, let type = aggregation.op.parameterType { try expect(parameter, type, "aggregation parameter") }
    }

    static func call(_ function: PromQLFunction, _ arguments: [Expression], at start: SourcePosition) throws(PromQLSyntaxError) {
        let signature = function.signature
        func wrongCount(_ wording: String, _ count: Int) -> PromQLSyntaxError {
            PromQLSyntaxError(position: start, reason: "expected \(wording)\(count) argument(s) in call to \(quoted(function.rawValue)), got \(arguments.count)")
        }
        if arguments.count < signature.countMin {
            throw wrongCount(signature.countMax == signature.countMin ? "" : "at least ", signature.countMin)
        }
        if let most = signature.countMax, arguments.count > most { throw wrongCount(most == signature.countMin ? "" : "at most ", most) }
        for (index, argument) in arguments.enumerated() {
            try expect(argument, signature.type(at: index), "call to function \(quoted(function.rawValue))")
        }
        if function == .info, arguments.count == 2 {
            guard case .selector(let selector) = arguments[1].node, selector.name == nil, selector.offset == nil, selector.at == nil,
                selector.rangeExtension == nil
            else { throw PromQLSyntaxError(position: arguments[1].range.start, reason: "expected label selectors only, got vector selector instead") }
        }
        if function == .histogramQuantiles, arguments.count - 2 > PromQLLimits.quantilesMax {
            throw PromQLSyntaxError(position: start, reason: "histogram_quantiles takes at most \(PromQLLimits.quantilesMax) quantiles")
        }
        try checkExtension(function, arguments)
    }

    private static let anchorable: Set<PromQLFunction> = [.resets, .changes, .rate, .increase, .delta]
    private static let smoothable: Set<PromQLFunction> = [.rate, .increase, .delta]

    private static func checkExtension(_ function: PromQLFunction, _ arguments: [Expression]) throws(PromQLSyntaxError) {
        for argument in arguments {
            guard case .rangeSelector(let selector, _) = argument.unparenthesized.node, let rangeExtension = selector.rangeExtension else { continue }
            let allowed = rangeExtension == .anchored ? anchorable : smoothable
            guard !allowed.contains(function) else { continue }
            let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
            throw PromQLSyntaxError(
                position: argument.range.start, reason: "\(rangeExtension.rawValue) modifier can only be used with: \(names) - not with \(function.rawValue)")
        }
    }
}
