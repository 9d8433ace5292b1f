import Glibc
import Model

/// What an operator makes of two values: nothing, or a value, which a comparison may leave out.
enum BinaryOutcome {
    case float(Double, isKept: Bool)
    case histogram(FloatHistogram, isKept: Bool)
    case none
}

extension BinaryOperator {
    /// Whether the result is another thing than what the metric's name says.
    var dropsName: Bool { !isComparison && !isTrim && !isSetOperator }

    /// The operator on two numbers: its result, or the left number with whether the comparison holds.
    @inline(__always) func apply(_ left: Double, _ right: Double) -> (value: Double, isKept: Bool) {
        switch self {
        case .add: (left + right, true)
        case .subtract: (left - right, true)
        case .multiply: (left * right, true)
        case .divide: (left / right, true)
        case .modulo: (fmod(left, right), true)
        case .power: (pow(left, right), true)
        case .atan2: (Glibc.atan2(left, right), true)
        case .equal: (left, left == right)
        case .notEqual: (left, left != right)
        case .greater: (left, left > right)
        case .less: (left, left < right)
        case .greaterOrEqual: (left, left >= right)
        case .lessOrEqual: (left, left <= right)
        case .trimUpper, .trimLower, .and, .or, .unless: preconditionFailure("these operators don't compute with numbers")
        }
    }
}

extension Evaluator {
    func scalarBinary(_ operation: BinaryOperation) throws -> [Double] {
        let (left, right) = (try scalar(operation.left), try scalar(operation.right))
        return zip(left, right).map { left, right in
            let (value, isKept) = operation.op.apply(left, right)
            return operation.op.isComparison ? (isKept ? 1 : 0) : value
        }
    }

    func vectorBinary(_ operation: BinaryOperation, _ place: SourceRange) throws -> [Column] {
        if operation.op.isSetOperator { return try combineSets(operation) }
        switch (operation.left.type, operation.right.type) {
        case (.vector, .vector): return try match(operation, place)
        case (.vector, _):
            let vector = try vector(operation.left)
            return try withScalar(operation, vector, try scalar(operation.right), isSwapped: false, place)
        default:
            let scalar = try scalar(operation.left)
            return try withScalar(operation, try vector(operation.right), scalar, isSwapped: true, place)
        }
    }

    /// An operator between each series and a number; `isSwapped` where the number stands on the left.
    private func withScalar(_ operation: BinaryOperation, _ vector: [Column], _ scalar: [Double], isSwapped: Bool, _ place: SourceRange) throws -> [Column] {
        let op = operation.op
        var result: [Column] = []
        result.reserveCapacity(vector.count)
        for column in vector {
            var output = Column(labels: column.labels, count: steps, dropsName: column.dropsName || op.dropsName || operation.returnsBool)
            var found = false
            for step in 0..<steps {
                let value = column.values[step]
                if !isAbsent(value) {
                    if op.isTrim {
                        remarkIncompatible(op, leftIsHistogram: false, rightIsHistogram: false, place)
                        continue
                    }
                    let (computed, isKept) = isSwapped ? op.apply(scalar[step], value) : op.apply(value, scalar[step])
                    if operation.returnsBool {
                        output.values[step] = isKept ? 1 : 0
                    } else if isKept {
                        output.values[step] = op.isComparison ? value : computed
                    } else {
                        continue
                    }
                    found = true
                } else if let histogram = column.histogram(at: step), let computed = scale(histogram, op, scalar[step], isSwapped, place) {
                    output.set(computed, at: step)
                    found = true
                }
            }
            if found { result.append(output) }
        }
        return try finish(result)
    }

    /// A histogram times or over a number; nothing else is defined.
    private func scale(_ histogram: FloatHistogram, _ op: BinaryOperator, _ number: Double, _ isSwapped: Bool, _ place: SourceRange) -> FloatHistogram? {
        if op.isTrim, !isSwapped { return histogram.trimmed(op == .trimUpper ? .below : .above, at: number) }
        if op == .multiply { return histogram.scaled(by: number).compacted }
        if op == .divide, !isSwapped { return histogram.divided(by: number).compacted }
        remarkIncompatible(op, leftIsHistogram: !isSwapped, rightIsHistogram: isSwapped, place)
        return nil
    }

    private func remarkIncompatible(_ op: BinaryOperator, leftIsHistogram: Bool, rightIsHistogram: Bool, _ place: SourceRange) {
        let (left, right) = (leftIsHistogram ? "histogram" : "float", rightIsHistogram ? "histogram" : "float")
        annotations.inform("incompatible sample types encountered for binary operator \(quoted(op.rawValue)): \(left) \(op.rawValue) \(right)", at: place)
    }

    /// An operator between two values of matched series.
    func apply(_ op: BinaryOperator, _ left: MetricValue, _ right: MetricValue, _ place: SourceRange) throws -> BinaryOutcome {
        switch (left, right) {
        case (.float, .float) where op.isTrim:
            remarkIncompatible(op, leftIsHistogram: false, rightIsHistogram: false, place)
            return .none
        case (.float(let left), .float(let right)):
            let (value, isKept) = op.apply(left, right)
            return .float(value, isKept: isKept)
        case (.float(let left), .histogram(let right)):
            return scale(right, op, left, true, place).map { .histogram($0, isKept: true) } ?? .none
        case (.histogram(let left), .float(let right)):
            return scale(left, op, right, false, place).map { .histogram($0, isKept: true) } ?? .none
        case (.histogram(let left), .histogram(let right)):
            switch op {
            case .equal: return .histogram(left, isKept: left.isSame(as: right))
            case .notEqual: return .histogram(left, isKept: !left.isSame(as: right))
            case .add, .subtract:
                var total = left
                do {
                    let remarks = try total.add(right, factor: op == .add ? 1 : -1)
                    remark(remarks, op == .add ? "addition" : "subtraction", place)
                } catch is IncompatibleBuckets {
                    annotations.warn("incompatible bucket layout encountered for binary operator \(op.rawValue)", at: place)
                    return .none
                }
                if op == .subtract { total.counterReset = .gauge }
                return .histogram(total.compacted, isKept: true)
            default:
                remarkIncompatible(op, leftIsHistogram: true, rightIsHistogram: true, place)
                return .none
            }
        }
    }
}
