import Foundations
import Model

extension LogEngine {
    /// Prepares a query, LogQL for lines or the terse form, for a live tail, with the added conditions: those on labels that streams had within
    /// the last day are on streams.
    public func tailPlan(_ text: String) async throws -> TailPlan {
        if options.extraConditions.isEmpty { return try compileTail(text) }
        let now = clock.now()
        return try compileTail(text, streamLabels: Set(try await reader.labelNames(start: now.advanced(byNanoseconds: -Limits.tailLabelsNanoseconds), end: .distantFuture)))
    }

    /// The same where the labels that streams have are known, or don't matter as just mistakes are looked for.
    public func compileTail(_ text: String, streamLabels: Set<String> = []) throws -> TailPlan {
        var selector: LogSelector
        if TerseQuery.isLogQL(text) {
            selector = try Self.selector(try Parser.parse(text))
        } else {
            let terse = try TerseQuery(text, now: clock.now())
            if let command = terse.command { throw LogQLError.failed("`| \(command)` gives no lines, and a live tail shows lines alone") }
            selector = terse.selector(knownLabels: nil)
        }
        selector = selector.narrowed(by: options.extraConditions, streamLabels: streamLabels)
        let plan = LogPlan(selector, start: .min, end: .max, direction: .oldestFirst, knownLabels: nil)
        return TailPlan(query: plan.query) { record in
            var entry = LogEntry(record)
            return plan.pipeline.run(&entry) ? (entry.labels, entry.line) : nil
        }
    }

    /// The newest `limit` records that a query, LogQL for lines or the terse form, finds within `start <= t < end`; newest first.
    /// A `last 1h` in the terse form goes before `start`.
    public func search(_ text: String, start: NanoTimestamp, end: NanoTimestamp, limit: Int) async throws -> [LogRecord] {
        try await searchAnswer(text, start: start, end: end, limit: limit).records
    }

    /// The same with what it took.
    public func searchAnswer(
        _ text: String, start: NanoTimestamp, end: NanoTimestamp, limit: Int
    ) async throws -> (records: [LogRecord], statistics: LogQueryStatistics) {
        var start = start
        var selector: LogSelector
        if TerseQuery.isLogQL(text) {
            selector = try Self.selector(try Parser.parse(text))
        } else {
            let terse = try TerseQuery(text, now: clock.now())
            start = terse.start ?? start
            if let command = terse.command { throw LogQLError.failed("`| \(command)` gives no lines, and lines are asked for here") }
            selector = terse.selector(knownLabels: Set(try await reader.labelNames(start: start, end: end)))
        }
        selector = try await narrowed(selector, start, end)
        let source = QuerySource(reader: reader, meter: ScanMeter(clock: clock, options: options))
        let request = LogRequest(query: text, start: start, end: end, limit: limit, direction: .newestFirst)
        let records = try await entries(selector, request, source).map { entry in
            var record = entry.record
            record.body = entry.line
            return record
        }
        return (records, source.meter.finish())
    }

    func streams(_ selector: LogSelector, _ request: LogRequest, _ source: QuerySource) async throws -> [LogStream] {
        var streams: [LogStream] = []
        var positions: [Labels: Int] = [:]
        for entry in try await entries(selector, request, source) {
            let (labels, metadata, parsed) = request.categorizesLabels ? entry.categorizedLabels : (entry.labels, Labels(), Labels())
            let line = LogStream.Entry(timestamp: entry.record.timestamp, line: entry.line, metadata: metadata, parsed: parsed)
            if let position = positions[labels] { streams[position].entries.append(line) } else {
                positions[labels] = streams.count
                streams.append(LogStream(labels: labels, entries: [line]))
            }
        }
        return streams.sorted { $0.labels < $1.labels }
    }

    func entries(_ selector: LogSelector, _ request: LogRequest, _ source: QuerySource) async throws -> [LogEntry] {
        guard request.limit > 0 else { return [] }
        let plan = LogPlan(
            selector, start: request.start.nanoseconds, end: request.end.nanoseconds, direction: request.direction,
            knownLabels: try await Self.knownLabels(of: selector, reader, request.start, request.end))
        let found = Found()
        try await source.scan(plan) { entry in
            let moment = entry.record.timestamp.nanoseconds
            if request.intervalNanoseconds > 0, let last = found.entries.last?.record.timestamp.nanoseconds {
                let (distance, overflow) = moment.subtractingReportingOverflow(last)
                if !overflow && abs(distance) < request.intervalNanoseconds { return true }
            }
            found.entries.append(entry)
            found.bytes += entry.line.utf8.count
            guard found.bytes <= Limits.resultBytesMax else {
                throw LogQLError.tooMuch("the lines are more than \(ByteSizeText.format(bytes: Int64(Limits.resultBytesMax))); ask for fewer")
            }
            return found.entries.count < request.limit
        }
        source.meter.returned(found.entries.count)
        return found.entries
    }

    /// The names of streams' labels, where a query has conditions that could be on fields.
    static func knownLabels(of selector: LogSelector, _ reader: any LogReader, _ start: NanoTimestamp, _ end: NanoTimestamp) async throws -> Set<String>? {
        for stage in selector.stages {
            switch stage {
            case .lineFilter: continue
            case .label(.matcher(let matcher)) where LogPlan.isLevel(matcher.name) || LogPlan.isFieldName(matcher.name):
                return Set(try await reader.labelNames(start: start, end: end))
            case .label: continue
            default: return nil
            }
        }
        return nil
    }

    /// Filled by the visits of one scan, which come one after another.
    private final class Found: @unchecked Sendable {
        var entries: [LogEntry] = []
        var bytes = 0
    }
}
