import Foundations
import Model

/// Reads one run of an import from front to back.
struct ImportRunCursor {
    private let map: MappedFile
    private var offset = 0
    private(set) var window: Int64 = 0
    private(set) var series: UInt32 = 0
    private var sampleCount = 0
    private var histogramCount = 0
    private var histogramBytes = 0
    /// Whether a segment is there.
    private(set) var hasSegment = false

    init(_ map: MappedFile) {
        self.map = map
        readHeader()
    }

    private mutating func readHeader() {
        var reader = ByteReader(map.bytes, offset: offset)
        hasSegment = false
        guard let window = reader.read(Int64.self), let series = reader.read(UInt32.self), let samples = reader.read(UInt32.self),
            let histograms = reader.read(UInt32.self), let bytes = reader.read(UInt32.self),
            Int(samples) * 16 + Int(bytes) <= reader.remaining
        else { return }
        (self.window, self.series, hasSegment) = (window, series, true)
        (sampleCount, histogramCount, histogramBytes) = (Int(samples), Int(histograms), Int(bytes))
        offset = reader.offset
    }

    /// The segment's samples; the next segment is there afterwards.
    mutating func take() -> (samples: SampleColumns, histograms: [HistogramSample]) {
        var columns = SampleColumns()
        columns.timestamps = numbers(at: offset)
        columns.values = numbers(at: offset + sampleCount * 8)
        let start = offset + sampleCount * 16
        let packed = UnsafeRawBufferPointer(rebasing: map.bytes[start..<(start + histogramBytes)])
        let histograms = HistogramCoder.decode(packed, count: histogramCount) ?? []
        offset = start + histogramBytes
        readHeader()
        return (columns, histograms)
    }

    private func numbers<Number: BitwiseCopyable>(at start: Int) -> [Number] {
        [Number](unsafeUninitializedCapacity: sampleCount) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: map.bytes[start..<(start + sampleCount * 8)]))
            count = sampleCount
        }
    }
}

/// Brings the runs of an import together: one series of one block's range after another, in order of range and labels.
struct ImportMerge {
    private var cursors: [ImportRunCursor]
    /// By number of series: its place in the order of labels.
    private let ranks: [UInt32]

    /// The runs stand in the order they were made.
    init(_ runs: [MappedFile], labels: [Labels]) {
        cursors = runs.map { ImportRunCursor($0) }
        var ranks = [UInt32](repeating: 0, count: labels.count)
        for (rank, number) in labels.indices.sorted(by: { labels[$0] < labels[$1] }).enumerated() { ranks[number] = UInt32(rank) }
        self.ranks = ranks
    }

    /// Nil at the end. Of equal times the later run wins, and a histogram holds over a float.
    mutating func next() -> (window: Int64, series: UInt32, samples: SampleColumns, histograms: [HistogramSample])? {
        var first: (window: Int64, rank: UInt32, series: UInt32)?
        for cursor in cursors where cursor.hasSegment {
            let rank = ranks[Int(cursor.series)]
            if let first, (first.window, first.rank) <= (cursor.window, rank) { continue }
            first = (cursor.window, rank, cursor.series)
        }
        guard let first else { return nil }
        var samples: [SampleColumns] = []
        var histograms: [[HistogramSample]] = []
        for index in cursors.indices where cursors[index].hasSegment && cursors[index].series == first.series && cursors[index].window == first.window {
            let taken = cursors[index].take()
            samples.append(taken.samples)
            histograms.append(taken.histograms)
        }
        var merged = SampleColumns.merged(samples)
        let mergedHistograms = mergedHistograms(histograms)
        if !mergedHistograms.isEmpty {
            let taken = Set(mergedHistograms.map(\.timestamp))
            merged = merged.filtered { !taken.contains($0) }
        }
        return (first.window, first.series, merged, mergedHistograms)
    }
}
