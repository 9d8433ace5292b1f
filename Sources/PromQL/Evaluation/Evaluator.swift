import Foundations
import Model

/// Evaluates expressions at all moments of a grid at once: each node gives its series with a value for every step.
final class Evaluator {
    let context: QueryContext
    let grid: StepGrid

    init(_ context: QueryContext, _ grid: StepGrid) {
        self.context = context
        self.grid = grid
    }

    var annotations: Annotations { context.annotations }
    var steps: Int { grid.count }

    /// The value of an expression of type scalar, one for each step.
    func scalar(_ expression: Expression) throws -> [Double] {
        switch expression.node {
        case .number(let literal): return [Double](repeating: literal.value, count: steps)
        case .parenthesized(let inner): return try scalar(inner)
        case .unary(let op, let operand):
            let values = try scalar(operand)
            return op == .minus ? values.map { -$0 } : values
        case .binary(let operation): return try scalarBinary(operation)
        case .call(let function, let arguments): return try scalarCall(function, arguments)
        default: preconditionFailure("the type check lets no other expression be a scalar")
        }
    }

    /// The value of an expression of type instant vector.
    func vector(_ expression: Expression) throws -> [Column] {
        try context.check()
        if case .parenthesized(let inner) = expression.node { return try vector(inner) }
        if let given = context.given {
            if given.place == expression.range, let columns = given.columns { return columns }
            let begun = context.profile?.now()
            let columns = try compute(expression)
            if let begun, given.place != expression.range {
                context.profile?.addBatch(expression.range, columns.count, steps: steps, since: begun, isWhole: false)
            }
            return columns
        }
        if let columns = try commonValue(of: expression) { return columns }
        let held = context.memory.used
        let begun = context.profile?.now()
        let columns = try compute(expression)
        if let begun { context.profile?.add(expression.range, series: columns.count, steps: steps, since: begun) }
        try context.checkPoints(series: columns.count, steps: steps)
        try context.memory.settle(since: held, keeping: columns.reduce(0) { $0 + $1.memoryBytes })
        try keepCommonValue(columns, of: expression)
        return columns
    }

    private func compute(_ expression: Expression) throws -> [Column] {
        if context.given == nil, SeriesPipeline.isLeaf(expression) {
            if !context.options.isGeneral { return try streamed(expression) }
            try load(SeriesPipeline.selector(of: expression).range)
        }
        switch expression.node {
        case .selector(let selector): return try select(selector, expression.range)
        case .unary(let op, let operand): return try negate(op, try vector(operand))
        case .binary(let operation): return try vectorBinary(operation, expression.range)
        case .aggregation(let aggregation): return try aggregate(aggregation, expression.range)
        case .call(let function, let arguments):
            if function == .info, context.given == nil { try load(expression.range) }
            return try vectorCall(function, arguments, expression)
        default: preconditionFailure("the type check lets no other expression be an instant vector")
        }
    }

    /// The text of an expression of type string.
    func string(_ expression: Expression) -> StringLiteral {
        guard case .string(let literal) = expression.unparenthesized.node else { preconditionFailure("only a literal is a string") }
        return literal
    }

    /// A text that must be UTF-8.
    func text(_ expression: Expression) throws -> String {
        let literal = string(expression)
        guard let text = literal.text else { throw QueryError.execution("\(StringEscape.quoted(literal.bytes)) is no UTF-8") }
        return text
    }

    private func negate(_ op: UnaryOperator, _ columns: [Column]) throws -> [Column] {
        guard op == .minus else { return columns }
        return try finish(
            columns.map { column in
                var result = column
                for step in 0..<steps where !isAbsent(column.values[step]) { result.values[step] = -column.values[step] }
                if column.hasHistograms { result.histograms = column.histograms.map { $0?.scaled(by: -1) } }
                result.dropsName = true
                return result
            })
    }
}

extension Evaluator {
    /// Labels that say what a metric is rather than where it comes from; functions and operators take them away.
    static let metadataLabels: Set<String> = [LabelName.metricName, "__type__", "__unit__"]

    /// Whether more than the name says what the metric is.
    static func hasTypeOrUnit(_ labels: Labels) -> Bool {
        var has = false
        labels.forEachBytes { name, _ in has = has || (isMetadata(name) && name[2] != UInt8(ascii: "n")) }
        return has
    }

