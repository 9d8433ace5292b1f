import Foundations
import Model

extension LogEngine {
    /// A query for lines as one that the reader answers alone, for what is done to the records themselves, such as erasing them.
    ///
    /// Throws where a stage would be left over, so that nothing is taken for chosen that isn't, and where nothing is chosen at all.
    public func wholeQuery(_ text: String, start: NanoTimestamp, end: NanoTimestamp) async throws -> LogQuery {
        guard TerseQuery.isLogQL(text) else { throw LogQLError.failed("write it in LogQL, such as {app=\"shop\"} |= \"alice@example.org\"") }
        let selector = try Self.selector(try Parser.parse(text))
        let names = Set(try await reader.labelNames(start: start, end: end))
        let plan = LogPlan(selector, start: start.nanoseconds, end: end.nanoseconds, direction: .oldestFirst, knownLabels: names)
        guard plan.isWhole else {
            throw LogQLError.failed("only streams, levels, fields and texts can be chosen by here: a selector, line filters of one text each, and `| field=\"value\"` without a parser")
        }
        let query = plan.query
        guard !query.streamMatchers.isEmpty || !query.lineFilters.isEmpty || !query.fieldMatchers.isEmpty || query.levels != nil else {
            throw LogQLError.failed("the query chooses every line; name a label or a text")
        }
        return query
    }
}
