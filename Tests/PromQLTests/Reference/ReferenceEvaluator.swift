import Foundations
import Model
import PromQL

/// What a query is at one moment.
enum ReferenceValue {
    case scalar(Double)
    case vector([(labels: Labels, sample: ReferenceSample)])
}

/// Why the reference has no value.
enum ReferenceProblem: Error {
    /// The documentation calls it an error.
    case refused
    /// The documentation leaves open which of several values it is, or the reference doesn't know the construct.
    case unsettled
}

/// PromQL as its documentation describes it, one moment and one series at a time, with nothing shared, cached or reordered.
///
/// Names go at once, and the lookback is five minutes.
struct ReferenceEvaluator {
    typealias Vector = [(labels: Labels, sample: ReferenceSample)]
    typealias Point = (timestamp: Int64, sample: ReferenceSample)

    static let lookbackMilliseconds: Int64 = 300_000
    static let subqueryStepMilliseconds: Int64 = 60_000

    let series: [Series]

    func value(_ expression: Expression, at moment: Int64) throws -> ReferenceValue {
        switch expression.node {
        case .number(let literal): return .scalar(literal.value)
        case .parenthesized(let inner): return try value(inner, at: moment)
        case .selector(let selector): return .vector(try select(selector, at: moment))
        case .unary(let op, let operand): return try negate(op, value(operand, at: moment))
        case .aggregation(let aggregation): return .vector(try unique(aggregate(aggregation, at: moment)))
        case .binary(let operation): return try binary(operation, at: moment)
        case .call(let function, let arguments): return try call(function, arguments, at: moment)
        default: throw ReferenceProblem.unsettled
        }
    }

    func vector(_ expression: Expression, at moment: Int64) throws -> Vector {
        guard case .vector(let vector) = try value(expression, at: moment) else { throw ReferenceProblem.unsettled }
        return vector
    }

    func scalar(_ expression: Expression, at moment: Int64) throws -> Double {
        guard case .scalar(let scalar) = try value(expression, at: moment) else { throw ReferenceProblem.unsettled }
        return scalar
    }

    static func withoutName(_ labels: Labels) -> Labels { labels.dropping(["__name__"]) }

    /// Two elements of a vector must not have the same labels.
    func unique(_ vector: Vector) throws -> Vector {
        guard Set(vector.map(\.labels)).count == vector.count else { throw ReferenceProblem.refused }
        return vector
    }

    private func negate(_ op: UnaryOperator, _ value: ReferenceValue) throws -> ReferenceValue {
        guard op == .minus else { return value }
        switch value {
        case .scalar(let number): return .scalar(-number)
        case .vector(let vector):
            return .vector(
                try unique(
                    vector.map { element in
                        switch element.sample {
                        case .float(let number): (Self.withoutName(element.labels), .float(-number))
                        case .histogram(let histogram): (Self.withoutName(element.labels), .histogram(histogram.scaled(-1)))
                        }
                    }))
        }
    }

    // MARK: Samples

    private func looksAt(_ at: AtModifier?, _ offset: DurationExpression?, _ moment: Int64) throws -> Int64 {
        let offset = try offset?.milliseconds(step: 0, range: 0) ?? 0
        switch at {
        case nil: return moment - offset
        case .timestamp(let fixed): return fixed - offset
        default: throw ReferenceProblem.unsettled
        }
    }

    /// All samples of a series, stale markers as nil.
    private func points(_ series: Series) throws -> [(timestamp: Int64, sample: ReferenceSample?)] {
        let floats = zip(series.timestamps, series.values).map { time, value -> (timestamp: Int64, sample: ReferenceSample?) in
            (time, StaleMarker.isStale(value) ? nil : .float(value))
        }
        let histograms = try series.histograms.map { sample -> (timestamp: Int64, sample: ReferenceSample?) in
            guard let histogram = ReferenceHistogram(sample.histogram) else { throw ReferenceProblem.unsettled }
            return (sample.timestamp, .histogram(histogram))
        }
        return (floats + histograms).sorted { $0.timestamp < $1.timestamp }
    }

    private func matching(_ selector: VectorSelector) -> [Series] { series.filter { selector.matchers.matches($0.labels) }.sorted { $0.labels < $1.labels } }

    private func select(_ selector: VectorSelector, at moment: Int64) throws -> Vector {
        guard selector.rangeExtension == nil else { throw ReferenceProblem.unsettled }
        let moment = try looksAt(selector.at, selector.offset, moment)
        return try matching(selector).compactMap { series in
            let newest = try points(series).last { $0.timestamp <= moment }
            guard let newest, newest.timestamp > moment - Self.lookbackMilliseconds, let sample = newest.sample else { return nil }
            return (series.labels, sample)
        }
    }

    /// When the samples were taken that an instant selector finds.
    func timestamps(_ selector: VectorSelector, at moment: Int64) throws -> [Labels: Double] {
        let moment = try looksAt(selector.at, selector.offset, moment)
        var result: [Labels: Double] = [:]
        for series in matching(selector) {
            guard let newest = try points(series).last(where: { $0.timestamp <= moment }), newest.sample != nil else { continue }
            result[series.labels] = Double(newest.timestamp) / 1000
        }
        return result
    }

    /// A range vector: each series' samples, and where the window begins and ends.
    struct Range {
        var series: [(labels: Labels, points: [Point])]
        let start: Int64
        let end: Int64
        var seconds: Double { Double(end - start) / 1000 }
    }

    func range(_ expression: Expression, at moment: Int64) throws -> Range {
        switch expression.unparenthesized.node {
        case .rangeSelector(let selector, let length):
            guard selector.rangeExtension == nil else { throw ReferenceProblem.unsettled }
            let end = try looksAt(selector.at, selector.offset, moment)
            let start = end - (try length.milliseconds(step: 0, range: 0))
            let series = try matching(selector).map { series in
                (series.labels, try points(series).compactMap { point in point.sample.map { (timestamp: point.timestamp, sample: $0) } }
                    .filter { $0.timestamp > start && $0.timestamp <= end })
            }
            return Range(series: series.filter { !$0.1.isEmpty }, start: start, end: end)
        case .subquery(let subquery):
            let end = try looksAt(subquery.at, subquery.offset, moment)
            let start = end - (try subquery.range.milliseconds(step: 0, range: 0))
            let step = try subquery.step?.milliseconds(step: 0, range: 0) ?? Self.subqueryStepMilliseconds
            var pointsOfLabels: [Labels: [Point]] = [:]
            let before = Int64((Double(start) / Double(step)).rounded(.down)) * step
            for inner in stride(from: before, through: end, by: Int64.Stride(step)) where inner > start {
                for element in try vector(subquery.expression, at: inner) { pointsOfLabels[element.labels, default: []].append((inner, element.sample)) }
            }
            return Range(series: pointsOfLabels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, start: start, end: end)
        default: throw ReferenceProblem.unsettled
        }
    }
}
