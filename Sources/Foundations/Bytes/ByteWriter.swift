/// Appends numbers and runs of bytes to a buffer, the mirror of `ByteReader`.
extension [UInt8] {
    /// A little-endian integer of fixed width.
    @inlinable public mutating func append<Integer: FixedWidthInteger>(littleEndian value: Integer) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    @inlinable public mutating func append(double value: Double) { append(littleEndian: value.bitPattern) }

    /// An LEB128 varint.
    @inlinable public mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable public mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Bytes behind their length as varint.
    @inlinable public mutating func append(lengthPrefixed bytes: UnsafeRawBufferPointer) {
        append(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    @inlinable public mutating func append(lengthPrefixed bytes: [UInt8]) {
        append(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    /// A string's UTF-8 behind its length as varint.
    @inlinable public mutating func append(lengthPrefixed text: String) {
        var text = text
        text.withUTF8 { append(lengthPrefixed: UnsafeRawBufferPointer($0)) }
    }

    /// Overwrites the integer at `offset`, for lengths that are known only afterwards.
    @inlinable public mutating func replace<Integer: FixedWidthInteger>(at offset: Int, littleEndian value: Integer) {
        precondition(offset + MemoryLayout<Integer>.size <= count)
        withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Integer.self) }
    }
}
