import Foundations
import Model
import Testing

@testable import MetricStore

/// Files of format version 1, byte for byte: they must be written the same, and read for as long as the version is supported.
@Suite struct GoldenFormatTests {
    static let directory = "/g"
    static let names = ["manifest", "blocks/0000000000000001.block", "checkpoints/0000000000000001.checkpoint", "log/0000000000000002.log"]

    /// A block, a checkpoint with what the block left, and a log behind it.
    static func fill(_ fileSystem: SimulatedFileSystem) async throws {
        let store = try open(fileSystem)
        let histogram = FloatHistogram(
            schema: 3, zeroThreshold: 0.001, zeroCount: 1, count: 6, sum: 12.5, positiveSpans: [.init(offset: -1, length: 2)], positiveBuckets: [2, 3])
        _ = try await store.append(
            MetricBatch(
                entries: [
                    .init(labels: ["__name__": "temperature", "room": "küche"], samples: samples([21.5, 21.6, StaleMarker.value, -0.0, 21.4])),
                    .init(labels: ["__name__": "noise"], samples: samples([.pi, 1e300, 0.1])),
                    .init(
                        labels: ["__name__": "duration"], histograms: [.init(timestamp: baseMilliseconds + 1, histogram: histogram, isInteger: true)]),
                ], metadata: ["temperature": Metadata(kind: .gauge, help: "air", unit: "celsius")]), origin: BatchOrigin(agent: "a1", sequence: 5))
        _ = try await store.append(.one(["__name__": "tick"], baseMilliseconds + 3 * hour, 1))
        try await store.maintain()
        _ = try await store.append(
            MetricBatch(
                entries: [
                    .init(
                        labels: ["__name__": "tick"], samples: [Sample(timestamp: baseMilliseconds + 3 * hour + 1000, value: 2.5)],
                        exemplars: [Exemplar(labels: ["trace_id": "abc"], sample: Sample(timestamp: baseMilliseconds + 3 * hour, value: 2))])
                ]), origin: BatchOrigin(agent: "a1", sequence: 6))
        try await store.delete([try Matcher("room", .regex, "k.*")], start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: baseMilliseconds))
        await store.close()
    }

    static func open(_ fileSystem: SimulatedFileSystem) throws -> MetricStore {
        try MetricStore.open(
            directory: directory, fileSystem: fileSystem, clock: ManualClock(milliseconds: baseMilliseconds + 4 * hour), options: testOptions())
    }

    static func samples(_ values: [Double]) -> [Sample] {
        values.enumerated().map { Sample(timestamp: baseMilliseconds + Int64($0.offset) * 15_000, value: $0.element) }
    }

    @Test func filesAreWrittenAsTheGoldensSay() async throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        try await Self.fill(fileSystem)
        for name in Self.names {
            let written = try fileSystem.readAll(Paths.join(Self.directory, name), bytesMax: 1 << 20)
            #expect(GoldenBytes.hex(written) == GoldenBytes.files[name], "\(name)")
        }
    }

    @Test func goldensAreRead() async throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        for name in Self.names {
            let path = Paths.join(Self.directory, name)
            try fileSystem.createDirectory(Paths.directory(of: path))
            let file = try fileSystem.open(path, .create)
            try file.write(GoldenBytes.bytes(try #require(GoldenBytes.files[name])), at: 0)
        }
        let store = try Self.open(fileSystem)
        let all = try await store.all()
        #expect(all.map(\.labels.description) == ["duration", "noise", #"temperature{room="küche"}"#, "tick"])
        #expect(all[0].histograms.map(\.histogram.positiveBuckets) == [[2, 3]])
        #expect(all[1].values == [.pi, 1e300, 0.1])
        #expect(all[2].values.map(\.bitPattern) == [21.6, StaleMarker.value, -0.0, 21.4].map(\.bitPattern))
        #expect(all[3].timestamps == [baseMilliseconds + 3 * hour, baseMilliseconds + 3 * hour + 1000])
        #expect(all[3].values == [1, 2.5])
        #expect(store.highWaterMark(of: "a1") == 6)
        #expect(try await store.metadata()["temperature"]?.unit == "celsius")
        #expect(try await store.exemplars([], start: .distantPast, end: .distantFuture).first?.exemplars.first?.labels == ["trace_id": "abc"])
        #expect(store.statistics().damagedTotal == 0)
        await store.close()
    }
}
