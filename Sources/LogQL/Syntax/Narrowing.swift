import Foundations
import Model

/// Conditions that are added to every selector of a query from outside of it.
extension Expression {
    /// The query as if there were only the lines that fulfil the conditions. `streamLabels` are names that streams have.
    func narrowed(by conditions: LabelConditions, streamLabels: Set<String>) -> Expression {
        if conditions.isEmpty { return self }
        switch self {
        case .log(let selector): return .log(selector.narrowed(by: conditions, streamLabels: streamLabels))
        case .range(var aggregation):
            aggregation.selector = aggregation.selector.narrowed(by: conditions, streamLabels: streamLabels)
            return .range(aggregation)
        case .vectorAggregation(var aggregation):
            aggregation.operand = aggregation.operand.narrowed(by: conditions, streamLabels: streamLabels)
            return .vectorAggregation(aggregation)
        case .binary(var operation):
            operation.left = operation.left.narrowed(by: conditions, streamLabels: streamLabels)
            operation.right = operation.right.narrowed(by: conditions, streamLabels: streamLabels)
            return .binary(operation)
        case .labelReplace(let operand, let destination, let replacement, let source, let pattern):
            let narrowed = operand.narrowed(by: conditions, streamLabels: streamLabels)
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
    /// Conditions on labels of streams stand in the selector, which the store's index answers; others are filters of labels, behind parsers
    /// so that they see what these take out of a line, and in front of all that could write it anew.
    func narrowed(by conditions: LabelConditions, streamLabels: Set<String>) -> LogSelector {
        if conditions.isEmpty { return self }
        var narrowed = self
        var filters: [Stage] = []
        for matcher in conditions.necessary {
            if streamLabels.contains(matcher.name) { narrowed.matchers.append(matcher) } else { filters.append(.label(.matcher(matcher))) }
        }
        let alternatives = conditions.alternatives.compactMap { list in
            LabelFilter.joined(list.map { streamLabels.contains($0.name) ? .stream($0) : .matcher($0) }, LabelFilter.both)
        }
        if let either = LabelFilter.joined(alternatives, LabelFilter.either) { filters.append(.label(either)) }
        let unwritten = stages.prefix { !$0.rewrites }
        narrowed.stages.insert(contentsOf: filters, at: (unwritten.lastIndex { $0.isParser } ?? -1) + 1)
        return narrowed
    }

    /// Its matchers as filters, for lines that are at hand.
    var asFilters: [Stage] { matchers.map { .label(LogPlan.isLevel($0.name) ? .matcher($0) : .stream($0)) } + stages }
}

extension LabelFilter {
    /// Filters as one; nil where there is none.
    fileprivate static func joined(_ filters: [LabelFilter], _ join: (LabelFilter, LabelFilter) -> LabelFilter) -> LabelFilter? {
        guard let first = filters.first else { return nil }
        return filters.dropFirst().reduce(first, join)
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

    /// Sets labels, or lines that a parser behind it would read, to what the query says.
    fileprivate var rewrites: Bool {
        switch self {
        case .lineFormat, .labelFormat, .drop, .keep: true
        default: false
        }
    }
}
