import Foundations
import Model
import Testing

@testable import Wire

@Suite struct RemoteWriteTests {
    // up{job="a"} 1 at 1000 ms, written by hand.

    @Test func version1IsReadFromItsBytes() throws {
        let bytes = [UInt8](hexadecimal: """
            0a 28
              0a 0e  0a 08 5f5f6e616d655f5f  12 02 7570
              0a 08  0a 03 6a6f62  12 01 61
              12 0c  09 000000000000f03f  10 e807
            1a 0d  08 02  12 02 7570  22 01 68  2a 02 7373
            """)
        let batch = try bytes.decodeRemoteWrite(.v1)
        expectEqual(batch, MetricBatch(
            entries: [.init(labels: ["__name__": "up", "job": "a"], samples: [Sample(timestamp: 1000, value: 1)])],
            metadata: ["up": Metadata(kind: .gauge, help: "h", unit: "ss")]))
        #expect(RemoteWrite.encodeV1(batch) == bytes)
    }

    static let v2 = [UInt8](hexadecimal: """
        22 00  22 08 5f5f6e616d655f5f  22 02 7570  22 03 6a6f62  22 01 61  22 01 68
        2a 1a
          0a 04 01 02 03 04
          12 0c  09 000000000000f03f  10 e807
          2a 04  08 02  18 05
        """)

    @Test func version2IsReadFromItsBytes() throws {
        let batch = try Self.v2.decodeRemoteWrite(.v2)
        expectEqual(batch, MetricBatch(
            entries: [.init(labels: ["__name__": "up", "job": "a"], samples: [Sample(timestamp: 1000, value: 1)])],
            metadata: ["up": Metadata(kind: .gauge, help: "h")]))
        #expect(RemoteWrite.encodeV2(batch) == Self.v2)
    }

    @Test func symbolsMayFollowTheirSeries() throws {
        let symbols = Array(Self.v2[..<27])
        let turned = Array(Self.v2[27...]) + symbols
        expectEqual(try turned.decodeRemoteWrite(.v2), try Self.v2.decodeRemoteWrite(.v2))
    }

    @Test(arguments: 0..<40) func aBatchComesBackAsItWent(seed: UInt64) throws {
        var sampler = Sampler(seed: seed)
        let batch = sampler.batch()
        expectEqual(try RemoteWrite.encodeV2(batch).decodeRemoteWrite(.v2), batch)
        expectEqual(try RemoteWrite.encodeV1(batch).decodeRemoteWrite(.v1), batch)
    }

