import Foundations
import Model

/// Evaluates LogQL, and the terse form for people, over any log reader.
public struct LogEngine: Sendable {
    public struct Options: Sendable {
        /// A query that takes longer ends with an error.
        public var timeoutSeconds: Double

        public init(timeoutSeconds: Double = 30) { self.timeoutSeconds = timeoutSeconds }
    }

    private let reader: any LogReader
    private let clock: any WallClock
    private let options: Options

    public init(reader: any LogReader, clock: any WallClock = SystemClock(), options: Options = Options()) {
        self.reader = reader
        self.clock = clock
        self.options = options
    }

    /// Evaluates a query.
    ///
    /// Lines are those with `start <= t < end` (of an instant query, `start == end`: none), at most `limit` of them. A metric query is evaluated at `start`,
    /// `start + step` … `end`, or, where `stepNanoseconds` is nil, at `end` alone. Throws `LogQLError`, and what the reader throws.
    public func run(
        _ text: String, start: NanoTimestamp, end: NanoTimestamp, stepNanoseconds: Int64?, limit: Int, direction: LogQuery.Direction
    ) async throws -> LogQLResult {
        let expression = try Parser.parse(text)
        if case .log(let selector) = expression {
            guard stepNanoseconds != nil || end > start else { throw LogQLError.failed("lines need a range of time; an instant query works on numbers, as in count_over_time({…}[5m])") }
            return .streams(try await streams(selector, start, end, limit, direction))
        }
        if let number = Self.number(expression), stepNanoseconds == nil { return .scalar(Sample(timestamp: end.milliseconds.milliseconds, value: number)) }
        let grid = try grid(start, end, stepNanoseconds)
        let columns = try await evaluate(expression, grid, wanted: expression.groupingNames)
        return stepNanoseconds == nil ? vector(columns, grid, expression) : matrix(columns, grid)
    }

    /// Prepares a query, LogQL for lines or the terse form, for a live tail.
    public func compileTail(_ text: String) throws -> TailPlan {
        let selector = try TerseQuery.isLogQL(text) ? Self.selector(try Parser.parse(text)) : TerseQuery(text, now: clock.now()).selector(knownLabels: nil)
        let query = LogPlan.query(selector, start: .min, end: .max, direction: .oldestFirst, deadline: nil)
        let pipeline = Pipeline(selector.stages)
        return TailPlan(query: query) { record in
            var entry = LogEntry(record)
            return pipeline.run(&entry) ? (entry.labels, entry.line) : nil
        }
    }

    /// The newest `limit` records that a query, LogQL for lines or the terse form, finds within `start <= t < end`; newest first.
    /// A `last 1h` in the terse form goes before `start`.
    public func search(_ text: String, start: NanoTimestamp, end: NanoTimestamp, limit: Int) async throws -> [LogRecord] {
        var start = start
        let selector: LogSelector
        if TerseQuery.isLogQL(text) {
            selector = try Self.selector(try Parser.parse(text))
        } else {
            let terse = try TerseQuery(text, now: clock.now())
            start = terse.start ?? start
            selector = terse.selector(knownLabels: Set(try await reader.labelNames(start: start, end: end)))
        }
        return try await entries(selector, start, end, limit, .newestFirst).map { entry in
            var record = entry.record
            record.body = entry.line
            return record
        }
    }

    private static func selector(_ expression: Expression) throws(LogQLError) -> LogSelector {
        guard case .log(let selector) = expression else { throw .failed("the query gives numbers; here only lines can be shown") }
        return selector
    }

    // MARK: Lines

    private func entries(_ selector: LogSelector, _ start: NanoTimestamp, _ end: NanoTimestamp, _ limit: Int, _ direction: LogQuery.Direction) async throws -> [LogEntry] {
        guard limit > 0 else { return [] }
        let query = LogPlan.query(selector, start: start.nanoseconds, end: end.nanoseconds, direction: direction, deadline: deadline)
        let pipeline = Pipeline(selector.stages)
        let found = Locked<[LogEntry]>([])
        try await reader.scan(query) { record in
            var entry = LogEntry(record)
            guard pipeline.run(&entry) else { return true }
            return found.withLock { entries in
                entries.append(entry)
                return entries.count < limit
            }
        }
        return found.withLock { $0 }
    }

    private func streams(
        _ selector: LogSelector, _ start: NanoTimestamp, _ end: NanoTimestamp, _ limit: Int, _ direction: LogQuery.Direction
    ) async throws -> [(labels: Labels, entries: [(NanoTimestamp, String)])] {
        var streams: [(labels: Labels, entries: [(NanoTimestamp, String)])] = []
        var positions: [Labels: Int] = [:]
        for entry in try await entries(selector, start, end, limit, direction) {
            let labels = entry.labels
            if let position = positions[labels] { streams[position].entries.append((entry.record.timestamp, entry.line)) } else {
                positions[labels] = streams.count
                streams.append((labels, [(entry.record.timestamp, entry.line)]))
            }
        }
        return streams
    }

