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

    /// The run as `BitReader` reads it, with so many zeros behind it, in whole 64-bit words.
    func words(from first: UInt32, bitCount: Int, zeroCount: Int) -> [UInt64] {
        let count = (bitCount + zeroCount + 63) / 64
        return [UInt64](unsafeUninitializedCapacity: count) { output, initialized in
            output.update(repeating: 0)
            output.withMemoryRebound(to: UInt32.self) { halves in
                var block = first
                var filled = 0
                let needed = (bitCount + 31) / 32
                while filled < needed, block != Self.none {
                    let start = words.pointer(Int(block) * Self.wordsPerBlock)
                    let taken = min(Self.link, needed - filled)
                    for index in 0..<taken { halves[filled + index] = start[index].littleEndian }
                    filled += taken
                    block = start[Self.link]
                }
            }
            initialized = count
        }
    }
}
