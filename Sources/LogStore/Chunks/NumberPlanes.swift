import Foundations

/// Numbers as bytes of equal weight, one plane after the other: the lowest bytes of all, then those above. What varies little stands in
/// planes of its own then, which zstd makes small.
struct NumberPlanes {
    private let base: UInt64
    private let planes: Int
    private let rows: Int
    private let bytes: UnsafeRawBufferPointer

    // MARK: Writing

    /// How many planes numbers of a range need.
    static func planes(range: UInt64) -> Int { (UInt64.bitWidth - range.leadingZeroBitCount + 7) / 8 }

    /// `least` is the smallest, `greatest` the largest of the numbers.
    static func append(_ numbers: UnsafeBufferPointer<UInt64>, least: UInt64, greatest: UInt64, to output: inout SectionedBytes) {
        let planes = planes(range: greatest &- least)
        output.bytes.append(UInt8(planes))
        output.bytes.append(varint: least)
        for plane in 0..<planes {
            output.cut(around: numbers.count)
            output.bytes.reserve(numbers.count)
            for number in numbers { output.bytes.push(UInt8(truncatingIfNeeded: (number &- least) >> UInt64(8 * plane))) }
            output.cut(around: numbers.count)
        }
    }

    static func append(_ numbers: UnsafeBufferPointer<UInt64>, to output: inout SectionedBytes) {
        append(numbers, least: numbers.min() ?? 0, greatest: numbers.max() ?? 0, to: &output)
    }

    // MARK: Reading

    static var none: NumberPlanes { NumberPlanes() }

    private init() { (base, planes, rows, bytes) = (0, 0, 0, UnsafeRawBufferPointer(start: nil, count: 0)) }

    init?(_ reader: inout ByteReader, rows: Int) {
        guard let planes = reader.readUInt8(), planes <= 8, let base = reader.readVarint(), let bytes = reader.readBytes(Int(planes) * rows) else { return nil }
        self.base = base
        self.planes = Int(planes)
        self.rows = rows
        self.bytes = bytes
    }

    /// `row` must be one of the rows. Damaged numbers wrap around.
    @inline(__always) subscript(_ row: Int) -> UInt64 {
        var number: UInt64 = 0
        for plane in 0..<planes { number |= UInt64(bytes[plane &* rows &+ row]) << UInt64(8 &* plane) }
        return base &+ number
    }

    /// Writes all numbers where there is room for them: plane after plane, many rows at a time.
    func write(to numbers: UnsafeMutablePointer<UInt64>) {
        numbers.update(repeating: base, count: rows)
        guard var plane = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        for shift in 0..<UInt64(planes) {
            for row in 0..<rows { numbers[row] = numbers[row] &+ UInt64(plane[row]) &<< (8 &* shift) }
            plane += rows
        }
    }
}
