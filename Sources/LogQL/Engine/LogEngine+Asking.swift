import Foundations
import Model

/// What a person's question gives.
public enum LogFindings: Sendable {
    /// The newest first.
    case lines([LogRecord])
    /// Lines with those around them, the oldest first.
    case blocks([ContextBlock])
    /// Counts by steps of time, whose samples stand at the step's beginning; without a step, one number each over the whole range, the greatest first.
    case series([Series], stepMilliseconds: Int64?)
    case patterns([FoundPattern])
}

/// Lines of one stream that follow each other.
public struct ContextBlock: Sendable {
    public var lines: [(record: LogRecord, isHit: Bool)]
}

/// A person's question.
public struct LogQuestion: Sendable {
    /// LogQL or the terse form, with or without a command behind `|`.
    public var text: String
    public var start: NanoTimestamp
    public var end: NanoTimestamp
    /// For LogQL that gives numbers; nil asks for them at the end alone.
    public var stepNanoseconds: Int64?
    /// Lines, patterns.
    public var limit: Int
    /// Lines around each; the text may ask for more.
    public var contextLines = 0

    public init(text: String, start: NanoTimestamp, end: NanoTimestamp, stepNanoseconds: Int64? = nil, limit: Int, contextLines: Int = 0) {
        self.text = text
        self.start = start
        self.end = end
        self.stepNanoseconds = stepNanoseconds
        self.limit = limit
        self.contextLines = contextLines
    }
}

extension LogEngine {
    /// Answers whatever a person may type: lines, lines with those around them, counts, patterns.
    public func ask(_ question: LogQuestion) async throws -> (findings: LogFindings, statistics: LogQueryStatistics) {
        var question = question
        let terse = try TerseQuery.isLogQL(question.text) ? nil : TerseQuery(question.text, now: clock.now())
        if let terse {
            question.start = terse.start ?? question.start
            question.contextLines = max(question.contextLines, terse.contextLines)
            if let command = terse.command { return try await answer(command, terse, question) }
        } else if case .log = try Parser.parse(question.text) {
            // Lines, below.
        } else {
            return try await numbers(question)
        }
        let (records, statistics) = try await searchAnswer(question.text, start: question.start, end: question.end, limit: question.limit)
        guard question.contextLines > 0 else { return (.lines(records), statistics) }
        return (.blocks(try await blocks(around: records, question.contextLines)), statistics)
    }

    private func numbers(_ question: LogQuestion) async throws -> (findings: LogFindings, statistics: LogQueryStatistics) {
        let answer = try await answer(
            LogRequest(query: question.text, start: question.start, end: question.end, stepNanoseconds: question.stepNanoseconds, limit: question.limit))
        let step = question.stepNanoseconds.map { $0 / 1_000_000 }
        switch answer.result {
        case .matrix(let series): return (.series(series, stepMilliseconds: step), answer.statistics)
        case .vector(let elements): return (.series(elements.map { Self.series($0.0, $0.1) }, stepMilliseconds: nil), answer.statistics)
        case .scalar(let sample): return (.series([Self.series(Labels(), sample)], stepMilliseconds: nil), answer.statistics)
        case .streams: throw LogQLError.failed("the query gives lines")
        }
    }

    private static func series(_ labels: Labels, _ sample: Sample) -> Series {
        var series = Series(labels: labels)
        series.timestamps = [sample.timestamp]
        series.values = [sample.value]
        return series
    }

    private func answer(_ command: TerseQuery.Command, _ terse: TerseQuery, _ question: LogQuestion) async throws -> (findings: LogFindings, statistics: LogQueryStatistics) {
        switch command {
        case .patterns(let change):
            let found = try await patterns(question.text, start: question.start, end: question.end, stepNanoseconds: nil, change: change, limit: question.limit)
            return (.patterns(found), LogQueryStatistics())
        case .count(let step?, let names):
            guard step <= Int64.max / 1_000_000 else { throw LogQLError.failed("the step is longer than 292 years") }
            return try await steps(terse, question, stepNanoseconds: step * 1_000_000, names)
        case .count(nil, let names): return try await total(terse, question, names)
        case .top(let count, let name):
            let (findings, statistics) = try await total(terse, question, [name])
            guard case .series(let series, _) = findings else { return (findings, statistics) }
            return (.series(Array(series.filter { $0.labels[name] != nil }.prefix(count)), stepMilliseconds: nil), statistics)
        }
    }

