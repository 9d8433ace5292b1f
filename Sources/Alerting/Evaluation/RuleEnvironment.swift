import Foundations
import Logging
import Model

/// What the evaluation of rules needs from outside.
struct RuleEnvironment: Sendable {
    var evaluator: any ExpressionEvaluator
    /// For groups of log rules.
    var logEvaluator: any ExpressionEvaluator
    var database: AlertDatabase
    /// Stores recorded series and `ALERTS`.
    var write: @Sendable (MetricBatch) async throws -> Void
    /// Holds the routing in force.
    var desk: DeliveryDesk
    /// Pages what the database doesn't take.
    var unrecordedPager: UnrecordedPager
    var externalLabels: Labels
    var noDataHoldMilliseconds: Int64
    var clock: any WallClock
    var logger: Logger
    /// Wakes the workers of receivers that have something to send.
    var wake: @Sendable (Set<String>) -> Void

    func evaluator(of source: RuleSource) -> any ExpressionEvaluator { source == .logs ? logEvaluator : evaluator }

    var context: NotificationContext { desk.context }
    var texts: TextEnvironment { TextEnvironment(evaluator: evaluator, externalLabels: externalLabels, externalURL: context.externalURL) }

    /// A link to the expression, in the form of Prometheus or Loki.
    func generatorURL(of expression: String, source: RuleSource) -> String {
        source == .logs
            ? "\(context.externalURL)/loki/api/v1/query?query=\(TemplateFunctions.percentEncoded(expression))"
            : "\(context.externalURL)/graph?g0.expr=\(TemplateFunctions.percentEncoded(expression))&g0.tab=1"
    }
}
