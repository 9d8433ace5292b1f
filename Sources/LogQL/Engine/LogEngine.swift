import Foundations
import Model

/// Evaluates LogQL, and the terse form for people, over any log reader.
public struct LogEngine: Sendable {
    public struct Options: Sendable {
        /// A query that takes longer ends with an error.
        public var timeoutSeconds: Double
        /// Bytes of lines that a query may read, after what the reader's index leaves out.
        public var readBytesMax: Int
        /// Conditions that every line must fulfil beside those of a query: on labels of its stream, on its fields, or on what the query's parsers
        /// take out of it. They only ever narrow.
        public var extraConditions: LabelConditions

        public init(timeoutSeconds: Double = 30, readBytesMax: Int = 16 << 30, extraConditions: LabelConditions = LabelConditions()) {
            self.timeoutSeconds = timeoutSeconds
            self.readBytesMax = readBytesMax
            self.extraConditions = extraConditions
        }
    }

    let reader: any LogReader
    let clock: any WallClock
    let options: Options

    public init(reader: any LogReader, clock: any WallClock = SystemClock(), options: Options = Options()) {
        self.reader = reader
        self.clock = clock
        self.options = options
    }

    /// Evaluates a query, LogQL or the terse form. Throws `LogQLError`, and what the reader throws.
    public func answer(_ request: LogRequest) async throws -> LogAnswer {
        let source = QuerySource(reader: reader, meter: ScanMeter(clock: clock, options: options))
        let result = try await result(try await parsed(request), request, source)
        return LogAnswer(result: result, statistics: source.meter.finish())
    }

    /// The result alone, as rules need it.
    public func run(
        _ text: String, start: NanoTimestamp, end: NanoTimestamp, stepNanoseconds: Int64?, limit: Int, direction: LogQuery.Direction
    ) async throws -> LogQLResult {
        try await answer(LogRequest(query: text, start: start, end: end, stepNanoseconds: stepNanoseconds, limit: limit, direction: direction)).result
    }

    /// A query in its canonical form, over several lines where it is long.
    public static func formatted(_ text: String) throws(LogQLError) -> String { LogQLText.formatted(try Parser.parse(text)) }

    private func parsed(_ request: LogRequest) async throws -> Expression {
        if TerseQuery.isLogQL(request.query) { return try await narrowed(try Parser.parse(request.query), request.start, request.end) }
        let terse = try TerseQuery(request.query, now: clock.now())
        let known = Set(try await reader.labelNames(start: request.start, end: request.end))
        return try terse.expression(knownLabels: known).narrowed(by: options.extraConditions, streamLabels: known)
    }

    /// A query with the added conditions on all of its selectors; which labels streams have is asked for the time that it reads.
    func narrowed(_ expression: Expression, _ start: NanoTimestamp, _ end: NanoTimestamp) async throws -> Expression {
        if options.extraConditions.isEmpty { return expression }
        let back = min(expression.lookbackMilliseconds, .max / 1_000_000) * 1_000_000
        // A stream whose lines are at the end itself counts.
        let names = try await reader.labelNames(start: start.advanced(byNanoseconds: -back), end: end.advanced(byNanoseconds: 1))
        return expression.narrowed(by: options.extraConditions, streamLabels: Set(names))
    }

    /// The same for lines alone.
    func narrowed(_ selector: LogSelector, _ start: NanoTimestamp, _ end: NanoTimestamp) async throws -> LogSelector {
        try Self.selector(try await narrowed(.log(selector), start, end))
    }

    /// The conditions of a stream selector that stands alone, all of which may be met by streams without the label.
    public static func conditions(of text: String) throws(LogQLError) -> [Matcher] {
        guard case .log(let selector) = try Parser.parse(text), selector.stages.isEmpty, !selector.matchers.isEmpty else {
            throw .failed("not a plain stream selector; give labels in braces, such as {app=\"web\"}")
        }
        return selector.matchers
    }

    private func result(_ expression: Expression, _ request: LogRequest, _ source: QuerySource) async throws -> LogQLResult {
        if case .log(let selector) = expression {
            guard request.stepNanoseconds != nil || request.end > request.start else {
                throw LogQLError.failed("log queries are not supported as an instant query type; ask for a range of time, or count lines as in count_over_time({…}[5m])")
            }
            return .streams(try await streams(selector, request, source))
        }
        if let number = expression.constant, request.stepNanoseconds == nil {
            return .scalar(Sample(timestamp: request.end.milliseconds.milliseconds, value: number))
        }
        let evaluation = MetricEvaluation(source: source, grid: try StepGrid(request))
        return try await evaluation.result(expression, isInstant: request.stepNanoseconds == nil)
    }

    static func selector(_ expression: Expression) throws(LogQLError) -> LogSelector {
        guard case .log(let selector) = expression else { throw .failed("the query gives numbers; here only lines can be shown") }
        return selector
    }
}
