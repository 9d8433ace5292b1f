import Foundations
import Model

/// Evaluates PromQL over a reader of metrics.
public struct Engine: Sendable {
    private let reader: any MetricReader
    private let options: EngineOptions

    public init(reader: any MetricReader, options: EngineOptions = .init()) {
        self.reader = reader
        self.options = options
    }

    /// The value at one moment. Throws `QueryError`.
    public func instant(_ query: String, at moment: Timestamp) async throws -> QueryResult { try await instant(Self.parse(query), at: moment) }

    /// The value of a parsed expression at one moment. Throws `QueryError`.
    public func instant(_ expression: Expression, at moment: Timestamp) async throws -> QueryResult {
        try checkRange(moment)
        return try await run(expression, QueryContext(options: options, grid: StepGrid(at: moment.milliseconds), end: moment.milliseconds, isInstant: true))
    }

    /// The values from `start` to at most `end`, one a step. Throws `QueryError`.
    public func range(_ query: String, start: Timestamp, end: Timestamp, stepMilliseconds: Int64) async throws -> QueryResult {
        try await range(Self.parse(query), start: start, end: end, stepMilliseconds: stepMilliseconds)
    }

    /// The values of a parsed expression from `start` to at most `end`, one a step. Throws `QueryError`.
    public func range(_ expression: Expression, start: Timestamp, end: Timestamp, stepMilliseconds: Int64) async throws -> QueryResult {
        try checkRange(start)
        try checkRange(end)
        guard stepMilliseconds > 0 else { throw QueryError.execution("the step of a range query must be greater than 0") }
        guard end >= start else { throw QueryError.execution("the end of a range query must not be before its start") }
        guard expression.type == .scalar || expression.type == .vector else {
            throw QueryError.execution(
                "invalid expression type \(quoted(expression.type.documentedName)) for range query, must be Scalar or instant Vector")
        }
        guard (end.milliseconds - start.milliseconds) / stepMilliseconds < PromQLLimits.stepsMax else {
            throw QueryError.execution("exceeded maximum resolution of \(PromQLLimits.stepsMax) points per timeseries; try a longer step")
        }
        let grid = StepGrid(start: start.milliseconds, end: end.milliseconds, step: stepMilliseconds)
        return try await run(expression, QueryContext(options: options, grid: grid, end: end.milliseconds, isInstant: false))
    }

    private static func parse(_ query: String) throws(QueryError) -> Expression {
        do { return try PromQLParser.parse(query) } catch { throw .syntax(error) }
    }

    private func checkRange(_ moment: Timestamp) throws(QueryError) {
        if moment.milliseconds.magnitude > UInt64(PromQLLimits.millisecondsMax) { throw .execution("the moment \(moment.milliseconds) ms is out of range") }
    }

    private func run(_ expression: Expression, _ context: QueryContext) async throws(QueryError) -> QueryResult {
        do {
            let plan = try SelectorPlan(expression, context)
            let (data, samples) = try await plan.read(from: reader)
            context.data = data
            let value = try await QueryThread.result(expression, context, samples: samples)
            return QueryResult(
                value: value, warnings: context.annotations.warningTexts, infos: context.annotations.infoTexts, samplesRead: samples)
        } catch let error as QueryError {
            throw error
        } catch is CancellationError {
            throw .cancelled
        } catch is ReadLimitError {
            throw .tooManySamples(limit: options.samplesMax)
        } catch {
            throw .execution("expanding series: \(error)")
        }
    }
}
