import Foundations
import GRDB

/// Copies of days, made while the store is in use or not; what a copy lacks, its index, is made anew after restoring.
extension LogStore {
    /// What a backup or a restoration did.
    public struct BackupReport: Sendable {
        /// Names of the files.
        public var files: [String] = []
        public var bytes = 0
    }

    /// Copies a day's files, or all where `day` (`2026-11-21`) is nil, as they stand at one moment each. The store may be open, in this
    /// process or in another one. Existing files in the destination are an error.
    public static func backUp(directory: String, day: String?, to destination: String) throws(LogStoreError) -> BackupReport {
        let files = RealFileSystem()
        return try wrapping(directory) {
            let names = try files.list(directory).compactMap(PartitionName.init(file:)).filter { day == nil || $0.day.description == day }.sorted()
            if names.isEmpty { throw LogStoreError.noSuchDay(directory: directory, day: day) }
            try files.createDirectory(destination)
            var report = BackupReport()
            for name in names {
                let target = Paths.join(destination, name.file)
                if try files.exists(target) { throw LogStoreError.alreadyThere(file: target) }
                try copy(Paths.join(directory, name.file), to: target, files)
                report.files.append(name.file)
                report.bytes += try files.information(target)?.sizeBytes ?? 0
            }
            try files.synchronizeDirectory(destination)
            return report
        }
    }

    /// Puts the days of a backup into a store's folder that no process has open. Each is read and verified first. A day that is there
    /// already is an error, unless it is to be replaced: a crash leaves of each day what was there or the one of the backup, whole.
    public static func restore(backup: String, to directory: String, replaces: Bool = false) throws(LogStoreError) -> BackupReport {
        try restore(backup: backup, to: directory, replaces: replaces, RealFileSystem())
    }

    static func restore(backup: String, to directory: String, replaces: Bool, _ files: any FileSystem) throws(LogStoreError) -> BackupReport {
        try wrapping(directory) {
            let names = try files.list(backup).compactMap(PartitionName.init(file:)).sorted()
            if names.isEmpty { throw LogStoreError.noSuchDay(directory: backup, day: nil) }
            for name in names {
                let problems = PartitionCheck.problems(Paths.join(backup, name.file))
                if let first = problems.first { throw LogStoreError.damaged(file: Paths.join(backup, name.file), reason: first) }
            }
            try files.createDirectory(directory)
            let lock: any FileLock
            do throws(FileError) {
                lock = try files.lock(Paths.join(directory, "lock"))
            } catch {
                throw error.isLocked ? LogStoreError.locked(directory: directory) : LogStoreError(error)
            }
            defer { withExtendedLifetime(lock) {} }
            var report = BackupReport()
            for name in names {
                let target = Paths.join(directory, name.file)
                if !replaces, try files.exists(target) { throw LogStoreError.alreadyThere(file: target) }
            }
            for name in names {
                let part = Paths.join(directory, name.file) + PartitionName.restoringMark
                for suffix in PartitionName.suffixes where try files.exists(part + suffix) { try files.remove(part + suffix) }
                try copy(Paths.join(backup, name.file), to: part, files)
                let replacement = DayReplacement(name: name, directory: directory, fileSystem: files)
                try replacement.decide(part)
                try replacement.finish()
                report.files.append(name.file)
                report.bytes += try files.information(Paths.join(directory, name.file))?.sizeBytes ?? 0
            }
            return report
        }
    }

    /// Reads all files of a store and says what is wrong, one line each. The store may be open meanwhile.
    public static func check(directory: String) throws(LogStoreError) -> [String] {
        try wrapping(directory) {
            try RealFileSystem().list(directory).compactMap(PartitionName.init(file:)).sorted().flatMap { name in
                PartitionCheck.problems(Paths.join(directory, name.file)).map { "\(name.file): \($0)" }
            }
        }
    }

    static func copy(_ path: String, to target: String, _ files: any FileSystem) throws {
        try files.open(target, .create).close()
        let source = try DatabaseQueue(path: path, configuration: DatabaseFile.configuration(label: "logs, backup"))
        let copy = try DatabaseQueue(path: target)
        try source.backup(to: copy)
        // The copy stands alone: nothing of it in a write-ahead log.
        try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
        try source.close()
    }

    private static func wrapping<Value>(_ path: String, _ body: () throws -> Value) throws(LogStoreError) -> Value {
        do {
            return try body()
        } catch {
            throw LogStoreError(error, file: path)
        }
    }
}
