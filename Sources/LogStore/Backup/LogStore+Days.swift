import Foundations
import Model

/// Days as files, while the store is open.
extension LogStore {
    /// A day's file of one retention class.
    public struct DayFile: Sendable {
        /// `logs-2026-11-21.sqlite`
        public let name: String
        /// The day's first moment.
        public let start: NanoTimestamp
        /// That of the day after it.
        public let end: NanoTimestamp
        /// With its index and their write-ahead logs.
        public let sizeBytes: Int
    }

    /// The files whose days overlap `start <= t < end`, ascending.
    public func days(from start: NanoTimestamp = .distantPast, to end: NanoTimestamp = .distantFuture) -> [DayFile] {
        catalog.partitions(start, end).map { DayFile(name: $0.file, start: $0.day.start, end: $0.day.end, sizeBytes: catalog.sizeBytes($0)) }
    }

    /// Whether a file's name is that of a day.
    public static func isDayFile(_ name: String) -> Bool { PartitionName(file: name) != nil }

    /// Copies a day's file as it stands at one moment, without its index, to a path where nothing is. Throws `.noSuchDay`.
    public func copyDay(_ file: String, to path: String) async throws(LogStoreError) {
        guard let name = PartitionName(file: file), catalog.all.contains(name) else { throw .noSuchDay(directory: catalog.directory, day: SafeText(file).string) }
        try await onThread { [directory = catalog.directory] in try Self.copy(Paths.join(directory, name.file), to: path, RealFileSystem()) }
    }

    /// Where a file that is to become a day is written first: in the store's folder, so that it needs no copying.
    public func restoringPath(_ file: String) -> String { Paths.join(catalog.directory, file + PartitionName.restoringMark) }

    /// Gives the file at `restoringPath` its place as a day, indexed again in the background; returns its bytes.
    ///
    /// All of it is read and verified first. Throws `.alreadyThere` where the store has the day, unless it is to be replaced: then what it
    /// held is gone, what came in meanwhile too; a crash leaves what it held or the new file, whole. Throws `.damaged` where the file isn't whole. In both cases the file is left to the caller.
    public func adoptDay(_ file: String, replaces: Bool) async throws(LogStoreError) -> Int {
        guard let name = PartitionName(file: file) else { throw .noSuchDay(directory: catalog.directory, day: SafeText(file).string) }
        let path = restoringPath(file)
        let sizeBytes = try await onThread { () throws in
            if let first = PartitionCheck.problems(path).first { throw LogStoreError.damaged(file: file, reason: first) }
            // Reading may have made these; nothing of the file is in them.
            let files = RealFileSystem()
            for suffix in PartitionName.suffixes.dropFirst() where try files.exists(path + suffix) { try files.remove(path + suffix) }
            return try files.information(path)?.sizeBytes ?? 0
        }
        try await inBackground { work in
            work.indexing.forget(name)
            try work.environment.writer.perform { writers in
                writers.forget(name)
                try writers.catalog.adopt(path, as: name, replaces: replaces)
            }
        }
        background.stored(in: name)
        return sizeBytes
    }
}
