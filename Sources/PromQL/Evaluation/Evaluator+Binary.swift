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
                        annotations.add(Self.incompatible(op, leftIsHistogram: false, rightIsHistogram: false), at: place)
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
                } else if let histogram = column.histogram(at: step) {
                    guard let computed = Self.scale(histogram, op, scalar[step], isSwapped) else {
                        annotations.add(Self.incompatible(op, leftIsHistogram: !isSwapped, rightIsHistogram: isSwapped), at: place)
                        continue
                    }
                    output.set(computed, at: step)
                    found = true
                }
            }
            if found { result.append(output) }
        }
        return try finish(result)
    }

    /// A histogram times or over a number; nothing else is defined.
    private static func scale(_ histogram: FloatHistogram, _ op: BinaryOperator, _ number: Double, _ isSwapped: Bool) -> FloatHistogram? {
        if op.isTrim, !isSwapped { return histogram.trimmed(op == .trimUpper ? .below : .above, at: number) }
        if op == .multiply { return histogram.scaled(by: number).compacted }
        if op == .divide, !isSwapped { return histogram.divided(by: number).compacted }
        return nil
    }

    private static func incompatible(_ op: BinaryOperator, leftIsHistogram: Bool, rightIsHistogram: Bool) -> Oddity {
        let (left, right) = (leftIsHistogram ? "histogram" : "float", rightIsHistogram ? "histogram" : "float")
        return .info("incompatible sample types encountered for binary operator \(quoted(op.rawValue)): \(left) \(op.rawValue) \(right)")
    }

    /// An operator between two values of matched series, and what is odd about it.
    static func apply(_ op: BinaryOperator, _ left: MetricValue, _ right: MetricValue) throws -> (BinaryOutcome, Oddity?) {
        switch (left, right) {
        case (.float, .float) where op.isTrim: return (.none, incompatible(op, leftIsHistogram: false, rightIsHistogram: false))
        case (.float(let left), .float(let right)):
            let (value, isKept) = op.apply(left, right)
            return (.float(value, isKept: isKept), nil)
        case (.float(let left), .histogram(let right)):
            if let result = scale(right, op, left, true) { return (.histogram(result, isKept: true), nil) }
            return (.none, incompatible(op, leftIsHistogram: false, rightIsHistogram: true))
        case (.histogram(let left), .float(let right)):
            if let result = scale(left, op, right, false) { return (.histogram(result, isKept: true), nil) }
            return (.none, incompatible(op, leftIsHistogram: true, rightIsHistogram: false))
        case (.histogram(let left), .histogram(let right)):
            switch op {
            case .equal: return (.histogram(left, isKept: left.isSame(as: right)), nil)
            case .notEqual: return (.histogram(left, isKept: !left.isSame(as: right)), nil)
            case .add, .subtract: return try addUp(op, left, right)
            default: return (.none, incompatible(op, leftIsHistogram: true, rightIsHistogram: true))
            }
        }
    }

    /// A histogram and another one, added or taken away.
    private static func addUp(_ op: BinaryOperator, _ left: FloatHistogram, _ right: FloatHistogram) throws -> (BinaryOutcome, Oddity?) {
        let name = op == .add ? "addition" : "subtraction"
        var total = left
        let remarks: HistogramSumRemarks
        do {
            remarks = try total.add(right, factor: op == .add ? 1 : -1)
        } catch is IncompatibleBuckets {
            return (.none, .warning("incompatible bucket layout encountered for binary operator \(op.rawValue)"))
        }
        // Of a counter that begins anew on one side alone, sum and difference say nothing.
        if remarks.contains(.counterResetCollision) { return (.none, .warning("conflicting counter resets during histogram \(name)")) }
        if op == .subtract { total.counterReset = .gauge }
        let oddity: Oddity? = remarks.contains(.reconciledBounds) ? .info("mismatched custom buckets were reconciled during \(name)") : nil
        return (.histogram(total.compacted, isKept: true), oddity)
    }
}
