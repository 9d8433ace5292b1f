import Foundations
import GRDB
import Model

/// The folder's partitions: which days there are, which of them are open, which were put aside.
final class PartitionCatalog: Sendable {
    private struct State {
        var names: Set<PartitionName> = []
        var open: [PartitionName: Partition] = [:]
        /// Open ones, the last used one at the end.
        var recent: [PartitionName] = []
        var quarantined: [LogStoreStatistics.Quarantined] = []
        /// Days whose new file may not have its place yet.
        var replaced: Set<PartitionName> = []
        var isClosed = false
    }

    private static let quarantineMark = ".damaged"

    let directory: String
    private let fileSystem: any FileSystem
    private let clock: any WallClock
    private let state: Locked<State>
    private let lock: Locked<(any FileLock)?>

    init(directory: String, fileSystem: any FileSystem, clock: any WallClock) throws(LogStoreError) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.clock = clock
        var state = State()
        do throws(FileError) {
            try fileSystem.createDirectory(directory)
            lock = Locked(try fileSystem.lock(Paths.join(directory, "lock")))
            for name in try fileSystem.list(directory) {
                if let partition = PartitionName(file: name) {
                    state.names.insert(partition)
                } else if let partition = DayReplacement.day(ofFile: name) {
                    try DayReplacement(name: partition, directory: directory, fileSystem: fileSystem).finish()
                    state.names.insert(partition)
                } else if name.contains(PartitionName.restoringMark) {
                    // A day that was being restored when the process ended: its sender sends it again.
                    try fileSystem.remove(Paths.join(directory, name))
                } else if name.contains(Self.quarantineMark), !name.hasSuffix("-wal"), !name.hasSuffix("-shm") {
                    state.quarantined.append(.init(file: name, reason: "it was put aside in an earlier run"))
                }
            }
        } catch {
            if error.isLocked { throw .locked(directory: directory) }
            throw LogStoreError(error)
        }
        self.state = Locked(state)
    }

    /// Those whose day overlaps `start <= t < end`, ascending.
    func partitions(_ start: NanoTimestamp, _ end: NanoTimestamp) -> [PartitionName] {
        state.withLock { $0.names.filter { $0.day.start < end && $0.day.end > start } }.sorted()
    }

    var all: [PartitionName] { state.withLock { $0.names }.sorted() }

    func isOpen(_ name: PartitionName) -> Bool { state.withLock { $0.open[name] != nil } }

    /// Forgets an open day; its last reader closes it.
    func release(_ name: PartitionName) {
        state.withLock { state in
            state.open[name] = nil
            state.recent.removeAll { $0 == name }
        }
    }

    var openPartitions: [Partition] { state.withLock { Array($0.open.values) } }

    /// An existing day, opened; nil where there is none, or it was put aside just now.
    func existing(_ name: PartitionName) throws -> Partition? {
        guard state.withLock({ $0.names.contains(name) }) else { return nil }
        do {
            return try open(name)
        } catch let error as LogStoreError {
            // Reads go on without room. Not kept: once there is some, the day is opened in the ordinary way.
            guard case .diskFull = error, let frozen = try Partition(frozen: name, directory: directory, fileSystem: fileSystem) else { throw error }
            return frozen
        }
    }

    /// Whether the day needs nothing any more: all of its rows are in chunks and in the index, and it was merged. Not asked for a day that is open.
    func isAtRest(_ name: PartitionName) -> Bool {
        !isOpen(name) && Partition.isAtRest(Paths.join(directory, name.file), indexPath: Paths.join(directory, name.indexFile))
    }

    /// A day to write into, made where it is missing.
    func writable(_ name: PartitionName) throws -> Partition {
        guard let partition = try open(name) else {
            // The damaged file has just been put aside: a new one takes its place.
            return try openNew(name)
        }
        return partition
    }

    private func openNew(_ name: PartitionName) throws -> Partition {
        guard let partition = try open(name) else { throw LogStoreError.damaged(file: name.file, reason: "even a new file can't be opened") }
        return partition
    }

    private func open(_ name: PartitionName) throws -> Partition? {
        try state.withLock { state throws -> Partition? in
            if state.isClosed { throw LogStoreError.closed }
            try finishReplacement(name, &state)
            let partition: Partition
            if let open = state.open[name] {
                partition = open
            } else {
                let path = Paths.join(directory, name.file)
                do {
                    partition = try Partition(name, directory: directory, fileSystem: fileSystem)
                } catch {
                    let failure = LogStoreError(error, file: path)
                    guard case .damaged(_, let reason) = failure else { throw failure }
                    try putAside(name, reason: reason, &state)
                    return nil
                }
                state.names.insert(name)
                state.open[name] = partition
            }
            state.recent.removeAll { $0 == name }
            state.recent.append(name)
            // Dropped, not closed: a reader may hold it, and the last reference closes it.
            while state.recent.count > Limits.openPartitionsMax { state.open[state.recent.removeFirst()] = nil }
            return partition
        }
    }

    /// Puts a day's damaged file aside, so that the rest answers; the files keep their bytes for whoever looks into them.
    func quarantine(_ partition: Partition, reason: String) throws {
        try state.withLock { state throws in
            // Another thread may have done it, and a new file may stand in its place.
            guard state.names.contains(partition.name), state.open[partition.name] == nil || state.open[partition.name] === partition else { return }
            try putAside(partition.name, reason: reason, &state)
        }
    }

    private func putAside(_ name: PartitionName, reason: String, _ state: inout State) throws {
        state.open[name] = nil
        state.recent.removeAll { $0 == name }
        state.names.remove(name)
        let path = Paths.join(directory, name.file)
        let aside = "\(path)\(Self.quarantineMark)-\(clock.now().nanoseconds)"
        for suffix in PartitionName.suffixes where try fileSystem.exists(path + suffix) {
            try fileSystem.rename(path + suffix, to: aside + suffix)
        }
        try removeIndex(name)
        try fileSystem.synchronizeDirectory(directory)
        state.quarantined.append(.init(file: Paths.name(of: aside), reason: reason))
    }

    /// Removes the files of partitions; returns how many there were.
    func delete(_ isExpired: (PartitionName) -> Bool) throws -> Int {
        try state.withLock { state throws in
            let expired = state.names.filter(isExpired)
            for name in expired {
                state.open[name] = nil
                state.recent.removeAll { $0 == name }
                state.names.remove(name)
                let path = Paths.join(directory, name.file)
                for suffix in PartitionName.suffixes + [DayReplacement.mark] where try fileSystem.exists(path + suffix) { try fileSystem.remove(path + suffix) }
                try removeIndex(name)
            }
            if !expired.isEmpty { try fileSystem.synchronizeDirectory(directory) }
            return expired.count
        }
    }

    /// Makes a file of this folder a day, in place of what it held. Throws `.alreadyThere` where there is such a day and it isn't to be replaced.
    func adopt(_ path: String, as name: PartitionName, replaces: Bool) throws {
        try state.withLock { state throws in
            if state.isClosed { throw LogStoreError.closed }
            let target = Paths.join(directory, name.file)
            if !replaces, try state.names.contains(name) || fileSystem.exists(target) { throw LogStoreError.alreadyThere(file: target) }
            // Said before, so that a day is looked at again before it is opened even where deciding failed half-way.
            state.replaced.insert(name)
            try replacement(name).decide(path)
            try finishReplacement(name, &state)
        }
    }

    /// Before a day is opened: what would be written into the file that has its place now would be lost. Its last reader closes that.
    private func finishReplacement(_ name: PartitionName, _ state: inout State) throws(FileError) {
        guard state.replaced.contains(name) else { return }
        let replacement = replacement(name)
        if try replacement.isDecided() {
            state.open[name] = nil
            state.recent.removeAll { $0 == name }
            try replacement.finish()
            state.names.insert(name)
        }
        state.replaced.remove(name)
    }

    private func replacement(_ name: PartitionName) -> DayReplacement { DayReplacement(name: name, directory: directory, fileSystem: fileSystem) }

    private func removeIndex(_ name: PartitionName) throws {
        let path = Paths.join(directory, name.indexFile)
        for suffix in PartitionName.suffixes where try fileSystem.exists(path + suffix) { try fileSystem.remove(path + suffix) }
    }

    var quarantined: [LogStoreStatistics.Quarantined] { state.withLock { $0.quarantined } }

    func partitionSizes() -> [LogStoreStatistics.Partition] {
        all.map { .init(day: $0.day.description, retentionClass: $0.retentionClass, sizeBytes: sizeBytes($0)) }
    }

    /// With its index and their write-ahead logs.
    func sizeBytes(_ name: PartitionName) -> Int {
        [name.file, name.indexFile].reduce(0) { sum, file in
            let path = Paths.join(directory, file)
            // A file that was removed meanwhile counts nothing.
            return sum + ["", "-wal"].reduce(0) { $0 + ((try? fileSystem.information(path + $1))?.sizeBytes ?? 0) }
        }
    }

    /// Closes all files and gives the folder free.
    func close() throws {
        let open = state.withLock { state in
            state.isClosed = true
            defer { state.open = [:] }
            return Array(state.open.values)
        }
        defer { lock.withLock { $0 = nil } }
        for partition in open { try partition.close() }
    }
}
