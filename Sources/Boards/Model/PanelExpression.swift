/// What is computed of the answers to a panel's queries, which Grafana's server does.
public struct PanelExpression: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// `$A / $B * 100`, `abs($A) > 3`.
        case math(String)
        case reduce(input: String, Reduction, Missing)
        /// Values on a grid of so many milliseconds.
        case resample(input: String, stepMilliseconds: Int64, Reduction, Fill)
        /// 1 where a condition holds, else 0.
        case threshold(input: String, Transformation.Comparison)
        /// 1 outside of a range, else 0.
        case outside(input: String, from: Double, to: Double)
    }
    /// What a value that isn't there does to a reduction.
    public enum Missing: Hashable, Sendable { case spreads, dropped, replaced(Double) }
    /// What stands where a step has no value.
    public enum Fill: Hashable, Sendable { case previous, next, none }

    public var refID: String
    public var kind: Kind
    public var isHidden: Bool

    public init(refID: String, kind: Kind, isHidden: Bool = false) {
        self.refID = refID
        self.kind = kind
        self.isHidden = isHidden
    }

    /// The queries and expressions it is computed of.
    var inputs: Set<String> {
        switch kind {
        case .math(let text): (try? MathParser.parse(text)).map(\.references) ?? []
        case .reduce(let input, _, _), .resample(let input, _, _, _), .threshold(let input, _), .outside(let input, _, _): [input]
        }
    }
}