    static func withoutMetadata(_ labels: Labels) -> Labels {
        var has = false
        labels.forEachBytes { name, _ in has = has || isMetadata(name) }
        return has ? labels.filter { !isMetadata($0) } : labels
    }

    /// By length and first bytes, before the text is looked at.
    static func isMetadata(_ name: UnsafeRawBufferPointer) -> Bool {
        guard name.count == 8, name[0] == UInt8(ascii: "_") else { return false }
        return metadataLabels.contains(String(decoding: name, as: UTF8.self))
    }

    /// Takes names away where that isn't left to the end, and joins series that have become the same.
    func finish(_ columns: [Column]) throws -> [Column] {
        guard context.options.nameRemoval == .immediate else { return columns }
        return try Self.withoutDroppedNames(columns)
    }

    /// Takes away the names that are to go and joins series that have become the same; throws where two have a value at the same step.
    static func withoutDroppedNames(_ columns: [Column]) throws -> [Column] {
        guard columns.contains(where: \.dropsName) else { return columns }
        return try joined(
            columns.map { column in
                guard column.dropsName else { return column }
                var result = column
                result.labels = withoutMetadata(column.labels)
                result.dropsName = false
                return result
            })
    }

    /// Joins series of equal labels; throws where two have a value at the same step.
    static func joined(_ columns: [Column]) throws -> [Column] {
        var indexOfLabels: [Labels: Int] = [:]
        indexOfLabels.reserveCapacity(columns.count)
        var result: [Column] = []
        result.reserveCapacity(columns.count)
        for column in columns {
            guard let index = indexOfLabels[column.labels] else {
                indexOfLabels[column.labels] = result.count
                result.append(column)
                continue
            }
            for step in column.values.indices where column.isPresent(at: step) {
                if result[index].isPresent(at: step) { throw QueryError.execution("vector cannot contain metrics with the same labelset") }
                result[index].copy(from: column, at: step)
            }
        }
        return result
    }

    /// The whole expression as a query's result.
    func result(_ expression: Expression) throws -> QueryValue {
        let moment = Timestamp(milliseconds: grid.start)
        switch expression.type {
        case .string: return .string(moment, String(decoding: string(expression).bytes, as: UTF8.self))
        case .matrix:
            let input = try windows(expression)
            return .matrix(input.rangeExtension == nil ? input.wholeSeries() : try extendedSeries(input))
        case .scalar:
            let values = try scalar(expression)
            if context.isInstant { return .scalar(moment, values[0]) }
            return .matrix([Series(labels: Labels(), timestamps: (0..<steps).map(grid.time), values: values)])
        case .vector:
            let columns = try Self.joined(try Self.withoutDroppedNames(try vector(expression)))
            return context.isInstant ? .vector(elements(columns)) : .matrix(series(columns))
        }
    }

    private func elements(_ columns: [Column]) -> [VectorElement] {
        columns.compactMap { column in
            column.value(at: 0).map { VectorElement(labels: column.labels, timestamp: grid.start, value: $0) }
        }
    }

    private func series(_ columns: [Column]) -> [Series] {
        // Series without gaps share the timestamps.
        let times = (0..<steps).map(grid.time)
        let series = columns.compactMap { column -> Series? in
            if !column.hasHistograms, !column.values.contains(where: isAbsent) { return Series(labels: column.labels, timestamps: times, values: column.values) }
            var series = Series(labels: column.labels)
            series.timestamps.reserveCapacity(steps)
            series.values.reserveCapacity(steps)
            for step in 0..<steps {
                if !isAbsent(column.values[step]) {
                    series.timestamps.append(times[step])
                    series.values.append(column.values[step])
                } else if let histogram = column.histogram(at: step) {
                    series.histograms.append(HistogramSample(timestamp: times[step], histogram: histogram))
                }
            }
            return series.sampleCount == 0 ? nil : series
        }
        let isSorted = zip(series, series.dropFirst()).allSatisfy { $0.labels < $1.labels }
        return isSorted ? series : series.sorted { $0.labels < $1.labels }
    }
}
