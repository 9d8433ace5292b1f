import Model

/// The series that `info()` takes labels from.
enum InfoJoin {
    static let defaultMetric = "target_info"
    /// What conditions that only say which metrics not to take choose from.
    static let anyMetricPattern = ".+_info"
    /// What identifies the series on both sides.
    static let identifyingLabels = ["instance", "job"]

    /// The conditions on labels that the second argument names.
    static func dataMatchers(of selector: Expression?) -> [Matcher] { all(of: selector).filter { $0.name != LabelName.metricName } }

    /// The conditions on the metric's name, or the default.
    static func nameMatchers(of selector: Expression?) -> [Matcher] {
        let named = all(of: selector).filter { $0.name == LabelName.metricName }
        if named.isEmpty { return [Matcher(LabelName.metricName, equals: defaultMetric)] }
        if named.contains(where: { $0.op == .equal || $0.op == .regex }) { return named }
        guard let any = try? Matcher(LabelName.metricName, .regex, anyMetricPattern) else { preconditionFailure("the pattern is one") }
        return [any] + named
    }

    /// All conditions on the series to read.
    static func matchers(of selector: Expression?) -> [Matcher] { nameMatchers(of: selector) + dataMatchers(of: selector) }

    private static func all(of selector: Expression?) -> [Matcher] {
        if case .selector(let selector)? = selector?.node { return selector.matchers }
        return []
    }
}
