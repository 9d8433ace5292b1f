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
            let days = catalog.days(plan.query.start, plan.query.end)
            for day in plan.isNewestFirst ? days.reversed() : days {
                let goesOn = try withPartition(day, control) { database, partition in
                    let scan = try PartitionScan(database, partition, plan, control)
                    defer { countDamaged(scan.rowsDamaged) }
                    return try scan.records { batch.add($0) }
                }
                if goesOn == false { return }
            }
            batch.flush()
        }
    }

    /// Runs `body` on a snapshot of a day; nil where there is no such day, or its file is damaged and was put aside now.
    private func withPartition<Result>(_ day: Day, _ control: ReadControl, _ body: (Database, Partition) throws -> Result) throws -> Result? {
        guard let partition = try catalog.existing(day) else { return nil }
        do {
            return try partition.read(control) { try body($0, partition) }
        } catch let error where error is DatabaseError || error is LogStoreError {
            let failure = LogStoreError(error, file: partition.path)
            guard case .damaged(_, let reason) = failure else { throw failure }
            try catalog.quarantine(partition, reason: reason)
            return nil
        }
    }

    private func countDamaged(_ rows: Int) {
        if rows > 0 { counters.withLock { $0.rowsDamagedTotal += UInt64(rows) } }
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
        precondition(stepNanoseconds > 0, "a step has a length")
        let control = ReadControl(clock: clock, deadlineMonotonicNanoseconds: query.deadlineMonotonicNanoseconds)
        return try await readers.perform(control) { [self] in
            struct Key: Hashable {
                var step: Int64
                var level: UInt8
            }
            var counts: [Key: Int] = [:]
            let plan = ScanPlan(query)
            try explainingStops(control, batch: { nil }) {
                for day in catalog.days(query.start, query.end) {
                    try withPartition(day, control) { database, partition in
                        let scan = try PartitionScan(database, partition, plan, control)
                        defer { countDamaged(scan.rowsDamaged) }
                        // Rows come nearly in order of time, so the last key is mostly the next one too.
                        var last = Key(step: .min, level: 0)
                        var run = 0
                        try scan.heads { head in
                            let key = Key(step: floorDivide(head.timestamp, stepNanoseconds), level: head.level)
                            if key != last {
                                if run > 0 { counts[last, default: 0] += run }
                                last = key
                                run = 0
                            }
                            run += 1
                        }
                        if run > 0 { counts[last, default: 0] += run }
                    }
                }
            }
            return counts.map { key, count in
                let (start, overflow) = key.step.multipliedReportingOverflow(by: stepNanoseconds)
                return LogCount(
                    start: NanoTimestamp(nanoseconds: overflow ? .min : start), level: LogLevel(rawValue: key.level) ?? .unknown, count: count)
            }.sorted { ($0.start, $0.level) < ($1.start, $1.level) }
        }
    }

    public func streams(_ selectors: [[Matcher]], start: NanoTimestamp, end: NanoTimestamp) async throws -> [Labels] {
        let control = ReadControl(clock: clock, deadlineMonotonicNanoseconds: nil)
        return try await readers.perform(control) { [self] in
            var found: Set<Labels> = []
            for matchers in selectors.isEmpty ? [[]] : selectors {
                let query = LogQuery(start: start, end: end, streamMatchers: matchers)
                try explainingStops(control, batch: { nil }) {
                    for day in catalog.days(start, end) {
                        try withPartition(day, control) { database, partition in
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

/// The quotient rounded towards the past.
@inline(__always) private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
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
