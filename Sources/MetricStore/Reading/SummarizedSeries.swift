import Model

/// A series in pieces that are decoded when a window's edge lies in them.
struct SummarizedSeries {
    /// Where pieces come from.
    enum Source {
        case part(SelectedSeries.Part)
        /// The place of a block, a downsampled column in it, and the deletions that hide some of it.
        case steps(Int, StepColumn, [Tombstone])
        case samples(SampleColumns)
    }

    private enum Kind {
        /// A slice of a part, which can be decoded.
        case slice(SelectedSeries.Part, Range<Int>)
        case step
        case decoded
    }

    private struct Piece {
        let kind: Kind
        /// Of the first and the last sample.
        let first: Int64
        let last: Int64
        /// Nil for what is decoded from the start.
        let summary: SampleSummary?
        var samples: SampleColumns?
        var isSeen = false
    }

    private let cursor: StoreCursor
    private var pieces: [Piece] = []
    /// Whether each piece lies behind the one before it.
    private var isOrdered = true
    private(set) var samplesDecoded = 0
    private(set) var samplesSeen = 0
    private(set) var stepsSeen = 0
    private(set) var bytes = 0

    init(_ cursor: StoreCursor, _ sources: [Source]) throws(DamagedBytes) {
        self.cursor = cursor
        for source in sources {
            switch source {
            case .part(let part): try add(part)
            case .steps(let block, let column, let tombstones): try add(cursor.scan.blocks[block], column, tombstones)
            case .samples(let samples):
                guard let first = samples.timestamps.first, let last = samples.timestamps.last else { continue }
                samplesDecoded += samples.count
                pieces.append(Piece(kind: .decoded, first: first, last: last, summary: nil, samples: samples))
            }
        }
        isOrdered = zip(pieces, pieces.dropFirst()).allSatisfy { $0.last < $1.first }
        if isOrdered { return }
        pieces.sort { ($0.last, $0.first) < ($1.last, $1.first) }
        isOrdered = zip(pieces, pieces.dropFirst()).allSatisfy { $0.last < $1.first }
    }

    private mutating func add(_ part: SelectedSeries.Part) throws(DamagedBytes) {
        let (count, slice) = (part.columns.sampleCount, part.columns.sliceSamples)
        guard let summaries = try cursor.scan.blocks[part.block].summaries(of: part.columns) else {
            pieces.append(Piece(kind: .slice(part, 0..<count), first: part.columns.start, last: part.columns.end, summary: nil))
            return try decode(pieces.count - 1)
        }
        bytes += part.columns.summaries.count
        for (number, summary) in summaries.enumerated() {
            let range = (number * slice)..<min(count, (number + 1) * slice)
            pieces.append(Piece(kind: .slice(part, range), first: summary.firstTimestamp, last: summary.lastTimestamp, summary: summary))
        }
    }

    private mutating func add(_ block: BlockReader, _ column: StepColumn, _ tombstones: [Tombstone]) throws(DamagedBytes) {
        let steps: [SampleSummary]
        do throws(DamagedBytes) { steps = try block.downsampled(column) } catch {
            // Of samples that are there, reading tells the same.
            guard block.holdsStepsAlone else { throw error }
            cursor.scan.store.noteDamage("\(block.path) is damaged at byte \(error.offset): \(error.reason)")
            return
        }
        bytes += column.place.count
        for step in steps where !tombstones.contains(where: { $0.touches(step) }) {
            pieces.append(Piece(kind: .step, first: step.firstTimestamp, last: step.lastTimestamp, summary: step))
        }
    }

    /// Nil where the window has no sample but stale markers.
    mutating func figures(of window: TimeWindow) throws(DamagedBytes) -> WindowFigures? {
        var sum = WindowSum()
        var index = isOrdered ? pieces.lowerBound { $0.last <= window.after } : 0
        while index < pieces.count {
            if isOrdered, pieces[index].first > window.through { break }
            try add(index, window, to: &sum)
            index += 1
        }
        return sum.figures
    }

    private mutating func add(_ index: Int, _ window: TimeWindow, to sum: inout WindowSum) throws(DamagedBytes) {
        let (first, last) = (pieces[index].first, pieces[index].last)
        if last <= window.after || first > window.through { return }
        if let summary = pieces[index].summary {
            if case .step = pieces[index].kind {
                // A step counts where it ends: the window's own ends are steps' ends where it matters.
                guard last <= window.through else { return }
                see(index, summary.count)
                return sum.add(summary)
            }
            see(index, summary.count)
            if first > window.after, last <= window.through { return sum.add(summary) }
            if pieces[index].samples == nil { try decode(index) }
        }
        if let samples = pieces[index].samples, let summary = Self.summary(samples, window) {
            see(index, samples.count)
            sum.add(summary)
        }
    }

    private mutating func see(_ index: Int, _ count: Int) {
        if pieces[index].isSeen { return }
        pieces[index].isSeen = true
        samplesSeen += count
        if case .step = pieces[index].kind { stepsSeen += 1 }
    }

    private mutating func decode(_ index: Int) throws(DamagedBytes) {
        guard case .slice(let part, let range) = pieces[index].kind else { return }
        pieces[index].samples = try cursor.samples(part, range)
        samplesDecoded += range.count
        bytes += part.columns.values.count * range.count / max(1, part.columns.sampleCount)
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
