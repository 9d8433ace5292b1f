import Foundations
import Model

/// One series in memory.
struct HeadSeries: Sendable {
    let labels: Labels
    let hash: UInt64
    /// The name by which the current log segment knows it; valid where `logSegment` is that segment.
    var logReference: UInt32 = 0
    var logSegment: UInt32 = 0
    /// Time of the newest float in chunks; `Int64.min` where there is none.
    private(set) var lastTimestamp = Int64.min
    private(set) var lastValue: UInt64 = 0
    /// Ascending in time, without overlap.
    private(set) var closed: [HeadChunk] = []
    private(set) var open = OpenChunk()
    private(set) var rare: Box?

    /// Touched under the head's lock alone, like the series it belongs to.
    final class Box: @unchecked Sendable {
        var parts = RareParts()
    }

    init(labels: Labels, hash: UInt64) {
        self.labels = labels
        self.hash = hash
    }

    var sampleCount: Int {
        let packed = closed.reduce(open.count) { $0 + $1.count }
        guard let parts = rare?.parts else { return packed }
        return packed + parts.late.count + parts.sealing.reduce(0) { $0 + $1.count } + parts.histograms.count
    }

    var hasData: Bool { open.count > 0 || !closed.isEmpty || !(rare?.parts.isEmpty ?? true) }
    /// Has samples or histograms that aren't on their way into a block.
    var hasActiveSamples: Bool {
        open.count > 0 || !closed.isEmpty || !(rare?.parts.late.isEmpty ?? true) || !(rare?.parts.histograms.isEmpty ?? true)
    }

    /// Earliest time of what isn't on its way into a block.
    var firstTimestamp: Int64? {
        var first = closed.first?.first ?? (open.count > 0 ? open.first : nil)
        if let parts = rare?.parts {
            for other in [parts.late.first?.timestamp, parts.histograms.first] {
                if let other { first = min(first ?? other, other) }
            }
        }
        return first
    }

    /// Latest time of what isn't on its way into a block.
    var latestTimestamp: Int64? {
        var last = open.count > 0 ? open.last : closed.last?.last
        if let parts = rare?.parts {
            for other in [parts.late.last?.timestamp, parts.histograms.last] {
                if let other { last = max(last ?? other, other) }
            }
        }
        return last
    }

    /// A view of everything, for reading without the lock.
    var view: HeadSeriesView {
        HeadSeriesView(labels: labels, closed: closed, open: open, rare: rare?.parts, lastTimestamp: lastTimestamp, lastValue: lastValue)
    }

    /// Stores a float. One of a time that is there already replaces it: what was acknowledged last holds.
    @inline(__always) mutating func append(_ timestamp: Int64, _ value: UInt64, blockMilliseconds: Int64) {
        guard timestamp > lastTimestamp else { return appendLate(timestamp, value, blockMilliseconds) }
        if open.count >= Limits.chunkSamplesMax || (open.count > 0 && !isSameBlock(open.first, timestamp, blockMilliseconds)) { closeChunk() }
        open.append(timestamp, value)
        lastTimestamp = timestamp
        lastValue = value
    }

    @inline(never) private mutating func appendLate(_ timestamp: Int64, _ value: UInt64, _ blockMilliseconds: Int64) {
        if rare == nil || rare!.parts.late.isEmpty {
            if timestamp == lastTimestamp && value == lastValue && hasChunk(with: timestamp) { return }
        }
        let sample = Sample(timestamp: timestamp, value: Double(bitPattern: value))
        let box = rareBox()
        let index = box.parts.late.lowerBound { $0.timestamp < timestamp }
        if index < box.parts.late.count, box.parts.late[index].timestamp == timestamp {
            box.parts.late[index] = sample
        } else {
            box.parts.late.insert(sample, at: index)
        }
        if box.parts.late.count > Limits.lateSamplesMax { mergeLate(blockMilliseconds) }
    }

    private func hasChunk(with timestamp: Int64) -> Bool { (open.count > 0 ? open.last : closed.last?.last) == timestamp }

    private mutating func rareBox() -> Box {
        if let rare { return rare }
        let box = Box()
        rare = box
        return box
    }

    private mutating func closeChunk() {
        if let chunk = open.sealed { closed.append(chunk) }
        open = OpenChunk()
    }

    /// Brings the late samples into the chunks.
    private mutating func mergeLate(_ blockMilliseconds: Int64) {
        var columns = SampleColumns()
        for chunk in closed { chunk.decode(into: &columns.timestamps, &columns.values) }
        open.sealed?.decode(into: &columns.timestamps, &columns.values)
        columns = SampleColumns.merged([columns, SampleColumns(rare?.parts.late ?? [])])
        rare?.parts.late = []
        repack(columns, blockMilliseconds)
    }

    /// Makes the chunks anew.
    private mutating func repack(_ columns: SampleColumns, _ blockMilliseconds: Int64) {
        // A late sample may have replaced the newest one, which duplicates are compared with.
        if let last = columns.timestamps.last, last == lastTimestamp { lastValue = columns.values[columns.count - 1].bitPattern }
        closed = HeadChunk.pack(columns, blockMilliseconds: blockMilliseconds)
        open = OpenChunk()
    }

    mutating func append(_ histogram: HistogramSample) { rareBox().parts.histograms.append(histogram) }

    /// Keeps the newest; one that is there already is kept once.
    mutating func append(_ exemplar: Exemplar) {
        let box = rareBox()
        if box.parts.exemplars.contains(exemplar) { return }
        let index = box.parts.exemplars.lowerBound { $0.sample.timestamp <= exemplar.sample.timestamp }
        box.parts.exemplars.insert(exemplar, at: index)
        if box.parts.exemplars.count > Limits.exemplarsPerSeriesMax { box.parts.exemplars.removeFirst() }
    }

