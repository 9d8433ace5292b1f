/// Appends groups of bits, lowest bit first, to 64-bit words.
struct BitWriter: Sendable {
    private(set) var words: [UInt64] = []
    private(set) var partial: UInt64 = 0
    private(set) var partialBits = 0

    var bitCount: Int { words.count * 64 + partialBits }

    /// Appends the lowest `width` bits (1 to 64) of `value`, whose other bits are 0.
    @inline(__always) mutating func write(_ value: UInt64, _ width: Int) {
        partial |= value &<< UInt64(partialBits)
        let total = partialBits + width
        if total < 64 {
            partialBits = total
            return
        }
        words.append(partial.littleEndian)
        let taken = 64 - partialBits
        partial = taken == 64 ? 0 : value &>> UInt64(taken)
        partialBits = total - 64
        if partialBits == 0 { partial = 0 }
    }

    /// All words, the last one filled up with 0.
    func finished() -> [UInt64] {
        guard partialBits > 0 else { return words.count == words.capacity ? words : Array(words) }
        var all: [UInt64] = []
        all.reserveCapacity(words.count + 1)
        all.append(contentsOf: words)
        all.append(partial.littleEndian)
        return all
    }
}

/// Reads groups of bits, lowest bit first; nil past the end. A view: the bytes must outlive it.
struct BitReader {
    let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private let end: Int

    @inline(__always) init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        end = bytes.count * 8
    }

    @inline(__always) mutating func read(_ width: Int) -> UInt64? {
        guard width <= end - offset else { return nil }
        defer { offset += width }
        return Self.load(bytes, at: offset, width: width)
    }

    /// At least 57 bits of what comes next, without taking them; zeros behind the end.
    @inline(__always) func lookAhead() -> UInt64 {
        let first = offset >> 3
        if first + 8 <= bytes.count {
            return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: first, as: UInt64.self)) &>> UInt64(offset & 7)
        }
        return Self.load(bytes, at: offset, width: min(57, end - offset))
    }

    /// Takes so many bits; false where there are fewer.
    @inline(__always) mutating func skip(_ width: Int) -> Bool {
        guard width <= end - offset else { return false }
        offset += width
        return true
    }

    /// `width` bits (0 to 64) at bit `offset`, all of which must be inside.
    @inline(__always) static func load(_ bytes: UnsafeRawBufferPointer, at offset: Int, width: Int) -> UInt64 {
        if width == 0 { return 0 }
        let first = offset >> 3
        let shift = offset & 7
        var word: UInt64 = 0
        if first + 8 <= bytes.count {
            word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: first, as: UInt64.self))
        } else {
            for index in first..<bytes.count { word |= UInt64(bytes[index]) &<< UInt64(8 * (index - first)) }
        }
        var value = word &>> UInt64(shift)
        if shift + width > 64 { value |= UInt64(bytes[first + 8]) &<< UInt64(64 - shift) }
        return width == 64 ? value : value & ((1 &<< UInt64(width)) &- 1)
    }
}

/// A signed number as an unsigned one that is small where the signed is near 0.
@inline(__always) func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)) }
@inline(__always) func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value &>> 1) ^ (0 &- Int64(bitPattern: value & 1)) }

/// Bits that a number needs: 0 for 0.
@inline(__always) func bitWidth(_ value: UInt64) -> Int { 64 - value.leadingZeroBitCount }

/// Bytes that a number takes as LEB128.
@inline(__always) func varintBytes(_ value: UInt64) -> Int { max(1, (bitWidth(value) + 6) / 7) }
