import Foundations
import Model
import PromQL

/// Evaluates rules with the PromQL engine.
struct PromQLEvaluator: ExpressionEvaluator {
    private let engine: Engine

    init(reader: any MetricReader, clock: any WallClock) {
        var options = EngineOptions()
        options.clock = clock
        engine = Engine(reader: reader, options: options)
    }

    func syntaxProblem(in expression: String) -> String? { PromQLCheck.syntaxProblem(in: expression) }

    func dataExpression(of expression: String) -> String? { DataExpression.text(of: expression) }

    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] {
        switch try await engine.instant(expression, at: moment).value {
        case .scalar(_, let value): return [ResultElement(labels: Labels(), value: value)]
        case .vector(let elements):
            return elements.map { element in
                switch element.value {
                case .float(let value): ResultElement(labels: element.labels, value: value)
                case .histogram(let histogram): ResultElement(labels: element.labels, value: .nan, histogram: histogram)
                }
            }
        case .string, .matrix: throw RuleFailure("the expression gives neither a vector nor a scalar")
        }
    }
}

/// Checks expressions without anything to evaluate them on.
enum PromQLCheck {
    static func syntaxProblem(in expression: String) -> String? {
        do throws(PromQLSyntaxError) {
            let parsed = try PromQLParser.parse(expression)
            return parsed.type == .vector || parsed.type == .scalar ? nil : "a rule needs a vector or a scalar, this is a \(parsed.type.rawValue)"
        } catch {
            return error.description
        }
    }
}

/// For `check`, where nothing is evaluated.
struct SyntaxChecker: ExpressionEvaluator {
    func syntaxProblem(in expression: String) -> String? { PromQLCheck.syntaxProblem(in: expression) }
    func dataExpression(of expression: String) -> String? { nil }
    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] { throw RuleFailure("nothing is evaluated in a check") }
}
