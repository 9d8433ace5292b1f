import Foundations
import LogQL
import Model
import PromQL

/// Conditions that a request adds to all selectors of its query: `extra_filters[]` (or `extra_filters`), of which one must hold where there
/// are several, and `extra_label`, all of which must, as VictoriaMetrics has them. They narrow what a tenant's store answers with, and can do
/// nothing else.
extension RequestParameters {
    /// The conditions in PromQL's terms. Throws where a filter is no selector, an `extra_label` no `name=value`, or there are too many.
    func extraConditions(_ limits: CollectorLimits) throws(Refusal) -> LabelConditions {
        try extraConditions(limits) { text in
            do throws(PromQLSyntaxError) {
                return .success(try PromQLParser.parseConditions(text))
            } catch {
                return .failure(error.description)
            }
        }
    }

    /// The conditions in LogQL's terms.
    func extraLogConditions(_ limits: CollectorLimits) throws(Refusal) -> LabelConditions {
        try extraConditions(limits) { text in
            do throws(LogQLError) {
                return .success(try LogEngine.conditions(of: text))
            } catch {
                return .failure(error.description)
            }
        }
    }

    /// What `match[]` selects, each with the added conditions; these alone where there is no `match[]`.
    func narrowedSelectors(_ limits: CollectorLimits) throws(Refusal) -> [[Matcher]] {
        let conditions = try extraConditions(limits)
        return conditions.narrowing(try selectors())
    }

    private enum Parsed {
        case success([Matcher])
        case failure(String)
    }

    private func extraConditions(_ limits: CollectorLimits, _ parse: (String) -> Parsed) throws(Refusal) -> LabelConditions {
        var alternatives: [[Matcher]] = []
        for name in ["extra_filters[]", "extra_filters"] {
            for text in all(name) where !text.isEmpty {
                switch parse(text) {
                case .success(let matchers): alternatives.append(matchers)
                case .failure(let reason): throw .badParameter("invalid parameter \"\(name)\": \(reason)")
                }
            }
        }
        let labels = try extraLabels()
        let count = alternatives.reduce(labels.count) { $0 + $1.count }
        guard count <= limits.extraMatchersMax else {
            throw .badParameter("the request adds \(count) conditions; \(limits.extraMatchersMax) is the most")
        }
        return LabelConditions(alternatives: alternatives, and: labels)
    }

    /// `extra_label=name=value`, each a condition of equality.
    private func extraLabels() throws(Refusal) -> [Matcher] {
        try all("extra_label").filter { !$0.isEmpty }.map { text throws(Refusal) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw .badParameter("invalid parameter \"extra_label\": \"\(SafeText(text.prefix(100)))\" isn't of the form name=value")
            }
            return Matcher(String(parts[0]), equals: String(parts[1]))
        }
    }
}
