import Foundations

/// Writes random expressions of the language, none of which depends on where the query begins and ends.
struct ExpressionGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[Int.random(in: 0..<choices.count, using: &random)] }
    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    mutating func selector() -> String {
        let name = pick(["a_total", "b_total", "c", "h"])
        let braces = pick(["", "", "{x=\"1\"}", "{x!=\"1\"}", "{x=~\"1|2\",y!~\"q.*\"}", "{}"])
        return chance(0.1) ? "{\"\(name)\",y=~\".+\"}" : name + braces
    }

    private mutating func modifiers() -> String {
        pick(["", "", "", "", " offset 1m", " offset -90s", " @ 300", " @ 600.5 offset 30s"])
    }

    mutating func matrix(_ depth: Int) -> String {
        if depth > 0, chance(0.25) { return "\(operand(depth - 1))[\(pick(["5m:1m", "4m:30s", "10m:"]))]\(modifiers())" }
        return "\(selector())[\(pick(["1m", "2m30s", "5m", "300", "2 * 1m + 15s"]))]\(modifiers())"
    }

    mutating func scalar(_ depth: Int) -> String {
        if depth == 0 || chance(0.5) { return pick(["1", "0.5", "-2", "3e2", "0x1F", "5m", "Inf", "NaN", "1_000", "time()", "pi()"]) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return "(\(scalar(depth - 1)) \(pick(["+", "-", "*", "/", "%", "^", "atan2"])) \(scalar(depth - 1)))"
        case 1: return "scalar(\(vector(depth - 1)))"
        case 2: return "\(pick(["min_of", "max_of"]))(\(scalar(depth - 1)), \(scalar(depth - 1)))"
        default: return "(\(scalar(depth - 1)) \(pick(["==", "!=", "<", ">="])) bool \(scalar(depth - 1)))"
        }
    }

    mutating func vector(_ depth: Int) -> String {
        if depth == 0 || chance(0.15) { return selector() + modifiers() }
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1:
            let function = pick([
                "rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time",
                "count_over_time", "last_over_time", "first_over_time", "present_over_time", "stddev_over_time", "mad_over_time", "ts_of_max_over_time",
                "ts_of_first_over_time", "stdvar_over_time", "absent_over_time",
            ])
            return "\(function)(\(matrix(depth - 1)))"
        case 2:
            let function = pick(["abs", "ceil", "floor", "sgn", "sqrt", "exp", "absent", "timestamp", "histogram_count", "histogram_sum", "histogram_avg", "hour", "day_of_year"])
            return "\(function)(\(vector(depth - 1)))"
        case 3: return aggregation(depth)
        case 4: return "(\(vector(depth - 1)))"
        case 5: return "\(pick(["-", "+", ""]))\(vector(depth - 1))"
        case 6: return "\(operand(depth - 1)) \(pick(["+", "-", "*", "/", "%", ">", "<=", "== bool", "!="])) \(scalar(depth - 1))"
        case 7: return "\(operand(depth - 1)) \(pick(["and", "or", "unless", "and on(x)", "or ignoring(y)", "unless on()"])) \(operand(depth - 1))"
        case 8:
            let op = pick(["+", "*", "/", ">", "== bool"])
            let matching = pick([
                "", "on(x, y)", "ignoring(z)", "on(x) group_left(y)", "ignoring(y) group_right()", "fill(0)", "on(x, y) fill_right(7)",
                "ignoring(y) group_left fill_left(-1)", "on(x) group_right(y) fill(2)", "on(__name__, x, y)",
            ])
            return "\(operand(depth - 1)) \(op) \(matching) \(operand(depth - 1))"
        default:
            return pick([
                "clamp(\(vector(depth - 1)), -1, \(scalar(depth - 1)))", "round(\(vector(depth - 1)), 0.5)", "vector(\(scalar(depth - 1)))",
                "predict_linear(\(matrix(depth - 1)), 60)", "quantile_over_time(0.7, \(matrix(depth - 1)))",
                "label_replace(\(vector(depth - 1)), \"z\", \"v$1\", \"x\", \"(.*)\")", "histogram_quantile(0.9, \(vector(depth - 1)))",
                "label_join(\(vector(depth - 1)), \"z\", \"-\", \"x\", \"y\")", "double_exponential_smoothing(\(matrix(depth - 1)), 0.5, 0.3)",
            ])
        }
    }

    /// A vector as one side of an operator, or in front of brackets.
    private mutating func operand(_ depth: Int) -> String { depth <= 0 ? selector() : "(\(vector(depth)))" }

    private mutating func aggregation(_ depth: Int) -> String {
        let grouping = pick(["", "by (x)", "without (y)", "by ()"])
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return "\(pick(["topk", "bottomk", "quantile", "limitk"])) \(grouping) (\(pick(["1", "2", "0.5"])), \(inner))"
        case 1: return "count_values \(grouping) (\"v\", \(inner))"
        default: return "\(pick(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]))(\(inner)) \(grouping)"
        }
    }

    /// Words of the language in no order.
    mutating func soup() -> String {
        let words = [
            "sum", "rate", "by", "without", "(", ")", "(", ")", "{", "}", "[", "]", "[5m]", "[5m:1m]", ",", ":", "=", "==", "!=", "=~", "!~", "<", ">", "<=", ">=",
            "+", "-", "*", "/", "%", "^", "@", "and", "or", "unless", "atan2", "bool", "on", "ignoring", "group_left", "group_right", "offset", "5m", "1h30m",
            "0x1F", "1e5", "1_0", ".5", "5.", "Inf", "NaN", "\"x\"", "'y'", "`z`", "\"\\xff\"", "\"\\u00e4\"", "foo", "foo:bar", "a", "le", "start()", "end()",
            "step()", "range()", "min", "max", "anchored", "smoothed", "fill", "fill(0)", "fill_left(1)", "limitk", "limit_ratio", "info", "# c\n", "\n", "é", "$",
            "topk(3,", "histogram_quantile(0.9,", "x{y=\"z\"}", "</", ">/",
        ]
        return (0..<Int.random(in: 1...24, using: &random)).map { _ in pick(words) }.joined(separator: chance(0.5) ? " " : "")
    }

    /// Any bytes that are UTF-8.
    mutating func noise() -> String {
        String(decoding: (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }, as: UTF8.self)
    }
}
