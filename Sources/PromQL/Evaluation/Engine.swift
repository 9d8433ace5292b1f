import Foundations
import Model

/// Evaluates PromQL over a reader of metrics.
public struct Engine: Sendable {
    let reader: any MetricReader
    let options: EngineOptions

    public init(reader: any MetricReader, options: EngineOptions = .init()) {
        self.reader = reader
        self.options = options
    }

    /// The value at one moment. With `explain`, the result has the plan with what its parts did and cost. Throws `QueryError`.
    public func instant(_ query: String, at moment: Timestamp, explain: Bool = false) async throws -> QueryResult {
        try await instant(Self.parse(query), at: moment, explain: explain)
    }

    /// The value of a parsed expression at one moment. Throws `QueryError`.
    public func instant(_ expression: Expression, at moment: Timestamp, explain: Bool = false) async throws -> QueryResult {
        try checkRange(moment)
        let grid = StepGrid(at: moment.milliseconds)
        return try await run(
            expression,
            QueryContext(options: options, grid: grid, end: moment.milliseconds, isInstant: true, profile: explain ? QueryProfile() : nil))
    }

    /// The values from `start` to at most `end`, one a step. With `explain`, the result has the plan with what its parts did and cost.
    /// Throws `QueryError`.
    public func range(_ query: String, start: Timestamp, end: Timestamp, stepMilliseconds: Int64, explain: Bool = false) async throws -> QueryResult {
        try await range(Self.parse(query), start: start, end: end, stepMilliseconds: stepMilliseconds, explain: explain)
    }

    /// The values of a parsed expression from `start` to at most `end`, one a step. Throws `QueryError`.
    public func range(
        _ expression: Expression, start: Timestamp, end: Timestamp, stepMilliseconds: Int64, explain: Bool = false
    ) async throws -> QueryResult {
        try check(expression, start, end, stepMilliseconds)
        let grid = StepGrid(start: start.milliseconds, end: end.milliseconds, step: stepMilliseconds)
        let context = QueryContext(options: options, grid: grid, end: end.milliseconds, isInstant: false, profile: explain ? QueryProfile() : nil)
        if let result = try await cached(expression, context) { return result }
        return try await run(expression, context)
    }

    /// How a range query would be computed; reads nothing. Throws `QueryError`.
    public func plan(_ expression: Expression, start: Timestamp, end: Timestamp, stepMilliseconds: Int64) throws -> QueryPlan {
        try check(expression, start, end, stepMilliseconds)
        let grid = StepGrid(start: start.milliseconds, end: end.milliseconds, step: stepMilliseconds)
        return try PlanBuilder.plan(expression, QueryContext(options: options, grid: grid, end: end.milliseconds, isInstant: false))
    }

    private func check(_ expression: Expression, _ start: Timestamp, _ end: Timestamp, _ stepMilliseconds: Int64) throws(QueryError) {
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
    }

    private static func parse(_ query: String) throws(QueryError) -> Expression {
        do { return try PromQLParser.parse(query) } catch { throw .syntax(error) }
    }

    private func checkRange(_ moment: Timestamp) throws(QueryError) {
        if moment.milliseconds.magnitude > UInt64(PromQLLimits.millisecondsMax) { throw .execution("the moment \(moment.milliseconds) ms is out of range") }
    }

    func run(_ expression: Expression, _ context: QueryContext) async throws(QueryError) -> QueryResult {
        do {
            let begun = context.profile?.now()
            context.plan = try PlanBuilder.plan(expression, context)
            context.data = try await context.plan.scan(reader, context)
            let value = try await QueryThread.result(expression, context, work: context.data.samplesBound)
            var result = QueryResult(
                value: value, warnings: context.annotations.warningTexts, infos: context.annotations.infoTexts, samplesRead: context.counts.samples,
                memoryBytes: context.memory.peak)
            if let profile = context.profile, let begun { result.explanation = Explanation(expression, context.plan, context, profile, since: begun) }
            return result
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
