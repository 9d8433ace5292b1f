import Foundations
import Glibc
import Model
import TestSupport
import Testing

@testable import Wire

/// Remote read: what is asked, and both kinds of answer, read back by a reader of the tests' own.
struct RemoteReadTests {
    @Test func aRequestIsReadWithItsHints() throws {
        var writer = ProtobufWriter()
        writer.message(1) { query in
            query.int64(1, 1000)
            query.int64(2, 5000)
            for (type, name, value) in [(0, "__name__", "up"), (1, "job", "a"), (2, "zone", "a|b"), (3, "host", "x.*")] {
                query.message(3) {
                    $0.varint(1, whereSet: UInt64(type))
                    $0.string(2, name)
                    $0.string(3, value)
                }
            }
            query.message(4) {
                $0.int64(1, 15_000)
                $0.string(2, "rate")
                $0.int64(3, 2000)
                $0.int64(4, 4000)
                $0.string(5, "job")
                $0.string(5, "zone")
                $0.varint(6, 1)
                $0.int64(7, 60_000)
            }
        }
        writer.message(2) { packed in
            packed.packedVarint(7)
            packed.packedVarint(1)
        }
        writer.varint(2, 0)
        let request = try writer.bytes.withUnsafeBytes { try RemoteRead.decode($0) }
        let query = try #require(request.queries.first)
        #expect(request.queries.count == 1 && query.start.milliseconds == 1000 && query.end.milliseconds == 5000)
        #expect(query.matchers.map(\.description) == [#"__name__="up""#, #"job!="a""#, #"zone=~"a|b""#, #"host!~"x.*""#])
        let hints = try #require(query.hints)
        #expect(hints.function == "rate" && hints.stepMilliseconds == 15_000 && hints.rangeMilliseconds == 60_000 && hints.isBy)
        #expect(hints.grouping == ["job", "zone"] && hints.start.milliseconds == 2000 && hints.end.milliseconds == 4000)
        #expect(request.accepted == [.streamedChunks, .samples] && request.unknownAccepted == [7])
        #expect(request.responseType == .streamedChunks)
    }

    @Test func theFirstKnownTypeIsTakenAndSamplesWhereNoneIsNamed() {
        func type(_ accepted: [RemoteRead.ResponseType], _ unknown: [UInt64]) -> RemoteRead.ResponseType? {
            RemoteRead.Request(queries: [], accepted: accepted, unknownAccepted: unknown).responseType
        }
        #expect(type([], []) == .samples && type([.streamedChunks, .samples], []) == .streamedChunks && type([], [9]) == nil)
    }

    @Test func requestsThatAreNoneAreErrors() {
        var badMatcher = ProtobufWriter()
        badMatcher.message(1) { query in
            query.message(3) {
                $0.varint(1, 2)
                $0.string(2, "a")
                $0.string(3, "(")
            }
        }
        var unknownMatcher = ProtobufWriter()
        unknownMatcher.message(1) { query in query.message(3) { $0.varint(1, 4) } }
        var tooMany = ProtobufWriter()
        for _ in 0...Limits.remoteReadQueriesMax { tooMany.message(1) { $0.int64(1, 1) } }
        for (bytes, word) in [(badMatcher.bytes, "regular expression"), (unknownMatcher.bytes, "type 4"), (tooMany.bytes, "queries"), ([0x0A, 0x7F], "long")] {
            let error = #expect(throws: WireError.self) { try bytes.withUnsafeBytes { _ = try RemoteRead.decode($0) } }
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
    }

    @Test func randomRequestsNeverTrap() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<3000 {
            let bytes = (0..<Int(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next() % 3 == 0 ? 0x0A : random.next()) }
            bytes.withUnsafeBytes { _ = try? RemoteRead.decode($0) }
        }
    }

    // Chunks

    @Test func floatsComeBackBitForBit() throws {
        var random = SeededGenerator(seed: 3)
        for round in 0..<200 {
            let series = Self.floatSeries(count: 1 + Int(random.next() % 500), kind: round % 5, &random)
            let chunks = Array(SeriesChunks(series))
            let read = try chunks.flatMap { try ChunkReader.floats($0.data) }
            #expect(read == zip(series.timestamps, series.values).map { Sample(timestamp: $0, value: $1) })
            #expect(chunks.dropLast().allSatisfy { $0.encoding == .xor && Int($0.data[0]) << 8 | Int($0.data[1]) == 120 })
            #expect(chunks.map(\.start) == stride(from: 0, to: series.timestamps.count, by: 120).map { series.timestamps[$0] })
            #expect(chunks.last?.end == series.timestamps.last)
        }
    }

