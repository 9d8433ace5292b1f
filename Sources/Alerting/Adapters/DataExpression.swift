import PromQL

/// Derives from a rule's expression the one that tells whether its data exist: conditions are taken out, what they look at stays.
///
/// `rate(errors[5m]) > 0.1` becomes `rate(errors[5m])`, `count by (job) (up == 0) > 2` becomes `count by (job) (up)`,
/// `a > 1 and b > 2` becomes `a`.
enum DataExpression {
    /// Nil where nothing can be said: the expression has no condition, or the absence of data is one (`absent`).
    static func text(of expression: String) -> String? {
        let parsed: Expression
        do throws(PromQLSyntaxError) {
            parsed = try PromQLParser.parse(expression)
        } catch {
            return nil  // The rule file's check reports it.
        }
        guard parsed.type == .vector else { return nil }
        let source = Array(expression.utf8)
        guard let data = rewritten(parsed, source), data != slice(parsed, source) else { return nil }
        return data
    }

    private static func rewritten(_ expression: Expression, _ source: [UInt8]) -> String? {
        switch expression.node {
        case .call(let function, _) where [.absent, .absentOverTime, .vector, .scalar].contains(function): return nil
        case .aggregation(let aggregation):
            switch aggregation.op {
            case .countValues: return nil
            case .topk, .bottomk, .limitk, .limitRatio: return rewritten(aggregation.expression, source)
            default: return spliced(expression, source)
            }
        case .binary(let operation) where operation.op.isComparison && !operation.returnsBool: return compared(operation, source)
        case .binary(let operation) where operation.op == .and || operation.op == .unless: return rewritten(operation.left, source)
        default: return spliced(expression, source)
        }
    }

    /// The side of a comparison that the result's labels come from.
    private static func compared(_ operation: BinaryOperation, _ source: [UInt8]) -> String? {
        var side = operation.left.type == .vector ? operation.left : operation.right
        if case .oneToMany = operation.matching.cardinality { side = operation.right }
        return rewritten(side, source).map { "(\($0))" }
    }

    /// The expression's text with its parts rewritten in place.
    private static func spliced(_ expression: Expression, _ source: [UInt8]) -> String? {
        var text: [UInt8] = []
        var position = expression.range.start.offset
        for child in expression.node.children.sorted(by: { $0.range.start < $1.range.start }) {
            guard let replaced = rewritten(child, source) else { return nil }
            text += source[position..<child.range.start.offset]
            text += replaced.utf8
            position = child.range.endOffset
        }
        text += source[position..<expression.range.endOffset]
        return String(decoding: text, as: UTF8.self)
    }

    private static func slice(_ expression: Expression, _ source: [UInt8]) -> String {
        String(decoding: source[expression.range.start.offset..<expression.range.endOffset], as: UTF8.self)
    }
}
