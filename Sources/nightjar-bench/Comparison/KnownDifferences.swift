/// Where Prometheus 3, whose language this is, answers otherwise than the older one that is compared with: by design, each with its reason.
enum KnownDifferences {
    struct Rule {
        let name: String
        let reason: String
        let applies: @Sendable (String) -> Bool
    }

    static let rules: [Rule] = [
        Rule(
            name: "ranges are open on the left",
            reason: "since 3.0 a range leaves out a sample exactly at its beginning; seen where samples stand exactly on its edges"
        ) { $0.contains("demo_aligned_total[") },
        Rule(
            name: "subqueries are open on the left",
            reason: "since 3.0 a subquery leaves out the step exactly at its beginning: one point less where the range is a multiple of the step"
        ) { $0.contains(":") && $0.firstMatch(of: /\[\w+:\w*\]/) != nil },
        Rule(
            name: "a dot matches a line feed", reason: "since 3.0 `.` in a regular expression matches every character"
        ) { $0.contains("first.second") },
        Rule(name: "durations may be numbers", reason: "since 3.0 a number is a duration in seconds, after offset and in ranges") {
            $0.contains("offset 5") && !$0.contains("offset 5m")
        },
        Rule(name: "atan2 drops the metric's name", reason: "since 3.0 as every other arithmetic operator does") { $0.contains(" atan2 ") },
        Rule(
            name: "logarithms of subnormal numbers",
            reason: "on amd64 Prometheus's mathematical library takes them for normal ones; on other machines it answers as Nightjar does"
        ) { $0 == "ln(demo_special_values)" || $0 == "log10(demo_special_values)" },
    ]

    /// Names that changed: the old one and the new one. The query is asked by each under its own.
    static let renamed = [(old: "holt_winters", new: "double_exponential_smoothing")]
}
