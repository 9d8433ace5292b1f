import Foundations
import PromQL

/// Says what MetricsQL leaves open, so that every part of a query has the type that PromQL asks for.
struct MetricsQLReading {
    /// An aggregation that chooses series by what they were over the whole range: `topk_max(5, …)`.
    struct Choice {
        let aggregation: String
        /// What becomes one number of a series' course, and its parameters before the course.
        let rollup: (name: String, parameters: [MetricsQLNode])

        init?(_ name: String) {
            let parts = name.lowercased().split(separator: "_", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0] == "topk" || parts[0] == "bottomk" else { return nil }
            aggregation = parts[0]
            switch parts[1] {
            case "max", "min", "avg", "last": rollup = (parts[1] + "_over_time", [])
            case "median": rollup = ("quantile_over_time", [.number("0.5")])
            default: return nil
            }
        }
    }

    private typealias Typed = (node: MetricsQLNode, type: ValueType)

    private let window: MetricsQL.Window
    private var nodes = 0

    init(_ window: MetricsQL.Window) { self.window = window }

    /// A whole query, which gives an instant vector or a number.
    mutating func query(_ node: MetricsQLNode) throws(MetricsQLFault) -> MetricsQLNode { try value(node.unwrapped, 0).node }

    private mutating func read(_ node: MetricsQLNode, _ depth: Int) throws(MetricsQLFault) -> Typed {
        nodes += 1
        guard nodes <= Limits.metricsQLNodes, depth <= 4 * Limits.metricsQLDepth else { throw MetricsQLFault() }
        switch node {
        case .number: return (node, .scalar)
        case .string: return (node, .string)
        case .selector: return (node, .vector)
        case .parenthesized(let inner):
            let inner = try read(inner, depth + 1)
            return (.parenthesized(inner.node), inner.type)
        case .moved(let inner, let shift):
            let inner = try read(inner, depth + 1)
            return (.moved(inner.node, shift), inner.type)
        case .unary(let sign, let operand):
            let operand = try value(operand, depth + 1)
            return (.unary(sign, operand.node), operand.type)
        case .binary(let left, let sign, let modifiers, let right): return try binary(try value(left, depth + 1), sign, modifiers, try value(right, depth + 1))
        case .range(let inner, let window, let step): return try range(inner, length(window), step.map(length), depth)
        case .call(let name, let arguments, let grouping): return try call(name, arguments, grouping, depth)
        case .with: throw MetricsQLFault()
        }
    }

    /// Where a value of a moment is wanted: a range gives its last one.
    private mutating func value(_ node: MetricsQLNode, _ depth: Int) throws(MetricsQLFault) -> Typed {
        let read = try read(node, depth)
        guard read.type == .matrix else { return read }
        return (.call(name: "last_over_time", arguments: [read.node], grouping: ""), .vector)
    }

    /// Set operators join series: a number is one without labels.
    private func binary(_ left: Typed, _ sign: String, _ modifiers: String, _ right: Typed) throws(MetricsQLFault) -> Typed {
        guard MetricsQLParser.setOperators.contains(sign) else {
            return (.binary(left.node, sign: sign, modifiers: modifiers, right.node), left.type == .scalar && right.type == .scalar ? .scalar : .vector)
        }
        func series(_ side: Typed) -> MetricsQLNode { side.type == .scalar ? .call(name: "vector", arguments: [side.node], grouping: "") : side.node }
        return (.binary(series(left), sign: sign, modifiers: modifiers, series(right)), .vector)
    }

    private mutating func range(_ inner: MetricsQLNode, _ window: String, _ step: String?, _ depth: Int) throws(MetricsQLFault) -> Typed {
        if case .selector = inner.unwrapped, step == nil { return (.range(inner.unwrapped, window: window, step: nil), .matrix) }
        let steps = step.flatMap { $0.isEmpty ? nil : $0 } ?? stepText
        return (.range(.parenthesized(try value(inner, depth + 1).node), window: window, step: steps), .matrix)
    }

    /// Where a range is wanted: one as long as a rollup looks back by itself, and of what isn't a metric the values at each step.
    private mutating func matrix(_ node: MetricsQLNode, _ depth: Int) throws(MetricsQLFault) -> Typed {
        let rollup = StepText.text(window.rollupMilliseconds)
        switch node.unwrapped {
        case .selector: return (.range(node.unwrapped, window: rollup, step: nil), .matrix)
        case .moved(let inner, let shift):
            if case .selector = inner.unwrapped { return (.moved(.range(inner.unwrapped, window: rollup, step: nil), shift), .matrix) }
        default: break
        }
        let read = try read(node, depth)
        if read.type == .matrix { return read }
        return (.range(.parenthesized(read.node), window: rollup, step: stepText), .matrix)
    }

    private mutating func call(_ name: String, _ arguments: [MetricsQLNode], _ grouping: String, _ depth: Int) throws(MetricsQLFault) -> Typed {
        if let choice = Choice(name) { return try chosen(choice, arguments, grouping, depth) }
        var read: [MetricsQLNode] = []
        if let aggregation = AggregationOperator(rawValue: name) {
            guard arguments.count == (aggregation.parameterType == nil ? 1 : 2) else { throw MetricsQLFault() }
            for argument in arguments { read.append(try value(argument, depth + 1).node) }
            return (.call(name: name, arguments: read, grouping: grouping), .vector)
        }
        guard grouping.isEmpty, let function = PromQLFunction(rawValue: name.lowercased()) else { throw MetricsQLFault() }
        let parameters = function.signature.parameters
        for (index, argument) in arguments.enumerated() {
            guard let type = parameters.isEmpty ? nil : parameters[min(index, parameters.count - 1)] else { throw MetricsQLFault() }
            read.append(try type == .matrix ? matrix(argument, depth + 1).node : value(argument, depth + 1).node)
        }
        return (.call(name: function.rawValue, arguments: read, grouping: ""), function.signature.result)
    }

    /// The series that were the greatest over the whole range, with all their values.
    private mutating func chosen(_ choice: Choice, _ arguments: [MetricsQLNode], _ grouping: String, _ depth: Int) throws(MetricsQLFault) -> Typed {
        guard arguments.count == 2, grouping.isEmpty else { throw MetricsQLFault() }
        let (count, series) = (try value(arguments[0], depth + 1).node, try value(arguments[1], depth + 1).node)
        if window.isInstant { return (.call(name: choice.aggregation, arguments: [count, series], grouping: ""), .vector) }
        let course = MetricsQLNode.moved(.range(.parenthesized(series), window: StepText.text(window.rangeMilliseconds), step: stepText), "@ end()")
        let whole = MetricsQLNode.call(name: choice.rollup.name, arguments: choice.rollup.parameters + [course], grouping: "")
        return (.binary(.parenthesized(series), sign: "and", modifiers: "", .call(name: choice.aggregation, arguments: [count, whole], grouping: "")), .vector)
    }

    private var stepText: String { StepText.text(window.stepMilliseconds) }

    /// `5i` are five steps.
    private func length(_ text: String) -> String {
        guard text.hasSuffix("i"), let count = Int64(text.dropLast()), (1...1_000_000).contains(count) else { return text }
        return StepText.text(min(count * window.stepMilliseconds, .max / 2))
    }
}