    /// Steady, jittering, wild, with special values, with gaps.
    private static func floatSeries(count: Int, kind: Int, _ random: inout SeededGenerator) -> Series {
        var series = Series(labels: ["__name__": "x"])
        var time = Int64(truncatingIfNeeded: random.next() % 2_000_000_000_000) - 5000
        var value = 1.0
        for _ in 0..<count {
            series.timestamps.append(time)
            series.values.append(value)
            switch kind {
            case 0: (time, value) = (time + 15_000, value + 1)
            case 1: (time, value) = (time + 15_000 + Int64(random.next() % 40) - 20, Double(random.next() % 1000) / 10)
            case 2: (time, value) = (time + 1 + Int64(random.next() % 1 << (random.next() % 40)), Double(bitPattern: random.next()))
            case 3: (time, value) = (time + 1000, [.nan, StaleMarker.value, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude][Int(random.next() % 7)])
            default: (time, value) = (time + (random.next() % 10 == 0 ? 8_192_000 : 8192), value)
            }
        }
        return series
    }

    @Test func histogramsComeBackWithTheirCountsAndLayout() throws {
        var random = SeededGenerator(seed: 4)
        for round in 0..<120 {
            let samples = Self.histograms(count: 1 + Int(random.next() % 260), kind: round % 6, &random)
            let chunks = Array(SeriesChunks(Series(labels: ["__name__": "h"], histograms: samples)))
            var read: [HistogramSample] = []
            for chunk in chunks {
                #expect(chunk.encoding != .xor)
                read += try ChunkReader.histograms(chunk.data, isInteger: chunk.encoding == .histogram)
            }
            #expect(read.count == samples.count)
            for (got, wanted) in zip(read, samples) {
                var (left, right) = (got, wanted)
                (left.histogram.counterReset, right.histogram.counterReset) = (.unknown, .unknown)
                #expect(left == right)
            }
        }
    }

    /// Growing integer counters, floats, gauges, layouts that change, custom bounds, counters that reset.
    private static func histograms(count: Int, kind: Int, _ random: inout SeededGenerator) -> [HistogramSample] {
        var histogram = FloatHistogram(
            schema: 3, counterReset: kind == 2 ? .gauge : .unknown, zeroThreshold: [0, 0.001, 0x1p-128][Int(random.next() % 3)], zeroCount: 2, count: 20, sum: 18.4,
            positiveSpans: [.init(offset: 0, length: 2), .init(offset: 3, length: 1)], positiveBuckets: [3, 5, 1], negativeSpans: [.init(offset: -2, length: 2)],
            negativeBuckets: [4, 5])
        if kind == 4 {
            histogram = FloatHistogram(
                schema: FloatHistogram.customBucketsSchema, count: 9, sum: 4, positiveSpans: [.init(offset: 0, length: 3)], positiveBuckets: [2, 3, 4],
                customValues: [0.005, 1.0 / 3, 40_000])
        }
        let isInteger = kind == 0 || kind >= 3
        var time: Int64 = 1_700_000_000_000
        return (0..<count).map { index in
            time += 15_000 + Int64(random.next() % 9)
            let growth = isInteger ? Double(random.next() % 100) : Double(random.next() % 1000) / 7
            let place = Int(random.next() % UInt64(histogram.positiveBuckets.count))
            if kind == 5 && index % 40 == 39 {
                histogram.positiveBuckets = histogram.positiveBuckets.map { _ in 0 }
                histogram.count = histogram.negativeBuckets.reduce(0, +) + histogram.zeroCount
            }
            histogram.positiveBuckets[place] += kind == 2 && index % 3 == 0 ? -min(growth, histogram.positiveBuckets[place]) : growth
            histogram.count += growth
            histogram.sum += growth * 1.1
            if kind == 3 && index % 50 == 49 {
                histogram.positiveSpans.append(.init(offset: 1, length: 1))
                histogram.positiveBuckets.append(1)
            }
            return HistogramSample(timestamp: time, histogram: histogram, isInteger: isInteger)
        }
    }

