import Model

extension Evaluator {
    /// A leaf's columns, computed while its series are decoded.
    func streamed(_ leaf: Expression) throws -> [Column] {
        guard let stream = try SeriesStream(self, leaf) else { return [] }
        try remarkParameters(of: leaf, stream)
        try context.checkPoints(series: stream.seriesCount, steps: steps)
        var columns: [Column] = []
        try stream.forEachBatch(leaf) { batch in
            columns += batch
            // What has been gathered counts beside the batches under way.
            try context.memory.reserve(batch.reduce(0) { $0 + $1.memoryBytes })
        }
        // In a batch of its own, no series is the same as another.
        return stream.dropsName && stream.mayCollide && context.options.nameRemoval == .immediate ? try Self.joined(columns) : columns
    }

    /// Parameters are computed anew for each batch; what is wrong with them is found even where there is no series.
    private func remarkParameters(of leaf: Expression, _ stream: SeriesStream) throws {
        guard case .call(let function, let arguments) = leaf.node, arguments.count > 1 else { return }
        let empty = QueryContext(context, data: SelectedData(stream.place, []), given: GivenColumns(place: leaf.range, columns: nil))
        _ = try Evaluator(empty, grid).vectorCall(function, arguments, leaf)
    }

    /// An aggregation that adds up its series while they are decoded; nil where it must see all columns first.
    func fused(_ aggregation: Aggregation) throws -> [Column]? {
        guard context.given == nil, !context.options.isGeneral, FusedAggregation.takes(aggregation.op), let leaf = SeriesPipeline.leaf(of: aggregation.expression),
            !isHeldInCommon(aggregation.expression), !isHeldInCommon(leaf)
        else { return nil }
        guard let stream = try SeriesStream(self, leaf) else { return [] }
        let held = context.memory.used
        let losesNames = stream.dropsName || aggregation.expression.unparenthesized.range != leaf.range
        let mayCollide = context.options.nameRemoval == .immediate && losesNames && stream.mayCollide
        var groups = FusedAggregation(aggregation, steps: steps, mayCollide: mayCollide, memory: context.memory)
        do {
            try stream.forEachBatch(aggregation.expression) { try groups.add($0) }
            return try finish(groups.result())
        } catch is FusedAggregation.NeedsAllColumns {
            try context.memory.settle(since: held, keeping: 0)
            return nil
        }
    }

    // MARK: Expressions that stand more than once

    /// Whether an expression's value is kept for others; not where its columns would take too much of what the query may hold.
    private func isHeldInCommon(_ expression: Expression) -> Bool {
        let expression = expression.unparenthesized
        guard context.given == nil, !context.options.isGeneral, grid == context.grid, context.plan.firstOfRepeated[expression.range] != nil else { return false }
        guard let leaf = SeriesPipeline.leaf(of: expression), let scan = context.data.scan(of: SeriesPipeline.selector(of: leaf).range) else { return true }
        let (bytes, overflow) = scan.labels.count.multipliedReportingOverflow(by: steps * 8 + 256)
        return !overflow && bytes <= context.options.memoryBytesMax / 4
    }

    /// The value of an equal expression that was computed before.
    func commonValue(of expression: Expression) throws -> [Column]? {
        guard isHeldInCommon(expression), let first = context.plan.firstOfRepeated[expression.range], first != expression.range,
            let value = context.common.take(first)
        else { return nil }
        context.annotations.repeat(at: value.expression.places(in: expression))
        if value.usesLeft == 0 { context.memory.unpin(value.bytes) }
        try context.memory.reserve(value.bytes)
        return value.columns
    }

    /// Keeps a value for the equal expressions behind it.
    func keepCommonValue(_ columns: [Column], of expression: Expression) throws {
        guard isHeldInCommon(expression), context.plan.firstOfRepeated[expression.range] == expression.range,
            let uses = context.plan.usesOfRepeated[expression.range], uses > 1
        else { return }
        let bytes = columns.reduce(0) { $0 + $1.memoryBytes }
        try context.memory.pin(bytes)
        context.common.keep(.init(expression: expression, columns: columns, bytes: bytes, usesLeft: uses - 1), for: expression.range)
    }
}
