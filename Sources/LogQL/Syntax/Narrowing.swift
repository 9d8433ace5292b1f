import Foundations
import Model

/// Conditions that are added to every selector of a query from outside of it.
extension Expression {
    /// The query as if there were only the lines that fulfil the conditions. `streamLabels` are names that streams have.
    func narrowed(by matchers: [Matcher], streamLabels: Set<String>) -> Expression {
        if matchers.isEmpty { return self }
        switch self {
        case .log(let selector): return .log(selector.narrowed(by: matchers, streamLabels: streamLabels))
        case .range(var aggregation):
            aggregation.selector = aggregation.selector.narrowed(by: matchers, streamLabels: streamLabels)
            return .range(aggregation)
        case .vectorAggregation(var aggregation):
            aggregation.operand = aggregation.operand.narrowed(by: matchers, streamLabels: streamLabels)
            return .vectorAggregation(aggregation)
        case .binary(var operation):
            operation.left = operation.left.narrowed(by: matchers, streamLabels: streamLabels)
            operation.right = operation.right.narrowed(by: matchers, streamLabels: streamLabels)
            return .binary(operation)
        case .labelReplace(let operand, let destination, let replacement, let source, let pattern):
            let narrowed = operand.narrowed(by: matchers, streamLabels: streamLabels)
            return .labelReplace(narrowed, destination: destination, replacement: replacement, source: source, pattern: pattern)
        case .number, .constantVector: return self
        }
    }

    /// How far before a moment of evaluation the query reads at most.
    var lookbackMilliseconds: Int64 {
        switch self {
        case .log, .number, .constantVector: 0
        case .range(let aggregation):
            aggregation.rangeMilliseconds.addingReportingOverflow(max(0, aggregation.offsetMilliseconds)).overflow
                ? .max : aggregation.rangeMilliseconds + max(0, aggregation.offsetMilliseconds)
        case .vectorAggregation(let aggregation): aggregation.operand.lookbackMilliseconds
        case .binary(let operation): max(operation.left.lookbackMilliseconds, operation.right.lookbackMilliseconds)
        case .labelReplace(let operand, _, _, _, _): operand.lookbackMilliseconds
        }
    }
}

extension LogSelector {
    /// Conditions on labels of streams stand in the selector, which the store's index answers; others are filters of labels, behind the last
    /// parser so that they see what it takes out of a line.
    func narrowed(by matchers: [Matcher], streamLabels: Set<String>) -> LogSelector {
        var narrowed = self
        var filters: [Stage] = []
        for matcher in matchers {
            if streamLabels.contains(matcher.name) { narrowed.matchers.append(matcher) } else { filters.append(.label(.matcher(matcher))) }
        }
        let place = (stages.lastIndex { $0.isParser } ?? -1) + 1
        narrowed.stages.insert(contentsOf: filters, at: place)
        return narrowed
    }
}

extension Stage {
    /// Takes labels out of lines.
    fileprivate var isParser: Bool {
        switch self {
        case .json, .logfmt, .regexp, .pattern, .unpack: true
        default: false
        }
    }
}
