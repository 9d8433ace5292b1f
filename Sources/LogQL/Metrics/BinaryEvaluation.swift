import Model

/// Operators between vectors and numbers.
struct BinaryEvaluation {
    let operation: BinaryOperation

    func columns(_ left: EvaluatedOperand, _ right: EvaluatedOperand) throws(LogQLError) -> [Column] {
        switch (left, right) {
        case (.number(let number), .vector(let columns)): return withNumber(columns) { ($0, number, false) }
        case (.vector(let columns), .number(let number)): return withNumber(columns) { ($0, number, true) }
        case (.vector(let left), .vector(let right)): return operation.op.isSet ? set(left, right) : try matched(left, right)
        case (.number, .number): throw .failed("two numbers need no evaluation")
        }
    }

    private func withNumber(_ columns: [Column], _ order: (Double) -> (value: Double, number: Double, isNumberRight: Bool)) -> [Column] {
        columns.map { column in
            column.mapped { value in
                let (value, number, isNumberRight) = order(value)
                let result = Arithmetic.compute(operation.op, isNumberRight ? value : number, isNumberRight ? number : value)
                return filtered(result, keeping: value)
            }
        }
    }

    /// A comparison without `bool` keeps the value where it holds, and drops it elsewhere.
    private func filtered(_ result: Double, keeping value: Double) -> Double? {
        guard operation.op.isComparison && !operation.returnsBool else { return result }
        return result == 1 ? value : nil
    }

    private func key(_ labels: Labels) -> Labels { operation.matching?.key(labels) ?? labels }

    private func set(_ left: [Column], _ right: [Column]) -> [Column] {
        var rightSteps: [Labels: [Bool]] = [:]
        for column in right { Self.mark(column, in: &rightSteps, key(column.labels)) }
        switch operation.op {
        case .and, .unless:
            let wanted = operation.op == .and
            return left.map { column in
                let steps = rightSteps[key(column.labels)]
                return Column(labels: column.labels, values: column.values.indices.map { (steps?[$0] ?? false) == wanted ? column.values[$0] : nil })
            }
        default:
            var leftSteps: [Labels: [Bool]] = [:]
            for column in left { Self.mark(column, in: &leftSteps, key(column.labels)) }
            var result = left
            let positions = Dictionary(left.enumerated().map { ($1.labels, $0) }, uniquingKeysWith: { first, _ in first })
            for column in right {
                let steps = leftSteps[key(column.labels)]
                let values = column.values.indices.map { (steps?[$0] ?? false) ? nil : column.values[$0] }
                if let position = positions[column.labels] {
                    for index in values.indices where result[position].values[index] == nil { result[position].values[index] = values[index] }
                } else {
                    result.append(Column(labels: column.labels, values: values))
                }
            }
            return result
        }
    }

    private static func mark(_ column: Column, in steps: inout [Labels: [Bool]], _ key: Labels) {
        var present = steps[key] ?? Array(repeating: false, count: column.values.count)
        for index in present.indices where column.values[index] != nil { present[index] = true }
        steps[key] = present
    }

    private func matched(_ left: [Column], _ right: [Column]) throws(LogQLError) -> [Column] {
        let manyIsRight = operation.many?.side == .right
        let (many, one) = manyIsRight ? (right, left) : (left, right)
        var ones: [Labels: Column] = [:]
        for column in one {
            guard ones.updateValue(column, forKey: key(column.labels)) == nil else { throw ambiguous(key(column.labels)) }
        }
        var seen: Set<Labels> = []
        var result: [Column] = []
        for column in many {
            guard let partner = ones[key(column.labels)] else { continue }
            if operation.many == nil, !seen.insert(key(column.labels)).inserted { throw ambiguous(key(column.labels)) }
            let values = column.values.indices.map { index -> Double? in
                guard let value = column.values[index], let other = partner.values[index] else { return nil }
                let computed = manyIsRight ? Arithmetic.compute(operation.op, other, value) : Arithmetic.compute(operation.op, value, other)
                return filtered(computed, keeping: manyIsRight ? other : value)
            }
            result.append(Column(labels: labels(column.labels, partner.labels), values: values))
        }
        return result
    }

    private func labels(_ many: Labels, _ one: Labels) -> Labels {
        if let (_, include) = operation.many {
            var builder = LabelsBuilder(many)
            for name in include { builder.set(name, to: one[name] ?? "") }
            return builder.build()
        }
        return operation.matching.map { $0.key(many) } ?? many
    }

    private func ambiguous(_ key: Labels) -> LogQLError {
        .failed("several series match \(key) on one side of `\(operation.op.rawValue)`; add labels with on(…), or group_left() or group_right()")
    }
}

/// What an operand is: a number, or series.
enum EvaluatedOperand {
    case number(Double)
    case vector([Column])
}
