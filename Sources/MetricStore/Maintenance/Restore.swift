import Foundations
import Model

/// What a restored store holds.
public struct RestoreReport: Sendable, Equatable {
    public var seriesCount = 0
    /// Floats and histograms; those that two blocks hold of one time are counted in both.
    public var samples = 0
    public var blockCount = 0
    /// Nil where the store is empty.
    public var oldest: Timestamp?
    public var newest: Timestamp?
    /// Whether a store that was there was replaced.
    public var hasReplaced = false

    public init() {}
}

extension MetricStore {
    /// Puts a snapshot in place as the store of a folder: checks every checksum, copies it, opens the copy and counts what is in it, and
    /// only then gives it its name.
    ///
    /// The snapshot stays as it is, and shares no file with the store: damage of one isn't damage of the other. With `replaces` a store
    /// that is there goes once the new one is in place; it must not be open. A crash leaves the old store or the new one, or, between
    /// two renames, the old one under the name with `.replaced`: run it again.
    public static func restore(
        snapshot: String, to directory: String, replaces: Bool = false, fileSystem: any FileSystem = RealFileSystem(),
        clock: any WallClock = SystemClock()
    ) async throws(MetricStoreError) -> RestoreReport {
        let source = Store.Layout(directory: snapshot)
        guard try converting({ () throws(FileError) in try fileSystem.exists(source.manifest) }) else { throw .noSnapshot(directory: snapshot) }
        let problems = try check(directory: snapshot, fileSystem: fileSystem)
        if let first = problems.first { throw .snapshotDamaged(directory: snapshot, first: first, count: problems.count) }
        let isFree = try converting { () throws(FileError) in
            if try !fileSystem.exists(directory) { return true }
            return try fileSystem.list(directory).isEmpty
        }
        guard isFree || replaces else { throw .targetNotEmpty(directory: directory) }
        let lock = try isFree ? nil : takeLock(directory, fileSystem)
        let prepared = directory + ".restoring"
        try converting { () throws(FileError) in
            try fileSystem.removeTree(prepared)
            try copy(source, to: Store.Layout(directory: prepared), fileSystem)
        }
        var report = try await count(prepared, fileSystem, clock)
        report.hasReplaced = !isFree
        try converting { () throws(FileError) in try putInPlace(prepared, directory, fileSystem) }
        _ = lock
        return report
    }

    private static func copy(_ source: Store.Layout, to target: Store.Layout, _ fileSystem: any FileSystem) throws(FileError) {
        for folder in [target.directory, target.log, target.blocks, target.checkpoints] { try fileSystem.createDirectory(folder) }
        for (folder, destination) in [(source.blocks, target.blocks), (source.checkpoints, target.checkpoints), (source.log, target.log)] {
            for name in try fileSystem.list(folder) { try fileSystem.copy(Paths.join(folder, name), to: Paths.join(destination, name)) }
            try fileSystem.synchronizeDirectory(destination)
        }
        try fileSystem.replace(target.manifest, with: try fileSystem.readAll(source.manifest, bytesMax: Limits.manifestBytesMax))
    }

    /// Opens the copy as a store and looks at what is in it.
    private static func count(_ directory: String, _ fileSystem: any FileSystem, _ clock: any WallClock) async throws(MetricStoreError) -> RestoreReport {
        let store = try open(directory: directory, fileSystem: fileSystem, clock: clock, options: .forTools)
        var report = RestoreReport()
        let figures = store.statistics()
        report.samples = figures.headSamples + figures.blockSamples
        report.blockCount = figures.blockCount
        (report.oldest, report.newest) = (figures.oldest, figures.newest)
        do {
            report.seriesCount = try await store.series([], start: .distantPast, end: .distantFuture, limit: nil).count
        } catch {
            await store.close()
            throw .notRestored(reason: "\(error)")
        }
        let damage = store.statistics()
        await store.close()
        if damage.damagedTotal > 0 { throw .snapshotDamaged(directory: directory, first: damage.damageNotes.first ?? "", count: damage.damagedTotal) }
        return report
    }

    private static func putInPlace(_ prepared: String, _ directory: String, _ fileSystem: any FileSystem) throws(FileError) {
        let replaced = directory + ".replaced"
        if try fileSystem.exists(directory) {
            try fileSystem.removeTree(replaced)
            try fileSystem.rename(directory, to: replaced)
        }
        try fileSystem.createDirectory(Paths.directory(of: directory))
        try fileSystem.rename(prepared, to: directory)
        try fileSystem.synchronizeDirectory(Paths.directory(of: directory))
        try fileSystem.removeTree(replaced)
    }
}

extension MetricStoreOptions {
    /// For tools that open a store for a moment: nothing is dropped, sealed or merged by itself.
    public static var forTools: MetricStoreOptions {
        var options = MetricStoreOptions()
        options.maintenanceIntervalSeconds = 0
        options.retentionMilliseconds = nil
        options.checkpointsOnClose = false
        return options
    }
}

extension FileSystem {
    /// Links a file that doesn't change any more, or copies it to another file system.
    func share(_ path: String, with destination: String) throws(FileError) {
        do throws(FileError) { return try link(path, to: destination) } catch { if error.code != 18 /* EXDEV */ { throw error } }
        try copy(path, to: destination)
    }

    /// A durable copy of a file; its name is durable once the folder is synchronized.
    func copy(_ path: String, to destination: String) throws(FileError) {
        let map = try map(path)
        let copy = try open(destination, .create)
        defer { copy.close() }
        try copy.write(map.bytes, at: 0)
        try copy.synchronize()
    }
}