    @Test func aChunkSaysWhatIsKnownOfResets() throws {
        func sample(_ time: Int64, _ count: Double, _ reset: FloatHistogram.CounterReset = .unknown) -> HistogramSample {
            let histogram = FloatHistogram(counterReset: reset, count: count, sum: 1, positiveSpans: [.init(offset: 0, length: 1)], positiveBuckets: [count])
            return HistogramSample(timestamp: time, histogram: histogram, isInteger: true)
        }
        func headers(_ samples: [HistogramSample]) -> [UInt8] { SeriesChunks(Series(labels: Labels(), histograms: samples)).map { $0.data[2] } }
        #expect(headers([sample(1, 5), sample(2, 6), sample(3, 2), sample(4, 3)]) == [0x00, 0x80])
        #expect(headers([sample(1, 5, .notReset), sample(2, 6, .notReset), sample(3, 7, .reset)]) == [0x40, 0x80])
        #expect(headers([sample(1, 5, .gauge), sample(2, 1, .gauge), sample(3, 2)]) == [0xC0, 0x00])
        let stale = HistogramSample(timestamp: 2, histogram: FloatHistogram(sum: StaleMarker.value), isInteger: true)
        let chunks = Array(SeriesChunks(Series(labels: Labels(), histograms: [sample(1, 5), stale, sample(3, 6)])))
        #expect(chunks.count == 3)
        #expect(StaleMarker.isStale(try ChunkReader.histograms(chunks[1].data, isInteger: true)[0].histogram.sum))
    }

    @Test func floatsAndHistogramsOfOneSeriesStandInOrderOfTime() throws {
        let histogram = FloatHistogram(count: 1, sum: 1, positiveSpans: [.init(offset: 0, length: 1)], positiveBuckets: [1])
        let series = Series(
            labels: Labels(), timestamps: [1, 2, 5, 6], values: [1, 2, 5, 6], histograms: [3, 4, 7].map { HistogramSample(timestamp: $0, histogram: histogram, isInteger: true) })
        let chunks = Array(SeriesChunks(series))
        #expect(chunks.map(\.encoding) == [.xor, .histogram, .xor, .histogram])
        #expect(chunks.map(\.start) == [1, 3, 5, 7] && chunks.map(\.end) == [2, 4, 6, 7])
    }

    // Answers

    @Test func aStreamIsCutIntoFramesThatSayWhatTheyHold() throws {
        let long = Series(labels: ["__name__": "long"], timestamps: Array(0..<3000), values: (0..<3000).map { sin(Double($0)) })
        let short = Series(labels: ["__name__": "short", "zone": "ü"], timestamps: [7], values: [1])
        let bare = Series(labels: ["__name__": "bare"])
        let frames = Array(RemoteReadFrames([[long, short], [], [bare]], frameBytesMax: 4096))
        let parts = try ChunkReader.frames(frames.flatMap(\.self)).map { try ChunkReader.part($0) }
        #expect(parts.count == frames.count && frames.count > 4)
        #expect(frames.allSatisfy { $0.count < 4096 + 2048 })
        let pieces = parts.filter { $0.labels["__name__"] == "long" }
        #expect(pieces.count > 3 && pieces.allSatisfy { $0.query == 0 })
        #expect(try pieces.flatMap(\.chunks).flatMap { try ChunkReader.floats($0.data) }.map(\.value) == long.values)
        #expect(parts[parts.count - 2].labels == ["__name__": "short", "zone": "ü"])
        #expect(parts.last?.query == 2 && parts.last?.chunks.isEmpty == true)
    }

    @Test func aDamagedFrameIsNoticedByItsChecksum() throws {
        var frame = Array(RemoteReadFrames([[Series(labels: ["a": "b"], timestamps: [1], values: [2])]])).flatMap(\.self)
        frame[frame.count - 1] ^= 1
        #expect(throws: ChunkReader.Malformed.self) { try ChunkReader.frames(frame) }
    }

    @Test func samplesComeBackThroughRemoteWritesReader() throws {
        // TimeSeries is the same message in both: each result is what a remote write of version 1 holds.
        let histogram = HistogramSample(
            timestamp: 9, histogram: FloatHistogram(count: 3, sum: 2, positiveSpans: [.init(offset: 1, length: 1)], positiveBuckets: [3]), isInteger: true)
        let series = [
            Series(labels: ["__name__": "a", "x": "1"], timestamps: [0, 5], values: [-0.0, .infinity], histograms: [histogram]), Series(labels: ["__name__": "b"]),
        ]
        let results = try ChunkReader.fields(RemoteRead.encodeSamples([series, []]))
        #expect(results.map(\.number) == [1, 1] && results[1].bytes.isEmpty)
        let batch = try results[0].bytes.withUnsafeBytes { try RemoteWrite.decode($0, version: .v1) }
        #expect(batch.entries.map(\.labels) == series.map(\.labels))
        #expect(batch.entries[0].samples == [Sample(timestamp: 0, value: -0.0), Sample(timestamp: 5, value: .infinity)])
        #expect(batch.entries[0].histograms == [histogram])
    }
}
