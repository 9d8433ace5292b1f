/// What the head keeps of every series, in one line of the cache. What few series have is in `RareParts`.
struct HeadSlot: BitwiseCopyable, Sendable {
    static let none = UInt32.max

    /// Time of the newest float in chunks; `Int64.min` where there is none.
    var lastTimestamp = Int64.min
    /// Its bits.
    var lastValue: UInt64 = 0
    /// Time of the open chunk's first sample.
    var firstTimestamp: Int64 = 0
    /// From the last sample but one to the last one in the open chunk.
    var distance: Int64 = 0
    /// Where the index keeps the labels.
    var labels: UInt32
    /// One more than the name by which the current log segment knows the series; 0 where it doesn't.
    var logReference: UInt32 = 0
    /// Closed chunks, in order of time: the first one's place in `ChunkTable`.
    var chunks = HeadSlot.none
    /// Those that are on their way into a block.
    var sealing = HeadSlot.none
    /// The open chunk's bits.
    var open = BitChain()
    /// Samples in the open chunk.
    var count: UInt16 = 0
    /// Zeros behind `open` that aren't written yet: a series that repeats itself adds nothing else.
    var zeroBits: UInt16 = 0
    /// Bits of the window that holds the differing ones of a value; 0 before there is one. As in `ValueCoder`.
    var significantBits: UInt8 = 0
    var trailingBits: UInt8 = 0

    init(labels: UInt32) { self.labels = labels }
}

/// A chunk of a series that no longer changes, its bits in the pool.
struct ClosedChunk: BitwiseCopyable, Sendable {
    var first: Int64
    var last: Int64
    /// The first block of its bits.
    var block: UInt32
    /// The chunk behind it in its list.
    var next = HeadSlot.none
    var bitCount: UInt16
    /// Zeros behind them.
    var zeroBits: UInt16
    var count: UInt16

    func overlaps(_ start: Int64, _ end: Int64) -> Bool { last >= start && first <= end }
}

/// The closed chunks of all series, and the bits of those and of the open ones.
struct ChunkTable: ~Copyable, Sendable {
    private var chunks = Slab<ClosedChunk>()
    private var freeChunk = HeadSlot.none
    private var freeCount = 0
    var pool = BitPool()

    var bytes: Int { pool.bytes + chunks.bytes - freeCount * MemoryLayout<ClosedChunk>.stride }

    subscript(_ place: UInt32) -> ClosedChunk { chunks[Int(place)] }

    /// Visits a list in order.
    @inline(__always) func forEach(from first: UInt32, _ body: (ClosedChunk) -> Void) {
        var place = first
        while place != HeadSlot.none {
            let chunk = chunks[Int(place)]
            body(chunk)
            place = chunk.next
        }
    }

    func contains(in first: UInt32, where isWanted: (ClosedChunk) -> Bool) -> Bool {
        var place = first
        while place != HeadSlot.none {
            let chunk = chunks[Int(place)]
            if isWanted(chunk) { return true }
            place = chunk.next
        }
        return false
    }

    /// The last chunk of a list; nil where it is empty.
    func last(from first: UInt32) -> ClosedChunk? {
        var found: ClosedChunk?
        forEach(from: first) { found = $0 }
        return found
    }

    /// The chunks as copies that stand for themselves, in their order.
    func unpacked(_ packed: [ClosedChunk]) -> [HeadChunk] {
        let runs = packed.map { BitPool.Unpacking(first: $0.block, bitCount: Int($0.bitCount), zeroCount: Int($0.zeroBits)) }
        let words = pool.words(of: runs)
        var start = 0
        return zip(packed, runs).map { chunk, run in
            defer { start += run.wordCount }
            return HeadChunk(
                words: words[start..<start + run.wordCount], count: Int(chunk.count), first: chunk.first, last: chunk.last)
        }
    }

    /// The samples of chunks that follow each other.
    func decoded(_ packed: [ClosedChunk]) -> SampleColumns {
        var columns = SampleColumns()
        columns.reserve(packed.reduce(0) { $0 + Int($1.count) })
        for chunk in unpacked(packed) { chunk.decode(into: &columns.timestamps, &columns.values) }
        return columns
    }

    /// Adds a chunk at the end of a list.
    mutating func append(_ chunk: ClosedChunk, to list: inout UInt32) {
        var new = chunk
        new.next = HeadSlot.none
        let place: UInt32
        if freeChunk == HeadSlot.none {
            place = UInt32(chunks.count)
            chunks.append(new)
        } else {
            place = freeChunk
            freeChunk = chunks[Int(place)].next
            freeCount -= 1
            chunks[Int(place)] = new
        }
        if list == HeadSlot.none {
            list = place
            return
        }
        var end = list
        while chunks[Int(end)].next != HeadSlot.none { end = chunks[Int(end)].next }
        chunks.pointer(Int(end)).pointee.next = place
    }

    /// Adds a chunk that came from elsewhere.
    mutating func append(_ chunk: HeadChunk, to list: inout UInt32) {
        var bits = BitChain()
        let kept = chunk.words.lastIndex { $0 != 0 }.map { $0 + 1 - chunk.words.startIndex } ?? 0
        for word in chunk.words.prefix(kept) { pool.append(UInt64(littleEndian: word), 64, to: &bits) }
        append(
            ClosedChunk(
                first: chunk.first, last: chunk.last, block: bits.first, bitCount: bits.bitCount, zeroBits: UInt16((chunk.words.count - kept) * 64),
                count: UInt16(chunk.count)), to: &list)
    }

    /// Takes the first chunk out of a list; its bits stay until they are released or appended elsewhere.
    mutating func takeFirst(of list: inout UInt32) -> ClosedChunk? {
        guard list != HeadSlot.none else { return nil }
        let place = list
        let chunk = chunks[Int(place)]
        list = chunk.next
        chunks.pointer(Int(place)).pointee.next = freeChunk
        freeChunk = place
        freeCount += 1
        return chunk
    }

    /// Gives up a list with its bits.
    mutating func removeAll(_ list: inout UInt32) {
        while let chunk = takeFirst(of: &list) { pool.release(chunk.block) }
    }
}
