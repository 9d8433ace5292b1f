/// Reads numbers and runs of bytes from front to back, never past the end; every read returns nil there.
///
/// A view: the bytes must outlive it.
public struct ByteReader {
    public let bytes: UnsafeRawBufferPointer
    public private(set) var offset: Int

    @inline(__always) public init(_ bytes: UnsafeRawBufferPointer, offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    @inline(__always) public var remaining: Int { bytes.count - offset }
    @inline(__always) public var isAtEnd: Bool { offset >= bytes.count }

    @inline(__always) public mutating func readUInt8() -> UInt8? {
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// A little-endian integer of fixed width.
    @inline(__always) public mutating func read<Integer: FixedWidthInteger>(_: Integer.Type = Integer.self) -> Integer? {
        let width = MemoryLayout<Integer>.size
        guard remaining >= width else { return nil }
        defer { offset += width }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    @inline(__always) public mutating func readDouble() -> Double? { read(UInt64.self).map(Double.init(bitPattern:)) }

    /// An LEB128 varint of at most 10 bytes; nil where it is longer or doesn't fit 64 bits.
    @inline(__always) public mutating func readVarint() -> UInt64? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            guard let byte = readUInt8() else { return nil }
            if shift == 63 && byte > 1 { return nil }
            result |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return result }
            shift += 7
        }
        return nil
    }

    @inline(__always) public mutating func readZigzag() -> Int64? {
        readVarint().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
    }

    /// The next `count` bytes, without copying.
    @inline(__always) public mutating func readBytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= remaining else { return nil }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// A run of bytes behind its length as varint.
    @inline(__always) public mutating func readLengthPrefixed() -> UnsafeRawBufferPointer? {
        guard let length = readVarint(), length <= UInt64(remaining) else { return nil }
        return readBytes(Int(length))
    }

    /// A string behind its length as varint; nil where it isn't valid UTF-8.
    public mutating func readString() -> String? {
        readLengthPrefixed().flatMap { String(validating: $0, as: UTF8.self) }
    }

    @inline(__always) public mutating func skip(_ count: Int) -> Bool { readBytes(count) != nil }
}
