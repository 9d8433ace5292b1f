import Model

/// A series of the head as it was at a moment: read without the head's lock. It may be limited to a range of time.
struct HeadSeriesView: Sendable {
    let labels: Labels
    let closed: ArraySlice<HeadChunk>
    /// What the open chunk held.
    let open: HeadChunk?
    /// Cut off for a block that isn't in place yet. Older than what the series got since; later ones replace earlier ones.
    let sealing: ArraySlice<HeadChunk>
    let rare: RareParts?
    let lastTimestamp: Int64
    let lastValue: UInt64

    /// The floats within the range, ends included.
    func samples(from start: Int64, through end: Int64) -> SampleColumns {
        let sealed = sealedParts(from: start, through: end)
        var active = SampleColumns()
        let chunks = (open.map { closed + [$0] } ?? closed).filter { $0.last >= start && $0.first <= end }
        active.reserve(chunks.reduce(0) { $0 + $1.count })
        for chunk in chunks { chunk.decode(into: &active.timestamps, &active.values) }
        if sealed.isEmpty && (rare?.late.isEmpty ?? true) {
            active.clip(from: start, through: end)
            return active
        }
        var all = SampleColumns.merged(sealed + [active, SampleColumns(rare?.late ?? [])])
        all.clip(from: start, through: end)
        return all
    }

    private func sealedParts(from start: Int64, through end: Int64) -> [SampleColumns] {
        sealing.filter { $0.last >= start && $0.first <= end }.map { chunk in
            var part = SampleColumns()
            part.reserve(chunk.count)
            chunk.decode(into: &part.timestamps, &part.values)
            return part
        }
    }

    func histograms(from start: Int64, through end: Int64) -> [HistogramSample] {
        guard let rare, !rare.histograms.isEmpty || !rare.sealingHistograms.isEmpty else { return [] }
        let parts = rare.sealingHistograms.map { $0.decoded() } + [rare.histograms.decoded()]
        return mergedHistograms(parts).filter { $0.timestamp >= start && $0.timestamp <= end }
    }

    /// The floats that are on their way into a block, within the range.
    func sealedSamples(from start: Int64, through end: Int64) -> SampleColumns {
        var all = SampleColumns.merged(sealedParts(from: start, through: end))
        all.clip(from: start, through: end)
        return all
    }

    func sealedHistograms(from start: Int64, through end: Int64) -> [HistogramSample] {
        guard let rare, !rare.sealingHistograms.isEmpty else { return [] }
        return mergedHistograms(rare.sealingHistograms.map { $0.decoded() }).filter { $0.timestamp >= start && $0.timestamp <= end }
    }
}
