/// A run of bits in a `BitPool`.
struct BitChain: BitwiseCopyable, Sendable {
    /// Blocks of the pool; `BitPool.none` while it is empty.
    var first = BitPool.none
    var last = BitPool.none
    var bitCount: UInt16 = 0
}

/// Memory for many short runs of bits: blocks of 32 bytes, each linked to the next of its run. No run has an allocation of its own, and
/// what one run gives back serves any other.
struct BitPool: ~Copyable, Sendable {
    static let none = UInt32.max
    static let bitsPerBlock = 224
    private static let wordsPerBlock = 8
    /// The last word of a block is the number of the next one.
    private static let link = 7

    private var words = Slab<UInt32>()
    private var freeBlock = none
    private var freeCount = 0

    /// Of blocks in use.
    var bytes: Int { words.bytes - freeCount * Self.wordsPerBlock * 4 }

    /// Appends the lowest `width` bits (1 to 64) of `value`, whose other bits are 0; the lowest first.
    @inline(__always) mutating func append(_ value: UInt64, _ width: Int, to chain: inout BitChain) {
        var rest = value
        var left = width
        var place = Int(chain.bitCount) % Self.bitsPerBlock
        while left > 0 {
            if place == 0 { extend(&chain) }
            let word = words.pointer(Int(chain.last) &* Self.wordsPerBlock &+ place &>> 5)
            let shift = place & 31
            word.pointee |= UInt32(truncatingIfNeeded: rest &<< UInt64(shift))
            let taken = min(left, 32 &- shift)
            rest = rest &>> UInt64(taken)
            left &-= taken
            chain.bitCount &+= UInt16(truncatingIfNeeded: taken)
            place &+= taken
            if place == Self.bitsPerBlock { place = 0 }
        }
    }

    mutating func appendZeros(_ count: Int, to chain: inout BitChain) {
        var left = count
        while left > 0 {
            let width = min(left, 64)
            append(0, width, to: &chain)
            left -= width
        }
    }

    private mutating func extend(_ chain: inout BitChain) {
        let block = takeBlock()
        if chain.last == Self.none { chain.first = block } else { words[Int(chain.last) * Self.wordsPerBlock + Self.link] = block }
        chain.last = block
    }

    private mutating func takeBlock() -> UInt32 {
        if freeBlock == Self.none {
            let block = UInt32(words.count / Self.wordsPerBlock)
            for _ in 0..<Self.link { words.append(0) }
            words.append(Self.none)
            return block
        }
        let block = freeBlock
        let start = words.pointer(Int(block) * Self.wordsPerBlock)
        freeBlock = start[Self.link]
        freeCount -= 1
        start.update(repeating: 0, count: Self.link)
        start[Self.link] = Self.none
        return block
    }

    /// Gives back all blocks of a run.
    mutating func release(_ first: UInt32) {
        var block = first
        while block != Self.none {
            let next = words[Int(block) * Self.wordsPerBlock + Self.link]
            words[Int(block) * Self.wordsPerBlock + Self.link] = freeBlock
            freeBlock = block
            freeCount += 1
            block = next
        }
    }

    /// A run to be unpacked: as `BitReader` reads it, with so many zeros behind it, in whole 64-bit words.
    struct Unpacking: BitwiseCopyable {
        let first: UInt32
        let bitCount: Int
        let zeroCount: Int

        var wordCount: Int { (bitCount + zeroCount + 63) / 64 }
    }

    /// Runs one behind the other. The blocks of a run lie anywhere in memory and each is a wait for it, so the runs are followed side by
    /// side: their waits fall together.
    func words(of runs: [Unpacking]) -> [UInt64] {
        let count = runs.reduce(0) { $0 + $1.wordCount }
        return [UInt64](unsafeUninitializedCapacity: count) { output, initialized in
            output.update(repeating: 0)
            output.withMemoryRebound(to: UInt32.self) { halves in
                withUnsafeTemporaryAllocation(of: Cursor.self, capacity: runs.count) { follow(Cursor.list(of: runs, in: $0), into: halves) }
            }
            initialized = count
        }
    }

    /// How far a run is unpacked.
    private struct Cursor: BitwiseCopyable {
        var block: UInt32
        /// Where its next half word goes, and where its last one ended.
        var place: Int
        let end: Int

        /// Those of the runs that have bits.
        static func list(of runs: [Unpacking], in cursors: UnsafeMutableBufferPointer<Cursor>) -> UnsafeMutableBufferPointer<Cursor> {
            var place = 0
            var count = 0
            for run in runs {
                if run.bitCount > 0, run.first != BitPool.none {
                    cursors[count] = Cursor(block: run.first, place: place, end: place + (run.bitCount + 31) / 32)
                    count += 1
                }
                place += run.wordCount * 2
            }
            return UnsafeMutableBufferPointer(rebasing: cursors[..<count])
        }
    }

    private func follow(_ cursors: UnsafeMutableBufferPointer<Cursor>, into halves: UnsafeMutableBufferPointer<UInt32>) {
        var active = cursors.count
        while active > 0 {
            var index = 0
            while index < active {
                let cursor = cursors[index]
                let start = words.pointer(Int(cursor.block) &* Self.wordsPerBlock)
                let taken = min(Self.link, cursor.end &- cursor.place)
                for offset in 0..<taken { halves[cursor.place &+ offset] = start[offset].littleEndian }
                cursors[index].place = cursor.place &+ taken
                cursors[index].block = start[Self.link]
                if cursors[index].place == cursor.end || cursors[index].block == Self.none {
                    active &-= 1
                    cursors[index] = cursors[active]
                } else {
                    index &+= 1
                }
            }
        }
    }
}
