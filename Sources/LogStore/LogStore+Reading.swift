import Foundations
import GRDB
import Model

extension LogStore {
    public func scan(_ query: LogQuery, _ visit: (LogRecord) throws -> Bool) async throws {
        let control = ReadControl(clock: clock, deadlineMonotonicNanoseconds: query.deadlineMonotonicNanoseconds)
        let channel = ScanChannel()
        readers.run(control) { [self] in
            do {
                try scanPartitions(ScanPlan(query), control, channel)
                channel.finish(nil)
            } catch {
                channel.finish(error)
            }
        }
        defer {
            control.abandon()
            channel.abandon()
        }
        try await withTaskCancellationHandler {
            while let batch = try await channel.next() {
                for record in batch where try !visit(record) { return }
            }
        } onCancel: {
            control.abandon()
            channel.abandon()
        }
    }

    /// Runs on a reading thread.
    private func scanPartitions(_ plan: ScanPlan, _ control: ReadControl, _ channel: ScanChannel) throws {
        var batch = RecordBatcher(channel)
        try explainingStops(control, batch: { batch }) {
            let names = Dictionary(grouping: catalog.partitions(plan.query.start, plan.query.end), by: \.day)
            for day in plan.isNewestFirst ? names.keys.sorted().reversed() : names.keys.sorted() {
                if try !scan(names[day]!.sorted()[...], [], plan, control, { batch.add($0) }) { return }
            }
            batch.flush()
        }
    }

    /// Visits one day's records: opens its partitions one inside the other, then takes from that whose record comes next. False where
    /// nobody wants more.
    private func scan(
        _ names: ArraySlice<PartitionName>, _ scans: [PartitionScan], _ plan: ScanPlan, _ control: ReadControl, _ visit: (LogRecord) -> Bool
    ) throws -> Bool {
        guard let name = names.first else { return try merge(scans, plan, visit) }
        let rest = names.dropFirst()
        var goesOn: Bool?
        _ = try withPartition(name, control) { database, partition in
            let scan = try PartitionScan(database, partition, plan, control, helpers: readers)
            defer { countDamage((scan.sources.chunksDamaged, scan.sources.blocksDamaged, scan.sources.rowsDamaged)) }
            goesOn = try self.scan(rest, scans + [scan], plan, control, visit)
        }
        return try goesOn ?? self.scan(rest, scans, plan, control, visit)
    }

    private func merge(_ scans: [PartitionScan], _ plan: ScanPlan, _ visit: (LogRecord) -> Bool) throws -> Bool {
        if scans.isEmpty { return true }
        while true {
            var first: (scan: PartitionScan, timestamp: Int64)?
            // Of equal times the order of names decides, turned with the direction.
            for scan in plan.isNewestFirst ? scans.reversed() : scans {
                guard let timestamp = try scan.nextTimestamp() else { continue }
                if let found = first, plan.isNewestFirst ? found.timestamp >= timestamp : found.timestamp <= timestamp { continue }
                first = (scan, timestamp)
            }
            guard let first else { return true }
            if let record = try first.scan.takeRecord(), !visit(record) { return false }
        }
    }

    /// Runs `body` on a snapshot of a partition; nil where there is no such one, or its file is damaged and was put aside now.
    private func withPartition<Result>(_ name: PartitionName, _ control: ReadControl, _ body: (Database, Partition) throws -> Result) throws -> Result? {
        guard let partition = try catalog.existing(name) else { return nil }
        do {
            return try partition.read(control) { try body($0, partition) }
        } catch let error where error is DatabaseError || error is LogStoreError {
            let failure = LogStoreError(error, file: partition.path)
            guard case .damaged(_, let reason) = failure else { throw failure }
            try catalog.quarantine(partition, reason: reason)
            return nil
        }
    }

    /// Roll-ups of other days give way where all that are known take too much memory.
    private func trimRollups(keeping partition: Partition) {
        let open = catalog.openPartitions
        if open.reduce(0, { $0 + $1.rollups.heldBytes }) > Limits.knownRollupsBytesMax { for other in open where other !== partition { other.rollups.clear() } }
    }

    private func countDamage(_ damage: (chunks: Int, blocks: Int, rows: Int)) {
        guard damage.chunks + damage.blocks + damage.rows > 0 else { return }
        counters.withLock {
            $0.chunksDamagedTotal += UInt64(damage.chunks)
            $0.blocksDamagedTotal += UInt64(damage.blocks)
            $0.rowsDamagedTotal += UInt64(damage.rows)
        }
    }

    private func explainingStops(_ control: ReadControl, batch: () -> RecordBatcher?, _ body: () throws -> Void) throws {
        counters.withLock { $0.queriesTotal += 1 }
        do {
            try control.check()
            try body()
        } catch LogQueryStop.deadline {
            let progress = batch()?.progress ?? ""
            throw LogQueryError("the query passed its deadline\(progress); narrow its time range or its stream, or ask for fewer records")
        } catch LogQueryStop.closed {
            throw LogStoreError.closed
        }
    }

