import Foundations
import Model

/// One result of an expression.
struct ResultElement: Sendable {
    var labels: Labels
    /// NaN where the result is a histogram.
    var value: Double
    var histogram: FloatHistogram?

    init(labels: Labels, value: Double, histogram: FloatHistogram? = nil) {
        self.labels = labels
        self.value = value
        self.histogram = histogram
    }
}

/// Evaluates rule expressions at a moment: the engine in this process, another query language, or one behind HTTP.
protocol ExpressionEvaluator: Sendable {
    /// What is wrong with an expression; nil where it can be evaluated.
    func syntaxProblem(in expression: String) -> String?
    /// An expression whose results have the labels of the alerts of `expression` as long as their data exist, whether or not the condition
    /// holds (the left side of `a > 5`); nil where there is none.
    func dataExpression(of expression: String) -> String?
    /// A scalar is one element without labels.
    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement]
}
