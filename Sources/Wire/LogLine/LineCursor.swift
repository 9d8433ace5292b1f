/// A place in a line, for readers that try one form and then another: each takes what it recognises and says whether it did.
struct LineCursor {
    let bytes: UnsafeRawBufferPointer
    var index: Int

    @inline(__always) init(_ bytes: UnsafeRawBufferPointer, at index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    @inline(__always) var isAtEnd: Bool { index >= bytes.count }
    /// The byte here, 0 at the end.
    @inline(__always) var current: UInt8 { peek(0) }
    @inline(__always) func peek(_ distance: Int) -> UInt8 { index + distance < bytes.count ? bytes[index + distance] : 0 }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    @inline(__always) mutating func takeAny(_ first: UInt8, _ second: UInt8) -> Bool { take(first) || take(second) }

    /// At least one space.
    mutating func takeSpaces() -> Bool {
        let start = index
        while take(0x20) {}
        return index > start
    }

    /// Exactly `count` digits, at most 19; numbers over 2^63 wrap.
    @inline(__always) mutating func digits(_ count: Int) -> Int? {
        guard index + count <= bytes.count else { return nil }
        var value = 0
        for place in index..<index + count {
            let digit = bytes[place] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int(digit)
        }
        index += count
        return value
    }

    /// One or two digits, a space before a single one.
    mutating func dayOrHour() -> Int? {
        if current == 0x20 && Self.isDigit(peek(1)) { index += 1 }
        if let two = digits(2) { return two }
        return digits(1)
    }

    /// `Jan` to `Dec`, in any case: 1 to 12.
    mutating func month() -> Int? {
        guard index + 3 <= bytes.count else { return nil }
        let packed = UInt32(bytes[index] | 0x20) << 16 | UInt32(bytes[index + 1] | 0x20) << 8 | UInt32(bytes[index + 2] | 0x20)
        let number: Int
        switch packed {
        case 0x6A616E: number = 1
        case 0x666562: number = 2
        case 0x6D6172: number = 3
        case 0x617072: number = 4
        case 0x6D6179: number = 5
        case 0x6A756E: number = 6
        case 0x6A756C: number = 7
        case 0x617567: number = 8
        case 0x736570: number = 9
        case 0x6F6374: number = 10
        case 0x6E6F76: number = 11
        case 0x646563: number = 12
        default: return nil
        }
        index += 3
        return number
    }
}
