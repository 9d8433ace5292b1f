import Foundations

/// Integers in frames of 128, each packed to one width beside a base, outliers apart.
enum PackedFrames {
    static let frameValues = 128
    /// Added to a frame's width where outliers follow it.
    static let outlierFlag: UInt8 = 0x80
    /// Widths are chosen by sorting where a frame could do with this many bits less than from its lowest value up.
    private static let bitsWorthSorting = 64

    static func encode(_ residuals: UnsafeBufferPointer<Int64>, into bytes: inout [UInt8]) {
        var start = 0
        while start < residuals.count {
            let end = min(start + frameValues, residuals.count)
            append(UnsafeBufferPointer(rebasing: residuals[start..<end]), to: &bytes)
            start = end
        }
    }

    private static func append(_ values: UnsafeBufferPointer<Int64>, to bytes: inout [UInt8]) {
        let (base, width) = shape(values)
        let reach: UInt64 = width == 64 ? .max : (1 << UInt64(width)) &- 1
        var outliers: [UInt8] = []
        var outlierCount = 0
        var bits = BitWriter()
        for (index, value) in values.enumerated() {
            let residual = UInt64(bitPattern: value &- base)
            if residual > reach {
                outliers.append(UInt8(index))
                outliers.append(zigzag: value &- base)
                outlierCount += 1
                if width > 0 { bits.write(0, width) }
            } else if width > 0 {
                bits.write(residual, width)
            }
        }
        bytes.append(UInt8(width) | (outlierCount > 0 ? outlierFlag : 0))
        bytes.append(zigzag: base)
        bits.finished().withUnsafeBytes { bytes.append(contentsOf: $0.prefix((values.count * width + 7) / 8)) }
        if outlierCount > 0 {
            bytes.append(UInt8(outlierCount))
            bytes.append(contentsOf: outliers)
        }
    }

    /// The base and width that make a frame smallest, outliers counted.
    private static func shape(_ values: UnsafeBufferPointer<Int64>) -> (base: Int64, width: Int) {
        let lowest = values.min()!
        let middle = values[values.count / 2]
        return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 130) { widths in
            widths.initialize(repeating: 0)
            for value in values {
                widths[bitWidth(UInt64(bitPattern: value &- lowest))] &+= 1
                widths[65 &+ bitWidth(zigzag(value &- middle))] &+= 1
            }
            let fromLowest = cheapest(UnsafeMutableBufferPointer(rebasing: widths[..<65]), values.count)
            let around = cheapest(UnsafeMutableBufferPointer(rebasing: widths[65...]), values.count)
            if around.bits + bitsWorthSorting < fromLowest.bits { return sortedShape(values) }
            return (lowest, fromLowest.width)
        }
    }

    /// The width that takes the fewest bits when wider numbers are outliers.
    private static func cheapest(_ widths: UnsafeMutableBufferPointer<Int32>, _ count: Int) -> (width: Int, bits: Int) {
        var widest = 64
        while widest > 0, widths[widest] == 0 { widest -= 1 }
        var best = (width: widest, bits: widest * count)
        var outliers = 0
        let outlierBits = outlierBits(widest)
        for width in stride(from: widest - 1, through: 0, by: -1) {
            outliers += Int(widths[width + 1])
            let bits = width * count + outliers * outlierBits + 8
            if bits < best.bits { best = (width, bits) }
        }
        return best
    }

    private static func outlierBits(_ widest: Int) -> Int { 8 + 8 * max(1, (min(64, widest + 1) + 6) / 7) }

    /// The same with outliers on both sides of the window.
    private static func sortedShape(_ values: UnsafeBufferPointer<Int64>) -> (base: Int64, width: Int) {
        let sorted = values.sorted()
        let count = sorted.count
        let widest = bitWidth(UInt64(bitPattern: sorted[count - 1] &- sorted[0]))
        var best = (base: sorted[0], width: widest, bits: widest * count)
        let outlierBits = outlierBits(widest)
        for width in 0..<widest {
            let reach: UInt64 = (1 << UInt64(width)) &- 1
            var last = 0
            var inside = (count: 0, first: 0)
            for first in 0..<count {
                while last < count, UInt64(bitPattern: sorted[last] &- sorted[first]) <= reach { last += 1 }
                if last - first > inside.count { inside = (last - first, first) }
                if last == count { break }
            }
            let bits = width * count + (count - inside.count) * outlierBits + (inside.count < count ? 8 : 0)
            if bits < best.bits { best = (sorted[inside.first], width, bits) }
        }
        return (best.base, best.width)
    }

    static func decode(_ reader: inout ByteReader, count: Int, into frame: UnsafeMutablePointer<Int64>) -> Bool {
        guard let tag = reader.readUInt8(), let base = reader.readZigzag() else { return false }
        let width = Int(tag & ~outlierFlag)
        guard width <= 64 else { return false }
        // What follows the frame may be read too, as long as it is in the column.
        let following = UnsafeRawBufferPointer(rebasing: reader.bytes[reader.offset...])
        guard reader.skip((count * width + 7) / 8) else { return false }
        unpack(following, count: count, width: width, base: base, into: frame)
        guard tag & outlierFlag != 0 else { return true }
        guard let outlierCount = reader.readUInt8() else { return false }
        for _ in 0..<outlierCount {
            guard let index = reader.readUInt8(), Int(index) < count, let residual = reader.readZigzag() else { return false }
            frame[Int(index)] = base &+ residual
        }
        return true
    }

    /// `count` numbers of `width` bits, lowest bit first, each added to `base`.
    private static func unpack(_ bytes: UnsafeRawBufferPointer, count: Int, width: Int, base: Int64, into frame: UnsafeMutablePointer<Int64>) {
        if width == 0 { return frame.update(repeating: base, count: count) }
        var index = 0
        // A number of up to 57 bits lies within the 8 bytes from where it begins.
        if width <= 57, bytes.count >= 8 {
            let start = bytes.baseAddress!
            let whole = min(count, (bytes.count - 8) * 8 / width + 1)
            let mask: UInt64 = (1 &<< UInt64(width)) &- 1
            var offset = 0
            while index < whole {
                let word = UInt64(littleEndian: (start + (offset &>> 3)).loadUnaligned(as: UInt64.self))
                frame[index] = base &+ Int64(bitPattern: (word &>> UInt64(offset & 7)) & mask)
                offset &+= width
                index &+= 1
            }
        }
        while index < count {
            frame[index] = base &+ Int64(bitPattern: BitReader.load(bytes, at: index &* width, width: width))
            index += 1
        }
    }
}
