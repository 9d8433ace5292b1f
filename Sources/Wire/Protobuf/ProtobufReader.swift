import Foundations

/// Reads a Protocol Buffers message field by field, in place: nothing is copied, and offsets in errors count from the body's start.
///
/// A view: the body must outlive it. Nested messages are readers over a part of the same body.
struct ProtobufReader {
    /// The whole body, not just this message.
    let body: UnsafeRawBufferPointer
    private(set) var offset: Int
    let end: Int

    enum WireType: UInt8 {
        case varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5
    }

    struct Tag {
        let field: UInt32
        let type: WireType
    }

    /// A run of bytes in the body.
    struct Slice {
        let start: Int
        let count: Int
        /// Where the shortest varint of `count` stands right before the bytes, its offset: from there on the body holds the run in
        /// the very form in which `Labels` holds it. -1 where the length was written in more bytes than it needs.
        let prefixedStart: Int

        var end: Int { start + count }

        @inline(__always) func bytes(in body: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: body[start..<start + count])
        }
    }

    init(_ body: UnsafeRawBufferPointer) {
        self.body = body
        offset = 0
        end = body.count
    }

    init(_ body: UnsafeRawBufferPointer, _ slice: Slice) {
        self.body = body
        offset = slice.start
        end = slice.end
    }

    @inline(__always) var isAtEnd: Bool { offset >= end }

    /// The next field's number and type; nil at the message's end.
    @inline(__always) mutating func nextTag() throws(WireError) -> Tag? {
        guard offset < end else { return nil }
        let start = offset
        let value = try rawVarint()
        guard value >> 3 > 0, value <= UInt64(UInt32.max) else { throw WireError("a field number is out of range", offset: start) }
        guard let type = WireType(rawValue: UInt8(value & 7)) else {
            throw WireError("field \(value >> 3) has the wire type \(value & 7), which is not in use", offset: start)
        }
        return Tag(field: UInt32(value >> 3), type: type)
    }

    @inline(__always) mutating func varint(_ tag: Tag) throws(WireError) -> UInt64 {
        try check(tag, .varint)
        return try rawVarint()
    }

    /// An `int32` or `int64`, negative ones in ten bytes.
    @inline(__always) mutating func int64(_ tag: Tag) throws(WireError) -> Int64 { Int64(bitPattern: try varint(tag)) }

    /// A `sint32` or `sint64`.
    @inline(__always) mutating func zigzag(_ tag: Tag) throws(WireError) -> Int64 { Self.unzigzag(try varint(tag)) }

    @inline(__always) mutating func fixed64(_ tag: Tag) throws(WireError) -> UInt64 {
        try check(tag, .fixed64)
        return try rawFixed64()
    }

    @inline(__always) mutating func double(_ tag: Tag) throws(WireError) -> Double { Double(bitPattern: try fixed64(tag)) }

    @inline(__always) mutating func slice(_ tag: Tag) throws(WireError) -> Slice {
        try check(tag, .bytes)
        let prefix = offset
        let length = try rawVarint()
        guard length <= UInt64(end - offset) else {
            throw WireError("field \(tag.field) is \(length) bytes long, and only \(end - offset) follow", offset: prefix)
        }
        let start = offset
        offset += Int(length)
        return Slice(start: start, count: Int(length), prefixedStart: start - prefix == Self.varintBytes(length) ? prefix : -1)
    }

    @inline(__always) mutating func message(_ tag: Tag) throws(WireError) -> ProtobufReader { ProtobufReader(body, try slice(tag)) }

    /// A string that must be UTF-8, as proto3 says.
    mutating func string(_ tag: Tag) throws(WireError) -> String { String(decoding: try stringBytes(tag), as: UTF8.self) }

    /// The same in place.
    mutating func stringBytes(_ tag: Tag) throws(WireError) -> UnsafeRawBufferPointer {
        let slice = try slice(tag)
        let bytes = slice.bytes(in: body)
        guard UTF8Check.isValid(bytes) else { throw WireError("field \(tag.field) is not valid UTF-8", offset: slice.start) }
        return bytes
    }

    @inline(__always) mutating func skip(_ tag: Tag) throws(WireError) {
        switch tag.type {
        case .varint: _ = try rawVarint()
        case .bytes: _ = try slice(tag)
        case .fixed64: _ = try rawFixed64()
        case .fixed32: try advance(4)
        }
    }

    /// Appends a repeated number that may be packed or not.
    mutating func appendRepeated<Value>(
        _ tag: Tag, as type: WireType, to values: inout [Value], _ read: (inout ProtobufReader) throws(WireError) -> Value
    ) throws(WireError) {
        guard tag.type == .bytes else {
            try check(tag, type)
            values.append(try read(&self))
            return
        }
        var packed = try message(tag)
        while !packed.isAtEnd { values.append(try read(&packed)) }
    }

    @inline(__always) mutating func rawVarint() throws(WireError) -> UInt64 {
        guard offset < end else { throw cut() }
        let first = body[offset]
        if first < 0x80 {
            offset += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(WireError) -> UInt64 {
        let start = offset
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            guard offset < end else { throw cut() }
            let byte = body[offset]
            offset += 1
            if shift == 63 && byte > 1 { break }
            result |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return result }
            shift += 7
        }
        throw WireError("a varint doesn't fit 64 bits", offset: start)
    }

    @inline(__always) mutating func rawFixed64() throws(WireError) -> UInt64 {
        guard end - offset >= 8 else { throw cut() }
        defer { offset += 8 }
        return UInt64(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always) static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }

    @inline(__always) static func varintBytes(_ value: UInt64) -> Int { value < 0x80 ? 1 : (70 - value.leadingZeroBitCount) / 7 }

    private mutating func advance(_ count: Int) throws(WireError) {
        guard end - offset >= count else { throw cut() }
        offset += count
    }

    @inline(__always) private func check(_ tag: Tag, _ type: WireType) throws(WireError) {
        guard tag.type == type else {
            throw WireError("field \(tag.field) has the wire type \(tag.type) where \(type) belongs", offset: offset)
        }
    }

    private func cut() -> WireError { WireError("the message ends in the middle of a field", offset: end) }
}
