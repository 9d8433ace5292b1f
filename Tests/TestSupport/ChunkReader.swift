import Foundations
import Model

/// Reads Prometheus's chunks and the frames of a streamed remote read bit by bit, independently of the product's own writer.
public enum ChunkReader {
    public struct Malformed: Error {}

    public struct Chunk: Equatable, Sendable {
        public var start: Int64 = 0
        public var end: Int64 = 0
        /// 1 floats, 2 integer histograms, 3 float histograms.
        public var encoding: UInt64 = 0
        public var data: [UInt8] = []
    }

    public struct SeriesPart: Sendable {
        public var labels: [String: String] = [:]
        public var chunks: [Chunk] = []
        public var query: UInt64 = 0
    }

    // Frames

    /// The messages of a stream; throws where a length or a checksum is wrong.
    public static func frames(_ stream: [UInt8]) throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let count = try varint(&rest)
            guard rest.count >= Int(count) + 4 else { throw Malformed() }
            let sum = rest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let message = Array(rest.dropFirst(4).prefix(Int(count)))
            guard CRC32C.checksum(message) == sum else { throw Malformed() }
            frames.append(message)
            rest = rest.dropFirst(4 + Int(count))
        }
        return frames
    }

    /// The one series of a message.
    public static func part(_ message: [UInt8]) throws -> SeriesPart {
        var part = SeriesPart()
        for field in try fields(message) {
            if field.number == 2 { part.query = field.value }
            guard field.number == 1 else { continue }
            for inner in try fields(field.bytes) {
                let members = try fields(inner.bytes)
                if inner.number == 1 {
                    let texts = members.map { String(decoding: $0.bytes, as: UTF8.self) }
                    part.labels[texts[0]] = texts[1]
                } else {
                    var chunk = Chunk()
                    for member in members {
                        switch member.number {
                        case 1: chunk.start = Int64(bitPattern: member.value)
                        case 2: chunk.end = Int64(bitPattern: member.value)
                        case 3: chunk.encoding = member.value
                        default: chunk.data = member.bytes
                        }
                    }
                    part.chunks.append(chunk)
                }
            }
        }
        return part
    }

    /// The fields of a message: numbers in `value` (fixed ones by their bits), all else in `bytes`.
    public static func fields(_ message: [UInt8]) throws -> [(number: UInt64, value: UInt64, bytes: [UInt8])] {
        var found: [(number: UInt64, value: UInt64, bytes: [UInt8])] = []
        var rest = message[...]
        while !rest.isEmpty {
            let tag = try varint(&rest)
            switch tag & 7 {
            case 0: found.append((tag >> 3, try varint(&rest), []))
            case 1:
                guard rest.count >= 8 else { throw Malformed() }
                found.append((tag >> 3, rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, []))
                rest = rest.dropFirst(8)
            case 2:
                let count = Int(try varint(&rest))
                guard rest.count >= count else { throw Malformed() }
                found.append((tag >> 3, 0, Array(rest.prefix(count))))
                rest = rest.dropFirst(count)
            default: throw Malformed()
            }
        }
        return found
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Malformed()
    }

    // Chunks

    public static func floats(_ chunk: [UInt8]) throws -> [Sample] {
        var bits = Bits(chunk.dropFirst(2))
        let count = Int(chunk[0]) << 8 | Int(chunk[1])
        var samples: [Sample] = []
        var delta: Int64 = 0
        var value = XORReader()
        for index in 0..<count {
            switch index {
            case 0:
                let zigzag = try bits.varint()
                let time = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
                samples.append(Sample(timestamp: time, value: value.start(try bits.read(64))))
            case 1:
                delta = Int64(bitPattern: try bits.varint())
                samples.append(Sample(timestamp: samples[0].timestamp + delta, value: try value.next(&bits)))
            default:
                let sizes = [0, 14, 17, 20, 64]
                var ones = 0
                while ones < 4, try bits.read(1) == 1 { ones += 1 }
                delta += try bits.signed(sizes[ones])
                samples.append(Sample(timestamp: samples[index - 1].timestamp + delta, value: try value.next(&bits)))
            }
        }
        return samples
    }

    /// Counts are absolute. All after the first say that there was no reset, as the format has it.
    public static func histograms(_ chunk: [UInt8], isInteger: Bool) throws -> [HistogramSample] {
        var bits = Bits(chunk.dropFirst(3))
        let count = Int(chunk[0]) << 8 | Int(chunk[1])
        let hints: [FloatHistogram.CounterReset] = [.unknown, .notReset, .reset, .gauge]
        let first = hints[Int(chunk[2] >> 6)]
        var layout = try layout(&bits)
        layout.counterReset = first
        let samples = isInteger ? try integers(&bits, layout, count) : try floatHistograms(&bits, layout, count)
        return samples.enumerated().map { index, sample in
            var sample = sample
            if index > 0 && first != .gauge { sample.histogram.counterReset = .notReset }
            return sample
        }
    }

    private static func layout(_ bits: inout Bits) throws -> FloatHistogram {
        var histogram = FloatHistogram()
        let threshold = try bits.read(8)
        if threshold == 255 {
            histogram.zeroThreshold = Double(bitPattern: try bits.read(64))
        } else if threshold != 0 {
            histogram.zeroThreshold = Double(sign: .plus, exponent: Int(threshold) - 244, significand: 1)
        }
        histogram.schema = Int32(try bits.varbit())
        for side in 0..<2 {
            let spans = try (0..<bits.unsignedVarbit()).map { _ in
                let length = UInt32(try bits.unsignedVarbit())
                return FloatHistogram.Span(offset: Int32(try bits.varbit()), length: length)
            }
            if side == 0 { histogram.positiveSpans = spans } else { histogram.negativeSpans = spans }
        }
        if histogram.usesCustomBuckets {
            histogram.customValues = try (0..<bits.unsignedVarbit()).map { _ in
                let whole = try bits.unsignedVarbit()
                return whole == 0 ? Double(bitPattern: try bits.read(64)) : Double(whole - 1) / 1000
            }
        }
        return histogram
    }

    private static func bucketCounts(_ layout: FloatHistogram) -> (positive: Int, negative: Int) {
        (layout.positiveSpans.reduce(0) { $0 + Int($1.length) }, layout.negativeSpans.reduce(0) { $0 + Int($1.length) })
    }

    private static func integers(_ bits: inout Bits, _ layout: FloatHistogram, _ count: Int) throws -> [HistogramSample] {
        let (positive, negative) = bucketCounts(layout)
        // Time, count, zero count, then the differences between buckets.
        var values = [Int64](repeating: 0, count: 3 + positive + negative)
        var deltas = values
        var sum = XORReader()
        var samples: [HistogramSample] = []
        for index in 0..<count {
            for place in 0..<3 {
                try step(&bits, index, place, &values, &deltas, isUnsigned: index == 0 && place > 0)
            }
            let total = index == 0 ? sum.start(try bits.read(64)) : try sum.next(&bits)
            for place in values.indices.dropFirst(3) { try step(&bits, index, place, &values, &deltas, isUnsigned: false) }
            var histogram = layout
            (histogram.count, histogram.zeroCount, histogram.sum) = (Double(values[1]), Double(values[2]), total)
            histogram.positiveBuckets = sums(values[3..<3 + positive])
            histogram.negativeBuckets = sums(values[(3 + positive)...])
            samples.append(HistogramSample(timestamp: values[0], histogram: histogram, isInteger: true))
        }
        return samples
    }

    private static func step(_ bits: inout Bits, _ index: Int, _ place: Int, _ values: inout [Int64], _ deltas: inout [Int64], isUnsigned: Bool) throws {
        if index == 0 {
            values[place] = isUnsigned ? Int64(try bits.unsignedVarbit()) : try bits.varbit()
        } else {
            deltas[place] += try bits.varbit()
            values[place] += deltas[place]
        }
    }

    private static func sums(_ differences: ArraySlice<Int64>) -> [Double] {
        var total: Int64 = 0
        return differences.map { difference in
            total += difference
            return Double(total)
        }
    }

    private static func floatHistograms(_ bits: inout Bits, _ layout: FloatHistogram, _ count: Int) throws -> [HistogramSample] {
        let (positive, negative) = bucketCounts(layout)
        var columns = [XORReader](repeating: XORReader(), count: 3 + positive + negative)
        var (time, delta): (Int64, Int64) = (0, 0)
        return try (0..<count).map { index in
            if index == 0 {
                time = try bits.varbit()
            } else {
                delta += try bits.varbit()
                time += delta
            }
            let values = try columns.indices.map { index == 0 ? columns[$0].start(try bits.read(64)) : try columns[$0].next(&bits) }
            var histogram = layout
            (histogram.count, histogram.zeroCount, histogram.sum) = (values[0], values[1], values[2])
            histogram.positiveBuckets = Array(values[3..<3 + positive])
            histogram.negativeBuckets = Array(values[(3 + positive)...])
            return HistogramSample(timestamp: time, histogram: histogram)
        }
    }
}

