import Foundations
import GRDB
import Model

/// Makes days that are over as small and as fast to search as they get: chunks of a stream become larger ones, the index one tree, free
/// pages go back. Each day once, in short steps. Used by the background's thread alone.
final class DayMerging {
    private enum Phase {
        case waiting
        /// Working on one. `stored`: when something last came for it; `wasOpen`: somebody else used it already.
        case merging(PartitionName, Work, stored: Int64?, wasOpen: Bool)
    }

    /// What is to be done with a day, first to last.
    private enum Work {
        case begin
        /// Groups of chunks to be made one chunk each, or several of full size.
        case chunks([[ChunkInfo]])
        case index
        case tree
        case pages
    }

    private let environment: BackgroundEnvironment
    private let sealing: Sealing
    private let indexing: Indexing
    private var phase = Phase.waiting
    /// Partitions that were looked at, with when something had last been stored in each.
    private var done: [PartitionName: Int64?] = [:]

    init(_ environment: BackgroundEnvironment, sealing: Sealing, indexing: Indexing) {
        self.environment = environment
        self.sealing = sealing
        self.indexing = indexing
    }

    var isUnderWay: Bool { if case .merging = phase { true } else { false } }

    /// Does one step, where there is one. `stored`: when something last came for a partition, as `now` nanoseconds of the monotonic clock.
    func step(now: Int64, stored: [PartitionName: Int64]) {
        switch phase {
        case .waiting: begin(now, stored)
        case .merging(let name, let work, let last, let wasOpen):
            let next: Work?
            var staysOpen = wasOpen
            do {
                next = try self.next(name, work)
            } catch {
                // Read on as it is: on a full disk it couldn't be opened again.
                staysOpen = true
                // A full disk, say: the day answers as it is, and the next opening of the store tries again.
                environment.counters.withLock { $0.indexingFailure = LogStoreError(error, file: name.file).description }
                next = nil
            }
            if let next {
                phase = .merging(name, next, stored: last, wasOpen: wasOpen)
            } else {
                if !staysOpen { release(name) }
                done[name] = .some(last)
                begin(now, stored)
            }
        }
    }

    private func release(_ name: PartitionName) {
        indexing.forget(name)
        do {
            try environment.writer.perform { $0.forget(name) }
        } catch {
            // Closed meanwhile: all is being given back.
            return
        }
        environment.catalog.release(name)
    }

    /// Of the days for which nothing comes any more the newest first: it is the one that is searched most.
    private func begin(_ now: Int64, _ stored: [PartitionName: Int64]) {
        phase = .waiting
        let newest = newestOver
        let name = environment.catalog.all.last { name in
            guard name.day <= newest else { return false }
            if let known = done[name], known == stored[name] { return false }
            return stored[name].map { now - $0 >= Limits.mergeQuietSeconds * 1_000_000_000 } ?? true
        }
        if let name { phase = .merging(name, .begin, stored: stored[name], wasOpen: environment.catalog.isOpen(name)) }
    }

    /// The last day that ended long enough ago for its late records to be in.
    private var newestOver: Day {
        Day(number: Day(containing: environment.clock.now().advanced(byNanoseconds: -Limits.closingDelaySeconds * 1_000_000_000)).number - 1)
    }

    /// One step of a day; nil where nothing is left to do.
    private func next(_ name: PartitionName, _ work: Work) throws -> Work? {
        // Removed meanwhile, or put aside.
        guard environment.catalog.all.contains(name), let partition = environment.catalog.isAtRest(name) ? nil : try environment.catalog.existing(name) else { return nil }
        switch work {
        case .begin:
            guard try partition.read(environment.control(), { try Partition.needsMerging($0) }) else { return nil }
            try sealing.sealAll(name)
            return .chunks(try plan(partition))
        case .chunks(let groups):
            guard let group = groups.first else { return .index }
            try Rewriting(environment, indexing).replace(group, of: partition, level: Limits.mergeLevel)
            return .chunks(Array(groups.dropFirst()))
        case .index: return try indexing.step(name, isQuiet: true) ? .index : .tree
        case .tree: return try indexing.merge(partition) ? .pages : .tree
        case .pages:
            if try giveBackPages(partition) { return .pages }
            try finish(partition)
            return nil
        }
    }

    /// Groups of the chunks that are there now: of one stream, in order of time. Their index is made anew behind them.
    private func plan(_ partition: Partition) throws -> [[ChunkInfo]] {
        let name = partition.name
        let (chunks, before) = try partition.read(environment.control()) { (Array(try partition.chunks($0)), try ChunkWriter.progress("merging", $0)) }
        let last = before > 0 ? before : chunks.last?.id ?? 0
        if before == 0 {
            try environment.writer.perform { writers in try writers.write(name) { writer in try writer.change { try ChunkWriter.put("merging", last, $0) } } }
            try indexing.restart(partition, behind: last)
        }
        var groups: [[ChunkInfo]] = []
        var rows = 0
        var bytes = 0
        for chunk in chunks.filter({ $0.id <= last }).sorted(by: { ($0.stream, $0.oldest, $0.id) < ($1.stream, $1.oldest, $1.id) }) {
            if let group = groups.last, group[0].stream == chunk.stream, rows + chunk.rows <= Limits.mergedChunkRows, bytes + chunk.lineBytes <= Limits.mergedChunkBytes {
                groups[groups.count - 1].append(chunk)
            } else {
                groups.append([chunk])
                (rows, bytes) = (0, 0)
            }
            rows += chunk.rows
            bytes += chunk.lineBytes
        }
        return groups
    }

    /// Gives some free pages back; false where there are no more.
    func giveBackPages(_ partition: Partition) throws -> Bool {
        let name = partition.name
        return try environment.writer.perform { writers in
            try writers.write(name) { writer in
                try writer.partition.maintain { try $0.execute(sql: "PRAGMA incremental_vacuum(\(Limits.vacuumPages))") }
                return try writer.change { try Int.fetchOne($0, sql: "PRAGMA freelist_count") ?? 0 } > 0
            }
        }
    }

    private func finish(_ partition: Partition) throws {
        let name = partition.name
        try environment.writer.perform { writers in
            try writers.write(name) { writer in
                try writer.change { database in
                    try ChunkWriter.put("merged", max(1, try ChunkWriter.progress("chunks", database)), database)
                    try database.execute(sql: "DELETE FROM progress WHERE name = 'merging'")
                }
            }
        }
        do {
            try partition.checkpoint()
        } catch {
            // A reader is in the way; the log is folded in when the file is closed.
            environment.counters.withLock { $0.indexingFailure = "\(error)" }
        }
        environment.counters.withLock { $0.partitionsClosedTotal += 1 }
    }
}
