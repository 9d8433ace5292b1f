import Compression
import Foundations
import Glibc
import Model
import PromQL
import TestSupport
import Testing

@testable import Collector

/// JSON, numbers, parameters, buckets: the small forms.
struct FormatTests {
    @Test func numbersAreWrittenAsTheQueryLanguageWritesThem() {
        var generator = SeededGenerator(seed: 5)
        var values: [Double] = [
            0, -0.0, 1, -1, 0.1, 1e21, 1e-7, 1.5e-9, 123456789.125, 9_007_199_254_740_994, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, -.infinity,
            .nan, StaleMarker.value,
        ]
        for _ in 0..<5000 {
            values.append(Double(bitPattern: generator.next()))
            values.append(Double(Int64(truncatingIfNeeded: generator.next() >> 20)) / 1000)
        }
        for value in values {
            var bytes: [UInt8] = []
            bytes.append(plainValue: value)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text == ValueText.format(value))
            var sample: [UInt8] = []
            sample.append(sampleValue: value)
            let sampleText = String(decoding: sample, as: UTF8.self)
            let isPlain = !value.isFinite || value == 0 || (1e-6..<1e21).contains(value.magnitude)
            #expect((sampleText == text) == isPlain)
            if value.isFinite { #expect(Double(text)?.bitPattern == value.bitPattern && Double(sampleText)?.bitPattern == value.bitPattern) }
        }
    }

