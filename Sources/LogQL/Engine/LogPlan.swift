import Foundations
import Model

/// What of a selector the reader answers, and what is left to do with the lines that it gives.
struct LogPlan: Sendable {
    /// For the reader; without a deadline.
    let query: LogQuery
    /// What the reader has not decided.
    let pipeline: Pipeline
    /// No stage is left: what the reader gives is the answer.
    let isWhole: Bool
    /// For people.
    let description: String

    /// `knownLabels`: names that streams have; conditions on others, in front of any parser, are conditions on fields, which an index
    /// answers. Nil where the names aren't known.
    init(_ selector: LogSelector, start: Int64, end: Int64, direction: LogQuery.Direction, knownLabels: Set<String>?) {
        var query = LogQuery(start: NanoTimestamp(nanoseconds: start), end: NanoTimestamp(nanoseconds: end), direction: direction)
        for matcher in selector.matchers {
            if Self.isLevel(matcher.name) { Self.narrow(&query.levels, matcher) } else { query.streamMatchers.append(matcher) }
        }
        var left: [Stage] = []
        var isAsStored = true
        for stage in selector.stages {
            if isAsStored, Self.push(stage, into: &query, knownLabels) { continue }
            left.append(stage)
            // Behind other stages lines and labels are no longer those of the store; a filter that stays leaves both alone.
            switch stage {
            case .lineFilter, .label: break
            default: isAsStored = false
            }
        }
        self.query = query
        pipeline = Pipeline(left)
        isWhole = left.isEmpty
        description = Self.describe(query, left)
    }

    /// Whether the reader decides a stage whole.
    private static func push(_ stage: Stage, into query: inout LogQuery, _ knownLabels: Set<String>?) -> Bool {
        switch stage {
        case .lineFilter(let filter):
            let pushed = pushed(filter)
            query.lineFilters += pushed.filters
            return pushed.isWhole
        case .label(.matcher(let matcher)):
            // Streams without the label may have lines with a field of the name.
            if knownLabels?.contains(matcher.name) == true { return false }
            if isLevel(matcher.name) {
                if knownLabels != nil { narrow(&query.levels, matcher) }
                return knownLabels != nil
            }
            guard knownLabels != nil, isFieldName(matcher.name) else { return false }
            query.fieldMatchers.append(matcher)
            return true
        default: return false
        }
    }

    static func isLevel(_ name: String) -> Bool { name == "level" || name == LogEntry.levelLabel }

    /// Whether just the fields of this very name are meant: `_` may stand for a dot, but in these two.
    static func isFieldName(_ name: String) -> Bool {
        !name.hasPrefix("__") && (!name.contains("_") || name == "trace_id" || name == "span_id")
    }

    private static func narrow(_ levels: inout Set<LogLevel>?, _ matcher: Matcher) {
        let accepted = LogLevel.allCases.filter { $0.satisfies(matcher) }
        levels = levels.map { $0.intersection(accepted) } ?? Set(accepted)
    }

    /// One text alone is a filter of the store; alternatives are left to the stage. Several negative texts are as many filters.
    private static func pushed(_ filter: LineFilterStage) -> (filters: [LineFilter], isWhole: Bool) {
        let kind: LineFilter.Kind
        switch (filter.kind, filter.isNegative) {
        case (.contains, false): kind = .contains
        case (.contains, true): kind = .containsNot
        case (.matches, false): kind = .matches
        case (.matches, true): kind = .matchesNot
        case (.phrase, false): kind = .phrase
        case (.phrase, true): kind = .phraseNot
        case (.pattern, _): return ([], false)
        }
        let texts = filter.kind == .phrase ? filter.texts : filter.texts.filter { !$0.isEmpty }
        // An empty text is in every line, as an alternative too.
        if texts.count < filter.texts.count { return ([], !filter.isNegative) }
        guard filter.isNegative || (texts.count == 1 && filter.networks.isEmpty) else { return ([], false) }
        // The pattern was compiled by the parser already, so it can't be refused here.
        let filters = texts.compactMap { try? LineFilter(kind, $0) }
        return (filters, filters.count == texts.count && filter.networks.isEmpty)
    }

    private static func describe(_ query: LogQuery, _ stages: [Stage]) -> String {
        var parts = ["streams {\(query.streamMatchers.map(\.description).joined(separator: ", "))}"]
        if let levels = query.levels { parts.append("levels \(levels.sorted().map(\.name).joined(separator: ", "))") }
        parts += query.lineFilters.map { "lines \($0.kind) \(quoted($0.text))" }
        parts += query.fieldMatchers.map { "field \($0)" }
        return "scan: " + parts.joined(separator: "; ") + (stages.isEmpty ? "" : "; then \(stages.map(LogQLText.stage).joined(separator: " "))")
    }
}
