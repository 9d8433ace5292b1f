import Foundations
import GRDB
import Model

/// The folder's partitions: which days there are, which of them are open, which were put aside.
final class PartitionCatalog: Sendable {
    private struct State {
        var days: Set<Day> = []
        var open: [Day: Partition] = [:]
        /// Open days, the last used one at the end.
        var recent: [Day] = []
        var quarantined: [LogStoreStatistics.Quarantined] = []
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
                if let day = Partition.day(ofFile: name) {
                    state.days.insert(day)
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

    /// Days with a file whose time overlaps `start <= t < end`, ascending.
    func days(_ start: NanoTimestamp, _ end: NanoTimestamp) -> [Day] {
        state.withLock { $0.days.filter { $0.start < end && $0.end > start } }.sorted()
    }

    var allDays: [Day] { state.withLock { $0.days }.sorted() }

    func isOpen(_ day: Day) -> Bool { state.withLock { $0.open[day] != nil } }

    /// Forgets an open day; its last reader closes it.
    func release(_ day: Day) {
        state.withLock { state in
            state.open[day] = nil
            state.recent.removeAll { $0 == day }
        }
    }

    var openPartitions: [Partition] { state.withLock { Array($0.open.values) } }

    /// An existing day, opened; nil where there is none, or it was put aside just now.
    func existing(_ day: Day) throws -> Partition? {
        guard state.withLock({ $0.days.contains(day) }) else { return nil }
        do {
            return try open(day)
        } catch let error as LogStoreError {
            // Reads go on without room. Not kept: once there is some, the day is opened in the ordinary way.
            guard case .diskFull = error, let frozen = try Partition(frozen: day, directory: directory, fileSystem: fileSystem) else { throw error }
            return frozen
        }
    }

    /// Whether the day was closed earlier; not asked for a day that is open.
    func isMerged(_ day: Day) -> Bool { !isOpen(day) && Partition.isMerged(Paths.join(directory, Partition.fileName(of: day))) }

    /// A day to write into, made where it is missing.
    func writable(_ day: Day) throws -> Partition {
        guard let partition = try open(day) else {
            // The damaged file has just been put aside: a new one takes its place.
            return try openNew(day)
        }
        return partition
    }

    private func openNew(_ day: Day) throws -> Partition {
        guard let partition = try open(day) else { throw LogStoreError.damaged(file: Partition.fileName(of: day), reason: "even a new file can't be opened") }
        return partition
    }

    private func open(_ day: Day) throws -> Partition? {
        try state.withLock { state throws -> Partition? in
            if state.isClosed { throw LogStoreError.closed }
            let partition: Partition
            if let open = state.open[day] {
                partition = open
            } else {
                let path = Paths.join(directory, Partition.fileName(of: day))
                do {
                    partition = try Partition(day: day, directory: directory, fileSystem: fileSystem)
                } catch {
                    let failure = LogStoreError(error, file: path)
                    guard case .damaged(_, let reason) = failure else { throw failure }
                    try putAside(day, reason: reason, &state)
                    return nil
                }
                state.days.insert(day)
                state.open[day] = partition
            }
            state.recent.removeAll { $0 == day }
            state.recent.append(day)
            // Dropped, not closed: a reader may hold it, and the last reference closes it.
            while state.recent.count > Limits.openPartitionsMax { state.open[state.recent.removeFirst()] = nil }
            return partition
        }
    }

    /// Puts a day's damaged file aside, so that the rest answers; the files keep their bytes for whoever looks into them.
    func quarantine(_ partition: Partition, reason: String) throws {
        try state.withLock { state throws in
            // Another thread may have done it, and a new file may stand in its place.
            guard state.days.contains(partition.day), state.open[partition.day] == nil || state.open[partition.day] === partition else { return }
            try putAside(partition.day, reason: reason, &state)
        }
    }

    private func putAside(_ day: Day, reason: String, _ state: inout State) throws {
        state.open[day] = nil
        state.recent.removeAll { $0 == day }
        state.days.remove(day)
        let path = Paths.join(directory, Partition.fileName(of: day))
        let aside = "\(path)\(Self.quarantineMark)-\(clock.now().nanoseconds)"
        for suffix in Partition.suffixes where try fileSystem.exists(path + suffix) {
            try fileSystem.rename(path + suffix, to: aside + suffix)
        }
        try fileSystem.synchronizeDirectory(directory)
        state.quarantined.append(.init(file: Paths.name(of: aside), reason: reason))
    }

    /// Removes the files of whole days that end at or before `moment`; returns how many.
    func delete(before moment: NanoTimestamp) throws -> Int {
        try state.withLock { state throws in
            let expired = state.days.filter { $0.end <= moment }
            for day in expired {
                state.open[day] = nil
                state.recent.removeAll { $0 == day }
                state.days.remove(day)
                let path = Paths.join(directory, Partition.fileName(of: day))
                for suffix in Partition.suffixes where try fileSystem.exists(path + suffix) { try fileSystem.remove(path + suffix) }
            }
            if !expired.isEmpty { try fileSystem.synchronizeDirectory(directory) }
            return expired.count
        }
    }

    var quarantined: [LogStoreStatistics.Quarantined] { state.withLock { $0.quarantined } }

    func partitionSizes() -> [LogStoreStatistics.Partition] {
        allDays.map { day in
            let path = Paths.join(directory, Partition.fileName(of: day))
            // A file that was removed meanwhile counts nothing.
            let bytes = ["", "-wal"].reduce(0) { $0 + ((try? fileSystem.information(path + $1))?.sizeBytes ?? 0) }
            return .init(day: day.description, sizeBytes: bytes)
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
