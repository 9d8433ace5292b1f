/// Where Prometheus 3, whose language this is, answers otherwise than the older one that is compared with: by design, each with its reason.
enum KnownDifferences {
    struct Rule {
        let name: String
        let reason: String
        /// What the older one has to be asked for the same answer; nil where there is no such query, and the difference is only listed.
        let older: (@Sendable (String) -> String?)?
        let applies: @Sendable (String) -> Bool
    }

    static let rules: [Rule] = [
        Rule(
            name: "ranges are open on the left",
            reason: "since 3.0 a range leaves out a sample exactly at its beginning; seen where samples stand exactly on its edges",
            // A rate also depends on the range's length, which can't be shortened alone.
            older: { $0.contains("_over_time(") ? shortened($0) : nil }
        ) { $0.contains("demo_aligned_total[") },
        Rule(
            name: "subqueries are open on the left", reason: "since 3.0 a subquery leaves out the step exactly at its beginning", older: shortened
        ) { $0.firstMatch(of: /\[\w+:\w*\]/) != nil },
        Rule(
            name: "a dot matches a line feed", reason: "since 3.0 `.` in a regular expression matches every character",
            older: { $0.replacing("first.second", with: "first(?s:.)second") }
        ) { $0.contains("first.second") },
        Rule(
            name: "durations may be numbers", reason: "since 3.0 a number is a duration in seconds, after offset and in ranges", older: { $0 + "s" }
        ) { $0.hasSuffix("offset 5") },
        Rule(
            name: "atan2 drops the metric's name", reason: "since 3.0 as every other arithmetic operator does",
            older: { $0.replacing("demo_num_cpus atan2", with: "(demo_num_cpus + 0) atan2") }
        ) { $0.contains(" atan2 ") },
        Rule(
            name: "logarithms of subnormal numbers",
            reason: "on amd64 Prometheus's mathematical library takes them for normal ones; on other machines it answers as Nightjar does", older: nil
        ) { $0 == "ln(demo_special_values)" || $0 == "log10(demo_special_values)" },
    ]

    /// Names that changed: the old one and the new one. The query is asked by each under its own.
    static let renamed = [(old: "holt_winters", new: "double_exponential_smoothing")]

    /// The query with its outer range a millisecond shorter, which leaves out just what stands at the beginning.
    @Sendable private static func shortened(_ query: String) -> String? {
        let units = ["s": 1000, "m": 60_000, "h": 3_600_000]
        // The last range is the outer one: a subquery's, or the only one.
        guard let range = query.matches(of: /\[(\d+)([smh])(:\w*)?\]/).last, let count = Int(range.1), let unit = units[String(range.2)] else { return nil }
        return query.replacingCharacters(in: range.range, with: "[\(count * unit - 1)ms\(range.3 ?? "")]")
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String { self[..<range.lowerBound] + text + self[range.upperBound...] }
}
