import Foundations

extension FloatColumn {
    /// Appends `count` values to `values`; false where the bytes can't be such a column. `count` is bounded by the caller.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into values: inout [Double]) -> Bool {
        var isRead = false
        let column = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            isRead = count == 0 || decode(bytes, count: count, to: buffer.baseAddress!)
            initialized = isRead ? count : 0
        }
        if values.isEmpty { values = column } else { values.append(contentsOf: column) }
        return isRead
    }

    /// Writes `count` values (at least 1) to `output`, which has room for them; false where the bytes can't be such a column.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, to output: UnsafeMutablePointer<Double>) -> Bool {
        var reader = ByteReader(bytes)
        guard let tag = reader.readUInt8(), let scheme = Scheme(rawValue: tag) else { return false }
        switch scheme {
        case .constant:
            guard let value = reader.readDouble() else { return false }
            output.update(repeating: value, count: count)
            return true
        case .wholeConstant:
            guard let whole = reader.readZigzag() else { return false }
            output.update(repeating: Double(whole), count: count)
            return true
        case .changedBits:
            // A value takes a bit at least.
            guard count <= reader.remaining * 8, let packed = reader.readBytes(reader.remaining) else { return false }
            var bits = BitReader(packed)
            var coder = ValueCoder(previous: 0)
            for index in 0..<count {
                guard let value = coder.read(&bits) else { return false }
                output[index] = Double(bitPattern: value)
            }
            return true
        case .orderedBits:
            guard withIntegers(output, count, { IntegerColumn.decode(&reader, count: count, to: $0) }) else { return false }
            orderBack(output, count)
            return true
        case .decimal:
            guard let head = DecimalHead(&reader), withIntegers(output, count, { IntegerColumn.decode(&reader, count: count, to: $0) }) else { return false }
            divide(output, count, head)
            return head.putExceptions(count: count, 0..<count, to: output)
        }
    }

    /// Writes the values `taken` of a column of `count`, where that can be done without decoding all of it; nil where it can't, false
    /// where the bytes can't be such a column. `taken` isn't empty.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, _ taken: Range<Int>, to output: UnsafeMutablePointer<Double>) -> Bool? {
        var reader = ByteReader(bytes)
        guard let tag = reader.readUInt8(), let scheme = Scheme(rawValue: tag) else { return false }
        var isRead: Bool? = false
        switch scheme {
        case .constant, .wholeConstant: return decode(bytes, count: taken.count, to: output)
        case .changedBits: return nil
        case .orderedBits:
            _ = withIntegers(output, taken.count) { integers in
                isRead = IntegerColumn.decode(reader, count: count, taken, to: integers)
                return isRead == true
            }
            if isRead == true { orderBack(output, taken.count) }
        case .decimal:
            guard let head = DecimalHead(&reader) else { return false }
            _ = withIntegers(output, taken.count) { integers in
                isRead = IntegerColumn.decode(reader, count: count, taken, to: integers)
                return isRead == true
            }
            if isRead == true {
                divide(output, taken.count, head)
                isRead = head.putExceptions(count: count, taken, to: output)
            }
        }
        return isRead
    }

    @inline(__always) private static func withIntegers(
        _ output: UnsafeMutablePointer<Double>, _ count: Int, _ body: (UnsafeMutablePointer<Int64>) -> Bool
    ) -> Bool {
        output.withMemoryRebound(to: Int64.self, capacity: count, body)
    }

    /// What stands before the integers of decimals.
    private struct DecimalHead {
        let power: Double
        private let exceptionCount: UInt64
        private let exceptions: ByteReader
        let base: Int64
        let factor: Int64

        init?(_ reader: inout ByteReader) {
            guard let exponent = reader.readUInt8(), exponent <= Decimals.exponentMax, let exceptionCount = reader.readVarint(),
                exceptionCount <= UInt64(reader.remaining / 9)
            else { return nil }
            exceptions = reader
            self.exceptionCount = exceptionCount
            power = Decimals.power(Int(exponent))
            for _ in 0..<exceptionCount { guard reader.readVarint() != nil, reader.skip(8) else { return nil } }
            guard let divisor = reader.readVarint(), let factor = Int64(exactly: divisor), factor > 0 else { return nil }
            self.factor = factor
            if factor == 1 {
                base = 0
            } else {
                guard let read = reader.readZigzag() else { return nil }
                base = read
            }
        }

        /// Writes the exceptions among the values `taken`, which stand at `output`; false where their places aren't in the column.
        func putExceptions(count: Int, _ taken: Range<Int>, to output: UnsafeMutablePointer<Double>) -> Bool {
            var reader = exceptions
            var index = 0
            for _ in 0..<exceptionCount {
                guard let step = reader.readVarint(), let value = reader.readDouble(), step < UInt64(count), index + Int(step) < count else { return false }
                index += Int(step)
                if taken.contains(index) { output[index - taken.lowerBound] = value }
            }
            return true
        }
    }

    private static func orderBack(_ output: UnsafeMutablePointer<Double>, _ count: Int) {
        for index in 0..<count { output[index] = float(ordered: Int64(bitPattern: output[index].bitPattern)) }
    }

    /// Makes the integers that stand in a buffer of floats floats.
    private static func divide(_ output: UnsafeMutablePointer<Double>, _ count: Int, _ head: DecimalHead) {
        let raw = UnsafeMutableRawPointer(output)
        var start = 0
        while start < count {
            let end = min(start + Conversion.values, count)
            let place = raw + start * 8
            if head.factor != 1 { Conversion.multiply(place, end - start, head.factor, head.base) }
            if end - start == Conversion.values, Conversion.areNarrow(place) {
                Conversion.divide(place, head.power)
            } else {
                for offset in stride(from: 0, to: (end - start) * 8, by: 8) {
                    place.storeBytes(of: Double(place.load(fromByteOffset: offset, as: Int64.self)) / head.power, toByteOffset: offset, as: Double.self)
                }
            }
            start = end
        }
    }
}

