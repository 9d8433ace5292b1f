import Foundations
import Model

/// Makes the plan of an expression.
struct PlanBuilder {
    private var plan = QueryPlan()
    private let context: QueryContext
    private var repeats: [String: Int] = [:]
    private var texts: [SourceRange: String] = [:]
    private var firstOfText: [String: SourceRange] = [:]

    static func plan(_ expression: Expression, _ context: QueryContext) throws -> QueryPlan {
        var builder = PlanBuilder(context)
        builder.plan.countsOnly = CountsOnly.selectors(of: expression)
        if expression.range.endOffset - expression.range.start.offset <= PromQLLimits.repeatedTextBytesMax { builder.countRepeats(expression) }
        try builder.add(expression, Position(start: context.grid.start, end: context.grid.end, depth: 0, labels: .all, isInBatch: false, isOnGrid: true))
        return builder.plan
    }

    private init(_ context: QueryContext) { self.context = context }

    /// Where a node stands.
    private struct Position {
        /// The first and last moment of evaluation.
        var start: Int64
        var end: Int64
        var depth: Int
        var labels: LabelNeeds
        /// Inside of an aggregation that takes series batch by batch.
        var isInBatch: Bool
        /// Evaluated at the query's own moments.
        var isOnGrid: Bool
    }

    // MARK: What stands more than once

    /// Counts vectors that read something by their text.
    private mutating func countRepeats(_ expression: Expression) {
        if case .parenthesized(let inner) = expression.node { return countRepeats(inner) }
        if expression.type == .vector, expression.readsSeries {
            // Expressions that read the same series with and without buckets have other values.
            let text = plan.countsOnly.isEmpty ? expression.description : "\(expression.description) \(countsOnly(in: expression))"
            texts[expression.range] = text
            repeats[text, default: 0] += 1
            // The parts of one that isn't computed aren't either.
            if repeats[text, default: 0] > 1 { return }
        }
        // What is inside of a subquery is evaluated at other moments.
        if case .subquery = expression.node { return }
        for child in expression.node.children { countRepeats(child) }
    }

    /// How many selectors of an expression read histograms without buckets.
    private func countsOnly(in expression: Expression) -> Int {
        expression.node.children.reduce(plan.countsOnly.contains(expression.range) ? 1 : 0) { $0 + countsOnly(in: $1) }
    }

    private func isRepeated(_ expression: Expression) -> Bool { texts[expression.range].map { repeats[$0, default: 0] > 1 } ?? false }

    /// The first node with the same value, where there is one before.
    private mutating func repeated(_ expression: Expression, _ position: Position) -> Int? {
        guard position.isOnGrid, isRepeated(expression), let text = texts[expression.range] else { return nil }
        guard let first = firstOfText[text] else {
            firstOfText[text] = expression.range
            plan.firstOfRepeated[expression.range] = expression.range
            plan.usesOfRepeated[expression.range] = 1
            return nil
        }
        plan.firstOfRepeated[expression.range] = first
        plan.usesOfRepeated[first, default: 1] += 1
        return plan.nodeOfRange[first]
    }

    // MARK: Nodes

    private mutating func add(_ expression: Expression, _ position: Position) throws {
        let number = plan.nodes.count
        plan.nodes.append(
            QueryPlan.Node(
                number: number, depth: position.depth, text: expression.heading, position: expression.range.start,
                strategy: expression.type == .scalar || expression.type == .string ? .constant : position.isInBatch ? .inBatches : .whole,
                range: expression.range))
        plan.nodeOfRange[expression.range] = number
        let same = repeated(expression, position)
        if let same { plan.nodes[number].strategy = .repeated(same) }
        var inner = position
        inner.depth += 1
        switch expression.node {
        case .selector(let selector):
            if same == nil, !position.isInBatch { plan.nodes[number].strategy = .streamed }
            let lookback = context.options.lookbackMilliseconds
            try add(selector, number, position, before: lookback - 1, after: selector.rangeExtension == .smoothed ? lookback : 0)
        case .rangeSelector(let selector, let range):
            let lookback = context.options.lookbackMilliseconds
            let length = try context.milliseconds(range, isPositive: true)
            plan.nodes[number].strategy = position.isInBatch ? .inBatches : .loaded
            try add(
                selector, number, position, before: length + (selector.rangeExtension == nil ? -1 : lookback),
                after: selector.rangeExtension == .smoothed ? lookback : 0)
        case .subquery(let subquery):
            let offset = try subquery.offset.map { try context.milliseconds($0) } ?? 0
            let length = try context.milliseconds(subquery.range, isPositive: true)
            inner.start = context.moment(subquery.at, position.start) - offset - length
            inner.end = context.moment(subquery.at, position.end) - offset
            inner.isOnGrid = false
            inner.isInBatch = false
            try add(subquery.expression, inner)
        case .call(.info, let arguments):
            inner.labels = .all
            try add(arguments[0], inner)
            let matchers = InfoJoin.matchers(of: arguments.count > 1 ? arguments[1] : nil)
            addRead(matchers, number, position.start - context.options.lookbackMilliseconds + 1, position.end, .all)
        case .call:
            if SeriesPipeline.isLeaf(expression), same == nil {
                if !position.isInBatch { plan.nodes[number].strategy = .streamed }
                inner.isInBatch = true
            }
            if !SeriesPipeline.keepsLabels(expression) { inner.labels = .all }
            for child in expression.node.children { try add(child, inner) }
        case .aggregation(let aggregation):
            inner.labels = Self.needs(aggregation)
            if same == nil, !position.isInBatch, FusedAggregation.takes(aggregation.op),
                let leaf = SeriesPipeline.leaf(of: aggregation.expression), !isRepeated(leaf), !isRepeated(aggregation.expression.unparenthesized)
            {
                plan.nodes[number].strategy = .fused
                inner.isInBatch = true
            }
            for child in expression.node.children { try add(child, inner) }
        case .binary(let operation):
            if operation.left.type == .vector, operation.right.type == .vector { inner.labels = .all }
            for child in expression.node.children { try add(child, inner) }
        default:
            for child in expression.node.children { try add(child, inner) }
        }
    }