    // MARK: Numbers

    private var deadline: Int64 { clock.monotonicNanoseconds() + Int64(options.timeoutSeconds * 1e9) }

    private func grid(_ start: NanoTimestamp, _ end: NanoTimestamp, _ step: Int64?) throws(LogQLError) -> StepGrid {
        guard let step else { return StepGrid(start: end.nanoseconds, step: 1, count: 1) }
        guard step > 0, end >= start else { throw .failed("the step must be over 0, and the end not before the start") }
        let count = (end.nanoseconds - start.nanoseconds) / step + 1
        guard count <= Limits.stepsMax else { throw .tooMuch("the query has \(count) steps, more than \(Limits.stepsMax); give a larger step") }
        return StepGrid(start: start.nanoseconds, step: step, count: Int(count))
    }

    private func evaluate(_ expression: Expression, _ grid: StepGrid, wanted: Set<String>) async throws -> [Column] {
        switch try await operand(expression, grid, wanted) {
        case .vector(let columns): columns
        case .number(let number): [Column(labels: Labels(), values: Array(repeating: number, count: grid.count))]
        }
    }

    private func operand(_ expression: Expression, _ grid: StepGrid, _ wanted: Set<String>) async throws -> EvaluatedOperand {
        if let number = Self.number(expression) { return .number(number) }
        switch expression {
        case .log: throw LogQLError.failed("lines are no numbers; count them first, as in count_over_time({…}[5m])")
        case .number(let number): return .number(number)
        case .constantVector(let number): return .vector([Column(labels: Labels(), values: Array(repeating: number, count: grid.count))])
        case .range(let aggregation): return .vector(try await RangeEvaluation(aggregation: aggregation, grid: grid, wanted: wanted).columns(reader, deadline: deadline))
        case .vectorAggregation(let aggregation):
            return .vector(VectorEvaluation.columns(aggregation, try await evaluate(aggregation.operand, grid, wanted: wanted), grid))
        case .binary(let operation):
            let left = try await operand(operation.left, grid, wanted)
            let right = try await operand(operation.right, grid, wanted)
            return .vector(try BinaryEvaluation(operation: operation).columns(left, right))
        case .labelReplace(let inner, let destination, let replacement, let source, let pattern):
            return .vector(try await evaluate(inner, grid, wanted: wanted).map { column in
                var text = column.labels[source] ?? ""
                let replaced = text.withUTF8 { bytes -> String? in
                    let raw = UnsafeRawBufferPointer(bytes)
                    return pattern.firstMatch(in: raw, isAnchored: true).map { pattern.expand(replacement, match: $0, in: raw) }
                }
                guard let replaced else { return column }
                return Column(labels: column.labels.setting(destination, to: replaced), values: column.values)
            })
        }
    }

    /// An expression of numbers alone.
    private static func number(_ expression: Expression) -> Double? {
        switch expression {
        case .number(let value): return value
        case .binary(let operation):
            guard !operation.op.isSet, let left = number(operation.left), let right = number(operation.right) else { return nil }
            return Arithmetic.compute(operation.op, left, right)
        default: return nil
        }
    }

    private func matrix(_ columns: [Column], _ grid: StepGrid) -> LogQLResult {
        let series = columns.compactMap { column -> Series? in
            var series = Series(labels: column.labels)
            for (step, value) in column.values.enumerated() {
                guard let value else { continue }
                series.timestamps.append(NanoTimestamp(nanoseconds: grid.moment(step)).milliseconds.milliseconds)
                series.values.append(value)
            }
            return series.timestamps.isEmpty ? nil : series
        }
        return .matrix(series.sorted { $0.labels < $1.labels })
    }

    private func vector(_ columns: [Column], _ grid: StepGrid, _ expression: Expression) -> LogQLResult {
        let timestamp = NanoTimestamp(nanoseconds: grid.start).milliseconds.milliseconds
        let elements = columns.compactMap { column in column.values[0].map { (column.labels, Sample(timestamp: timestamp, value: $0)) } }
        return .vector(Self.keepsOrder(expression) ? elements : elements.sorted { $0.0 < $1.0 })
    }

    /// `topk` and `sort` order an instant result by value.
    private static func keepsOrder(_ expression: Expression) -> Bool {
        guard case .vectorAggregation(let aggregation) = expression else { return false }
        return [.sort, .sortDescending].contains(aggregation.function)
    }
}
