/// Codes for one timestamp after another: the change of the distance, in 1, 9, 17, 24 or 68 bits.
struct TimestampCoder: Sendable {
    var previous: Int64
    var distance: Int64 = 0

    @inline(__always) mutating func write(_ timestamp: Int64, to bits: inout BitWriter) {
        let next = timestamp &- previous
        let change = zigzag(next &- distance)
        previous = timestamp
        distance = next
        if change == 0 {
            bits.write(0, 1)
        } else if change < 1 << 7 {
            bits.write(0b01 | change << 2, 9)
        } else if change < 1 << 14 {
            bits.write(0b011 | change << 3, 17)
        } else if change < 1 << 20 {
            bits.write(0b0111 | change << 4, 24)
        } else {
            bits.write(0b1111, 4)
            bits.write(change, 64)
        }
    }

    @inline(__always) mutating func read(_ bits: inout BitReader) -> Int64? {
        var change: UInt64 = 0
        guard let changes = bits.read(1) else { return nil }
        if changes != 0 {
            var prefix = 1
            while prefix < 4 {
                guard let more = bits.read(1) else { return nil }
                if more == 0 { break }
                prefix += 1
            }
            guard let read = bits.read(prefix == 1 ? 7 : prefix == 2 ? 14 : prefix == 3 ? 20 : 64) else { return nil }
            change = read
        }
        distance = distance &+ unzigzag(change)
        previous = previous &+ distance
        return previous
    }
}

/// Codes for one float after another: the bits that differ from the one before (Pelkonen et al., Gorilla, VLDB 2015).
struct ValueCoder: Sendable {
    var previous: UInt64
    /// Bits of the window that holds the differing ones; 0 before there is one.
    fileprivate var significant: UInt8 = 0
    fileprivate var trailing: UInt8 = 0

    /// A window that is wider than needed by this much is given up for a new one, whose description takes 11 bits.
    static let wasteBitsMax = 12

    init(previous: UInt64) { self.previous = previous }

    @inline(__always) mutating func write(_ value: UInt64, to bits: inout BitWriter) {
        let difference = value ^ previous
        previous = value
        if difference == 0 { return bits.write(0, 1) }
        let leading = min(31, difference.leadingZeroBitCount)
        let zeros = difference.trailingZeroBitCount
        let needed = 64 - leading - zeros
        let width = Int(significant)
        let fits = width > 0 && zeros >= Int(trailing) && leading >= 64 - width - Int(trailing)
        if fits && width - needed < Self.wasteBitsMax {
            bits.write(0b01, 2)
            bits.write(difference &>> UInt64(trailing), width)
        } else {
            significant = UInt8(needed)
            trailing = UInt8(zeros)
            bits.write(0b11 | UInt64(leading) << 2 | UInt64(needed - 1) << 7, 13)
            bits.write(difference &>> UInt64(zeros), needed)
        }
    }

    @inline(__always) mutating func read(_ bits: inout BitReader) -> UInt64? {
        guard let differs = bits.read(1) else { return nil }
        if differs == 0 { return previous }
        guard let isNew = bits.read(1) else { return nil }
        if isNew != 0 {
            guard let window = bits.read(11) else { return nil }
            let leading = Int(window & 31)
            let needed = Int(window >> 5) + 1
            guard leading + needed <= 64 else { return nil }
            significant = UInt8(needed)
            trailing = UInt8(64 - leading - needed)
        }
        guard significant > 0, let difference = bits.read(Int(significant)) else { return nil }
        previous ^= difference &<< UInt64(trailing)
        return previous
    }
}

/// Decodes the samples of a chunk: their first timestamp is known, times and values stand in turns.
struct SampleDecoder {
    private var bits: BitReader
    private var time: TimestampCoder
    private var value = ValueCoder(previous: 0)

    /// Bits that one look ahead gives at least.
    private static let ahead = 57

    init(_ bytes: UnsafeRawBufferPointer, first: Int64) {
        bits = BitReader(bytes)
        time = TimestampCoder(previous: first)
    }

    /// Fills both with up to `count` samples, which both have room for, and returns how many the bits hold.
    mutating func decode(_ count: Int, _ timestamps: UnsafeMutableBufferPointer<Int64>, _ values: UnsafeMutableBufferPointer<Double>) -> Int {
        guard count > 0, let first = value.read(&bits) else { return 0 }
        timestamps[0] = time.previous
        values[0] = Double(bitPattern: first)
        for index in 1..<max(1, count) {
            guard readNext() else { return index }
            timestamps[index] = time.previous
            values[index] = Double(bitPattern: value.previous)
        }
        return count
    }

    /// Most samples keep the distance in time and fit a look ahead as a whole; others are read code by code.
    @inline(__always) private mutating func readNext() -> Bool {
        let next = bits.lookAhead()
        if next & 0b1 == 0 {
            if next & 0b10 == 0 { return bits.skip(2) && keepDistance() }
            let start: Int
            if next & 0b100 == 0 {
                start = 3
            } else {
                let window = next &>> 3 & 0x7ff
                let leading = Int(window & 31)
                let needed = Int(window &>> 5) + 1
                guard leading + needed <= 64 else { return false }
                start = 14
                if start + needed > Self.ahead { return readCodeByCode() }
                value.significant = UInt8(truncatingIfNeeded: needed)
                value.trailing = UInt8(truncatingIfNeeded: 64 - leading - needed)
            }
            let width = Int(value.significant)
            if width > 0, start + width <= Self.ahead {
                let difference = next &>> UInt64(start) & (1 &<< UInt64(width) &- 1)
                value.previous ^= difference &<< UInt64(value.trailing)
                return bits.skip(start + width) && keepDistance()
            }
        }
        return readCodeByCode()
    }

    @inline(__always) private mutating func keepDistance() -> Bool {
        time.previous = time.previous &+ time.distance
        return true
    }

    private mutating func readCodeByCode() -> Bool { time.read(&bits) != nil && value.read(&bits) != nil }
}