    private static func needs(_ aggregation: Aggregation) -> LabelNeeds {
        switch (aggregation.op, aggregation.grouping) {
        case (.topk, _), (.bottomk, _), (.limitk, _), (.limitRatio, _), (_, .without?): .all
        case (_, .by(let names)?): .only(Set(names))
        case (_, nil): .only([])
        }
    }

    // MARK: Reads

    private mutating func add(
        _ selector: VectorSelector, _ node: Int, _ position: Position, before: Int64, after: Int64
    ) throws {
        let offset = try selector.offset.map { try context.milliseconds($0) } ?? 0
        let first = context.moment(selector.at, position.start).subtractingReportingOverflow(offset)
        let last = context.moment(selector.at, position.end).subtractingReportingOverflow(offset)
        guard !first.overflow, !last.overflow, first.partialValue.magnitude < 1 << 61, last.partialValue.magnitude < 1 << 61 else {
            throw QueryError.execution("the moment of a selector is out of range")
        }
        addRead(selector.matchers, node, first.partialValue - before, last.partialValue + after, position.labels)
    }

    private mutating func addRead(_ matchers: [Matcher], _ node: Int, _ start: Int64, _ end: Int64, _ labels: LabelNeeds) {
        plan.nodes[node].samplesFrom = start
        plan.nodes[node].samplesThrough = end
        // Every read of a query comes by here, those of `info` included: what a request adds can't be got round.
        let conditions = context.options.extraConditions
        let matchers = matchers + conditions.necessary.filter { !matchers.contains($0) }
        // Which of several alternatives a series fulfils is seen by its labels.
        let labels = conditions.alternatives.isEmpty ? labels : labels.union(.only(conditions.names))
        if let index = plan.reads.firstIndex(where: { $0.matchers == matchers && $0.start <= end && start <= $0.end }) {
            plan.reads[index].start = min(plan.reads[index].start, start)
            plan.reads[index].end = max(plan.reads[index].end, end)
            plan.reads[index].labels = plan.reads[index].labels.union(labels)
            plan.reads[index].selectors.append(node)
            plan.nodes[node].read = index
        } else {
            plan.nodes[node].read = plan.reads.count
            plan.reads.append(QueryPlan.Read(matchers: matchers, start: start, end: end, labels: labels, selectors: [node]))
        }
    }
}

extension Expression {
    /// Whether a selector stands in it.
    var readsSeries: Bool {
        switch node {
        case .selector, .rangeSelector: true
        default: node.children.contains(where: \.readsSeries)
        }
    }

    /// What the expression does, without its parts.
    var heading: String {
        switch node {
        case .number, .string, .selector, .rangeSelector: return description
        case .subquery(let subquery): return "subquery [\(subquery.range):\(subquery.step?.description ?? "")]"
        case .call(let function, _): return function.rawValue
        case .aggregation(let aggregation):
            switch aggregation.grouping {
            case nil: return aggregation.op.rawValue
            case .by(let names)?: return "\(aggregation.op.rawValue) by (\(names.joined(separator: ", ")))"
            case .without(let names)?: return "\(aggregation.op.rawValue) without (\(names.joined(separator: ", ")))"
            }
        case .unary(let op, _): return "unary \(op.rawValue)"
        case .binary(let operation): return operation.returnsBool ? "\(operation.op.rawValue) bool" : operation.op.rawValue
        case .parenthesized: return "( )"
        }
    }
}
