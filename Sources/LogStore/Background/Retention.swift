import Foundations
import GRDB
import Model

/// Removes what is too old or too much, thins what is old, and erases what is asked for. Used by the background's thread alone.
final class Retention {
    private let environment: BackgroundEnvironment
    private let sealing: Sealing
    private let indexing: Indexing
    private var lastDay: Day?
    private var thinned: Set<PartitionName> = []

    init(_ environment: BackgroundEnvironment, sealing: Sealing, indexing: Indexing) {
        self.environment = environment
        self.sealing = sealing
        self.indexing = indexing
    }

    /// Applies the options.
    func apply() {
        do {
            let today = Day(containing: environment.clock.now())
            if lastDay != today {
                let (options, now) = (environment.options, environment.clock.now())
                try delete { Self.isExpired($0, options, now) }
                lastDay = today
            }
            try boundSizes()
            try thin()
            environment.counters.withLock { $0.retentionFailure = nil }
        } catch {
            environment.counters.withLock { $0.retentionFailure = LogStoreError(error, file: environment.catalog.directory).description }
        }
    }

    private static func isExpired(_ name: PartitionName, _ options: LogStoreOptions, _ now: NanoTimestamp) -> Bool {
        // A class that isn't configured any more is kept as long as all else.
        let seconds = options.classes.first { $0.name == name.retentionClass }.map(\.retentionSeconds) ?? options.retentionSeconds
        guard let seconds else { return false }
        return name.day.end <= now.advanced(byNanoseconds: -min(seconds, Int64.max / 1_000_000_000) * 1_000_000_000)
    }

    /// Removes the oldest days of each class that holds more than it may; the newest stays.
    private func boundSizes() throws {
        let bounds = [("", environment.options.sizeBytesMax)] + environment.options.classes.map { ($0.name, $0.sizeBytesMax) }
        for (retentionClass, bound) in bounds {
            guard let bound else { continue }
            let names = environment.catalog.all.filter { $0.retentionClass == retentionClass }
            var bytes = names.reduce(0) { $0 + environment.catalog.sizeBytes($1) }
            var gone: Set<PartitionName> = []
            for name in names.dropLast() where bytes > bound {
                bytes -= environment.catalog.sizeBytes(name)
                gone.insert(name)
            }
            if !gone.isEmpty { try delete { [gone] in gone.contains($0) } }
        }
    }

    /// Removes partitions as files; returns how many.
    @discardableResult
    func delete(_ isGone: @escaping @Sendable (PartitionName) -> Bool) throws -> Int {
        let catalog = environment.catalog
        for name in catalog.all where isGone(name) { indexing.forget(name) }
        let count = try environment.writer.perform { writers in
            writers.forget(isGone)
            return try catalog.delete(isGone)
        }
        environment.counters.withLock { $0.partitionsDeletedTotal += UInt64(count) }
        return count
    }

    // MARK: Thinning

    private func thin() throws {
        guard let thinning = environment.options.thinning else { return }
        let bound = environment.clock.now().advanced(byNanoseconds: -min(thinning.afterSeconds, Int64.max / 1_000_000_000) * 1_000_000_000)
        for name in environment.catalog.all where name.day.end <= bound && !thinned.contains(name) {
            try thin(name, thinning)
            thinned.insert(name)
        }
    }

    private func thin(_ name: PartitionName, _ thinning: LogThinning) throws {
        guard let partition = try environment.catalog.existing(name) else { return }
        if try partition.read(environment.control(), { try ChunkWriter.progress("thinned", $0) }) > 0 { return }
        try sealing.sealAll(name)
        let mask = thinning.levels.reduce(Int64(0)) { $0 | 1 << Int64($1.rawValue) }
        let removed = try Rewriting(environment, indexing).remove(from: partition, chunks: { $0.levels & mask != 0 }, isErasing: false) { _, row in
            !thinning.levels.contains(row.level) || row.id % Int64(thinning.keepOneOf) == 0
        }
        try environment.writer.perform { writers in try writers.write(name) { writer in try writer.change { try ChunkWriter.put("thinned", 1, $0) } } }
        environment.counters.withLock { $0.recordsThinnedTotal += UInt64(removed) }
    }

    // MARK: Erasing

    /// Removes the records that satisfy a query from their files and the index; returns how many.
    func erase(_ query: LogQuery) throws -> Int {
        let plan = ScanPlan(query)
        var removed = 0
        for name in environment.catalog.partitions(query.start, query.end) {
            guard let partition = try environment.catalog.existing(name) else { continue }
            try sealing.sealAll(name)
            let streams = try partition.read(environment.control()) { try partition.streams($0) }
            let wanted = Set(streams.filter { plan.matcher.streamMatchers.matches($0.value) }.keys)
            let count = try Rewriting(environment, indexing).remove(
                from: partition,
                chunks: { $0.levels & plan.levelMask != 0 && $0.newest >= query.start.nanoseconds && $0.oldest < query.end.nanoseconds && wanted.contains($0.stream) },
                isErasing: true
            ) { _, row in
                guard row.timestamp >= query.start.nanoseconds, row.timestamp < query.end.nanoseconds, plan.levelMask & 1 << Int64(row.level.rawValue) != 0 else { return true }
                return try !plan.matches(row.chunk, row.index, row.line)
            }
            if count > 0 { try Rewriting(environment, indexing).forgetErased(partition) }
            removed += count
        }
        environment.counters.withLock { $0.recordsDeletedTotal += UInt64(removed) }
        return removed
    }
}
