import Foundations

/// What bodies with thousands of lines are read with: nothing is made but the bytes.
extension JSONReader {
    /// How much more room than the body has bytes `copyString` wants.
    static let copySlackBytes = 16

    /// Enters an array, step by step: false where it has no elements.
    mutating func beginArray() throws(WireError) -> Bool {
        if try takeNull() { return false }
        try open(UInt8(ascii: "["), "an array")
        return try !close(UInt8(ascii: "]"), isFirst: true)
    }

    /// Behind an element: whether another follows.
    mutating func nextElement() throws(WireError) -> Bool { try !close(UInt8(ascii: "]"), isFirst: false) }

    /// A string's bytes with its escapes undone, as they are: valid until the body or `output` goes. `output` has room for 16 bytes more than the body.
    mutating func copyString(_ output: UnsafeMutablePointer<UInt8>) throws(WireError) -> UnsafeRawBufferPointer {
        skipSpace()
        guard take(UInt8(ascii: "\"")) else { throw WireError("a string belongs here", offset: offset) }
        let start = offset
        var count = 0
        while true {
            let (stop, written) = ByteScan.copyJSON(bytes, from: offset, to: output + count)
            count += written
            guard stop < bytes.count else { throw WireError("a string doesn't end", offset: start) }
            offset = stop + 1
            if bytes[stop] == UInt8(ascii: "\"") { return UnsafeRawBufferPointer(start: output, count: count) }
            guard bytes[stop] == UInt8(ascii: "\\") else { throw WireError("a control character in a string", offset: stop) }
            guard offset < bytes.count else { throw WireError("a string doesn't end", offset: start) }
            guard bytes[offset] == UInt8(ascii: "u") else { throw WireError("an escape that JSON doesn't have", offset: stop) }
            offset += 1
            guard let scalar = Self.scalar(bytes, &offset) else { throw WireError("four hexadecimal digits belong behind \\u", offset: offset) }
            for byte in UTF8.encode(scalar)! {
                output[count] = byte
                count += 1
            }
        }
    }

    /// The digits of a whole number, in quotes or without, of at most 18: nil, with nothing taken, for any other.
    mutating func plainInteger() -> Int64? {
        skipSpace()
        var index = offset
        let isQuoted = index < bytes.count && bytes[index] == UInt8(ascii: "\"")
        if isQuoted { index += 1 }
        let start = index
        var value: Int64 = 0
        while index < bytes.count, index - start < 19, LineCursor.isDigit(bytes[index]) {
            value = value &* 10 &+ Int64(bytes[index] &- 0x30)
            index += 1
        }
        guard (1...18).contains(index - start), index < bytes.count else { return nil }
        if isQuoted {
            guard bytes[index] == UInt8(ascii: "\"") else { return nil }
            index += 1
        } else {
            guard bytes[start] != UInt8(ascii: "0"), bytes[index] == UInt8(ascii: ",") || bytes[index] == UInt8(ascii: "]") || bytes[index] == UInt8(ascii: "}") else { return nil }
        }
        offset = index
        return value
    }
}
