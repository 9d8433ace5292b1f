import Model

/// Windows much longer than a slice: of slices that lie in one as a whole, the summaries say enough, and only its edges are decoded.
extension StoreCursor {
    /// Slices for each window, from which on summaries are less work than decoding: two are decoded at a window's edges, and the
    /// summaries themselves want to be read.
    private static var slicesPerWindowMin: Int { 4 }

    func summarize(_ index: Int, _ windows: [TimeWindow], to output: inout [WindowFigures?]) throws -> Bool {
        let found = scan.found[index]
        guard !windows.isEmpty, found.parts.reduce(0, { $0 + sliceCount($1) }) >= Self.slicesPerWindowMin * windows.count else { return false }
        let head = found.head?.samples(from: start, through: end) ?? SampleColumns()
        guard found.head?.histograms(from: start, through: end).isEmpty ?? true, let parts = found.partsApart(before: head.timestamps.first) else { return false }
        do throws(DamagedBytes) {
            var pieces = try SummarizedSeries(self, parts.filter(isInRange), head)
            for window in windows { output.append(try pieces.figures(of: window)) }
            count(pieces)
            return true
        } catch {
            // Reading meets the damage again, notes it, and goes on with the rest.
            output.removeAll(keepingCapacity: true)
            return false
        }
    }

    /// Slices of a part within the range that have summaries.
    private func sliceCount(_ part: SelectedSeries.Part) -> Int {
        part.columns.summaries.isEmpty || !isInRange(part) ? 0 : part.columns.sampleCount / part.columns.sliceSamples
    }

    private func count(_ pieces: SummarizedSeries) {
        figures.samplesDecoded += pieces.samplesDecoded
        figures.samples += pieces.samplesSeen
        figures.bytes += pieces.bytes
        if pieces.samplesSeen > 0 { figures.series += 1 }
    }

    fileprivate func summaries(_ part: SelectedSeries.Part) throws(DamagedBytes) -> [SampleSummary]? { try scan.blocks[part.block].summaries(of: part.columns) }

    /// Some samples of a part, those outside of the cursor's range left out.
    fileprivate func samples(_ part: SelectedSeries.Part, _ wanted: Range<Int>) throws(DamagedBytes) -> SampleColumns {
        let column = try times.column(of: [part], scan.blocks, head: [])
        let taken = column.taken[0].clamped(to: wanted)
        var samples = SampleColumns()
        if taken.isEmpty { return samples }
        let offset = column.taken[0].lowerBound
        samples.timestamps = Array(column.timestamps[(taken.lowerBound - offset)..<(taken.upperBound - offset)])
        values.reserve(taken.count)
        try scan.blocks[part.block].decodeValues(part.columns, taken, to: values.start)
        samples.values = Array(UnsafeBufferPointer(start: values.start, count: taken.count))
        return samples
    }
}

/// A series in pieces that are decoded when a window's edge lies in them.
private struct SummarizedSeries {
    private struct Piece {
        /// Nil for what is decoded from the start.
        let summary: SampleSummary?
        let part: Int
        let range: Range<Int>
        var samples: SampleColumns?
        var isSeen = false
    }

    private let cursor: StoreCursor
    private let parts: [SelectedSeries.Part]
    private var pieces: [Piece] = []
    private(set) var samplesDecoded = 0
    private(set) var samplesSeen = 0
    private(set) var bytes = 0

    init(_ cursor: StoreCursor, _ parts: [SelectedSeries.Part], _ head: SampleColumns) throws(DamagedBytes) {
        self.cursor = cursor
        self.parts = parts
        for (index, part) in parts.enumerated() {
            let (count, slice) = (part.columns.sampleCount, part.columns.sliceSamples)
            if let summaries = try cursor.summaries(part) {
                bytes += part.columns.summaries.count
                for (number, summary) in summaries.enumerated() {
                    pieces.append(Piece(summary: summary, part: index, range: (number * slice)..<min(count, (number + 1) * slice)))
                }
            } else {
                pieces.append(Piece(summary: nil, part: index, range: 0..<count))
                try decode(pieces.count - 1)
            }
        }
        samplesDecoded += head.count
        pieces.append(Piece(summary: nil, part: -1, range: 0..<0, samples: head))
    }

    /// Nil where the window has no sample but stale markers.
    mutating func figures(of window: TimeWindow) throws(DamagedBytes) -> WindowFigures? {
        var sum = WindowSum()
        for index in pieces.indices {
            if let summary = pieces[index].summary {
                if summary.lastTimestamp <= window.after || summary.firstTimestamp > window.through { continue }
                see(index, summary.count)
                if summary.firstTimestamp > window.after, summary.lastTimestamp <= window.through {
                    sum.add(summary)
                    continue
                }
                if pieces[index].samples == nil { try decode(index) }
            }
            if let samples = pieces[index].samples, let summary = Self.summary(samples, window) {
                see(index, samples.count)
                sum.add(summary)
            }
        }
        return sum.figures
    }

    private mutating func see(_ index: Int, _ count: Int) {
        if pieces[index].isSeen { return }
        pieces[index].isSeen = true
        samplesSeen += count
    }

    private mutating func decode(_ index: Int) throws(DamagedBytes) {
        let piece = pieces[index]
        let part = parts[piece.part]
        pieces[index].samples = try cursor.samples(part, piece.range)
        samplesDecoded += piece.range.count
        bytes += part.columns.values.count * piece.range.count / max(1, part.columns.sampleCount)
    }

    private static func summary(_ samples: SampleColumns, _ window: TimeWindow) -> SampleSummary? {
        let low = samples.timestamps.lowerBound { $0 <= window.after }
        let high = max(low, samples.timestamps.lowerBound { $0 <= window.through })
        if low == high { return nil }
        var drops = 0
        return samples.timestamps.withUnsafeBufferPointer { timestamps in
            samples.values.withUnsafeBufferPointer { values in
                SampleSummary(UnsafeBufferPointer(rebasing: timestamps[low..<high]), UnsafeBufferPointer(rebasing: values[low..<high]), drops: &drops)
            }
        }
    }
}

/// Adds up summaries that follow each other; of their sums, also what rounding loses.
private struct WindowSum {
    private var total: SampleSummary?
    private var rest = 0.0

    mutating func add(_ next: SampleSummary) {
        guard let before = total?.sum else {
            total = next
            return
        }
        total!.join(next)
        let sum = total!.sum
        let shifted = sum - before
        rest += (before - (sum - shifted)) + (next.sum - shifted)
    }

    var figures: WindowFigures? {
        total.map {
            WindowFigures(
                count: $0.count, firstTimestamp: $0.firstTimestamp, lastTimestamp: $0.lastTimestamp, first: $0.first, last: $0.last,
                sum: $0.sum.isFinite ? $0.sum + rest : $0.sum, minimum: $0.minimum, maximum: $0.maximum, resetCorrection: $0.resetCorrection)
        }
    }
}
