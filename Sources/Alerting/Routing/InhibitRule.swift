import Foundations
import Model

/// Alerts that say nothing while another fires: of the same place, and less important, or hanging on what is down.
public struct InhibitRule: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case inhibition = "inhibited"
        /// What the target hangs on is down.
        case dependency
    }

    public var kind: Kind
    /// Shown as the cause; empty where the rule has none.
    public var name: String
    public var source: [Matcher]
    public var target: [Matcher]
    /// Labels that both have with the same value.
    public var equal: [String]

    public init(kind: Kind = .inhibition, name: String = "", source: [Matcher], target: [Matcher], equal: [String]) {
        self.kind = kind
        self.name = name
        self.source = source
        self.target = target
        self.equal = equal
    }

    /// What the rule is known by in the database: the same text as long as the rule is the same.
    var key: String {
        "\(kind.rawValue);\(Self.text(source));\(Self.text(target));\(equal.sorted().joined(separator: ","))"
    }

    /// The values of the labels that must be equal, as one text.
    func equalValues(of labels: Labels) -> String { labels.keeping(Set(equal)).description }

    private static func text(_ matchers: [Matcher]) -> String { "{\(matchers.map(\.description).sorted().joined(separator: ","))}" }
}