    /// Counts over whole steps, which hold the range.
    private func steps(
        _ terse: TerseQuery, _ question: LogQuestion, stepNanoseconds step: Int64, _ names: [String]
    ) async throws -> (findings: LogFindings, statistics: LogQueryStatistics) {
        let first = Self.floored(question.start.nanoseconds, step)
        let last = Self.floored(question.end.nanoseconds - 1, step)
        // A window holds the lines up to and with its moment: at the last nanosecond of a step it holds the step from its beginning on.
        let request = LogRequest(
            query: question.text, start: NanoTimestamp(nanoseconds: first).advanced(byNanoseconds: step - 1),
            end: NanoTimestamp(nanoseconds: last).advanced(byNanoseconds: step - 1), stepNanoseconds: step, limit: question.limit)
        let (result, statistics) = try await evaluate(terse, request, rangeMilliseconds: step / 1_000_000, names)
        guard case .matrix(var series) = result else { return (.series([], stepMilliseconds: step / 1_000_000), statistics) }
        for index in series.indices { series[index].timestamps = series[index].timestamps.map { $0 - step / 1_000_000 + 1 } }
        return (.series(series, stepMilliseconds: step / 1_000_000), statistics)
    }

    /// One count for each value of the names over the whole range.
    private func total(_ terse: TerseQuery, _ question: LogQuestion, _ names: [String]) async throws -> (findings: LogFindings, statistics: LogQueryStatistics) {
        let (length, overflow) = question.end.nanoseconds.subtractingReportingOverflow(question.start.nanoseconds)
        guard !overflow, length > 0 else { throw LogQLError.failed("a count needs a range of time that ends after its start") }
        let last = question.end.advanced(byNanoseconds: -1)
        let request = LogRequest(query: question.text, start: last, end: last, limit: question.limit)
        let (result, statistics) = try await evaluate(terse, request, rangeMilliseconds: (length - 1) / 1_000_000 + 1, names)
        guard case .vector(let elements) = result else { return (.series([], stepMilliseconds: nil), statistics) }
        return (.series(elements.sorted { $0.1.value > $1.1.value }.map { Self.series($0.0, $0.1) }, stepMilliseconds: nil), statistics)
    }

    private func evaluate(
        _ terse: TerseQuery, _ request: LogRequest, rangeMilliseconds: Int64, _ names: [String]
    ) async throws -> (LogQLResult, LogQueryStatistics) {
        let source = QuerySource(reader: reader, meter: ScanMeter(clock: clock, options: options))
        let start = request.start.advanced(byNanoseconds: -min(rangeMilliseconds, .max / 1_000_000) * 1_000_000)
        let known = Set(try await reader.labelNames(start: start, end: request.end))
        let selector = terse.selector(knownLabels: known).narrowed(by: options.extraConditions, streamLabels: known)
        let expression = terse.counts(selector, rangeMilliseconds: rangeMilliseconds, names)
        let result = try await MetricEvaluation(source: source, grid: try StepGrid(request)).result(expression, isInstant: request.stepNanoseconds == nil)
        return (result, source.meter.finish())
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
        let rest = value % divisor
        return value - (rest < 0 ? rest + divisor : rest)
    }

    // MARK: Lines around lines

    private func blocks(around records: [LogRecord], _ count: Int) async throws -> [ContextBlock] {
        guard records.count <= Limits.contextHitsMax else {
            throw LogQLError.tooMuch("lines around \(records.count) lines are too many; ask for at most \(Limits.contextHitsMax) with --limit")
        }
        var blocks: [ContextBlock] = []
        var lastOfStream: [Labels: Int] = [:]
        for hit in records.reversed() {
            let (before, after) = try await context(of: hit.stream, at: hit.timestamp, line: hit.body, before: count, after: count)
            let lines = before.map { ($0, false) } + [(hit, true)] + after.map { ($0, false) }
            if let position = lastOfStream[hit.stream], blocks[position].take(lines) { continue }
            lastOfStream[hit.stream] = blocks.count
            blocks.append(ContextBlock(lines: lines))
        }
        return blocks
    }
}

extension ContextBlock {
    /// Adds lines that begin within the block; false where they begin behind it.
    fileprivate mutating func take(_ more: [(record: LogRecord, isHit: Bool)]) -> Bool {
        guard let last = lines.last?.record, let first = more.first?.record, first.timestamp <= last.timestamp else { return false }
        for line in more {
            if let index = lines.lastIndex(where: { $0.record == line.record }) {
                lines[index].isHit = lines[index].isHit || line.isHit
            } else if line.record.timestamp >= last.timestamp {
                lines.append(line)
            }
        }
        return true
    }
}
