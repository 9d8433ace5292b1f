import Foundations
import Model
import Testing

@testable import MetricStore

@Suite struct CodecTests {
    static let integerColumns: [[Int64]] = [
        [0], [Int64.min], [Int64.max, Int64.min], [Int64.min, Int64.max, 0, -1, 1], Array(repeating: 7, count: 1000), (0..<1000).map { $0 * 10_000 },
        (0..<1000).map { $0 * $0 }, (0..<300).map { $0 % 100 == 99 ? 0 : $0 * 37 }, (0..<129).map { $0 % 2 == 0 ? Int64.max : Int64.min },
    ]

    @Test(arguments: integerColumns.indices)
    func integersComeBack(column: Int) {
        for effort in [IntegerColumn.Effort.fast, .small] { expectRoundTrip(Self.integerColumns[column], effort) }
    }

    @Test(arguments: 0..<50)
    func randomIntegersComeBack(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let width = Int64.random(in: 0..<63, using: &generator)
        var current = Int64(truncatingIfNeeded: generator.next())
        let column = (0..<Int.random(in: 1...700, using: &generator)).map { _ -> Int64 in
            if Int.random(in: 0..<50, using: &generator) == 0 { current = Int64(truncatingIfNeeded: generator.next()) }
            current = current &+ Int64.random(in: 0...(1 << width), using: &generator)
            return current
        }
        for effort in [IntegerColumn.Effort.fast, .small] { expectRoundTrip(column, effort) }
    }

    /// Integers of up to 52 bits become floats several at once, wider ones one by one: both, side by side, with and without a fraction.
    @Test(arguments: 0..<24)
    func decimalsOfEveryWidthComeBack(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let power = [1.0, 10, 1000][seed % 3]
        let factor = [1, 4096][seed % 2]
        let values = (0..<Int.random(in: 60...700, using: &generator)).map { _ -> Double in
            let width = Int.random(in: 0..<12, using: &generator) == 0 ? [51, 52][Int.random(in: 0...1, using: &generator)] : 40
            let edge = Int64.random(in: -2...2, using: &generator)
            let whole = Bool.random(using: &generator) ? (1 << Int64(width)) + edge : -(1 << Int64(width)) + edge
            return Double(whole / Int64(factor) * Int64(factor)) / power
        }
        for effort in [IntegerColumn.Effort.fast, .small] {
            var bytes: [UInt8] = []
            FloatColumn.encode(values, effort, into: &bytes)
            var decoded: [Double] = []
            #expect(bytes.withUnsafeBytes { FloatColumn.decode($0, count: values.count, into: &decoded) })
            #expect(decoded.map(\.bitPattern) == values.map(\.bitPattern))
        }
    }

