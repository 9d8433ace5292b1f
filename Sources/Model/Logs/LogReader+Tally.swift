import Foundations

/// What any reader can answer by looking at every record; one that keeps counts answers from these.
extension LogReader {
    public func tally(_ query: LogQuery, _ cells: LogCells, by grouping: Set<LogGrouping>) async throws -> [LogTally] {
        let tallies = Locked(LogTallies(cells, by: grouping))
        try await scan(query) { record in
            try tallies.withLock { try $0.add(record) }
            return true
        }
        return tallies.withLock { $0.tallies() }
    }

    /// Counts per step from multiples of `stepNanoseconds` since 1970.
    public func tally(_ query: LogQuery, stepNanoseconds: Int64, by grouping: Set<LogGrouping>) async throws -> [LogTally] {
        try await tally(query, LogCells(stepNanoseconds: stepNanoseconds), by: grouping)
    }

    public func patterns(_ query: LogQuery, stepNanoseconds: Int64) async throws -> [LogPattern] {
        LogPattern.patterns(of: try await tally(query, stepNanoseconds: stepNanoseconds, by: [.template, .level]))
    }

    public func volumes(_ query: LogQuery) async throws -> [LogVolume] {
        // One step holds all of a range: what lies before and after 1970 makes two.
        LogVolume.volumes(of: try await tally(query, stepNanoseconds: .max, by: [.stream]))
    }
}

extension LogVolume {
    /// Adds tallies by stream up, sorted by stream.
    public static func volumes(of tallies: [LogTally]) -> [LogVolume] {
        var sums: [Labels: LogVolume] = [:]
        for tally in tallies {
            guard let stream = tally.stream else { continue }
            sums[stream, default: LogVolume(stream: stream, chunks: 1, entries: 0, bytes: 0)].entries += tally.count
            sums[stream]!.bytes += tally.bytes
        }
        return sums.values.sorted { $0.stream < $1.stream }
    }
}

extension LogPattern {
    /// Joins tallies by template and level to patterns, the most frequent first.
    public static func patterns(of tallies: [LogTally]) -> [LogPattern] {
        struct Kind: Hashable {
            var template: LogTemplate
            var level: LogLevel
        }
        var steps: [Kind: [Step]] = [:]
        for tally in tallies {
            guard let template = tally.template else { continue }
            steps[Kind(template: template, level: tally.level ?? .unknown), default: []].append(Step(start: tally.start, count: tally.count))
        }
        return steps.map { kind, steps in LogPattern(template: kind.template, level: kind.level, steps: steps) }
            .map { (count: $0.count, pattern: $0) }
            .sorted { left, right in
                if left.count != right.count { return left.count > right.count }
                if left.pattern.level != right.pattern.level { return left.pattern.level > right.pattern.level }
                return left.pattern.template.text.utf8.lexicographicallyPrecedes(right.pattern.template.text.utf8)
            }
            .map(\.pattern)
    }
}
