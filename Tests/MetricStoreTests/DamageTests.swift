import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

/// Bits that flip on the disk: found, or without effect; never a wrong value, never a trap.
@Suite struct DamageTests {
    static let directory = "/var/metrics"

    /// A store with blocks, a checkpoint and a log, closed.
    static func made(seed: UInt64) async throws -> (fileSystem: SimulatedFileSystem, run: CrashRun) {
        let fileSystem = SimulatedFileSystem(seed: seed)
        var run = CrashRun(goesOn: false)
        await run.run(on: fileSystem)
        #expect(run.errors == [])
        return (fileSystem, run)
    }

    static func files(_ fileSystem: SimulatedFileSystem) throws -> [String] {
        var files = [Paths.join(directory, "manifest")]
        for folder in ["log", "blocks", "checkpoints"] {
            for name in try fileSystem.list(Paths.join(directory, folder)) { files.append(Paths.join(Paths.join(directory, folder), name)) }
        }
        return files
    }

    static func flip(_ path: String, bit: Int, _ fileSystem: SimulatedFileSystem) throws {
        let file = try fileSystem.open(path, .readWrite)
        defer { file.close() }
        var byte = try file.readBytes(1, at: bit / 8)
        byte[0] ^= 1 << UInt8(bit % 8)
        try file.write(byte, at: bit / 8)
        try file.synchronize()
    }

    /// Values that were never written at their times.
    static func wrongValues(_ store: MetricStore) async throws -> [String] {
        var wrong: [String] = []
        for series in try await store.all() {
            for (timestamp, value) in zip(series.timestamps, series.values) where value != value.rounded() || CrashRun.time(Int(value)) != timestamp {
                wrong.append("\(series.labels) holds \(value) at \(timestamp)")
            }
        }
        return wrong
    }

    @Test(arguments: 0..<4)
    func aFlippedBitInAnyFileIsNeverReadAsAnotherValue(part: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(part))
        var found = 0
        var tried = 0
        let (original, run) = try await Self.made(seed: 9)
        let paths = try Self.files(original)
        for path in paths {
            let size = try #require(try original.information(path)).sizeBytes
            for _ in 0..<14 {
                let fileSystem = try Self.copy(original, paths)
                let bit = Int.random(in: 0..<size * 8, using: &generator)
                try Self.flip(path, bit: bit, fileSystem)
                let store = try CrashRun.open(fileSystem)
                try #require(try await Self.wrongValues(store) == [], "\(path), bit \(bit)")
                tried += 1
                let isWhole = try await run.violations(in: store).isEmpty
                let statistics = store.statistics()
                if statistics.damagedTotal > 0 || statistics.recovery.tornBytes > 0 { found += 1 } else { try #require(isWhole, "\(path), bit \(bit): lost without a word") }
                await store.close()
            }
        }
        #expect(found > tried / 2)
    }

    static func copy(_ original: SimulatedFileSystem, _ paths: [String]) throws -> SimulatedFileSystem {
        let fileSystem = SimulatedFileSystem(seed: 1)
        for path in paths {
            try fileSystem.createDirectory(Paths.directory(of: path))
            let file = try fileSystem.open(path, .create)
            try file.write(try original.readAll(path, bytesMax: 1 << 20), at: 0)
            try file.synchronize()
            file.close()
        }
        return fileSystem
    }

    @Test func readingGoesOnBehindADamagedRecord() async throws {
        let fileSystem = SimulatedFileSystem(seed: 4)
        var options = testOptions()
        options.checkpointsOnClose = false
        var store = try MetricStore.open(directory: "/d", fileSystem: fileSystem, clock: CrashRun.clock, options: options)
        for number in 0..<20 { _ = try await store.append(.one(.test("cpu", 1), baseMilliseconds + Int64(number) * 1000, Double(number))) }
        await store.close()
        // In the middle of the segment, behind the record that names the series.
        let path = "/d/log/0000000000000001.log"
        let size = try #require(try fileSystem.information(path)).sizeBytes
        try Self.flip(path, bit: size / 2 * 8, fileSystem)
        store = try MetricStore.open(directory: "/d", fileSystem: fileSystem, clock: CrashRun.clock, options: options)
        #expect(try await store.all().first?.values.count == 19)
        #expect(store.statistics().damagedTotal == 1)
        #expect(store.statistics().damageNotes.first?.contains(path) == true)
        // The segment is put aside once a checkpoint holds what could be read.
        try await store.checkpoint()
        #expect(store.statistics().quarantinedFiles == ["/d/quarantine/0000000000000001.log"])
        #expect(try await store.all().first?.values.count == 19)
        await store.close()
    }

    @Test func aTornTailIsCutAtTheLastWholeRecord() async throws {
        let fileSystem = SimulatedFileSystem(seed: 4)
        var store = try MetricStore.open(directory: "/d", fileSystem: fileSystem, clock: CrashRun.clock, options: testOptions())
        for number in 0..<5 { _ = try await store.append(.one(.test("cpu", 1), baseMilliseconds + Int64(number) * 1000, Double(number))) }
        await store.close()
        let file = try fileSystem.open("/d/log/0000000000000001.log", .readWrite)
        try file.truncate(to: try file.sizeBytes() - 3)
        file.close()
        store = try MetricStore.open(directory: "/d", fileSystem: fileSystem, clock: CrashRun.clock, options: testOptions())
        #expect(try await store.all().first?.values == [0, 1, 2, 3])
        #expect(store.statistics().recovery.tornBytes > 0)
        #expect(store.statistics().damagedTotal == 0)
        await store.close()
    }