    /// Columns of every form: few and many changes, short codes alone, offsets, wide ones, of one slice and of many.
    @Test(arguments: 0..<80)
    func columnsOfMergedBlocksComeBackWholeAndInPart(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let count = [1, 2, 3, 100, 575, 576, 577, 1200, 2303, 4320, 4608, 9000][seed % 12]
        let reach = Int64(1) << Int64([0, 1, 3, 6, 12, 30, 47, 55, 62][seed % 9])
        let changesPercent = [3, 30, 100][seed % 3]
        var current = Int64(truncatingIfNeeded: generator.next() >> 20)
        var drift = Int64.random(in: -3...3, using: &generator)
        let column = (0..<count).map { _ -> Int64 in
            if Int.random(in: 0..<100, using: &generator) < changesPercent { drift = drift &+ Int64.random(in: -reach...reach, using: &generator) / (seed % 5 == 4 ? 1 : 1000) }
            let noise = Int.random(in: 0..<100, using: &generator) < changesPercent ? Int64.random(in: -reach...reach, using: &generator) : 0
            switch seed % 5 {
            case 0: current = current &+ noise
            case 1: return current &+ noise
            case 2: current = current &+ (Int.random(in: 0..<300, using: &generator) == 0 ? noise &* 4099 : Int64.random(in: 0...2, using: &generator))
            default: current = current &+ drift
            }
            return current
        }
        let bytes = expectRoundTrip(column, .small)
        for _ in 0..<6 {
            let start = Int.random(in: 0..<count, using: &generator)
            let taken = start..<Int.random(in: (start + 1)...count, using: &generator)
            var part = [Int64](repeating: 0, count: taken.count)
            let isRead = bytes.withUnsafeBytes { all in
                part.withUnsafeMutableBufferPointer { IntegerColumn.decode(ByteReader(all), count: count, taken, to: $0.baseAddress!) }
            }
            #expect(isRead != false)
            if isRead == true { #expect(part == Array(column[taken])) }
        }
    }

    @discardableResult private func expectRoundTrip(_ column: [Int64], _ effort: IntegerColumn.Effort) -> [UInt8] {
        var bytes: [UInt8] = []
        IntegerColumn.encode(column, effort, into: &bytes)
        var decoded: [Int64] = []
        let isRead = bytes.withUnsafeBytes { all in
            var reader = ByteReader(all)
            return IntegerColumn.decode(&reader, count: column.count, into: &decoded) && reader.isAtEnd
        }
        #expect(isRead)
        #expect(decoded == column)
        return bytes
    }

    @Test(arguments: 0..<60)
    func floatsComeBackBitForBit(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...700, using: &generator)
        var counter = 0.0
        let column: [Double] = (0..<count).map { index in
            switch seed % 6 {
            case 0: return Adversarial.float(&generator)
            case 1: return Adversarial.floats[(seed / 6) % Adversarial.floats.count]
            case 2: return index % 97 == 96 ? StaleMarker.value : Double(Int.random(in: 0...9999, using: &generator)) / 100
            case 3:
                counter += Double(Int.random(in: 0...100, using: &generator)) * 4096
                return counter
            case 4: return Double.random(in: 0...1, using: &generator)
            default: return Adversarial.floats[index % Adversarial.floats.count]
            }
        }
        for effort in [IntegerColumn.Effort.fast, .small] {
            var bytes: [UInt8] = []
            FloatColumn.encode(column, effort, into: &bytes)
            var decoded: [Double] = []
            #expect(bytes.withUnsafeBytes { FloatColumn.decode($0, count: count, into: &decoded) })
            #expect(decoded.map(\.bitPattern) == column.map(\.bitPattern))
            let start = Int.random(in: 0..<count, using: &generator)
            let taken = start..<Int.random(in: (start + 1)...count, using: &generator)
            var part = [Double](repeating: 0, count: taken.count)
            let isRead = bytes.withUnsafeBytes { all in part.withUnsafeMutableBufferPointer { FloatColumn.decode(all, count: count, taken, to: $0.baseAddress!) } }
            #expect(isRead != false)
            if isRead == true { #expect(part.map(\.bitPattern) == column[taken].map(\.bitPattern)) }
        }
    }

    @Test func decimalsTakeFewBytes() {
        let gauge = (0..<720).map { Double(200 + ($0 * 7919) % 32) / 10 }
        var bytes: [UInt8] = []
        FloatColumn.encode(gauge, into: &bytes)
        #expect(bytes.count < 720 * 6 / 8)
        bytes.removeAll()
        FloatColumn.encode((0..<720).map { Double($0 * 4096 * ($0 % 3)) }, into: &bytes)
        #expect(bytes.count < 720 * 2)
        bytes.removeAll()
        IntegerColumn.encode((0..<720).map { baseMilliseconds + $0 * 10_000 }, into: &bytes)
        #expect(bytes.count < 16)
    }

    @Test(arguments: 0..<30)
    func histogramsComeBackBitForBit(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var samples: [HistogramSample] = []
        for index in 0..<40 {
            var next = Adversarial.histogram(Int64(index) * 1000, &generator)
            // Mostly the shape of the one before, with counts that grow.
            if let last = samples.last, Int.random(in: 0..<4, using: &generator) > 0 {
                next = last
                next.timestamp += 1000
                next.histogram.count += 3
                for bucket in next.histogram.positiveBuckets.indices { next.histogram.positiveBuckets[bucket] += Double(bucket) }
            }
            samples.append(next)
        }
        var bytes: [UInt8] = []
        HistogramCoder.encode(samples, into: &bytes)
        let decoded = bytes.withUnsafeBytes { HistogramCoder.decode($0, count: samples.count) }
        #expect(decoded.map { haveSameBits($0, samples) } == true)
    }

    @Test(arguments: 0..<30)
    func chunksAndFramesComeBackBitForBit(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var open = OpenChunk()
        var frame = SampleFrame()
        var timestamp = Int64(truncatingIfNeeded: generator.next() >> 8)
        var columns = SampleColumns()
        for index in 0..<Int.random(in: 1...256, using: &generator) {
            timestamp += [1, 10_000, 10_003, 9_998, 1 << 40].randomElement(using: &generator)!
            let value = Adversarial.float(&generator)
            open.append(timestamp, value.bitPattern)
            columns.append(timestamp, value)
            frame.append(UInt32(index % 7 == 0 ? index * 3 : index), timestamp, value.bitPattern)
        }
        var decoded = SampleColumns()
        #expect(open.sealed!.decode(into: &decoded.timestamps, &decoded.values))
        #expect(decoded.timestamps == columns.timestamps)
        #expect(decoded.values.map(\.bitPattern) == columns.values.map(\.bitPattern))
        var bytes: [UInt8] = []
        frame.encode(into: &bytes)
        let read = bytes.withUnsafeBytes { all in
            var reader = ByteReader(all)
            return SampleFrame.decode(&reader)
        }
        #expect(read?.references == frame.references)
        #expect(read?.timestamps == frame.timestamps)
        #expect(read?.values == frame.values)
    }

    /// No bytes whatsoever may trap a decoder or make it take memory that they can't fill.
    @Test(arguments: 0..<40)
    func damagedBytesNeverTrap(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var sources: [[UInt8]] = [[], [], [], [], [], [], []]
        IntegerColumn.encode((0..<300).map { _ in Int64.random(in: -1000...1000, using: &generator) }, into: &sources[0])
        FloatColumn.encode((0..<300).map { _ in Adversarial.float(&generator) }, into: &sources[1])
        HistogramCoder.encode((0..<20).map { Adversarial.histogram(Int64($0), &generator) }, into: &sources[2])
        var batch = LoggedBatch(origin: BatchOrigin(agent: "a", sequence: 3))
        Labels.test("cpu", 1).encoded.withUnsafeBytes { batch.appendNewSeries($0) }
        batch.samples.append(0, 5, 7)
        batch.histograms = [(0, Adversarial.histogram(5, &generator))]
        batch.metadata = [("cpu", Metadata(kind: .counter, help: "h", unit: "s"))]
        batch.encode(into: &sources[3])
        // Bins, changes alone, summaries.
        IntegerColumn.encode((0..<1300).map { _ in Int64.random(in: -9...9, using: &generator) * Int64.random(in: 1...(1 << (seed % 20 * 2)), using: &generator) }, .small, into: &sources[4])
        IntegerColumn.encode((0..<1300).map { Int64($0 / 40 * 7919 % 1000) }, .small, into: &sources[5])
        SummaryColumns.encode(
            (0..<30).map { index in
                let value = Double(index) / 10
                return SampleSummary(
                    firstTimestamp: Int64(index) * 1000, lastTimestamp: Int64(index) * 1000 + 900, count: 10, staleCount: 0, sum: value * 10,
                    minimum: value, maximum: value + 1, first: value, last: value + 0.5, resetCorrection: 0)
            }, isTimed: true, into: &sources[6])
        for (kind, source) in sources.enumerated() {
            for _ in 0..<150 {
                var bytes = source
                for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
                }
                if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator)) }
                bytes.withUnsafeBytes { all in
                    var reader = ByteReader(all)
                    var integers: [Int64] = []
                    var floats: [Double] = []
                    switch kind {
                    case 0: _ = IntegerColumn.decode(&reader, count: 300, into: &integers)
                    case 1: _ = FloatColumn.decode(all, count: 300, into: &floats)
                    case 2: _ = HistogramCoder.decode(all, count: 20)
                    case 3: _ = LoggedBatch.decodeGroup(all)
                    case 4, 5: _ = IntegerColumn.decode(&reader, count: 1300, into: &integers)
                    default: _ = SummaryColumns.decode(all, counts: Array(repeating: 10, count: 30))
                    }
                }
            }
        }
    }
}