    public func counts(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogCount] {
        try await tallied(query, LogCells(stepNanoseconds: stepNanoseconds, countsBytes: false), by: [.level]).tallies
            .map { LogCount(start: $0.start, level: $0.level ?? .unknown, count: $0.count) }
    }

    public func tally(_ query: LogQuery, _ cells: LogCells, by grouping: Set<LogGrouping>) async throws -> [LogTally] {
        try await tallied(query, cells, by: grouping).tallies
    }

    public func patterns(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogPattern] {
        LogPattern.patterns(of: try await tallied(query, LogCells(stepNanoseconds: stepNanoseconds, countsBytes: false), by: [.template, .level]).tallies)
    }

    public func volumes(_ query: LogQuery) async throws -> [LogVolume] {
        let found = try await tallied(query, LogCells(stepNanoseconds: .max), by: [.stream])
        var sums: [Labels: LogVolume] = [:]
        // What lies before 1970 is a step of its own.
        for tally in found.tallies {
            guard let stream = tally.stream else { continue }
            sums[stream, default: LogVolume(stream: stream, chunks: found.pieces[stream] ?? 1, entries: 0, bytes: 0)].entries += tally.count
            sums[stream]!.bytes += tally.bytes
        }
        return sums.values.sorted { $0.stream < $1.stream }
    }

    /// The tallies, and in how many pieces each stream is held.
    private func tallied(_ query: LogQuery, _ cells: LogCells, by grouping: Set<LogGrouping>) async throws -> (tallies: [LogTally], pieces: [Labels: Int]) {
        let control = ReadControl(clock: clock, deadlineMonotonicNanoseconds: query.deadlineMonotonicNanoseconds)
        return try await readers.perform(control) { [self] in
            var tallies = LogTallies(cells, by: grouping)
            var pieces: [Labels: Int] = [:]
            let plan = ScanPlan(query)
            try explainingStops(control, batch: { nil }) {
                for name in catalog.partitions(query.start, query.end) {
                    // Counted apart, so that a file that turns out damaged in the middle leaves nothing behind.
                    let before = tallies
                    let found = try withPartition(name, control) { database, partition in
                        var tally = try PartitionTally(database, partition, plan, control, cells, by: grouping)
                        defer {
                            countDamage(tally.damage)
                            trimRollups(keeping: partition)
                        }
                        try tally.add(to: &tallies)
                        return tally.pieces
                    }
                    if let found { pieces.merge(found, uniquingKeysWith: +) } else { tallies = before }
                }
            }
            return (tallies.tallies(), pieces)
        }
    }

    public func streams(_ selectors: [[Matcher]], start: NanoTimestamp, end: NanoTimestamp) async throws -> [Labels] {
        let control = ReadControl(clock: clock, deadlineMonotonicNanoseconds: nil)
        return try await readers.perform(control) { [self] in
            var found: Set<Labels> = []
            for matchers in selectors.isEmpty ? [[]] : selectors {
                let query = LogQuery(start: start, end: end, streamMatchers: matchers)
                try explainingStops(control, batch: { nil }) {
                    for name in catalog.partitions(start, end) {
                        try withPartition(name, control) { database, partition in
                            try StreamSearch(query, database, partition, control).add(to: &found)
                        }
                    }
                }
            }
            return found.sorted()
        }
    }

    public func labelNames(start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] {
        var names: Set<[UInt8]> = []
        for labels in try await streams([], start: start, end: end) { labels.forEachBytes { name, _ in names.insert(Array(name)) } }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }

    public func labelValues(_ name: String, start: NanoTimestamp, end: NanoTimestamp) async throws -> [String] {
        var values: Set<[UInt8]> = []
        for labels in try await streams([], start: start, end: end) { labels.withValueBytes(of: name) { values.insert(Array($0)) } }
        return values.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Gathers records to batches: small ones first, for a fast first answer.
struct RecordBatcher {
    private let channel: ScanChannel
    private var records: [LogRecord] = []
    private var bytes = 0
    private var limit = Limits.firstResultBatch
    private var count = 0
    private var last: NanoTimestamp?

    init(_ channel: ScanChannel) { self.channel = channel }

    /// False where nobody wants more.
    mutating func add(_ record: LogRecord) -> Bool {
        bytes += record.body.utf8.count
        last = record.timestamp
        count += 1
        records.append(record)
        if records.count < limit && bytes < Limits.resultBatchBytesMax { return true }
        limit = min(limit * 4, Limits.resultBatchMax)
        return flush()
    }

    @discardableResult
    mutating func flush() -> Bool {
        if records.isEmpty { return true }
        defer {
            records = []
            bytes = 0
        }
        return channel.send(records)
    }

    /// How far a scan got, for the error of one that ran out of time.
    var progress: String {
        guard let last else { return " before it found a record" }
        return " after \(count) records, at \(TimestampText.rfc3339(last))"
    }
}