    /// Removes what lies within the range, ends included.
    mutating func delete(from start: Int64, through end: Int64, blockMilliseconds: Int64) {
        func isKept(_ timestamp: Int64) -> Bool { timestamp < start || timestamp > end }
        if !(rare?.parts.late.isEmpty ?? true) { mergeLate(blockMilliseconds) }
        let touched = open.count > 0 && open.last >= start && open.first <= end || closed.contains { $0.last >= start && $0.first <= end }
        if touched {
            var columns = SampleColumns()
            for chunk in closed { chunk.decode(into: &columns.timestamps, &columns.values) }
            open.sealed?.decode(into: &columns.timestamps, &columns.values)
            repack(columns.filtered(isKept), blockMilliseconds)
        }
        guard let box = rare else { return }
        box.parts.exemplars.removeAll { !isKept($0.sample.timestamp) }
        box.parts.histograms = HistogramColumnParts(box.parts.histograms.decoded().filter { isKept($0.timestamp) })
        box.parts.sealing = box.parts.sealing.flatMap { chunk -> [HeadChunk] in
            guard chunk.last >= start && chunk.first <= end else { return [chunk] }
            var columns = SampleColumns()
            chunk.decode(into: &columns.timestamps, &columns.values)
            return HeadChunk.pack(columns.filtered(isKept), blockMilliseconds: blockMilliseconds)
        }
        box.parts.sealingHistograms = box.parts.sealingHistograms.compactMap { chunk in
            HistogramChunk(chunk.decoded().filter { isKept($0.timestamp) })
        }
    }

    /// Sets everything before `cutoff` apart for a block; false where there is nothing.
    mutating func cut(before cutoff: Int64, blockMilliseconds: Int64) -> Bool {
        guard let first = firstTimestamp, first < cutoff else {
            if !hasActiveSamples { rare?.parts.exemplars.removeAll { $0.sample.timestamp < cutoff } }
            return isSealing
        }
        if !(rare?.parts.late.isEmpty ?? true) { mergeLate(blockMilliseconds) }
        if open.count > 0 && open.first < cutoff { closeChunk() }
        let box = rareBox()
        var kept: [HeadChunk] = []
        for chunk in closed {
            if chunk.last < cutoff {
                box.parts.sealing.append(chunk)
            } else if chunk.first >= cutoff {
                kept.append(chunk)
            } else {
                var columns = SampleColumns()
                chunk.decode(into: &columns.timestamps, &columns.values)
                box.parts.sealing += HeadChunk.pack(columns.filtered { $0 < cutoff }, blockMilliseconds: blockMilliseconds)
                kept += HeadChunk.pack(columns.filtered { $0 >= cutoff }, blockMilliseconds: blockMilliseconds)
            }
        }
        closed = kept
        let histograms = box.parts.histograms.decoded()
        if let chunk = HistogramChunk(histograms.filter { $0.timestamp < cutoff }) {
            box.parts.sealingHistograms.append(chunk)
            box.parts.histograms = HistogramColumnParts(histograms.filter { $0.timestamp >= cutoff })
        }
        return true
    }

    /// Something is on its way into a block.
    var isSealing: Bool { !(rare?.parts.sealing.isEmpty ?? true) || !(rare?.parts.sealingHistograms.isEmpty ?? true) }

    /// Forgets what a block holds now, and exemplars that nothing else is left beside.
    mutating func dropSealing() {
        guard let box = rare else { return }
        box.parts.sealing = []
        box.parts.sealingHistograms = []
        if !hasActiveSamples { box.parts.exemplars = [] }
        if box.parts.isEmpty { rare = nil }
    }

    /// Takes what a checkpoint holds.
    mutating func restore(closed: [HeadChunk], late: [Sample], histograms: [HistogramChunk], exemplars: [Exemplar], lastTimestamp: Int64, lastValue: UInt64) {
        self.closed = closed
        self.lastTimestamp = lastTimestamp
        self.lastValue = lastValue
        guard !late.isEmpty || !histograms.isEmpty || !exemplars.isEmpty else { return }
        let box = rareBox()
        box.parts.late = late
        box.parts.histograms = HistogramColumnParts(closed: histograms)
        box.parts.exemplars = exemplars
    }
}

/// Whether two times belong into the same block.
@inline(__always) func isSameBlock(_ left: Int64, _ right: Int64, _ blockMilliseconds: Int64) -> Bool {
    blockStart(of: left, blockMilliseconds) == blockStart(of: right, blockMilliseconds)
}

/// The multiple of the width at or before a time, saturated.
@inline(__always) func blockStart(of timestamp: Int64, _ blockMilliseconds: Int64) -> Int64 {
    let rest = timestamp % blockMilliseconds
    let (start, overflow) = timestamp.subtractingReportingOverflow(rest < 0 ? rest + blockMilliseconds : rest)
    return overflow ? .min : start
}

extension HeadChunk {
    /// Chunks of the usual size, each within one block's range.
    static func pack(_ columns: SampleColumns, blockMilliseconds: Int64) -> [HeadChunk] {
        var chunks: [HeadChunk] = []
        var open = OpenChunk()
        for index in columns.timestamps.indices {
            let isFull = open.count >= Limits.chunkSamplesMax
                || (open.count > 0 && !isSameBlock(open.first, columns.timestamps[index], blockMilliseconds))
            if isFull, let chunk = open.sealed {
                chunks.append(chunk)
                open = OpenChunk()
            }
            open.append(columns.timestamps[index], columns.values[index].bitPattern)
        }
        return chunks + (open.sealed.map { [$0] } ?? [])
    }
}
