import Model

extension Expression {
    /// The expression as Prometheus's `/api/v1/parse_query` shows it: an object with a `type` for each node.
    ///
    /// Durations are milliseconds. Where one depends on the query's step or range it is 0, and its text stands beside it (`rangeExpr`,
    /// `offsetExpr`, `stepExpr`).
    public var syntaxTree: SyntaxTreeValue {
        switch node {
        case .number(let literal): .object([.init("type", .text("numberLiteral")), .init("val", .text(ValueText.format(literal.value)))])
        case .string(let literal):
            .object([.init("type", .text("stringLiteral")), .init("val", .text(String(decoding: literal.bytes, as: UTF8.self)))])
        case .selector(let selector): .object([.init("type", .text("vectorSelector"))] + selector.treeFields)
        case .rangeSelector(let selector, let range):
            .object([.init("type", .text("matrixSelector"))] + SyntaxTreeValue.duration("range", range) + selector.treeFields)
        case .subquery(let subquery): subquery.tree
        case .call(let function, let arguments):
            .object([
                .init("type", .text("call")), .init("func", function.tree), .init("args", .list(arguments.map(\.syntaxTree))),
            ])
        case .aggregation(let aggregation): aggregation.tree
        case .unary(let op, let operand):
            .object([.init("type", .text("unaryExpr")), .init("op", .text(op.rawValue)), .init("expr", operand.syntaxTree)])
        case .binary(let operation): operation.tree
        case .parenthesized(let inner): .object([.init("type", .text("parenExpr")), .init("expr", inner.syntaxTree)])
        }
    }
}

extension SyntaxTreeValue {
    fileprivate static func texts(_ texts: [String]) -> SyntaxTreeValue { .list(texts.map { .text($0) }) }

    /// The field of a duration, and its text where only a query tells how long it is.
    fileprivate static func duration(_ name: String, _ duration: DurationExpression?) -> [Field] {
        guard let duration else { return [Field(name, .integer(0))] }
        guard duration.isConstant, let milliseconds = try? duration.milliseconds(step: 0, range: 0) else {
            return [Field(name, .integer(0)), Field(name + "Expr", .text(duration.description))]
        }
        return [Field(name, .integer(milliseconds))]
    }

    /// The fields of an `@`.
    fileprivate static func at(_ at: AtModifier?) -> [Field] {
        switch at {
        case nil: [Field("timestamp", .null), Field("startOrEnd", .null)]
        case .timestamp(let milliseconds): [Field("timestamp", .integer(milliseconds)), Field("startOrEnd", .null)]
        case .start: [Field("timestamp", .null), Field("startOrEnd", .text("start"))]
        case .end: [Field("timestamp", .null), Field("startOrEnd", .text("end"))]
        }
    }
}

extension VectorSelector {
    fileprivate var treeFields: [SyntaxTreeValue.Field] {
        let conditions: [SyntaxTreeValue] = matchers.map {
            .object([.init("name", .text($0.name)), .init("value", .text($0.value)), .init("type", .text($0.op.rawValue))])
        }
        return [.init("name", .text(name ?? "")), .init("matchers", .list(conditions))]
            + SyntaxTreeValue.duration("offset", offset) + SyntaxTreeValue.at(at)
            + [.init("anchored", .boolean(rangeExtension == .anchored)), .init("smoothed", .boolean(rangeExtension == .smoothed))]
    }
}

extension Subquery {
    fileprivate var tree: SyntaxTreeValue {
        .object(
            [.init("type", .text("subquery")), .init("expr", expression.syntaxTree)] + SyntaxTreeValue.duration("range", range)
                + SyntaxTreeValue.duration("offset", offset) + SyntaxTreeValue.duration("step", step) + SyntaxTreeValue.at(at))
    }
}

extension PromQLFunction {
    fileprivate var tree: SyntaxTreeValue {
        // As Prometheus counts: 0 is none, -1 any number more, else how many may be left out.
        let variadic = signature.repeatsLast ? -1 : signature.optionalCount
        return .object([
            .init("name", .text(rawValue)), .init("argTypes", .list(signature.parameters.map { .text($0.rawValue) })),
            .init("variadic", .integer(Int64(variadic))), .init("returnType", .text(signature.result.rawValue)),
        ])
    }
}

extension Aggregation {
    fileprivate var tree: SyntaxTreeValue {
        let (names, isWithout): ([String], Bool) =
            switch grouping {
            case .by(let names)?: (names, false)
            case .without(let names)?: (names, true)
            case nil: ([], false)
            }
        return .object([
            .init("type", .text("aggregation")), .init("op", .text(op.rawValue)), .init("expr", expression.syntaxTree),
            .init("param", parameter?.syntaxTree ?? .null), .init("grouping", .texts(names)), .init("without", .boolean(isWithout)),
        ])
    }
}

extension BinaryOperation {
    fileprivate var tree: SyntaxTreeValue {
        .object([
            .init("type", .text("binaryExpr")), .init("op", .text(op.rawValue)), .init("lhs", left.syntaxTree), .init("rhs", right.syntaxTree),
            .init("matching", left.type == .vector && right.type == .vector ? matching.tree : .null), .init("bool", .boolean(returnsBool)),
        ])
    }
}

extension VectorMatching {
    fileprivate var tree: SyntaxTreeValue {
        let (names, isOn): ([String], Bool) =
            switch labels {
            case .on(let names)?: (names, true)
            case .ignoring(let names)?: (names, false)
            case nil: ([], false)
            }
        let (card, include): (String, [String]) =
            switch cardinality {
            case .oneToOne: ("one-to-one", [])
            case .manyToOne(let names): ("many-to-one", names)
            case .oneToMany(let names): ("one-to-many", names)
            case .manyToMany: ("many-to-many", [])
            }
        func fill(_ value: NumberLiteral?) -> SyntaxTreeValue { value.map { .text(ValueText.format($0.value)) } ?? .null }
        return .object([
            .init("card", .text(card)), .init("labels", .texts(names)), .init("on", .boolean(isOn)), .init("include", .texts(include)),
            .init("fillValues", .object([.init("lhs", fill(fillLeft)), .init("rhs", fill(fillRight))])),
        ])
    }
}
