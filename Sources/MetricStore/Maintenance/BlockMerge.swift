import Foundations
import Model

/// Why blocks weren't merged; they stay as they are.
enum MergeFailure: Error {
    case file(FileError)
    /// An input can't be read.
    case damaged(BlockReader, DamagedBytes)
    /// The merged block would break a limit.
    case tooLarge(reason: String)
    /// Something else failed that had to be done meanwhile, or the store is being closed.
    case interrupted(MetricStoreError)
}

/// Brings the series of several blocks into one, in order of labels, one series at a time.
///
/// What lies apart in time, is hidden by no deletion and was merged before is copied as it is; the rest is decoded and encoded anew,
/// into fewer bytes. Of equal times the block with the highest number wins, as for readers.
struct BlockMerge {
    /// One input and how far it has been read.
    private struct Cursor {
        let block: BlockReader
        /// Deletions that hide some of the block's time.
        let tombstones: [Tombstone]
        var next: UInt32 = 0
        /// The series that is next; nil at the end.
        var series: (labels: Labels, series: BlockSeries)?

        mutating func advance() throws(MergeFailure) {
            let last = series?.labels
            series = nil
            guard Int(next) < block.seriesCount else { return }
            do throws(DamagedBytes) {
                let read = try block.series(next)
                if let last, read.labels <= last { throw DamagedBytes(offset: 0, reason: "series \(next) isn't behind the one before") }
                series = read
            } catch { throw .damaged(block, error) }
            next += 1
        }
    }

    private var cursors: [Cursor] = []
    private let resolutions: [Resolution]
    private let keepsSamples: Bool

    /// The inputs ascend in number. `resolutions` are those of the downsampled columns to make; the samples themselves may be left out.
    init(_ inputs: [BlockReader], _ tombstones: [Tombstone], resolutions: [Resolution] = [], keepsSamples: Bool = true) throws(MergeFailure) {
        self.resolutions = resolutions
        self.keepsSamples = keepsSamples
        for block in inputs {
            var cursor = Cursor(block: block, tombstones: tombstones.filter { $0.hides(block.number, from: block.start, through: block.end) })
            try cursor.advance()
            cursors.append(cursor)
        }
    }

    /// Writes the next series; false where there is none left.
    mutating func writeNext(to writer: BlockWriter) throws(MergeFailure) -> Bool {
        var first: Labels?
        var holders: [Int] = []
        for index in cursors.indices {
            guard let labels = cursors[index].series?.labels else { continue }
            if let current = first {
                // Most series are in all blocks, and equal bytes are compared fast.
                if labels == current {
                    holders.append(index)
                    continue
                }
                if current < labels { continue }
            }
            first = labels
            holders = [index]
        }
        guard let labels = first else { return false }
        var pieces: [SeriesPiece] = []
        var steps: [(resolution: Resolution, steps: [SampleSummary])] = []
        for index in holders {
            let block = cursors[index].block
            let hidden = cursors[index].tombstones.filter { $0.matchers.matches(labels) }
            for part in cursors[index].series?.series.parts ?? [] {
                let stones = hidden.filter { $0.hides(block.number, from: part.start, through: part.end) }
                pieces.append(SeriesPiece(block: block, columns: part, tombstones: stones))
            }
            if block.holdsStepsAlone { steps += try Self.steps(of: block, cursors[index].series?.series.steps ?? [], resolutions, hidden) }
            try cursors[index].advance()
        }
        var merger = SeriesMerger(writer: writer, resolutions: resolutions, keepsSamples: keepsSamples)
        try merger.write(labels, pieces, steps)
        guard writer.seriesCount <= Limits.mergedSeriesMax else { throw .tooLarge(reason: "over \(Limits.mergedSeriesMax) series") }
        return true
    }

    /// Those of a block without samples that are to stay, steps that a deletion touches left out.
    private static func steps(
        of block: BlockReader, _ columns: [StepColumn], _ resolutions: [Resolution], _ hidden: [Tombstone]
    ) throws(MergeFailure) -> [(resolution: Resolution, steps: [SampleSummary])] {
        var kept: [(resolution: Resolution, steps: [SampleSummary])] = []
        for column in columns where resolutions.contains(column.resolution) {
            do throws(DamagedBytes) {
                let steps = try block.downsampled(column).filter { step in !hidden.contains { $0.touches(step) } }
                if !steps.isEmpty { kept.append((column.resolution, steps)) }
            } catch { throw .damaged(block, error) }
        }
        return kept
    }
}
