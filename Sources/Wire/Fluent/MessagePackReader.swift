import Foundations

/// Reads MessagePack from front to back: the caller asks for what it expects and skips the rest.
///
/// A view: the bytes must outlive it. `isShort` tells an error that more bytes could mend from one that they can't.
struct MessagePackReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    enum Kind {
        case none, bool, integer, double, string, binary, array, map, ext
    }

    /// An error's `what` where the bytes end too early.
    static let shortReason = "the MessagePack ends too early"

    var isAtEnd: Bool { offset >= bytes.count }

    func kind() throws(WireError) -> Kind {
        let byte = try peek()
        switch byte {
        case 0x00...0x7F, 0xE0...0xFF, 0xCC...0xD3: return .integer
        case 0x80...0x8F, 0xDE, 0xDF: return .map
        case 0x90...0x9F, 0xDC, 0xDD: return .array
        case 0xA0...0xBF, 0xD9...0xDB: return .string
        case 0xC0: return .none
        case 0xC2, 0xC3: return .bool
        case 0xC4...0xC6: return .binary
        case 0xC7...0xC9, 0xD4...0xD8: return .ext
        case 0xCA, 0xCB: return .double
        default: throw WireError("no MessagePack value begins with this byte", offset: offset)
        }
    }

    mutating func arrayCount() throws(WireError) -> Int { try count(of: .array, "an array", fix: 0x90, wide: 0xDC) }
    mutating func mapCount() throws(WireError) -> Int { try count(of: .map, "a map", fix: 0x80, wide: 0xDE) }

    private mutating func count(of kind: Kind, _ name: String, fix: UInt8, wide: UInt8) throws(WireError) -> Int {
        guard try self.kind() == kind else { throw WireError("\(name) belongs here", offset: offset) }
        let byte = try take()
        return byte & 0xF0 == fix ? Int(byte & 0x0F) : Int(try number(byte == wide ? 2 : 4))
    }

    /// A string's or binary value's bytes.
    mutating func data() throws(WireError) -> UnsafeRawBufferPointer {
        let start = offset
        let byte = try take()
        let length: Int
        switch byte {
        case 0xA0...0xBF: length = Int(byte & 0x1F)
        case 0xD9, 0xC4: length = Int(try number(1))
        case 0xDA, 0xC5: length = Int(try number(2))
        case 0xDB, 0xC6: length = Int(try number(4))
        default: throw WireError("a string belongs here", offset: start)
        }
        return try slice(length)
    }

    mutating func string() throws(WireError) -> String { String(decoding: try data(), as: UTF8.self) }

    /// Nil for an unsigned number over the range.
    mutating func integer() throws(WireError) -> Int64? {
        let start = offset
        let byte = try take()
        switch byte {
        case 0x00...0x7F: return Int64(byte)
        case 0xE0...0xFF: return Int64(Int8(bitPattern: byte))
        case 0xCC...0xCF: return Int64(exactly: try number(1 << Int(byte - 0xCC)))
        case 0xD0: return Int64(Int8(truncatingIfNeeded: try number(1)))
        case 0xD1: return Int64(Int16(truncatingIfNeeded: try number(2)))
        case 0xD2: return Int64(Int32(truncatingIfNeeded: try number(4)))
        case 0xD3: return Int64(bitPattern: try number(8))
        default: throw WireError("an integer belongs here", offset: start)
        }
    }

    mutating func double() throws(WireError) -> Double {
        let start = offset
        switch try take() {
        case 0xCA: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: try number(4))))
        case 0xCB: return Double(bitPattern: try number(8))
        default: throw WireError("a floating point number belongs here", offset: start)
        }
    }

    mutating func bool() throws(WireError) -> Bool {
        let start = offset
        switch try take() {
        case 0xC2: return false
        case 0xC3: return true
        default: throw WireError("true or false belongs here", offset: start)
        }
    }

    mutating func takeNone() throws(WireError) -> Bool {
        guard try peek() == 0xC0 else { return false }
        offset += 1
        return true
    }

    /// An extension's type and bytes.
    mutating func ext() throws(WireError) -> (type: UInt8, data: UnsafeRawBufferPointer) {
        let start = offset
        let byte = try take()
        let length: Int
        switch byte {
        case 0xD4...0xD8: length = 1 << Int(byte - 0xD4)
        case 0xC7: length = Int(try number(1))
        case 0xC8: length = Int(try number(2))
        case 0xC9: length = Int(try number(4))
        default: throw WireError("an extension belongs here", offset: start)
        }
        return (try take(), try slice(length))
    }

    /// Passes over any value, and gives its bytes.
    @discardableResult
    mutating func skip() throws(WireError) -> UnsafeRawBufferPointer {
        let start = offset
        // Values that are still to come; a container adds its own. Without recursion, so that nesting costs nothing.
        var pending = 1
        while pending > 0 { pending += try skipHead() - 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    }

    /// Passes over a value without what is in it; gives how many values that is. Takes nothing where it throws.
    mutating func skipHead() throws(WireError) -> Int {
        let start = offset
        do throws(WireError) {
            switch try kind() {
            case .none: offset += 1
            case .bool: _ = try bool()
            case .integer: _ = try integer()
            case .double: _ = try double()
            case .string, .binary: _ = try data()
            case .ext: _ = try ext()
            case .array: return try arrayCount()
            case .map: return 2 * (try mapCount())
            }
            return 0
        } catch {
            offset = start
            throw error
        }
    }

    private func peek() throws(WireError) -> UInt8 {
        guard offset < bytes.count else { throw WireError(Self.shortReason, offset: offset) }
        return bytes[offset]
    }

    private mutating func take() throws(WireError) -> UInt8 {
        let byte = try peek()
        offset += 1
        return byte
    }

    /// A big-endian number.
    private mutating func number(_ count: Int) throws(WireError) -> UInt64 {
        guard bytes.count - offset >= count else { throw WireError(Self.shortReason, offset: bytes.count) }
        var value: UInt64 = 0
        for place in offset..<offset + count { value = value << 8 | UInt64(bytes[place]) }
        offset += count
        return value
    }

    private mutating func slice(_ length: Int) throws(WireError) -> UnsafeRawBufferPointer {
        guard bytes.count - offset >= length else { throw WireError(Self.shortReason, offset: bytes.count) }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
        offset += length
        return slice
    }
}

/// Writes the few MessagePack values that a server answers with.
struct MessagePackWriter {
    private(set) var bytes: [UInt8] = []

    /// Both of at most 15 elements.
    mutating func array(_ count: Int) { bytes.append(0x90 | UInt8(count)) }
    mutating func map(_ count: Int) { bytes.append(0x80 | UInt8(count)) }
    mutating func bool(_ flag: Bool) { bytes.append(flag ? 0xC3 : 0xC2) }

    mutating func string(_ text: String) {
        let utf8 = Array(text.utf8)
        if utf8.count < 32 { bytes.append(0xA0 | UInt8(utf8.count)) } else { length(utf8.count, 0xD9) }
        bytes.append(contentsOf: utf8)
    }

    mutating func binary(_ data: [UInt8]) {
        length(data.count, 0xC4)
        bytes.append(contentsOf: data)
    }

    private mutating func length(_ count: Int, _ first: UInt8) {
        if count < 256 {
            bytes.append(contentsOf: [first, UInt8(count)])
        } else if count < 65536 {
            bytes.append(contentsOf: [first + 1, UInt8(count >> 8), UInt8(count & 255)])
        } else {
            bytes.append(first + 2)
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        }
    }
}
