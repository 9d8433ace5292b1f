import Foundations
import Model

/// What a query has found in the store at one moment: label sets in order, and where the samples lie.
struct StoreScan: MetricScan {
    let labels: [Labels]
    let samplesBound: Int
    let downsampled: [DownsampledTime]
    /// As the labels are.
    let found: [SelectedSeries.Found]
    /// Ascending in number: of equal times, a later block's sample wins.
    let blocks: [BlockReader]
    let store: Store

    init(_ selected: SelectedSeries, blocks: [BlockReader], store: Store) {
        var found = selected.found
        // A block's series are in order already.
        let isSorted = zip(found, found.dropFirst()).allSatisfy { $0.labels < $1.labels }
        if !isSorted {
            var order = Array(found.indices)
            order.sort { found[$0].labels < found[$1].labels }
            found = order.map { found[$0] }
        }
        self.found = found
        labels = found.map(\.labels)
        samplesBound = found.reduce(0) { sum, one in one.parts.reduce(sum) { $0 + $1.columns.sampleCount } + (one.head?.sampleBound ?? 0) }
        downsampled = Self.downsampled(found, blocks)
        self.blocks = blocks
        self.store = store
    }

    func makeCursor(from start: Int64, through end: Int64) -> any MetricCursor { StoreCursor(self, from: start, through: end) }
}

extension HeadSeriesView {
    /// No more samples than this are in memory.
    var sampleBound: Int {
        var bound = open?.count ?? 0
        for chunk in closed { bound += chunk.count }
        for chunk in sealing { bound += chunk.count }
        if let rare { bound += rare.late.count + rare.histograms.count }
        return bound
    }
}

extension SelectedSeries.Found {
    /// The parts in order of time, where they share none, hold floats alone, end before the head, and nothing of them is deleted.
    func partsApart(before head: Int64?) -> [SelectedSeries.Part]? {
        guard parts.allSatisfy({ $0.tombstones.isEmpty && $0.columns.histogramCount == 0 && $0.columns.sampleCount > 0 }) else { return nil }
        func areApart(_ parts: [SelectedSeries.Part]) -> Bool {
            for index in parts.indices.dropFirst() where parts[index - 1].columns.end >= parts[index].columns.start { return false }
            return true
        }
        // Merged blocks have higher numbers than younger ones.
        let ordered = areApart(parts) ? parts : parts.sorted { $0.columns.start < $1.columns.start }
        guard areApart(ordered) else { return nil }
        if let head, let last = ordered.last, last.columns.end >= head { return nil }
        return ordered
    }

    /// What is left of samples in blocks that have downsampled columns alone.
    private func lastsOfSteps(
        _ blocks: [BlockReader], from start: Int64, through end: Int64, _ reading: (BlockReader, () throws(DamagedBytes) -> Void) -> Bool
    ) -> [SampleColumns] {
        steps.compactMap { steps in
            let block = blocks[steps.block]
            guard block.holdsStepsAlone else { return nil }
            var lasts = SampleColumns()
            _ = reading(block) { () throws(DamagedBytes) in lasts = try steps.lasts(block) }
            lasts.clip(from: start, through: end)
            return lasts
        }
    }

    /// The general case: parts that share times, deletions, histograms, downsampled time, damage. `reading` runs what may meet damage, notes it, and says
    /// whether all was read.
    func merged(
        _ blocks: [BlockReader], _ head: SampleColumns, _ headHistograms: [HistogramSample], from start: Int64, through end: Int64,
        _ reading: (BlockReader, () throws(DamagedBytes) -> Void) -> Bool
    ) -> (samples: SampleColumns, histograms: [HistogramSample]) {
        var allSamples = lastsOfSteps(blocks, from: start, through: end, reading)
        var allHistograms: [[HistogramSample]] = []
        for part in parts where part.columns.start <= end && part.columns.end >= start {
            var samples = SampleColumns()
            var histograms: [HistogramSample] = []
            let block = blocks[part.block]
            let isRead = reading(block) { () throws(DamagedBytes) in
                samples = try block.samples(part.columns)
                histograms = try block.histograms(part.columns)
            }
            guard isRead else { continue }
            samples.clip(from: start, through: end)
            histograms.removeAll { $0.timestamp < start || $0.timestamp > end }
            for stone in part.tombstones {
                samples = samples.filtered { $0 < stone.start || $0 > stone.end }
                histograms.removeAll { $0.timestamp >= stone.start && $0.timestamp <= stone.end }
            }
            allSamples.append(samples)
            allHistograms.append(histograms)
        }
        let histograms = mergedHistograms(allHistograms + [headHistograms])
        var samples = SampleColumns.merged(allSamples + [head])
        if !histograms.isEmpty && !samples.isEmpty {
            let taken = Set(histograms.map(\.timestamp))
            samples = samples.filtered { !taken.contains($0) }
        }
        return (samples, histograms)
    }
}

extension Store {
    /// Whether something was read; damage is noted and reading goes on elsewhere.
    func reading(_ block: BlockReader, _ body: () throws(DamagedBytes) -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            noteDamage("\(block.path) is damaged at byte \(error.offset): \(error.reason)")
            return false
        }
    }
}
