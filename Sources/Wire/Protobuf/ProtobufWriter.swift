import Foundations

/// Writes a Protocol Buffers message, field after field, into one buffer. Fields with their default value are left out by the `where set` methods.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    @inline(__always) private mutating func tag(_ field: Int, _ type: ProtobufReader.WireType) {
        bytes.append(varint: UInt64(field << 3) | UInt64(type.rawValue))
    }

    @inline(__always) mutating func varint(_ field: Int, _ value: UInt64) {
        tag(field, .varint)
        bytes.append(varint: value)
    }

    @inline(__always) mutating func int64(_ field: Int, _ value: Int64) { varint(field, UInt64(bitPattern: value)) }

    mutating func varint(_ field: Int, whereSet value: UInt64) { if value != 0 { varint(field, value) } }

    mutating func zigzag(_ field: Int, _ value: Int64) {
        tag(field, .varint)
        bytes.append(zigzag: value)
    }

    mutating func zigzag(_ field: Int, whereSet value: Int64) { if value != 0 { zigzag(field, value) } }

    @inline(__always) mutating func fixed64(_ field: Int, _ value: UInt64) {
        tag(field, .fixed64)
        bytes.append(littleEndian: value)
    }

    @inline(__always) mutating func double(_ field: Int, _ value: Double) { fixed64(field, value.bitPattern) }

    /// By bits: -0 is set.
    mutating func double(_ field: Int, whereSet value: Double) { if value.bitPattern != 0 { double(field, value) } }

    mutating func string(_ field: Int, _ text: String) {
        tag(field, .bytes)
        bytes.append(lengthPrefixed: text)
    }

    mutating func string(_ field: Int, whereSet text: String) { if !text.isEmpty { string(field, text) } }

    mutating func run(_ field: Int, _ run: UnsafeRawBufferPointer) {
        tag(field, .bytes)
        bytes.append(lengthPrefixed: run)
    }

    /// A nested message, or packed numbers: whatever `body` writes, behind its length.
    @inline(__always) mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        tag(field, .bytes)
        bytes.append(0)
        let start = bytes.count
        body(&self)
        let count = UInt64(bytes.count - start)
        // One byte was left for the length; a longer one moves the message.
        if count < 0x80 {
            bytes[start - 1] = UInt8(count)
        } else {
            var length: [UInt8] = []
            length.append(varint: count)
            bytes.replaceSubrange(start - 1..<start, with: length)
        }
    }

    /// A varint without tag, inside packed numbers.
    @inline(__always) mutating func packedVarint(_ value: UInt64) { bytes.append(varint: value) }
    @inline(__always) mutating func packedZigzag(_ value: Int64) { bytes.append(zigzag: value) }
    @inline(__always) mutating func packedDouble(_ value: Double) { bytes.append(double: value) }
}
