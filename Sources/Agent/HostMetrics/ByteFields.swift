/// A run of bytes inside a file that was read; lives only as long as the buffer.
typealias Bytes = UnsafeRawBufferPointer

/// Takes lines, and fields between blanks, off the front of a run of bytes.
struct ByteFields {
    private let bytes: Bytes
    private(set) var index = 0

    @inline(__always) init(_ bytes: Bytes) { self.bytes = bytes }

    @inline(__always) var isAtEnd: Bool { index >= bytes.count }
    /// What wasn't taken yet.
    var rest: Bytes { Bytes(rebasing: bytes[index...]) }

    /// The next line without its line feed; nil at the end.
    mutating func nextLine() -> Bytes? {
        guard index < bytes.count else { return nil }
        let start = index
        while index < bytes.count, bytes[index] != 0x0A { index += 1 }
        defer { index += 1 }
        return Bytes(rebasing: bytes[start..<index])
    }

    /// The next field between blanks; nil at the end.
    mutating func next() -> Bytes? {
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        guard index < bytes.count else { return nil }
        let start = index
        while index < bytes.count, !isBlank(bytes[index]) { index += 1 }
        return Bytes(rebasing: bytes[start..<index])
    }

    /// What stands before the byte, which is taken as well; nil where it doesn't occur.
    mutating func next(upTo byte: UInt8) -> Bytes? {
        guard let found = bytes[index...].firstIndex(of: byte) else { return nil }
        defer { index = found + 1 }
        return Bytes(rebasing: bytes[index..<found])
    }

    mutating func nextNumber() -> Double? { next()?.number }

    /// Passes over `count` fields.
    mutating func skip(_ count: Int) { for _ in 0..<count { _ = next() } }

    @inline(__always) private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }
}

extension Bytes {
    private static let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

    /// A decimal number, with a sign and up to nine places where it has them; nil where it is anything else.
    var number: Double? {
        var index = first == UInt8(ascii: "-") ? 1 : 0
        guard index < count else { return nil }
        var whole: UInt64 = 0
        var fraction: UInt64 = 0
        var places = -1
        while index < count {
            let byte = self[index]
            index += 1
            if byte == UInt8(ascii: "."), places < 0 {
                places = 0
                continue
            }
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            if places < 0 {
                let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
                let (sum, tooLarge) = product.addingReportingOverflow(UInt64(digit))
                guard !overflow, !tooLarge else { return nil }
                whole = sum
            } else if places < 9 {
                fraction = fraction * 10 + UInt64(digit)
                places += 1
            }
        }
        let value = places > 0 ? Self.decimal(whole, fraction, places) : Double(whole)
        return first == UInt8(ascii: "-") ? -value : value
    }

    /// Rounded once where all digits fit 53 bits, so that 7.56 is the double that 7.56 is written as.
    private static func decimal(_ whole: UInt64, _ fraction: UInt64, _ places: Int) -> Double {
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: UInt64(powersOfTen[places]))
        let (digits, tooLarge) = scaled.addingReportingOverflow(fraction)
        guard !overflow, !tooLarge, digits < 1 << 53 else { return Double(whole) + Double(fraction) / powersOfTen[places] }
        return Double(digits) / powersOfTen[places]
    }

    /// A hexadecimal number, with or without `0x`; nil where it is anything else or over 64 bits.
    var hexadecimal: UInt64? {
        let digits = count > 2 && self[0] == 0x30 && self[1] == UInt8(ascii: "x") ? dropFirst(2) : self[...]
        guard !digits.isEmpty, digits.count <= 16 else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte &- 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt64((byte | 0x20) &- 0x61 &+ 10)
            default: return nil
            }
        }
        return value
    }

    func equals(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && hasPrefix(text) }

    func hasPrefix(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        for place in 0..<length where self[place] != text.utf8Start[place] { return false }
        return true
    }

    func hasSuffix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && Bytes(rebasing: suffix(text.utf8CodeUnitCount)).hasPrefix(text)
    }

    func contains(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return (0...count - text.utf8CodeUnitCount).contains { Bytes(rebasing: self[$0...]).hasPrefix(text) }
    }

    func dropping(_ count: Int) -> Bytes { Bytes(rebasing: dropFirst(count)) }

    /// Without blanks and line feeds at both ends.
    var trimmed: Bytes {
        var (start, end) = (0, count)
        while start < end, self[start] <= 0x20 { start += 1 }
        while end > start, self[end - 1] <= 0x20 { end -= 1 }
        return Bytes(rebasing: self[start..<end])
    }

    /// A copy; invalid UTF-8 becomes `�`.
    var text: String { String(decoding: self, as: UTF8.self) }
}
