import Foundations
import LogQL
import Model

/// Evaluates log rules with the LogQL engine.
///
/// The absence of lines is the condition's end: lines that don't come can't be told from lines that aren't written.
struct LogQLEvaluator: ExpressionEvaluator {
    private let engine: LogEngine

    init(reader: any LogReader, clock: any WallClock) { engine = LogEngine(reader: reader, clock: clock) }

    static func problem(in expression: String) -> String? { LogEngine.problem(inMetricQuery: expression)?.description }

    func syntaxProblem(in expression: String) -> String? { Self.problem(in: expression) }

    func dataExpression(of expression: String) -> String? { nil }

    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] {
        switch try await engine.run(expression, start: moment.nanos, end: moment.nanos, stepNanoseconds: nil, limit: 0, direction: .newestFirst) {
        case .scalar(let sample): [ResultElement(labels: Labels(), value: sample.value)]
        case .vector(let elements): elements.map { ResultElement(labels: $0.0, value: $0.1.value) }
        case .streams, .matrix: throw RuleFailure("the expression gives lines; count them, as in count_over_time({…}[5m])")
        }
    }
}

/// For an evaluator without a log store: its log rules fail and say so.
struct NoLogs: ExpressionEvaluator {
    func syntaxProblem(in expression: String) -> String? { LogQLEvaluator.problem(in: expression) }
    func dataExpression(of expression: String) -> String? { nil }
    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] {
        throw RuleFailure("this process has no log store; log rules need a collector")
    }
}
