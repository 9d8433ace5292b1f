/// Appends bits to bytes, the highest first, as Prometheus's chunks hold them.
struct ChunkBits {
    private(set) var bytes: [UInt8]
    /// Bits of the last byte that nothing stands in yet.
    private var freeBits = 0

    /// `header` comes first, whole bytes.
    init(header: [UInt8]) { bytes = header }

    /// The lowest `count` bits of a value, 1 to 64.
    mutating func append(_ value: UInt64, bits count: Int) {
        var left = count
        while left > 0 {
            if freeBits == 0 {
                bytes.append(0)
                freeBits = 8
            }
            let taken = min(freeBits, left)
            let part = UInt8(truncatingIfNeeded: value >> UInt64(left - taken)) & UInt8(truncatingIfNeeded: (1 << taken) - 1)
            bytes[bytes.count - 1] |= part << UInt8(freeBits - taken)
            freeBits -= taken
            left -= taken
        }
    }

    mutating func append(double value: Double) { append(value.bitPattern, bits: 64) }

    /// A varint of Protocol Buffers, byte by byte from where the bits stand.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(rest & 0x7F | 0x80, bits: 8)
            rest >>= 7
        }
        append(rest, bits: 8)
    }

    mutating func append(zigzag value: Int64) { append(varint: UInt64(bitPattern: value << 1 ^ value >> 63)) }

    /// A signed number behind a prefix of ones that says in how many bits it is: 0, or 3, 6, 9, 12, 18, 25, 56, 64 bits.
    mutating func append(varbit value: Int64) {
        if value == 0 {
            append(0, bits: 1)
            return
        }
        let size = Self.varbitSizes.firstIndex { Self.fits(value, bits: $0) } ?? Self.varbitSizes.count
        append(varbitPrefix: size)
        append(UInt64(bitPattern: value), bits: size < Self.varbitSizes.count ? Self.varbitSizes[size] : 64)
    }

    /// The same for numbers of 0 or more.
    mutating func append(unsignedVarbit value: UInt64) {
        if value == 0 {
            append(0, bits: 1)
            return
        }
        let needed = UInt64.bitWidth - value.leadingZeroBitCount
        let size = Self.varbitSizes.firstIndex { needed <= $0 } ?? Self.varbitSizes.count
        append(varbitPrefix: size)
        append(value, bits: size < Self.varbitSizes.count ? Self.varbitSizes[size] : 64)
    }

    private static let varbitSizes = [3, 6, 9, 12, 18, 25, 56]

    /// One more 1 than the size's place, closed by a 0, but for the last size.
    private mutating func append(varbitPrefix size: Int) {
        if size == Self.varbitSizes.count { append(0xFF, bits: 8) } else { append((1 << UInt64(size + 2)) - 2, bits: size + 2) }
    }

    /// Whether a number lies in -(2^(n-1) - 1) … 2^(n-1): the format's own range, one above that of two's complement.
    static func fits(_ value: Int64, bits: Int) -> Bool {
        let half: Int64 = 1 << (bits - 1)
        return value >= 1 - half && value <= half
    }
}

/// The last value of a column of floats, against which the next is written as the bits that differ («Gorilla», VLDB 2015).
struct XORValue {
    private var bits: UInt64
    /// The window in which the bits that differed last stood; there is none yet where `leading` is nil.
    private var leading: Int?
    private var trailing = 0

    init(_ value: Double) { bits = value.bitPattern }

    mutating func append(_ value: Double, to output: inout ChunkBits) {
        let difference = value.bitPattern ^ bits
        bits = value.bitPattern
        if difference == 0 {
            output.append(0, bits: 1)
            return
        }
        output.append(1, bits: 1)
        // Five bits hold it.
        let newLeading = min(31, difference.leadingZeroBitCount)
        let newTrailing = difference.trailingZeroBitCount
        if let leading, newLeading >= leading, newTrailing >= trailing {
            output.append(0, bits: 1)
            output.append(difference >> UInt64(trailing), bits: 64 - leading - trailing)
            return
        }
        (leading, trailing) = (newLeading, newTrailing)
        let significant = 64 - newLeading - newTrailing
        output.append(1, bits: 1)
        output.append(UInt64(newLeading), bits: 5)
        // Six bits hold 1 to 63; 64 is written as 0.
        output.append(UInt64(significant & 63), bits: 6)
        output.append(difference >> UInt64(newTrailing), bits: significant)
    }
}
