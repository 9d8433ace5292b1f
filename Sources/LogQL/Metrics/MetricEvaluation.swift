import Foundations
import Model

/// Evaluates the numbers of one query, over the steps of a grid.
struct MetricEvaluation {
    let source: QuerySource
    let grid: StepGrid

    /// A vector at the grid's one step, or a matrix over all of them.
    func result(_ expression: Expression, isInstant: Bool) async throws -> LogQLResult {
        let columns = try await columns(expression, wanted: expression.groupingNames)
        return isInstant ? vector(columns, ordersByValue: expression.ordersByValue) : matrix(columns)
    }

    private func columns(_ expression: Expression, wanted: Set<String>) async throws -> [Column] {
        switch try await operand(expression, wanted) {
        case .vector(let columns): columns
        case .number(let number): [Column(labels: Labels(), values: Array(repeating: number, count: grid.count))]
        }
    }

    private func operand(_ expression: Expression, _ wanted: Set<String>) async throws -> EvaluatedOperand {
        if let number = expression.constant { return .number(number) }
        switch expression {
        case .log: throw LogQLError.failed("lines are no numbers; count them first, as in count_over_time({…}[5m])")
        case .number(let number): return .number(number)
        case .constantVector(let number): return .vector([Column(labels: Labels(), values: Array(repeating: number, count: grid.count))])
        case .range(let aggregation): return .vector(try await RangeEvaluation(aggregation: aggregation, grid: grid, wanted: wanted).columns(source))
        case .vectorAggregation(let aggregation):
            return .vector(VectorEvaluation.columns(aggregation, try await inner(of: aggregation, wanted), grid))
        case .binary(let operation):
            let left = try await operand(operation.left, wanted)
            let right = try await operand(operation.right, wanted)
            return .vector(try BinaryEvaluation(operation: operation).columns(left, right))
        case .labelReplace(let inner, let destination, let replacement, let source, let pattern):
            return .vector(try await columns(inner, wanted: wanted).map { column in
                var text = column.labels[source] ?? ""
                let replaced = text.withUTF8 { bytes -> String? in
                    let raw = UnsafeRawBufferPointer(bytes)
                    return pattern.firstMatch(in: raw, isAnchored: true).map { pattern.expand(replacement, match: $0, in: raw) }
                }
                guard let replaced else { return column }
                return Column(labels: column.labels.setting(destination, to: replaced), values: column.values)
            })
        }
    }

    /// What an aggregation works on. A sum by names needs no more labels than these from the counts below it, which spares
    /// a series for each line where a parser finds many.
    private func inner(of aggregation: VectorAggregation, _ wanted: Set<String>) async throws -> [Column] {
        guard aggregation.function == .sum, case .range(var range) = aggregation.operand, range.grouping == nil, range.function.isAdditive else {
            return try await columns(aggregation.operand, wanted: wanted)
        }
        range.grouping = aggregation.grouping ?? Grouping(isWithout: false, names: [])
        return try await RangeEvaluation(aggregation: range, grid: grid, wanted: wanted).columns(source)
    }

    private func matrix(_ columns: [Column]) -> LogQLResult {
        let series = columns.compactMap { column -> Series? in
            var series = Series(labels: column.labels)
            for (step, value) in column.values.enumerated() {
                guard let value else { continue }
                series.timestamps.append(NanoTimestamp(nanoseconds: grid.moment(step)).milliseconds.milliseconds)
                series.values.append(value)
            }
            return series.timestamps.isEmpty ? nil : series
        }
        return .matrix(series.sorted { $0.labels < $1.labels })
    }

    private func vector(_ columns: [Column], ordersByValue: VectorAggregation.Function?) -> LogQLResult {
        let timestamp = NanoTimestamp(nanoseconds: grid.start).milliseconds.milliseconds
        let elements = columns.compactMap { column in column.values[0].map { (column.labels, Sample(timestamp: timestamp, value: $0)) } }
            .sorted { $0.0 < $1.0 }
        guard let function = ordersByValue else { return .vector(elements) }
        let isAscending = function == .sort || function == .bottomk
        return .vector(elements.sorted { isAscending ? $0.1.value < $1.1.value : $0.1.value > $1.1.value })
    }
}

extension Expression {
    /// The value of an expression of numbers alone.
    var constant: Double? {
        switch self {
        case .number(let value): return value
        case .binary(let operation):
            guard !operation.op.isSet, let left = operation.left.constant, let right = operation.right.constant else { return nil }
            return Arithmetic.compute(operation.op, left, right)
        default: return nil
        }
    }

    /// The outermost function where it puts an instant result in order of value.
    var ordersByValue: VectorAggregation.Function? {
        guard case .vectorAggregation(let aggregation) = self, aggregation.function.ordersByValue else { return nil }
        return aggregation.function
    }
}

extension StepGrid {
    /// The steps of a request; one alone where it asks for none.
    init(_ request: LogRequest) throws(LogQLError) {
        guard let step = request.stepNanoseconds else {
            self.init(start: request.end.nanoseconds, step: 1, count: 1)
            return
        }
        guard step > 0, request.end >= request.start else { throw .failed("the step must be over 0, and the end not before the start") }
        let (length, overflow) = request.end.nanoseconds.subtractingReportingOverflow(request.start.nanoseconds)
        let count = overflow ? Int64.max : length / step + 1
        guard count <= Limits.stepsMax else { throw .tooMuch("the query has \(count) steps, more than \(Limits.stepsMax); give a larger step") }
        self.init(start: request.start.nanoseconds, step: step, count: Int(count))
    }
}
