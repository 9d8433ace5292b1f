import Model

/// The series that `info()` takes labels from.
enum InfoJoin {
    static let defaultMetric = "target_info"
    /// What identifies the series on both sides.
    static let identifyingLabels = ["instance", "job"]

    /// The conditions that the second argument names, or the default.
    static func matchers(of selector: Expression?) -> [Matcher] {
        var matchers: [Matcher] = []
        if case .selector(let selector)? = selector?.node {
            matchers = selector.matchers.filter { $0.name == LabelName.metricName || !$0.matchesEmpty }
        }
        if !matchers.contains(where: { $0.name == LabelName.metricName }) { matchers.append(Matcher(LabelName.metricName, equals: defaultMetric)) }
        return matchers
    }
}
