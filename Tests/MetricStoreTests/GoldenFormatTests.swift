import Foundations
import Model
import Testing

@testable import MetricStore

/// Files of each format version, byte for byte: they must be written the same, and read for as long as the version is supported.
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

    static let mergedName = "blocks/merged.block"

    /// The golden block, a later one with a replacement and a late sample, and a deletion.
    static func mergedBlock(_ fileSystem: SimulatedFileSystem) throws {
        let late = try BlockWriter(fileSystem: fileSystem, path: "/late.block", number: 2)
        let samples = [Sample(timestamp: baseMilliseconds + 15_000, value: 7), Sample(timestamp: baseMilliseconds + 50_000, value: 8)]
        try late.add(["__name__": "noise"], SampleColumns(samples), [])
        try late.finish()
        let golden = try BlockReader(MappedFile(path: "/golden.block", copying: GoldenBytes.bytes(try #require(GoldenBytes.files["version1/sealed.block"]))))
        let inputs = [golden, try BlockReader.open("/late.block", fileSystem: fileSystem).get()]
        let stone = Tombstone(matchers: [try Matcher("room", .regex, "k.*")], start: 0, end: baseMilliseconds, blockLimit: 3)
        let writer = try BlockWriter(
            fileSystem: fileSystem, path: "/merged.block", number: 3, merged: .init(start: baseMilliseconds, widthMilliseconds: 12 * hour))
        var merge = try BlockMerge(inputs, [stone])
        while try merge.writeNext(to: writer) {}
        try writer.finish()
    }

    @Test func aMergedBlockIsWrittenAsTheGoldenSays() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        try Self.mergedBlock(fileSystem)
        let written = GoldenBytes.hex(try fileSystem.readAll("/merged.block", bytesMax: 1 << 20))
        #expect(written == GoldenBytes.files[Self.mergedName])
    }

    @Test(arguments: ["version2/merged.block", mergedName])
    func mergedGoldensAreRead(name: String) throws {
        let block = try BlockReader(MappedFile(path: "/m.block", copying: GoldenBytes.bytes(try #require(GoldenBytes.files[name]))))
        try block.verify()
        #expect(block.footer.merged == .init(start: baseMilliseconds, widthMilliseconds: 12 * hour))
        let series = try (0..<3).map { try block.series($0) }
        #expect(series.map(\.labels.description) == ["duration", "noise", #"temperature{room="küche"}"#])
        #expect(try block.histograms(series[0].series.parts[0]).map(\.histogram.count) == [6])
        #expect(try block.samples(series[1].series.parts[0]).values == [.pi, 7, 0.1, 8])
        #expect(try block.samples(series[2].series.parts[0]).values.map(\.bitPattern) == [21.6, StaleMarker.value, -0.0, 21.4].map(\.bitPattern))
    }

    /// A folder as each version left it: an upgrade finds what was there.
    @Test(arguments: ["version1/sealed.block", names[1]])
    func goldensAreRead(block: String) async throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        for name in Self.names {
            let path = Paths.join(Self.directory, name)
            try fileSystem.createDirectory(Paths.directory(of: path))
            let file = try fileSystem.open(path, .create)
            try file.write(GoldenBytes.bytes(try #require(GoldenBytes.files[name == Self.names[1] ? block : name])), at: 0)
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

    /// A whole data folder with a block of each version, as an upgrade meets it.
    @Test func aFolderWithEveryVersionIsOpenedCheckedAndRead() async throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        // The merged block holds what block 1 held and more; they lie in one folder as after a lost manifest.
        let merged = "blocks/0000000000000003.block"
        var contents = GoldenBytes.files.filter { Self.names.contains($0.key) }
        contents[merged] = GoldenBytes.files[Self.mergedName]
        for (name, hexadecimal) in contents {
            let path = Paths.join(Self.directory, name)
            try fileSystem.createDirectory(Paths.directory(of: path))
            try fileSystem.replace(path, with: GoldenBytes.bytes(hexadecimal))
        }
        let manifest = Manifest(nextBlock: 4, checkpoint: 1, logStart: 2, blocks: [1, 3])
        try fileSystem.replace(Paths.join(Self.directory, "manifest"), with: manifest.encode())
        #expect(try MetricStore.check(directory: Self.directory, fileSystem: fileSystem) == [])
        let store = try Self.open(fileSystem)
        #expect(store.statistics().blockCount == 2 && store.statistics().damagedTotal == 0)
        let noise = try #require(try await store.all([Matcher("__name__", equals: "noise")]).first)
        #expect(noise.values == [.pi, 7, 0.1, 8], "of equal times the newer block's sample holds")
        #expect(try await store.all().map(\.sampleCount) == [1, 4, 4, 2])
        try await store.checkpoint()
        await store.close()
        let again = try Self.open(fileSystem)
        #expect(try await again.all().map(\.sampleCount) == [1, 4, 4, 2])
        await again.close()
    }
}
