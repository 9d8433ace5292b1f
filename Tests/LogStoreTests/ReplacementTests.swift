import Foundations
import Model
import TestSupport
import Testing

@testable import LogStore

/// A day that a restored one replaces, ended at any operation on the folder, as a kill ends it: what was there or the new one, whole.
@Suite struct ReplacementTests {
    private static let old = (0..<40).map { "old line \($0)" }
    private static let new = (0..<1500).map { "new line \($0)" }
    private static let oldestFirst = LogQuery(direction: .oldestFirst)

    /// A folder with a day: partly sealed and indexed, and its last rows in the write-ahead log alone. A backup of another such day beside it.
    private static func folder() async throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let source = try LogStore.open(directory: directory.path("source"), clock: ManualClock(noon))
        _ = try await source.append(new.enumerated().map { record(Int64($0), $1) })
        try await source.seal()
        _ = try LogStore.backUp(directory: directory.path("source"), day: nil, to: directory.path("backup"))
        await source.close()
        let store = try openStore(directory)
        _ = try await store.append(old.prefix(30).enumerated().map { record(Int64($0), $1) })
        try await store.seal()
        _ = try await store.append(old[30...].enumerated().map { record(Int64($0) + 30, $1) })
        try copyOpen(directory)
        await store.close()
        return directory
    }

    /// The files of an open store, with the write-ahead logs that closing it would fold in, into `killed`.
    private static func copyOpen(_ directory: TemporaryDirectory) throws {
        let files = RealFileSystem()
        try files.createDirectory(directory.path("killed"))
        for name in try files.list(directory.path("logs")) where name != "lock" && !name.hasSuffix("-shm") {
            try files.replace(directory.path("killed/\(name)"), with: try files.readAll(directory.path("logs/\(name)"), bytesMax: 1 << 24))
        }
    }

    private static func reset(_ directory: TemporaryDirectory) throws {
        let files = RealFileSystem()
        try files.removeTree(directory.path("logs"))
        try files.createDirectory(directory.path("logs"))
        for name in try files.list(directory.path("killed")) {
            try files.replace(directory.path("logs/\(name)"), with: try files.readAll(directory.path("killed/\(name)"), bytesMax: 1 << 24))
        }
    }

    /// Opens the folder and says which of the two days is there, through chunks and through the index.
    private static func isNew(_ directory: TemporaryDirectory, _ place: String) async throws -> Bool {
        let store = try openStore(directory)
        let found = try await bodies(store, oldestFirst)
        try #require(found == old || found == new, "\(place): \(found.count) lines")
        try await store.seal()
        let word = LogQuery(lineFilters: [try LineFilter(.phrase, "line 17")])
        try #require(try await bodies(store, word) == [found[17]], "\(place): by the index")
        try #require(try await store.append([record(minute, "after")]).stored == 1, "\(place)")
        await store.close()
        try #require(try RealFileSystem().list(directory.path("logs")).allSatisfy { !$0.contains("replacing") }, "\(place)")
        try #require(try LogStore.check(directory: directory.path("logs")) == [], "\(place)")
        return found == new
    }

    @Test func aRestorationThatEndsAnywhereLeavesOneDayWhole() async throws {
        let directory = try await Self.folder()
        var outcomes: [Bool] = []
        for operation in 1... {
            try Self.reset(directory)
            let disk = EndingFileSystem(after: operation - 1)
            do {
                _ = try LogStore.restore(backup: directory.path("backup"), to: directory.path("logs"), replaces: true, disk)
            } catch {
                outcomes.append(try await Self.isNew(directory, "operation \(operation)"))
                continue
            }
            #expect(try await Self.isNew(directory, "undisturbed"))
            break
        }
        // At first what was there, from the decision on the new one.
        #expect(outcomes.contains(false) && outcomes.contains(true))
        #expect(outcomes.drop { !$0 }.allSatisfy { $0 })
    }

    @Test func aDayThatIsReplacedInAnOpenStoreIsWholeWhereverThatEnds() async throws {
        let directory = try await Self.folder()
        let file = "logs-2026-11-21.sqlite"
        var outcomes: [Bool] = []
        for operation in 1... {
            try Self.reset(directory)
            let disk = EndingFileSystem(after: .max)
            let store = try LogStore.open(directory: directory.path("logs"), clock: ManualClock(noon), options: .init(), disk)
            #expect(try await bodies(store, Self.oldestFirst) == Self.old)
            try RealFileSystem().replace(store.restoringPath(file), with: try RealFileSystem().readAll(directory.path("backup/\(file)"), bytesMax: 1 << 24))
            disk.end(after: operation - 1)
            do {
                _ = try await store.adoptDay(file, replaces: true)
            } catch {
                // The disk is there again, in the same process: what is acknowledged from here on stays.
                disk.end(after: .max)
                let found = try await bodies(store, Self.oldestFirst)
                #expect(found == Self.old || found == Self.new)
                #expect(try await store.append([record(-minute, "meanwhile")]).stored == 1)
                await store.close()
                let again = try openStore(directory)
                #expect(try await bodies(again, Self.oldestFirst) == ["meanwhile"] + found, "operation \(operation)")
                await again.close()
                outcomes.append(found == Self.new)
                continue
            }
            disk.end(after: .max)
            #expect(try await bodies(store, Self.oldestFirst) == Self.new)
            await store.close()
            #expect(try await Self.isNew(directory, "undisturbed"))
            break
        }
        #expect(outcomes.contains(false) && outcomes.contains(true))
    }
}

/// A disk whose changes of names and synchronizations fail once there were so many: those of a process that was killed there.
private final class EndingFileSystem: FileSystem {
    private let real = RealFileSystem()
    private let left: Locked<Int>

    init(after count: Int) { left = Locked(count) }

    func end(after count: Int) { left.withLock { $0 = count } }

    private func change(_ operation: String, _ path: String) throws(FileError) {
        let isOver = left.withLock { left in
            if left == 0 { return true }
            left -= 1
            return false
        }
        if isOver { throw FileError(operation: operation, path: path, code: 5 /* EIO */) }
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File { try real.open(path, mode) }
    func createDirectory(_ path: String) throws(FileError) { try real.createDirectory(path) }
    func list(_ directory: String) throws(FileError) -> [String] { try real.list(directory) }
    func information(_ path: String) throws(FileError) -> FileInformation? { try real.information(path) }
    func rename(_ path: String, to destination: String) throws(FileError) {
        try change("rename", path)
        try real.rename(path, to: destination)
    }
    func remove(_ path: String) throws(FileError) {
        try change("remove", path)
        try real.remove(path)
    }
    func link(_ path: String, to destination: String) throws(FileError) { try real.link(path, to: destination) }
    func synchronizeDirectory(_ path: String) throws(FileError) {
        try change("synchronize", path)
        try real.synchronizeDirectory(path)
    }
    func map(_ path: String) throws(FileError) -> MappedFile { try real.map(path) }
    func lock(_ path: String) throws(FileError) -> any FileLock { try real.lock(path) }
    func space(_ path: String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64) { try real.space(path) }
}
