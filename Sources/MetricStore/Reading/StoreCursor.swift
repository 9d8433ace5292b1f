import Model

/// Decodes series of a scan, one after another, into buffers that the next one reuses.
///
/// Series that were scraped together point at the same column of timestamps: it is decoded once and kept for the next ones.
final class StoreCursor: MetricCursor {
    let scan: StoreScan
    let start: Int64
    let end: Int64
    var figures = ScanFigures()
    var times: TimestampCache
    var values = GrowingBuffer<Double>()
    /// The windows that were asked for last, and the steps whose multiples their ends are (0 for none).
    var aligned: (windows: [TimeWindow], stepMilliseconds: Int64) = ([], 0)
    private let isOfHeadAlone: Bool
    private let hasDownsampledTime: Bool

    init(_ scan: StoreScan, from start: Int64, through end: Int64) {
        self.scan = scan
        self.start = start
        self.end = end
        times = TimestampCache(from: start, through: end)
        isOfHeadAlone = scan.blocks.isEmpty
        hasDownsampledTime = !scan.downsampled.isEmpty
    }

    func read(_ index: Int, _ body: (SampleView) throws -> Void) throws {
        let found = scan.found[index]
        let head = found.head?.samples(from: start, through: end) ?? SampleColumns()
        let histograms = found.head?.histograms(from: start, through: end) ?? []
        if histograms.isEmpty, !hasDownsampledTime || found.steps.isEmpty, let parts = isOfHeadAlone ? [] : found.partsApart(before: head.timestamps.first) {
            if parts.isEmpty {
                figures.samplesDecoded += head.count
                return try hand(head, [], times.number(of: head.timestamps), body)
            }
            let inRange = parts.first!.columns.end >= start && parts.last!.columns.start <= end ? parts : parts.filter(isInRange)
            let kept = inRange.allSatisfy(isInRange) ? inRange : inRange.filter(isInRange)
            var column: TimestampCache.Column?
            do throws(DamagedBytes) { column = try join(kept, head) } catch {
                // What can be read of it is read below, part by part.
            }
            if let column { return try hand(column, body) }
        }
        let (samples, merged) = found.merged(scan.blocks, head, histograms, from: start, through: end, scan.store.reading)
        figures.samplesDecoded += found.parts.reduce(head.count) { $0 + $1.columns.sampleCount }
        try hand(samples, merged, 0, body)
    }

    func isInRange(_ part: SelectedSeries.Part) -> Bool { part.columns.start <= end && part.columns.end >= start }

    private func hand(_ samples: SampleColumns, _ histograms: [HistogramSample], _ number: UInt64, _ body: (SampleView) throws -> Void) throws {
        count(samples.count + histograms.count)
        try samples.timestamps.withUnsafeBufferPointer { timestamps in
            try samples.values.withUnsafeBufferPointer { values in
                try body(SampleView(timestamps: timestamps, values: values, histograms: histograms, timestampsNumber: number))
            }
        }
    }

    private func hand(_ column: TimestampCache.Column, _ body: (SampleView) throws -> Void) throws {
        count(column.timestamps.count)
        try column.timestamps.withUnsafeBufferPointer { timestamps in
            try body(
                SampleView(timestamps: timestamps, values: UnsafeBufferPointer(start: values.start, count: timestamps.count), timestampsNumber: column.number))
        }
    }

    private func count(_ samples: Int) {
        figures.samples += samples
        if samples > 0 { figures.series += 1 }
    }

    /// Fills the buffer of values with those of parts that follow each other, and of the head behind them.
    private func join(_ parts: [SelectedSeries.Part], _ head: SampleColumns) throws(DamagedBytes) -> TimestampCache.Column {
        let column = try times.column(of: parts, scan.blocks, head: head.timestamps)
        values.reserve(column.timestamps.count)
        var filled = 0
        for (place, part) in parts.enumerated() {
            let taken = column.taken[place]
            figures.samplesDecoded += taken.count
            figures.bytes += part.columns.values.count
            if taken.isEmpty { continue }
            try scan.blocks[part.block].decodeValues(part.columns, taken, to: values.start + filled)
            filled += taken.count
        }
        if !head.isEmpty {
            head.values.withUnsafeBufferPointer { (values.start + filled).update(from: $0.baseAddress!, count: $0.count) }
            figures.samplesDecoded += head.count
        }
        return column
    }
}

/// Room for numbers that grows and is never shrunk; not initialized.
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var start = UnsafeMutablePointer<Element>.allocate(capacity: 64)
    private var capacity = 64

    /// Makes room for so many; what was in it is lost.
    mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        start.deallocate()
        capacity = max(count, capacity * 2)
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }
}
