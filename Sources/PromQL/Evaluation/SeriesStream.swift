import Foundations
import Model

/// A leaf of the expression that is computed while its series are decoded: a selector, or a function over a range selector.
final class SeriesStream {
    let evaluator: Evaluator
    let leaf: Expression
    /// The selector's place, by which data is found.
    let place: SourceRange
    let scan: any MetricScan
    private let start: Int64
    private let end: Int64
    private let moments: StepGrid
    /// 0 for an instant selector.
    private let lengthMilliseconds: Int64
    private let kernel: RangeKernel?
    private let isPlainSelector: Bool
    let dropsName: Bool
    private let argumentPlace: SourceRange
    /// Where summaries may spare decoding.
    private let windows: [TimeWindow]?
    /// Some of the time has steps alone: the windows must be asked for.
    private let areSamplesGone: Bool
    /// Whether series could be the same without their names.
    let mayCollide: Bool
    private let idle = Locked<[Handed]>([])

    /// A worker on its way between threads.
    private struct Handed: @unchecked Sendable {
        let worker: SeriesWorker
    }

    /// Nil where the selector has nothing to read.
    init?(_ evaluator: Evaluator, _ leaf: Expression) throws {
        self.evaluator = evaluator
        self.leaf = leaf
        let context = evaluator.context
        let source = SeriesPipeline.selector(of: leaf)
        place = source.range
        guard let scan = context.data.scan(of: place), let bounds = context.bounds(of: place) else { return nil }
        self.scan = scan
        (start, end) = bounds
        let downsampled = DownsampledWindows(scan, from: start, through: end)
        areSamplesGone = downsampled != nil
        switch (source.node, leaf.node) {
        case (.rangeSelector(let selector, let range), .call(let function, let arguments)):
            moments = try evaluator.moments(selector.at, selector.offset)
            lengthMilliseconds = try context.milliseconds(range, isPositive: true)
            kernel = selector.rangeExtension == nil && arguments.count == 1 ? RangeKernel(function) : nil
            if kernel != nil, let downsampled {
                windows = downsampled.windows(moments, lengthMilliseconds: lengthMilliseconds, context.annotations, at: place)
            } else {
                windows = kernel == nil ? nil : SummaryKernel.windows(moments, lengthMilliseconds: lengthMilliseconds)
                downsampled?.remarkLasts(context.annotations, at: place)
            }
            isPlainSelector = false
            dropsName = function != .lastOverTime && function != .firstOverTime
            mayCollide = Self.mayCollide(selector, scan)
            argumentPlace = arguments.first { $0.type == .matrix }?.range ?? place
        case (.selector(let selector), _):
            moments = try evaluator.moments(selector.at, selector.offset)
            lengthMilliseconds = 0
            kernel = nil
            windows = nil
            downsampled?.remarkLasts(context.annotations, at: place)
            if case .selector = leaf.node { isPlainSelector = selector.rangeExtension == nil } else { isPlainSelector = false }
            dropsName = !isPlainSelector
            mayCollide = Self.mayCollide(selector, scan)
            argumentPlace = place
        default: preconditionFailure("a leaf is a selector or a call of one")
        }
    }

    private static func mayCollide(_ selector: VectorSelector, _ scan: any MetricScan) -> Bool {
        !selector.matchers.contains { $0.name == LabelName.metricName && $0.op == .equal } || scan.labels.contains(where: Evaluator.hasTypeOrUnit)
    }

    var seriesCount: Int { scan.labels.count }

    /// Series of a batch: enough that handing it over costs little, few enough that its columns stay in the cache.
    private var batchSeries: Int { max(1, min(256, 32_768 / max(1, evaluator.steps))) }

