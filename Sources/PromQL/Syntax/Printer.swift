import Model

extension Expression: CustomStringConvertible {
    /// The expression on one line in canonical form; parsing it gives an equal expression.
    public var description: String {
        switch node {
        case .number(let literal): literal.description
        case .string(let literal): StringEscape.quoted(literal.bytes)
        case .selector(let selector): selector.text(range: nil)
        case .rangeSelector(let selector, let range): selector.text(range: range)
        case .subquery(let subquery):
            "\(subquery.expression)[\(subquery.range):\(subquery.step?.description ?? "")]" + modifiers(nil, subquery.offset, subquery.at)
        case .call(let function, let arguments): "\(function.rawValue)(\(arguments.map(\.description).joined(separator: ", ")))"
        case .aggregation(let aggregation): aggregation.description
        case .unary(let op, let operand): op.rawValue + operand.description
        case .binary(let operation): operation.description
        case .parenthesized(let inner): "(\(inner))"
        }
    }
}

extension NumberLiteral: CustomStringConvertible {
    public var description: String {
        if isDuration { return DurationExpression.milliseconds(Int64((value * 1000).rounded())).description }
        // A sign in front would be an operator.
        return value == .infinity ? "Inf" : ValueText.format(value)
    }
}

private func modifiers(_ rangeExtension: RangeExtension?, _ offset: DurationExpression?, _ at: AtModifier?) -> String {
    var text = rangeExtension.map { " \($0.rawValue)" } ?? ""
    switch at {
    case .timestamp(let milliseconds): text += " @ \(thousandths(milliseconds))"
    case .start: text += " @ start()"
    case .end: text += " @ end()"
    case nil: break
    }
    return text + (offset.map { " offset \($0)" } ?? "")
}

/// Milliseconds as seconds with three decimals.
private func thousandths(_ milliseconds: Int64) -> String {
    let rest = String(milliseconds.magnitude % 1000)
    return "\(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1000).\(String(repeating: "0", count: 3 - rest.utf8.count))\(rest)"
}

private func labelList(_ names: [String]) -> String {
    "(" + names.map { LabelName.isLegacy($0) ? $0 : StringEscape.quoted(Array($0.utf8)) }.joined(separator: ", ") + ")"
}

extension VectorSelector {
    fileprivate func text(range: DurationExpression?) -> String {
        let isPlain = name.map { LabelName.isLegacyMetricName($0) && !Self.needsQuotes($0) } ?? false
        // The matcher that the name became is the last one.
        let others = name == nil ? matchers[...] : matchers.dropLast()
        var parts = others.map {
            "\(LabelName.isLegacy($0.name) ? $0.name : StringEscape.quoted(Array($0.name.utf8)))\($0.op.rawValue)\(StringEscape.quoted(Array($0.value.utf8)))"
        }
        if let name, !isPlain { parts.insert(StringEscape.quoted(Array(name.utf8)), at: 0) }
        let braces = parts.isEmpty ? "" : "{\(parts.joined(separator: ", "))}"
        return (isPlain ? name! : "") + braces + (range.map { "[\($0)]" } ?? "") + modifiers(rangeExtension, offset, at)
    }

    /// Words that mean something else where a metric's name can stand.
    private static func needsQuotes(_ name: String) -> Bool { ["inf", "nan", "bool", "on", "ignoring", "group_left", "group_right"].contains(name.lowercased()) }
}

extension Grouping: CustomStringConvertible {
    public var description: String {
        switch self {
        case .by(let names): "by \(labelList(names))"
        case .without(let names): "without \(labelList(names))"
        }
    }
}

extension Aggregation: CustomStringConvertible {
    public var description: String {
        let arguments = (parameter.map { "\($0), " } ?? "") + expression.description
        return op.rawValue + (grouping.map { " \($0) " } ?? "") + "(\(arguments))"
    }
}

extension VectorMatching: CustomStringConvertible {
    /// What stands behind the operator, each part with a blank before it.
    public var description: String {
        var text = ""
        switch labels {
        case .on(let names): text += " on \(labelList(names))"
        case .ignoring(let names): text += " ignoring \(labelList(names))"
        case nil: break
        }
        switch cardinality {
        case .manyToOne(let names): text += " group_left \(labelList(names))"
        case .oneToMany(let names): text += " group_right \(labelList(names))"
        case .oneToOne, .manyToMany: break
        }
        if let fillLeft, fillLeft == fillRight { return text + " fill (\(fillLeft))" }
        return text + (fillLeft.map { " fill_left (\($0))" } ?? "") + (fillRight.map { " fill_right (\($0))" } ?? "")
    }
}

extension BinaryOperation: CustomStringConvertible {
    public var description: String { "\(left) \(op.rawValue)\(returnsBool ? " bool" : "")\(matching) \(right)" }
}
