import Foundations

/// How a varying part begins that is looked for: with letters, digits and `_` alone.
final class SoughtBeginning: Sendable {
    let bytes: [UInt8]
    /// Nothing stands behind them in the varying part.
    let isWhole: Bool
    private let classes: UInt8
    private let packed: [UInt8]

    /// There must be bytes.
    init(_ bytes: [UInt8], isWhole: Bool) {
        self.bytes = bytes
        self.isWhole = isWhole
        classes = ByteClasses.classes(of: bytes)
        packed = HexDigits.packed(bytes)
    }

    var isDecimal: Bool { classes & ~ByteClasses.digit == 0 }

    @inline(__always) func mayHaveLength(_ count: Int) -> Bool { isWhole ? count == bytes.count : count >= bytes.count }

    func begins(_ value: UnsafeRawBufferPointer) -> Bool {
        mayHaveLength(value.count) && bytes.withUnsafeBytes { memoryIsEqual(UnsafeRawBufferPointer(rebasing: value[..<bytes.count]), $0) }
    }

    /// As hexadecimal digits of one case, two to a byte; nil where some byte is none.
    func digits(isUpper: Bool) -> [UInt8]? { classes & ~(ByteClasses.digit | (isUpper ? ByteClasses.highHex : ByteClasses.lowHex)) == 0 ? packed : nil }
}

/// Hexadecimal digits, two to a byte, the higher half first.
enum HexDigits {
    /// Of other bytes than digits it makes something.
    static func packed(_ bytes: [UInt8]) -> [UInt8] {
        var packed = [UInt8](repeating: 0, count: (bytes.count + 1) / 2)
        for (place, byte) in bytes.enumerated() { packed[place / 2] |= value(byte) << (place & 1 == 0 ? 4 : 0) }
        return packed
    }

    @inline(__always) static func value(_ byte: UInt8) -> UInt8 { byte <= UInt8(ascii: "9") ? byte & 15 : (byte & 7) &+ 9 }

    @inline(__always) private static func digit(_ digits: UnsafePointer<UInt8>, _ place: Int) -> UInt8 {
        place & 1 == 0 ? digits[place >> 1] >> 4 : digits[place >> 1] & 15
    }

    /// Appends the rows whose values of `length` digits begin with `count` of `sought`.
    static func find(_ sought: [UInt8], count: Int, in values: UnsafeRawBufferPointer, of length: Int, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>) {
        guard let base = values.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        sought.withUnsafeBufferPointer { sought in
            let sought = sought.baseAddress!
            // Most rows differ in the first digit.
            let first = digit(sought, 0)
            var place = rows.lowerBound &* length
            for row in rows {
                if digit(base, place) == first, isEqual(base, place, sought, count) { found.append(Int32(truncatingIfNeeded: row &- rows.lowerBound)) }
                place &+= length
            }
        }
    }

    /// The same for digits anywhere in a value.
    static func findWithin(_ sought: [UInt8], count: Int, in values: UnsafeRawBufferPointer, of length: Int, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>) {
        guard let base = values.baseAddress?.assumingMemoryBound(to: UInt8.self), count > 0 else { return }
        sought.withUnsafeBufferPointer { sought in
            let sought = sought.baseAddress!
            let first = digit(sought, 0)
            for row in rows {
                let start = row &* length
                for place in start...start &+ length &- count where digit(base, place) == first && isEqual(base, place, sought, count) {
                    found.append(Int32(truncatingIfNeeded: row &- rows.lowerBound))
                    break
                }
            }
        }
    }

    @inline(__always) private static func isEqual(_ digits: UnsafePointer<UInt8>, _ start: Int, _ sought: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for place in 0..<count where digit(digits, start &+ place) != digit(sought, place) { return false }
        return true
    }
}

extension ByteClasses {
    /// What bytes may be part of, together.
    static func classes(of bytes: [UInt8]) -> UInt8 { bytes.reduce(0) { $0 | table[Int($1)] } }

    static func beginsWithSeparator(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.first.map { table[Int($0)] & separator != 0 } ?? false }
    static func endsWithSeparator(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.last.map { table[Int($0)] & separator != 0 } ?? false }
}