    /// Computes all series, several batches at once, and hands each batch's columns over in order. `outer` is the expression around the
    /// leaf that goes along; it may be the leaf itself.
    func forEachBatch(_ outer: Expression, _ consume: ([Column]) throws -> Void) throws {
        let count = seriesCount
        let size = batchSeries
        let isLarge = scan.samplesBound >= evaluator.context.options.helpedSamplesMin
        try QueryWorkers.forEach((count + size - 1) / size, helpersMax: isLarge ? evaluator.context.options.helpersMax : 0) { batch in
            try evaluator.context.check()
            let begun = evaluator.context.profile?.now()
            let columns = try compute(batch * size..<min(count, (batch + 1) * size), outer)
            if let begun { evaluator.context.profile?.addBatch(leaf.range, columns.count, steps: evaluator.steps, since: begun, isWhole: true) }
            let bytes = columns.reduce(0) { $0 + $1.memoryBytes }
            try evaluator.context.memory.reserve(bytes)
            return (columns, bytes)
        } consume: { columns, bytes in
            try consume(columns)
            evaluator.context.memory.release(bytes)
        }
        for handed in idle.withLock({ $0 }) { evaluator.context.profile?.add(handed.worker.cursor.figures, to: place) }
    }

    private func compute(_ range: Range<Int>, _ outer: Expression) throws -> [Column] {
        let worker = idle.withLock { $0.popLast()?.worker } ?? SeriesWorker(scan.makeCursor(from: start, through: end))
        defer { idle.withLock { $0.append(Handed(worker: worker)) } }
        var columns: [Column] = []
        columns.reserveCapacity(range.count)
        for index in range {
            if index & 0xF == 0xF { try evaluator.context.check() }
            if try addSummarized(index, worker, to: &columns) { continue }
            try worker.cursor.read(index) { view in
                guard view.sampleCount > 0 else { return }
                try evaluator.context.counts.add(view.sampleCount)
                try add(scan.labels[index], view, worker, to: &columns)
            }
        }
        if outer.range == leaf.range || columns.isEmpty { return columns }
        let context = QueryContext(evaluator.context, data: SelectedData(), given: GivenColumns(place: leaf.range, columns: columns))
        return try Evaluator(context, evaluator.grid).vector(outer)
    }

    /// Appends what the leaf makes of one series.
    private func add(_ labels: Labels, _ view: SampleView, _ worker: SeriesWorker, to columns: inout [Column]) throws {
        if view.histograms.isEmpty, view.startTimestamps.isEmpty || kernel?.rateKind == nil, isPlainSelector || kernel != nil {
            var found = false
            let values = [Double](unsafeUninitializedCapacity: evaluator.steps) { buffer, initialized in
                let output = UnsafeMutableBufferPointer(rebasing: buffer[..<evaluator.steps])
                found = isPlainSelector ? fillNewest(output, view, worker) : fill(output, view, worker)
                initialized = evaluator.steps
            }
            guard found else { return }
            append(labels, values, worker, to: &columns)
            return
        }
        // Whatever else there is goes the general way, one series at a time.
        let whole = view.series(labels)
        let series = evaluator.context.plan.countsOnly.contains(place) ? whole.countsOnly : whole
        let context = QueryContext(evaluator.context, data: SelectedData(place, [series]), given: GivenColumns(place: leaf.range, columns: nil))
        columns += try Evaluator(context, evaluator.grid).vector(leaf)
    }

    /// Appends what figures of the windows say of one series; false where its samples must be read.
    private func addSummarized(_ index: Int, _ worker: SeriesWorker, to columns: inout [Column]) throws -> Bool {
        guard let windows, let kernel else { return false }
        worker.figures.removeAll(keepingCapacity: true)
        let before = worker.cursor.figures
        guard try worker.cursor.summarize(index, windows, to: &worker.figures) else { return false }
        let spent = worker.cursor.figures - before
        try evaluator.context.counts.add(spent.samplesDecoded + spent.steps)
        guard let values = SummaryKernel.values(kernel, worker.figures, windows, areSamplesGone: areSamplesGone) else { return false }
        if values.contains(where: { !isAbsent($0) }) { append(scan.labels[index], values, worker, to: &columns) }
        return true
    }

