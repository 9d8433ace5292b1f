import Foundations
import Model

/// One part of a series in an input.
struct SeriesPiece {
    let block: BlockReader
    let columns: BlockColumns
    /// Deletions that hide some of it.
    let tombstones: [Tombstone]

    /// Whether the bytes may go into another merged block as they are.
    var isSmall: Bool { tombstones.isEmpty && block.version == .compact && block.footer.merged != nil }

    var count: Int { columns.sampleCount + columns.histogramCount * Limits.samplesPerHistogram }

    func decoded() throws(MergeFailure) -> (samples: SampleColumns, histograms: [HistogramSample]) {
        do throws(DamagedBytes) {
            var samples = try block.samples(columns)
            var histograms = try block.histograms(columns)
            guard isOrdered(samples.timestamps), isOrdered(histograms.map(\.timestamp)) else {
                throw DamagedBytes(offset: columns.values.lowerBound, reason: "times don't ascend or lie outside of what the series says")
            }
            for stone in tombstones {
                samples = samples.filtered { $0 < stone.start || $0 > stone.end }
                histograms.removeAll { $0.timestamp >= stone.start && $0.timestamp <= stone.end }
            }
            return (samples, histograms)
        } catch { throw .damaged(block, error) }
    }

    /// Whether times ascend within the part's ends.
    private func isOrdered(_ timestamps: [Int64]) -> Bool {
        guard let first = timestamps.first, let last = timestamps.last else { return true }
        return first >= columns.start && last <= columns.end && zip(timestamps, timestamps.dropFirst()).allSatisfy { $0 < $1 }
    }
}

/// Makes one series' parts of those that the inputs hold: short neighbours become one.
struct SeriesMerger {
    /// What waits for a neighbour that it could become one with.
    private enum Pending {
        case nothing
        case piece(SeriesPiece)
        case decoded(SampleColumns, [HistogramSample])
    }

    let writer: BlockWriter
    private var pending = Pending.nothing
    private var downsampler: Downsampler
    private let keepsSamples: Bool

    init(writer: BlockWriter, resolutions: [Resolution], keepsSamples: Bool) {
        self.writer = writer
        self.keepsSamples = keepsSamples
        downsampler = Downsampler(resolutions)
    }

    /// The pieces of a block with a higher number stand behind those of lower ones. `steps` are downsampled columns whose samples are gone.
    mutating func write(
        _ labels: Labels, _ pieces: [SeriesPiece], _ steps: [(resolution: Resolution, steps: [SampleSummary])] = []
    ) throws(MergeFailure) {
        writer.begin(labels)
        // By place too: of equal starts, the order of the blocks stays.
        let order = pieces.indices.sorted { (pieces[$0].columns.start, $0) < (pieces[$1].columns.start, $1) }
        var place = 0
        while place < order.count {
            var overlapping = [order[place]]
            var end = pieces[order[place]].columns.end
            place += 1
            while place < order.count, pieces[order[place]].columns.start <= end {
                end = max(end, pieces[order[place]].columns.end)
                overlapping.append(order[place])
                place += 1
            }
            if overlapping.count == 1, pieces[overlapping[0]].isSmall {
                try add(pieces[overlapping[0]])
            } else {
                try add(overlapping.sorted().map { pieces[$0] })
            }
        }
        try flush()
        do throws(FileError) {
            for (resolution, steps) in downsampler.finished() + steps { try writer.addSteps(resolution, steps) }
        } catch { throw .file(error) }
        writer.end()
    }

    private mutating func add(_ piece: SeriesPiece) throws(MergeFailure) {
        if pendingCount + piece.count <= Limits.partSamplesMax, pendingCount > 0 {
            let (samples, histograms) = try piece.decoded()
            try add(samples, histograms)
        } else {
            try flush()
            pending = .piece(piece)
        }
    }

    /// Pieces that share some of their time, or that a deletion hides a part of.
    private mutating func add(_ pieces: [SeriesPiece]) throws(MergeFailure) {
        guard pieces.reduce(0, { $0 + max($1.columns.sampleCount, $1.columns.histogramCount) }) <= Limits.columnSamplesMax else {
            throw .tooLarge(reason: "over \(Limits.columnSamplesMax) samples of one series at one time")
        }
        var samples: [SampleColumns] = []
        var histograms: [[HistogramSample]] = []
        for piece in pieces {
            let decoded = try piece.decoded()
            samples.append(decoded.samples)
            histograms.append(decoded.histograms)
        }
        try add(SampleColumns.merged(samples), mergedHistograms(histograms))
    }

    private mutating func add(_ samples: SampleColumns, _ histograms: [HistogramSample]) throws(MergeFailure) {
        let count = samples.count + histograms.count * Limits.samplesPerHistogram
        if count == 0 { return }
        guard pendingCount > 0, pendingCount + count <= Limits.partSamplesMax else {
            try flush()
            pending = .decoded(samples, histograms)
            return
        }
        var (allSamples, allHistograms) = try takePending()
        allSamples.append(samples)
        pending = .decoded(allSamples, allHistograms + histograms)
    }

    private var pendingCount: Int {
        switch pending {
        case .nothing: 0
        case .piece(let piece): piece.count
        case .decoded(let samples, let histograms): samples.count + histograms.count * Limits.samplesPerHistogram
        }
    }

    private mutating func takePending() throws(MergeFailure) -> (SampleColumns, [HistogramSample]) {
        defer { pending = .nothing }
        switch pending {
        case .nothing: return (SampleColumns(), [])
        case .piece(let piece): return try piece.decoded()
        case .decoded(let samples, let histograms): return (samples, histograms)
        }
    }

    private mutating func flush() throws(MergeFailure) {
        defer { pending = .nothing }
        switch pending {
        case .nothing: return
        case .piece(let piece):
            let bytes: BlockPartBytes
            do { bytes = try piece.block.partBytes(piece.columns) } catch { throw .damaged(piece.block, error) }
            if !downsampler.isIdle { downsampler.add(try piece.decoded().samples, nil) }
            guard keepsSamples else { return }
            do { try writer.addPart(piece.columns, copying: bytes) } catch { throw .file(error) }
        case .decoded(let samples, let histograms):
            let decimals = FloatColumn.isConstant(samples.values) && downsampler.isIdle ? nil : Decimals(samples.values)
            downsampler.add(samples, decimals)
            guard keepsSamples else { return }
            do { try writer.addPart(samples, histograms, decimals: decimals) } catch { throw .file(error) }
        }
    }
}
