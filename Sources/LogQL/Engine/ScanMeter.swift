import Foundations
import Model

/// Counts what a query reads, and ends it at its bound. The scans of a query run one after another, each on one task.
final class ScanMeter: @unchecked Sendable {
    private(set) var statistics = LogQueryStatistics()
    let deadlineMonotonicNanoseconds: Int64
    private let bytesMax: Int
    private let clock: any WallClock
    private let startedAt: Int64
    private var stepStart: (statistics: LogQueryStatistics, nanoseconds: Int64)
    private var first: NanoTimestamp?
    private var last: NanoTimestamp?

    init(clock: any WallClock, options: LogEngine.Options) {
        self.clock = clock
        bytesMax = options.readBytesMax
        startedAt = clock.monotonicNanoseconds()
        deadlineMonotonicNanoseconds = startedAt + Int64(options.timeoutSeconds * 1e9)
        stepStart = (statistics, startedAt)
    }

    /// A line came from the reader. Throws where it is one too many.
    func read(_ record: LogRecord) throws(LogQLError) {
        if first == nil { first = record.timestamp }
        last = record.timestamp
        statistics.linesRead += 1
        statistics.bytesRead += record.body.utf8.count
        if statistics.bytesRead > bytesMax {
            throw .tooMuch(
                "the query read more than \(ByteSizeText.format(bytes: Int64(bytesMax))) of lines\(progress); narrow its time range or its streams, or add a line filter")
        }
    }

    var isPastDeadline: Bool { clock.monotonicNanoseconds() >= deadlineMonotonicNanoseconds }

    func kept() { statistics.linesKept += 1 }
    func returned(_ count: Int) { statistics.linesReturned += count }
    func counted(_ cells: Int) { statistics.countsRead += cells }

    /// How far the query got, for an error that ends it.
    var progress: String {
        guard let first, let last else { return " before it found a line" }
        let text = ", \(statistics.linesRead) lines from \(TimestampText.rfc3339(first)) to \(TimestampText.rfc3339(last)), of which it kept \(statistics.linesKept)"
        return text
    }

    /// A part of the query is done.
    func finishStep(_ description: String) {
        let now = clock.monotonicNanoseconds()
        let before = stepStart.statistics
        statistics.steps.append(
            .init(
                description: description, linesRead: statistics.linesRead - before.linesRead, bytesRead: statistics.bytesRead - before.bytesRead,
                linesKept: statistics.linesKept - before.linesKept, countsRead: statistics.countsRead - before.countsRead,
                nanoseconds: now - stepStart.nanoseconds))
        stepStart = (statistics, now)
        first = nil
        last = nil
    }

    func finish() -> LogQueryStatistics {
        statistics.nanoseconds = clock.monotonicNanoseconds() - startedAt
        return statistics
    }
}

/// A reader with what a query may take, for all parts of the query.
struct QuerySource {
    let reader: any LogReader
    let meter: ScanMeter

    /// Scans a plan: `visit` gets the lines that the plan's stages let through, and returns false to stop there.
    func scan(_ plan: LogPlan, _ visit: (inout LogEntry) throws -> Bool) async throws {
        var query = plan.query
        query.deadlineMonotonicNanoseconds = meter.deadlineMonotonicNanoseconds
        let pipeline = plan.pipeline
        do {
            try await reader.scan(query) { record in
                try meter.read(record)
                var entry = LogEntry(record)
                guard pipeline.run(&entry) else { return true }
                meter.kept()
                return try visit(&entry)
            }
        } catch let error as LogQueryError {
            guard meter.isPastDeadline else { throw LogQLError.tooMuch("\(error)") }
            throw LogQLError.deadline("\(error)\(meter.statistics.linesRead > 0 ? "; it read\(meter.progress.dropFirst())" : "")")
        }
        meter.finishStep(plan.description)
    }
}