    private func append(_ labels: Labels, _ values: [Double], _ worker: SeriesWorker, to columns: inout [Column]) {
        var column = Column(labels: labels, values: values, dropsName: dropsName)
        if dropsName, evaluator.context.options.nameRemoval == .immediate {
            column.labels = Evaluator.withoutMetadata(labels)
            column.dropsName = false
        }
        if kernel?.rateKind?.isCounter == true, worker.isNewName(labels) { evaluator.remarkNonCounter(labels, argumentPlace) }
        columns.append(column)
    }

    private func fill(_ output: UnsafeMutableBufferPointer<Double>, _ view: SampleView, _ worker: SeriesWorker) -> Bool {
        guard let kernel else { return false }
        if SampleScan.hasNaN(view.values), view.values.contains(where: StaleMarker.isStale) {
            return worker.withoutStaleMarkers(view) { timestamps, values, scratch in
                let table = WindowTable(timestamps, moments, lengthMilliseconds: lengthMilliseconds, rate: kernel.rateKind)
                return kernel.fill(output, timestamps, values, table, moments, lengthMilliseconds: lengthMilliseconds, &scratch)
            }
        }
        let table = worker.windows.table(view) { WindowTable(view.timestamps, moments, lengthMilliseconds: lengthMilliseconds, rate: kernel.rateKind) }
        return kernel.fill(output, view.timestamps, view.values, table, moments, lengthMilliseconds: lengthMilliseconds, &worker.scratch)
    }

    private func fillNewest(_ output: UnsafeMutableBufferPointer<Double>, _ view: SampleView, _ worker: SeriesWorker) -> Bool {
        let table = worker.newest.table(view) {
            NewestTable(view.timestamps, moments, lookbackMilliseconds: evaluator.context.options.lookbackMilliseconds)
        }
        return table.fill(output, view.values)
    }
}

/// What a thread that computes series keeps from one to the next.
final class SeriesWorker {
    let cursor: any MetricCursor
    var scratch = KernelScratch()
    var windows = TableCache<WindowTable>()
    var newest = TableCache<NewestTable>()
    var figures: [WindowFigures?] = []
    private var timestamps: [Int64] = []
    private var values: [Double] = []
    private var lastName: [UInt8] = []

    init(_ cursor: any MetricCursor) { self.cursor = cursor }

    func withoutStaleMarkers(
        _ view: SampleView, _ body: (UnsafeBufferPointer<Int64>, UnsafeBufferPointer<Double>, inout KernelScratch) -> Bool
    ) -> Bool {
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        for (index, value) in view.values.enumerated() where !StaleMarker.isStale(value) {
            timestamps.append(view.timestamps[index])
            values.append(value)
        }
        return timestamps.withUnsafeBufferPointer { timestamps in values.withUnsafeBufferPointer { body(timestamps, $0, &scratch) } }
    }

    /// Whether a series' name is another than the one before, or its labels say more of its type.
    func isNewName(_ labels: Labels) -> Bool {
        if Evaluator.hasTypeOrUnit(labels) { return true }
        var isNew = true
        labels.withValueBytes(of: LabelName.metricName) { name in
            isNew = !name.elementsEqual(lastName)
            if isNew { lastName = Array(name) }
        }
        return isNew
    }
}

/// What is computed once for series with the same timestamps.
struct TableCache<Table> {
    /// Tables that are kept: series of some targets alternate.
    private static var tablesMax: Int { 64 }

    private var tables: [UInt64: Table] = [:]
    private var last: (number: UInt64, table: Table)?

    init() {}

    mutating func table(_ view: SampleView, _ make: () -> Table) -> Table {
        let number = view.timestampsNumber
        if number == 0 { return make() }
        if let last, last.number == number { return last.table }
        let table: Table
        if let known = tables[number] { table = known } else {
            table = make()
            if tables.count >= Self.tablesMax { tables = [:] }
            tables[number] = table
        }
        last = (number, table)
        return table
    }
}