/// Bits of bytes, the highest first.
private struct Bits {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    mutating func read(_ count: Int) throws -> UInt64 {
        guard position + count <= bytes.count * 8 else { throw ChunkReader.Malformed() }
        var value: UInt64 = 0
        for _ in 0..<count {
            value = value << 1 | UInt64(bytes[position / 8] >> UInt8(7 - position % 8) & 1)
            position += 1
        }
        return value
    }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try read(8)
            value |= (byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// A number whose highest values stand for negative ones: from -(2^(n-1) - 1) to 2^(n-1).
    mutating func signed(_ count: Int) throws -> Int64 {
        let value = try read(count)
        if count == 64 { return Int64(bitPattern: value) }
        return count > 0 && value > 1 << UInt64(count - 1) ? Int64(value) - 1 << Int64(count) : Int64(value)
    }

    private mutating func size() throws -> Int {
        var ones = 0
        while ones < 8, try read(1) == 1 { ones += 1 }
        return [0, 3, 6, 9, 12, 18, 25, 56, 64][ones]
    }

    mutating func varbit() throws -> Int64 { try signed(size()) }
    mutating func unsignedVarbit() throws -> UInt64 { try read(size()) }
}

private struct XORReader {
    private var bits: UInt64 = 0
    private var leading = 0
    private var trailing = 0

    mutating func start(_ first: UInt64) -> Double {
        bits = first
        return Double(bitPattern: first)
    }

    mutating func next(_ input: inout Bits) throws -> Double {
        if try input.read(1) == 1 {
            if try input.read(1) == 1 {
                leading = Int(try input.read(5))
                let significant = Int(try input.read(6))
                trailing = 64 - leading - (significant == 0 ? 64 : significant)
            }
            bits ^= try input.read(64 - leading - trailing) << UInt64(trailing)
        }
        return Double(bitPattern: bits)
    }
}
