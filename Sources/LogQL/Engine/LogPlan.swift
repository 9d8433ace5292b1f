import Foundations
import Model

/// What of a selector and its pipeline the store can answer.
enum LogPlan {
    /// The query for the store. Stages run again on what it gives, so anything may be left out here, but nothing may be added.
    static func query(_ selector: LogSelector, start: Int64, end: Int64, direction: LogQuery.Direction, deadline: Int64?) -> LogQuery {
        var query = LogQuery(
            start: NanoTimestamp(nanoseconds: start), end: NanoTimestamp(nanoseconds: end), direction: direction, deadlineMonotonicNanoseconds: deadline)
        for matcher in selector.matchers {
            if isLevel(matcher.name) { narrow(&query.levels, matcher) } else { query.streamMatchers.append(matcher) }
        }
        for stage in selector.stages {
            switch stage {
            case .lineFilter(let filter): query.lineFilters += pushed(filter)
            case .label(.matcher(let matcher)) where isLevel(matcher.name): narrow(&query.levels, matcher)
            case .label: break
            // From here on lines and labels are no longer those of the store.
            default: return query
            }
        }
        return query
    }

    private static func isLevel(_ name: String) -> Bool { name == "level" || name == LogEntry.levelLabel }

    private static func narrow(_ levels: inout Set<LogLevel>?, _ matcher: Matcher) {
        let accepted = LogLevel.allCases.filter { level in
            matcher.matches(level == .unknown ? "" : level.name) || (level == .unknown && matcher.matches(level.name))
        }
        levels = levels.map { $0.intersection(accepted) } ?? Set(accepted)
    }

    /// One text alone is a filter of the store; alternatives are left to the stage. Several negative texts are as many filters.
    private static func pushed(_ filter: LineFilterStage) -> [LineFilter] {
        let kind: LineFilter.Kind
        switch (filter.kind, filter.isNegative) {
        case (.contains, false): kind = .contains
        case (.contains, true): kind = .containsNot
        case (.matches, false): kind = .matches
        case (.matches, true): kind = .matchesNot
        case (.phrase, false): kind = .phrase
        case (.phrase, true): kind = .phraseNot
        default: return []
        }
        guard filter.texts.count == 1 || filter.isNegative else { return [] }
        // The pattern was compiled by the parser already, so it can't be refused here.
        return filter.texts.filter { !$0.isEmpty }.compactMap { try? LineFilter(kind, $0) }
    }
}