    @Test func integerBucketsBecomeAbsoluteCounts() throws {
        let body = message { request in
            request.message(1) { series in
                series.message(1) { $0.string(1, "__name__"); $0.string(2, "h") }
                series.message(4) { histogram in
                    histogram.varint(1, 9)
                    histogram.double(3, 4.5)
                    histogram.zigzag(4, whereSet: 3)
                    histogram.varint(6, 2)
                    histogram.message(11) { $0.zigzag(1, whereSet: -2); $0.varint(2, 2) }
                    histogram.message(11) { $0.zigzag(1, whereSet: 1); $0.varint(2, 1) }
                    histogram.message(12) { for delta: Int64 in [3, -2, 2] { $0.packedZigzag(delta) } }
                    histogram.int64(15, 77)
                }
            }
        }
        let sample = try body.decodeRemoteWrite(.v1).entries[0].histograms[0]
        #expect(sample.isInteger && sample.timestamp == 77)
        #expect(sample.histogram == FloatHistogram(
            schema: 3, zeroCount: 2, count: 9, sum: 4.5,
            positiveSpans: [.init(offset: -2, length: 2), .init(offset: 1, length: 1)], positiveBuckets: [3, 1, 3]))
    }

    @Test func customBucketsComeBack() throws {
        let histogram = FloatHistogram(
            schema: -53, count: 6, sum: 1, positiveSpans: [.init(offset: 0, length: 3)], positiveBuckets: [1, 2, 3], customValues: [0.5, 1])
        let batch = MetricBatch(entries: [.init(labels: ["__name__": "h"], histograms: [.init(timestamp: 1, histogram: histogram, isInteger: true)])])
        expectEqual(try RemoteWrite.encodeV2(batch).decodeRemoteWrite(.v2), batch)
    }

    static func series(_ pairs: [(String, String)]) -> [UInt8] {
        message { request in
            request.message(1) { series in
                for (name, value) in pairs { series.message(1) { $0.string(1, name); $0.string(2, value) } }
            }
        }
    }

    @Test func unsortedLabelsAreSortedAndEmptyOnesLeftOut() throws {
        let body = Self.series([("z", "1"), ("b", ""), ("__name__", "m"), ("a", "2")])
        #expect(try body.decodeRemoteWrite(.v1).entries[0].labels == ["__name__": "m", "a": "2", "z": "1"])
    }

    @Test func aLengthInMoreBytesThanItNeedsIsStillRead() throws {
        let bytes = [UInt8](hexadecimal: "0a 12  0a 10  0a 8800 5f5f6e616d655f5f  12 8200 7570")
        #expect(try bytes.decodeRemoteWrite(.v1).entries[0].labels.encoded == (["__name__": "up"] as Labels).encoded)
    }

    @Test(arguments: [
        ([("__name__", "m"), ("a", "1"), ("a", "2")], "m{a=\"1\", a=\"2\"} has the label \"a\" twice"),
        ([("__name__", "m"), ("", "1")], "m{=\"1\"} has an empty name"),
        ([("job", "x")], "{job=\"x\"} has no metric name"),
        ([("__name__", "m"), ("a", String(repeating: "x", count: 2049))], "longer than 2048 bytes"),
        ([("__name__", "m"), (String(repeating: "x", count: 129), "1")], "longer than 128 bytes"),
        ([("__name__", "m")] + (0..<64).map { ("l\($0)", "1") }, "more than 64 labels"),
    ]) func badLabelsNameTheirSeries(pairs: [(String, String)], reason: String) {
        #expect { try Self.series(pairs).decodeRemoteWrite(.v1) } throws: { "\($0)".contains(reason) }
        // The same through version 2.
        var symbols = SymbolTable()
        let references = pairs.flatMap { [symbols.number(of: $0.0), symbols.number(of: $0.1)] }
        let body = message { request in
            symbols.forEach { request.run(4, $0) }
            request.message(5) { $0.message(1) { for reference in references { $0.packedVarint(UInt64(reference)) } } }
        }
        #expect { try body.decodeRemoteWrite(.v2) } throws: { "\($0)".contains(reason) }
    }

    @Test func invalidUTF8IsAnErrorThatNamesTheSeries() {
        let body = message { request in
            request.message(1) { series in
                series.message(1) { $0.string(1, "__name__"); $0.string(2, "m") }
                series.message(1) { label in
                    label.string(1, "a")
                    [UInt8]([0xC3, 0x28]).withUnsafeBytes { label.run(2, $0) }
                }
            }
        }
        #expect { try body.decodeRemoteWrite(.v1) } throws: { "\($0)".contains("the label \"a\" of the series m{} is not valid UTF-8") }
    }

    @Test(arguments: [
        ("0a 05 12 03 09 00 00", "ends in the middle"), ("0a ff01", "only 0 follow"), ("0b", "wire type 3"), ("08 01", "where bytes belongs"),
        ("00", "field number"), ("0a 0c 0a 0a ff ff ff ff ff ff ff ff ff 7f", "64 bits"),
    ]) func brokenBytesAreErrorsWithAPlace(hexadecimal: String, reason: String) {
        #expect { try [UInt8](hexadecimal: hexadecimal).decodeRemoteWrite(.v1) } throws: { "\($0)".contains(reason) && "\($0)".contains("at byte") }
    }

    @Test(arguments: [
        (message { $0.string(4, "x") }, "first symbol is not empty"),
        (message { $0.string(4, ""); $0.message(5) { $0.message(1) { $0.packedVarint(0); $0.packedVarint(9) } } }, "symbol 9 of 1"),
        (message { $0.string(4, ""); $0.message(5) { $0.message(1) { $0.packedVarint(0) } } }, "odd number"),
        (message { $0.string(4, ""); $0.message(5) { $0.message(5) { $0.varint(3, 4) } } }, "symbol 4 of 1"),
        (message { $0.message(1) { _ in } }, "remote write 1"),
    ]) func badSymbolsAreErrors(body: [UInt8], reason: String) {
        #expect { try body.decodeRemoteWrite(.v2) } throws: { "\($0)".contains(reason) }
    }

    @Test(arguments: [
        (message { $0.varint(1, 5) }, "5.0 observations and 0.0"),
        (message { $0.message(11) { $0.varint(2, 4_000_000_000) } }, "out of range"),
        (message { $0.message(11) { $0.varint(2, 3) } }, "cover 3"),
        (message { $0.message(12) { $0.packedZigzag(-1) } }, "negative count"),
        (message { $0.zigzag(4, whereSet: 9) }, "schema 9"),
        (message { $0.double(2, 1); $0.message(12) { $0.packedZigzag(1) } }, "integer buckets"),
        (message { $0.zigzag(4, whereSet: -53); $0.message(16) { $0.packedDouble(2); $0.packedDouble(1) } }, "don't ascend"),
    ]) func badHistogramsAreErrors(histogram: [UInt8], reason: String) {
        let body = message { request in
            request.message(1) { series in
                series.message(1) { $0.string(1, "__name__"); $0.string(2, "h") }
                histogram.withUnsafeBytes { series.run(4, $0) }
            }
        }
        #expect { try body.decodeRemoteWrite(.v1) } throws: { "\($0)".contains(reason) && "\($0)".contains("the series h{}") }
    }

    @Test func tooManySeriesAreRefusedAsOverTheLimit() {
        var limits = WireLimits()
        limits.seriesMax = 2
        let body = (0..<3).flatMap { Self.series([("__name__", "m\($0)")]) }
        #expect { try body.decodeRemoteWrite(.v1, limits: limits) } throws: { ($0 as? WireError)?.kind == .overLimit }
    }

    @Test(arguments: RemoteWrite.Version.allCases) func cutAndChangedBodiesNeverTrap(version: RemoteWrite.Version) {
        var sampler = Sampler(seed: 4)
        let batch = sampler.batch()
        let bytes = version == .v1 ? RemoteWrite.encodeV1(batch) : RemoteWrite.encodeV2(batch)
        #expect(bytes.count > 1000)
        attack(bytes, seed: 5) { changed in
            for entry in try changed.decodeRemoteWrite(version).entries {
                #expect(entry.labels.encoded.withUnsafeBytes { Labels.isCanonical($0) })
            }
        }
    }

    /// Label names that share their first eight bytes, or are shorter, in every order: the quick look at names must not mistake them.
    @Test(arguments: 0..<60) func namesInAnyOrderComeOutSorted(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let names = ["a", "aa", "service", "service_", "service_a", "service_b", "servicf", "é", "z\u{0}", "zz", "__name__", "le"]
        let series = (0..<20).map { _ in
            var chosen = names.filter { _ in Bool.random(using: &generator) }
            if !chosen.contains("__name__") { chosen.append("__name__") }
            if Bool.random(using: &generator) { chosen.shuffle(using: &generator) } else { chosen.sort() }
            return Self.series(chosen.map { ($0, Int.random(in: 0...9, using: &generator) == 0 ? "" : String(repeating: "v", count: Int.random(in: 1...140, using: &generator))) })
        }
        let body = series.flatMap { $0 }
        // A metric name may be among the values that came out empty.
        do { for entry in try body.decodeRemoteWrite(.v1).entries { #expect(entry.labels.encoded.withUnsafeBytes { Labels.isCanonical($0) }) } } catch {
            #expect(error is WireError)
        }
    }

    /// Series of one target share most labels, some differ in the middle, and some have a form that goes the long way.
    @Test(arguments: 0..<40) func seriesThatShareLabelsAreReadAsIfTheyDidNot(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var body: [UInt8] = []
        for target in 0..<8 {
            for index in 0..<Int.random(in: 1...12, using: &generator) {
                var pairs = [("__name__", "m\(index % 5)"), ("instance", "host-\(target)"), ("job", "node"), ("zone", "z\(target % 2)")]
                if Bool.random(using: &generator) { pairs.insert(("cpu", "\(index)"), at: 1) }
                if Bool.random(using: &generator) { pairs.insert(("mode", "idle"), at: pairs.count - 1) }
                let isSplit = Int.random(in: 0..<6, using: &generator) == 0
                body += message { request in
                    request.message(1) { series in
                        for (name, value) in isSplit ? Array(pairs.dropLast()) : pairs { series.message(1) { $0.string(1, name); $0.string(2, value) } }
                        series.message(2) { $0.double(1, Double(index)); $0.int64(2, 1_700_000_000_000 + Int64(index)) }
                        guard isSplit, let (name, value) = pairs.last else { return }
                        series.message(1) { $0.string(1, name); $0.string(2, value) }
                    }
                }
            }
        }
        let batch = try body.decodeRemoteWrite(.v1)
        #expect(batch.entries.allSatisfy { entry in entry.labels["job"] == "node" && entry.labels["zone"] != nil && entry.samples.count == 1 })
    }

    @Test func contentTypesNameTheVersion() {
        #expect(RemoteWrite.Version(contentType: "application/x-protobuf") == .v1)
        #expect(RemoteWrite.Version(contentType: "application/x-protobuf; proto=prometheus.WriteRequest") == .v1)
        for version in RemoteWrite.Version.allCases { #expect(RemoteWrite.Version(contentType: RemoteWrite.contentType(version)) == version) }
        #expect(RemoteWrite.Version(contentType: "application/x-protobuf;proto=other") == nil)
        #expect(RemoteWrite.Version(contentType: "application/json") == nil)
    }

    @Test func symbolsAreHeldOnce() {
        var table = SymbolTable()
        let numbers = (0..<5000).map { table.number(of: "symbol \($0)") }
        #expect(Set(numbers).count == 5000)
        #expect((0..<5000).map { table.number(of: "symbol \($0)") } == numbers)
        var texts: [String] = []
        table.forEach { texts.append(String(decoding: $0, as: UTF8.self)) }
        #expect(texts == [""] + (0..<5000).map { "symbol \($0)" })
    }

    @Test func utf8IsCheckedAsTheStandardLibraryDoes() {
        var generator = SeededGenerator(seed: 9)
        let pieces: [[UInt8]] = [[0x41], Array("é".utf8), Array("日".utf8), Array("🙂".utf8), [0xC0], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80]]
        for _ in 0..<5000 {
            var bytes = [UInt8](repeating: 0x61, count: .random(in: 0...17, using: &generator))
            for _ in 0..<Int.random(in: 0...3, using: &generator) { bytes += pieces.randomElement(using: &generator)! }
            #expect(bytes.withUnsafeBytes { UTF8Check.isValid($0) } == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}
