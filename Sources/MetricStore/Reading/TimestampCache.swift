import Model

/// Columns of timestamps that series share, decoded once each and clipped to a range. Bounded: where series share nothing, it forgets.
struct TimestampCache {
    struct Column {
        let timestamps: [Int64]
        /// Which samples of each part lie in the range.
        let taken: [Range<Int>]
        /// Tells columns apart; equal numbers have equal timestamps.
        let number: UInt64
    }

    private struct PartKey: Hashable {
        let block: UInt64
        let offset: Int
        let count: Int
    }

    private let start: Int64
    private let end: Int64
    private var columns: [[PartKey]: Column] = [:]
    private var heldBytes = 0
    private var lastKey: [PartKey] = []
    private var last: Column?
    /// With the head's timestamps behind those of blocks.
    private var lastJoined: (blocks: UInt64, column: Column)?
    private var lastOfHead: (timestamps: [Int64], number: UInt64) = ([], 0)
    private var lastNumber: UInt64 = 0
    private var scratch: [Int64] = []

    init(from start: Int64, through end: Int64) {
        self.start = start
        self.end = end
    }

    private mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// A number for timestamps of the head alone.
    mutating func number(of timestamps: [Int64]) -> UInt64 {
        if timestamps.isEmpty { return 0 }
        if lastOfHead.timestamps != timestamps { lastOfHead = (timestamps, nextNumber()) }
        return lastOfHead.number
    }

    /// The timestamps of parts that follow each other, at least one, and of the head behind them.
    mutating func column(of parts: [SelectedSeries.Part], _ blocks: [BlockReader], head: [Int64]) throws(DamagedBytes) -> Column {
        let older = try column(of: parts, blocks)
        if head.isEmpty { return older }
        if let lastJoined, lastJoined.blocks == older.number, Self.ends(lastJoined.column.timestamps, with: head, after: older.timestamps.count) {
            return lastJoined.column
        }
        let joined = Column(timestamps: older.timestamps + head, taken: older.taken, number: nextNumber())
        lastJoined = (older.number, joined)
        return joined
    }

    private static func ends(_ timestamps: [Int64], with head: [Int64], after count: Int) -> Bool {
        guard timestamps.count == count + head.count else { return false }
        return timestamps.withUnsafeBytes { all in
            head.withUnsafeBytes { compareEqual(UnsafeRawBufferPointer(rebasing: all[(count * MemoryLayout<Int64>.stride)...]), $0) }
        }
    }

    private func isKey(_ key: [PartKey], of parts: [SelectedSeries.Part], _ blocks: [BlockReader]) -> Bool {
        guard key.count == parts.count else { return false }
        for index in parts.indices {
            let columns = parts[index].columns
            if key[index].offset != columns.timestamps.lowerBound || key[index].count != columns.sampleCount
                || key[index].block != blocks[parts[index].block].number
            { return false }
        }
        return true
    }

    private mutating func column(of parts: [SelectedSeries.Part], _ blocks: [BlockReader]) throws(DamagedBytes) -> Column {
        if let last, isKey(lastKey, of: parts, blocks) { return last }
        let key = parts.map { PartKey(block: blocks[$0.block].number, offset: $0.columns.timestamps.lowerBound, count: $0.columns.sampleCount) }
        let column: Column
        if let known = columns[key] { column = known } else {
            column = try decoded(parts, blocks)
            if heldBytes > Limits.cursorTimestampBytesMax {
                columns = [:]
                heldBytes = 0
            }
            columns[key] = column
            heldBytes += column.timestamps.count * 8 + key.count * 64
        }
        lastKey = key
        last = column
        return column
    }

    private mutating func decoded(_ parts: [SelectedSeries.Part], _ blocks: [BlockReader]) throws(DamagedBytes) -> Column {
        var timestamps: [Int64] = []
        var taken: [Range<Int>] = []
        timestamps.reserveCapacity(parts.reduce(0) { $0 + $1.columns.sampleCount })
        for part in parts {
            let count = part.columns.sampleCount
            if scratch.count < count { scratch = Array(repeating: 0, count: count) }
            var failure: DamagedBytes?
            scratch.withUnsafeMutableBufferPointer { buffer in
                do throws(DamagedBytes) { try blocks[part.block].decodeTimestamps(part.columns, to: buffer.baseAddress!) } catch { failure = error }
            }
            if let failure { throw failure }
            let decoded = scratch[..<count]
            let low = decoded.lowerBound { $0 < start }
            let inRange = low..<max(low, decoded.lowerBound { $0 <= end })
            timestamps.append(contentsOf: decoded[inRange])
            taken.append(inRange)
        }
        return Column(timestamps: timestamps, taken: taken, number: nextNumber())
    }
}