    @Test func aBlockThatIsNoneIsPutAsideAndTheRestIsRead() async throws {
        let (fileSystem, run) = try await Self.made(seed: 2)
        let name = try #require(try fileSystem.list(Paths.join(Self.directory, "blocks")).first)
        let path = Paths.join(Paths.join(Self.directory, "blocks"), name)
        let file = try fileSystem.open(path, .readWrite)
        try file.truncate(to: 100)
        file.close()
        let store = try CrashRun.open(fileSystem)
        #expect(store.statistics().quarantinedFiles.count == 1)
        let wrong = try await run.violations(in: store)
        #expect(!wrong.isEmpty && wrong.allSatisfy { $0.hasSuffix("is gone") })
        #expect(try await store.all().count == CrashRun.seriesCount)
        await store.close()
        let problems = try MetricStore.check(directory: Self.directory, fileSystem: fileSystem)
        #expect(problems.contains { $0.hasPrefix(Self.directory + "/quarantine/\(name) was put aside") }, "\(problems)")
        #expect(problems.contains { $0.hasPrefix("\(path) is missing") }, "\(problems)")
        // The next checkpoint writes a manifest without it; the file that was put aside stays for a person to look at.
        let again = try CrashRun.open(fileSystem)
        try await again.checkpoint()
        await again.close()
        #expect(try MetricStore.check(directory: Self.directory, fileSystem: fileSystem).count == 1)
    }

    @Test func aLostManifestIsMadeAgainFromTheFiles() async throws {
        let (fileSystem, run) = try await Self.made(seed: 2)
        try fileSystem.remove(Paths.join(Self.directory, "manifest"))
        let store = try CrashRun.open(fileSystem)
        #expect(try await run.violations(in: store) == [])
        await store.close()
    }

    @Test func aSoundBlockVerifies() async throws {
        let (fileSystem, _) = try await Self.made(seed: 2)
        for name in try fileSystem.list(Paths.join(Self.directory, "blocks")) {
            let path = Paths.join(Paths.join(Self.directory, "blocks"), name)
            try BlockReader.open(path, fileSystem: fileSystem).get().verify()
            #expect(try MetricStore.check(directory: Self.directory, fileSystem: fileSystem) == [])
            try Self.flip(path, bit: 30 * 8, fileSystem)
            #expect(try MetricStore.check(directory: Self.directory, fileSystem: fileSystem).count == 1)
            let flipped = try BlockReader.open(path, fileSystem: fileSystem)
            #expect(throws: DamagedBytes.self) { try flipped.get().verify() }
            try Self.flip(path, bit: 30 * 8, fileSystem)
        }
    }

    /// Bytes whose checksums are right, but that no writer ever wrote.
    @Test(arguments: 0..<200)
    func forgedBytesNeverTrap(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        for path in Self.forged.keys.sorted() {
            var bytes = Self.forged[path]!
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 40..<bytes.count - 40, using: &generator)
                bytes[place] = Bool.random(using: &generator) ? UInt8(truncatingIfNeeded: generator.next()) : 0xFF
            }
            if path.hasSuffix(".block") {
                Self.repairBlock(&bytes)
                do {
                    let block = try BlockReader(MappedFile(path: path, copying: bytes))
                    try block.verify()
                    _ = try block.resolve([try Matcher("instance", .regex, "host-[0-9]"), try Matcher("job", .notEqual, "db")])
                    try Self.mergeWithItself(block)
                } catch { #expect(error is DamagedBytes) }
            } else {
                var head = Head(blockMilliseconds: 2 * hour)
                var replay = SegmentReplay()
                bytes.withUnsafeBytes { all in
                    let records = ByteReader(UnsafeRawBufferPointer(rebasing: all[RecordFile.headerBytes...]))
                    var reader = ByteReader(records.bytes, offset: RecordFile.recordHeaderBytes)
                    while !reader.isAtEnd, CheckpointCode.readSeries(&reader, into: &head) {}
                    _ = CheckpointCode.decodeState(UnsafeRawBufferPointer(rebasing: records.bytes[RecordFile.recordHeaderBytes...]))
                    for type in [RecordFile.RecordType.commitGroup, .deletion] {
                        let payload = UnsafeRawBufferPointer(rebasing: records.bytes[RecordFile.recordHeaderBytes...])
                        _ = replay.apply(.init(type: type.rawValue, sequence: 1, payload: payload, offset: 0), to: &head)
                    }
                }
                for number in head.matching([]) { _ = head.view(number).samples(from: .min, through: .max) }
            }
        }
    }

    /// Two blocks with the same times, so that everything is decoded; or what is damaged.
    private static func mergeWithItself(_ block: BlockReader) throws {
        let writer = try BlockWriter(
            fileSystem: SimulatedFileSystem(seed: 1), path: "/m.block", number: 9, merged: .init(start: 0, widthMilliseconds: 4 * hour))
        do throws(MergeFailure) {
            var merge = try BlockMerge([block, block], [])
            while try merge.writeNext(to: writer) {}
        } catch {
            guard case .damaged(_, let damage) = error else { throw error }
            throw damage
        }
        try writer.finish()
    }

    static let forged = Dictionary(uniqueKeysWithValues: GoldenBytes.files.filter { $0.key != "manifest" }.map { ($0.key, GoldenBytes.bytes($0.value)) })

    /// Makes all checksums of a block right.
    static func repairBlock(_ bytes: inout [UInt8]) {
        let version = BlockFormat.Version(rawValue: bytes[(bytes.count - 16)...].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
        let footer = bytes.count - (version ?? .compact).footerBytes
        let checksums = footer - 4
        bytes.replace(at: checksums, littleEndian: CRC32C.checksum(Array(bytes[..<checksums])))
        bytes.replace(at: bytes.count - 12, littleEndian: CRC32C.checksum(Array(bytes[footer..<(bytes.count - 12)])))
    }
}
