import Foundations
import LogQL
import Model
import PromQL

/// Conditions that a request adds to all selectors of its query: `extra_filters[]` (or `extra_filters`) and `extra_label`, as VictoriaMetrics
/// has them. They narrow what a tenant's store answers with, and can do nothing else.
extension RequestParameters {
    /// The conditions in PromQL's terms. Throws where a filter is no selector, an `extra_label` no `name=value`, or there are too many.
    func extraMatchers(_ limits: CollectorLimits) throws(Refusal) -> [Matcher] {
        var matchers: [Matcher] = []
        if let (name, text) = try extraFilter() {
            do throws(PromQLSyntaxError) {
                matchers = try PromQLParser.parseConditions(text)
            } catch {
                throw .badParameter("invalid parameter \"\(name)\": \(error)")
            }
        }
        return try bounded(matchers + extraLabels(), limits)
    }

    /// The conditions in LogQL's terms.
    func extraLogMatchers(_ limits: CollectorLimits) throws(Refusal) -> [Matcher] {
        var matchers: [Matcher] = []
        if let (name, text) = try extraFilter() {
            do throws(LogQLError) {
                matchers = try LogEngine.conditions(of: text)
            } catch {
                throw .badParameter("invalid parameter \"\(name)\": \(error)")
            }
        }
        return try bounded(matchers + extraLabels(), limits)
    }

    /// What `match[]` selects, each with the added conditions; these alone where there is no `match[]`.
    func narrowedSelectors(_ limits: CollectorLimits) throws(Refusal) -> [[Matcher]] {
        let extra = try extraMatchers(limits)
        let selectors = try selectors()
        if extra.isEmpty { return selectors }
        return selectors.isEmpty ? [extra] : selectors.map { $0 + extra }
    }

    /// The one filter, with the name it came under. Several would be alternatives, which a selector can't be.
    private func extraFilter() throws(Refusal) -> (name: String, text: String)? {
        let given = ["extra_filters[]", "extra_filters"].flatMap { name in all(name).filter { !$0.isEmpty }.map { (name: name, text: $0) } }
        guard Set(given.map(\.text)).count <= 1 else {
            throw .badParameter("invalid parameter \"\(given[0].name)\": it stands \(given.count) times, and alternatives aren't supported; give one selector with all conditions, such as {job=\"api\",env=~\"a|b\"}")
        }
        return given.first
    }

    /// `extra_label=name=value`, each a condition of equality.
    private func extraLabels() throws(Refusal) -> [Matcher] {
        try all("extra_label").filter { !$0.isEmpty }.map { text throws(Refusal) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw .badParameter("invalid parameter \"extra_label\": \"\(shown(text))\" isn't of the form name=value")
            }
            return Matcher(String(parts[0]), equals: String(parts[1]))
        }
    }

    private func bounded(_ matchers: [Matcher], _ limits: CollectorLimits) throws(Refusal) -> [Matcher] {
        guard matchers.count <= limits.extraMatchersMax else {
            throw .badParameter("the request adds \(matchers.count) conditions; \(limits.extraMatchersMax) is the most")
        }
        return matchers
    }

    private func shown(_ text: String) -> String { SafeText(text.prefix(100)).string }
}
