import Foundations
import Model

/// Gathers where blocks and the head hold samples of each series; nothing is decoded yet.
struct SelectedSeries {
    /// Some of a series in a block.
    struct Part {
        /// Place of the block among those that are read, which ascend in number.
        let block: Int
        let columns: BlockColumns
        /// Deletions that hide some of the series in the block.
        let tombstones: [Tombstone]
    }

    /// Downsampled columns of a series in a block.
    struct Steps {
        /// Place of the block among those that are read.
        let block: Int
        let columns: [StepColumn]
        /// Deletions that hide some of the series in the block.
        let tombstones: [Tombstone]
    }

    struct Found {
        let labels: Labels
        /// In order of blocks: of equal times, a later part wins, and the head over all.
        var parts: [Part] = []
        /// In order of blocks.
        var steps: [Steps] = []
        var head: HeadSeriesView?
    }

    private(set) var found: [Found] = []
    private var table = SeriesTable()

    /// Adds what a block holds of a series.
    mutating func add(_ labels: Labels, _ series: BlockSeries, block: Int, _ tombstones: [Tombstone]) {
        let index = index(of: labels)
        for part in series.parts { found[index].parts.append(Part(block: block, columns: part, tombstones: tombstones)) }
        if !series.steps.isEmpty { found[index].steps.append(Steps(block: block, columns: series.steps, tombstones: tombstones)) }
    }

    mutating func add(_ view: HeadSeriesView) { found[index(of: view.labels)].head = view }

    private mutating func index(of labels: Labels) -> Int {
        let hash = labels.encoded.withUnsafeBytes { memoryHash($0) }
        if let index = table.find(hash, { haveEqualBytes(found[Int($0)].labels.encoded, labels.encoded) }) { return Int(index) }
        found.append(Found(labels: labels))
        table.insert(UInt32(found.count - 1), hash: hash)
        return found.count - 1
    }
}