/// Makes integers floats in place, several at once: no instruction that every processor of the architecture has converts 64-bit
/// integers in a vector, but what takes 52 bits is the fraction of a float whose exponent is known.
private enum Conversion {
    /// So many at a time, so that one wide number doesn't slow down a whole column.
    static let values = 64
    private typealias Integers = SIMD8<Int64>
    private typealias Floats = SIMD8<Double>
    private static let vectorBytes = 64

    /// The middle of the numbers that can be converted: they are at least minus this, and less than this.
    private static let half: Int64 = 1 << 51
    /// 2^52 + 2^51: added to it, such a number changes the lowest 52 bits alone.
    private static let magic = 6_755_399_441_055_744.0

    @inline(__always) private static func forEach(_ raw: UnsafeMutableRawPointer, _ body: (UnsafeMutableRawPointer) -> Void) {
        var place = raw
        for _ in 0..<(values * 8 / vectorBytes) {
            body(place)
            place += vectorBytes
        }
    }

    static func areNarrow(_ raw: UnsafeMutableRawPointer) -> Bool {
        var bits = Integers(repeating: 0)
        forEach(raw) { bits |= $0.loadUnaligned(as: Integers.self) &+ Integers(repeating: half) }
        let all = bits.lowHalf | bits.highHalf
        return UInt64(bitPattern: all[0] | all[1] | all[2] | all[3]) >> 52 == 0
    }

    static func multiply(_ raw: UnsafeMutableRawPointer, _ count: Int, _ factor: Int64, _ base: Int64) {
        for offset in stride(from: 0, to: count * 8, by: 8) {
            raw.storeBytes(of: base &+ raw.load(fromByteOffset: offset, as: Int64.self) &* factor, toByteOffset: offset, as: Int64.self)
        }
    }

    static func divide(_ raw: UnsafeMutableRawPointer, _ power: Double) {
        if power == 1 {
            forEach(raw) { $0.storeBytes(of: floats($0), as: Floats.self) }
        } else {
            forEach(raw) { $0.storeBytes(of: floats($0) / Floats(repeating: power), as: Floats.self) }
        }
    }

    @inline(__always) private static func floats(_ place: UnsafeMutableRawPointer) -> Floats {
        let moved = place.loadUnaligned(as: Integers.self) &+ Integers(repeating: Int64(bitPattern: magic.bitPattern))
        return unsafeBitCast(moved, to: Floats.self) - Floats(repeating: magic)
    }
}
