import Foundations
import Logging
import Model

/// What the evaluation of rules needs from outside.
struct RuleEnvironment: Sendable {
    var evaluator: any ExpressionEvaluator
    var database: AlertDatabase
    /// Stores recorded series and `ALERTS`.
    var write: @Sendable (MetricBatch) async throws -> Void
    var context: NotificationContext
    /// Pages what the database doesn't take.
    var unrecordedPager: UnrecordedPager
    var externalLabels: Labels
    var noDataHoldMilliseconds: Int64
    var clock: any WallClock
    var logger: Logger
    /// Wakes the workers of receivers that have something to send.
    var wake: @Sendable (Set<String>) -> Void

    var texts: TextEnvironment { TextEnvironment(evaluator: evaluator, externalLabels: externalLabels, externalURL: context.externalURL) }

    /// A link to the expression, in Prometheus's form.
    func generatorURL(of expression: String) -> String {
        "\(context.externalURL)/graph?g0.expr=\(TemplateFunctions.percentEncoded(expression))&g0.tab=1"
    }
}
