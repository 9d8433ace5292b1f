import Model

/// A series of the head as it was at a moment: read without the head's lock.
struct HeadSeriesView: Sendable {
    let labels: Labels
    let closed: [HeadChunk]
    let open: OpenChunk
    let rare: RareParts?
    let lastTimestamp: Int64
    let lastValue: UInt64

    /// The floats within the range, ends included.
    func samples(from start: Int64, through end: Int64) -> SampleColumns {
        var parts: [SampleColumns] = []
        if let rare {
            for chunk in rare.sealing where chunk.last >= start && chunk.first <= end {
                var part = SampleColumns()
                chunk.decode(into: &part.timestamps, &part.values)
                parts.append(part)
            }
        }
        var active = SampleColumns()
        active.reserve(closed.reduce(open.count) { $0 + ($1.last >= start && $1.first <= end ? $1.count : 0) })
        for chunk in closed where chunk.last >= start && chunk.first <= end { chunk.decode(into: &active.timestamps, &active.values) }
        if open.count > 0 && open.last >= start && open.first <= end { open.sealed?.decode(into: &active.timestamps, &active.values) }
        if parts.isEmpty && (rare?.late.isEmpty ?? true) {
            active.clip(from: start, through: end)
            return active
        }
        parts.append(active)
        parts.append(SampleColumns(rare?.late ?? []))
        var all = SampleColumns.merged(parts)
        all.clip(from: start, through: end)
        return all
    }

    func histograms(from start: Int64, through end: Int64) -> [HistogramSample] {
        guard let rare, !rare.histograms.isEmpty || !rare.sealingHistograms.isEmpty else { return [] }
        let parts = rare.sealingHistograms.map { $0.decoded() } + [rare.histograms.decoded()]
        return mergedHistograms(parts).filter { $0.timestamp >= start && $0.timestamp <= end }
    }

    /// The floats that are on their way into a block, within the range.
    func sealedSamples(from start: Int64, through end: Int64) -> SampleColumns {
        var parts: [SampleColumns] = []
        for chunk in rare?.sealing ?? [] where chunk.last >= start && chunk.first <= end {
            var part = SampleColumns()
            chunk.decode(into: &part.timestamps, &part.values)
            parts.append(part)
        }
        var all = SampleColumns.merged(parts)
        all.clip(from: start, through: end)
        return all
    }

    func sealedHistograms(from start: Int64, through end: Int64) -> [HistogramSample] {
        guard let rare, !rare.sealingHistograms.isEmpty else { return [] }
        return mergedHistograms(rare.sealingHistograms.map { $0.decoded() }).filter { $0.timestamp >= start && $0.timestamp <= end }
    }

    /// Whether anything lies within the range; decodes nothing, so deletions and gaps inside chunks don't count.
    func mayHaveData(from start: Int64, through end: Int64) -> Bool {
        func overlaps(_ first: Int64, _ last: Int64) -> Bool { last >= start && first <= end }
        if open.count > 0 && overlaps(open.first, open.last) || closed.contains(where: { overlaps($0.first, $0.last) }) { return true }
        guard let rare else { return false }
        return rare.late.contains { overlaps($0.timestamp, $0.timestamp) } || rare.sealing.contains { overlaps($0.first, $0.last) }
            || rare.sealingHistograms.contains { overlaps($0.first, $0.last) }
            || rare.histograms.first.map { overlaps($0, rare.histograms.last ?? $0) } ?? false
    }
}