    @Test(arguments: [(1e-9, "1e-09"), (-1.5e-7, "-1.5e-07"), (1e-6, "0.000001"), (1e21, "1e+21"), (1.25e300, "1.25e+300"), (1.5e20, "150000000000000000000")])
    func samplesHaveAnExponentWherePrometheusHas(value: Double, text: String) {
        var bytes: [UInt8] = []
        bytes.append(sampleValue: value)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test(arguments: [
        (0, "0"), (1, "0.001"), (1_435_781_451_781, "1435781451.781"), (1_435_781_460_000, "1435781460"), (-1, "-0.001"), (-1500, "-1.500"),
        (1050, "1.050"), (Int64.min, "-9223372036854775.808"),
    ])
    func timestampsHaveThreeDecimalsOrNone(milliseconds: Int64, text: String) {
        var bytes: [UInt8] = []
        bytes.append(timestampMilliseconds: milliseconds)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func jsonEscapesWhatItMust() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("a\"b\\c", "tab\tline\nbell\u{7}del\u{7F} ü 🦉")
            writer.member("list", ["x", "y"])
            writer.key("empty")
            writer.array([Int]()) { $0.integer($1) }
            writer.member("n", 1.5)
            writer.member("flag", true)
            writer.key("none")
            writer.null()
            writer.member("big", UInt64.max)
        }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a\"b\\c":"tab\tline\nbell\u0007del\u007f ü 🦉","list":["x","y"],"empty":[],"n":1.5,"flag":true,"none":null,"big":18446744073709551615}"#)
    }

    @Test func parametersAreDecodedOnceAndFormsGoFirst() {
        let parameters = RequestParameters("query=a%2Bb+c&match[]=x&empty=", "query=second&match%5B%5D=y&bad=%zz%4")
        #expect(parameters["query"] == "a+b c" && parameters.all("match[]") == ["x", "y"])
        #expect(parameters["empty"] == nil && parameters["missing"] == nil && parameters["bad"] == "%zz%4")
    }

    @Test(arguments: [
        ("1435781451.781", 1_435_781_451_781), ("1.5e3", 1_500_000), ("-1", -1000), ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
        ("2015-07-01T22:10:51.781+02:00", 1_435_781_451_781),
    ])
    func timesAreSecondsOrRFC3339(text: String, milliseconds: Int64) throws {
        let parameters = RequestParameters("t=\(percentEncoded(text))")
        #expect(try parameters.moment("t", default: .distantPast).milliseconds == milliseconds)
    }

    @Test(arguments: ["nan", "inf", "0x10", "1e30", "2015-13-01T00:00:00Z", "today"])
    func otherTimesAreRefused(text: String) {
        #expect(throws: Refusal.self) { try RequestParameters("t=\(text)").requiredMoment("t") }
        #expect(throws: Refusal.self) { try RequestParameters("t=\(text)").durationMilliseconds("t") }
    }

    @Test(arguments: [("1700000000", 1_700_000_000_000_000_000), ("1700000000.5", 1_700_000_000_500_000_000), ("1700000000000000001", 1_700_000_000_000_000_001)])
    func lokiTimesAreNanosecondsOrSeconds(text: String, nanoseconds: Int64) throws {
        #expect(try RequestParameters("t=\(text)").nanoMoment("t")?.nanoseconds == nanoseconds)
    }

    @Test func nativeHistogramsAreWrittenWithTheirBuckets() {
        let histogram = FloatHistogram(
            schema: 0, zeroThreshold: 0.001, zeroCount: 2, count: 12, sum: 18.4, positiveSpans: [.init(offset: 0, length: 2), .init(offset: 1, length: 2)],
            positiveBuckets: [1, 2, 1, 0], negativeSpans: [.init(offset: 0, length: 1)], negativeBuckets: [3])
        var writer = JSONWriter()
        writer.histogram(histogram)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"count":"12","sum":"18.4","buckets":[[1,"-1","-0.5","3"],[3,"-0.001","0.001","2"],[0,"0.5","1","1"],[0,"1","2","2"],[0,"4","8","1"]]}"#)
        let custom = FloatHistogram(
            schema: -53, count: 3, sum: 1, positiveSpans: [.init(offset: 0, length: 3)], positiveBuckets: [1, 1, 1], customValues: [5, 10])
        #expect(HistogramBucket.all(of: custom).map(\.upper) == [5, 10, .infinity])
        #expect(HistogramBucket.all(of: custom).map(\.boundaryRule) == [3, 0, 0])
        let fine = FloatHistogram(schema: 1, count: 1, sum: 1, positiveSpans: [.init(offset: -3, length: 1)], positiveBuckets: [1])
        #expect(HistogramBucket.all(of: fine).first?.lower == 0.25)
    }

    @Test func theGateAdmitsSoManyAndLetsSoManyWait() async throws {
        let gate = AdmissionGate(runningMax: 2, waitingMax: 3)
        let release = Signal()
        let finished = Locked(0)
        let refused = Locked(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    let result: Bool? = try await gate.run {
                        await withCheckedContinuation { continuation in _ = release.whenSet { continuation.resume() } }
                        return true
                    }
                    (result == nil ? refused : finished).withLock { $0 += 1 }
                }
            }
            try await waitUntil { refused.withLock({ $0 }) >= 5 }
            #expect(gate.runningCount == 2 && gate.waitingCount == 3)
            // One that is cancelled while it waits gives its place back.
            let cancelled = Task { try await gate.run { true } }
            cancelled.cancel()
            _ = await cancelled.result
            #expect(gate.waitingCount == 3)
            release.set()
            try await group.waitForAll()
        }
        #expect(finished.withLock { $0 } == 5 && refused.withLock { $0 } == 5)
        #expect(gate.runningCount == 0 && gate.waitingCount == 0)
    }

    @Test func aDamagedListOfAgentsIsLeftOut() throws {
        let directory = TemporaryDirectory("agents")
        let registry = AgentRegistry(directory: directory.path, agentsMax: 2, fileSystem: RealFileSystem())
        for (index, name) in ["a", "b", "c"].enumerated() {
            registry.seen(BatchOrigin(agent: name, sequence: 5)!, instance: "i\t\(name)", version: nil, signal: .logs, at: Timestamp(seconds: Int64(index)))
        }
        try registry.save()
        let read = AgentRegistry(directory: directory.path, agentsMax: 2, fileSystem: RealFileSystem())
        #expect(read.agents == registry.agents && read.agents.map(\.identifier) == ["b", "c"])
        let text = try RealFileSystem().map(directory.path("agents"))
        try directory.write("agents", String(decoding: text.bytes, as: UTF8.self).split(separator: "\t").joined(separator: " "))
        #expect(AgentRegistry(directory: directory.path, agentsMax: 2, fileSystem: RealFileSystem()).agents.isEmpty)
    }

    @Test(arguments: [
        ("gzip", ContentEncoding.gzip), ("br, gzip;q=0.5", .gzip), ("gzip;q=0", nil), ("identity", nil), ("*", .zstd), ("", nil),
        ("gzip, deflate, br, zstd", .zstd), ("zstd;q=0.5, gzip;q=0.8", .gzip), ("gzip;q=0.1, identity", nil), ("*;q=0, gzip", .gzip),
        ("GZIP ; Q=1", .gzip), ("zstd;q=x", nil),
    ])
    func thePreferredPackingIsChosen(header: String, chosen: ContentEncoding?) { #expect(ReplyEncoding.preferred(header) == chosen) }
}
