/// A condition on one label: `job="api"`, `path=~"/v1/.*"`. A label that is missing counts as empty.
public struct Matcher: Hashable, Sendable, CustomStringConvertible {
    public enum Operator: String, Hashable, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case regex = "=~"
        case notRegex = "!~"
    }

    public let name: String
    public let op: Operator
    public let value: String
    /// The compiled pattern of the two regular-expression operators, anchored at both ends.
    public let pattern: RegularExpression?

    /// Throws where `value` should be a regular expression and isn't one.
    public init(_ name: String, _ op: Operator, _ value: String) throws(RegularExpression.SyntaxError) {
        self.name = name
        self.op = op
        self.value = value
        switch op {
        case .regex, .notRegex: pattern = try RegularExpression(value)
        case .equal, .notEqual: pattern = nil
        }
    }

    /// A matcher for equality, which can't fail.
    public init(_ name: String, equals value: String) {
        self.name = name
        op = .equal
        self.value = value
        pattern = nil
    }

    /// Whether a label's value (empty where it is missing) satisfies the condition.
    public func matches(_ text: String) -> Bool {
        switch op {
        case .equal: text.utf8.elementsEqual(value.utf8)
        case .notEqual: !text.utf8.elementsEqual(value.utf8)
        case .regex: pattern!.matchesWhole(text)
        case .notRegex: !pattern!.matchesWhole(text)
        }
    }

    public func matches(_ labels: Labels) -> Bool { matches(labels[name] ?? "") }

    /// Whether a series without the label satisfies it: such a matcher can't narrow a search by postings alone.
    public var matchesEmpty: Bool { matches("") }

    public var description: String { "\(LabelName.isLegacy(name) ? name : quoted(name))\(op.rawValue)\(quoted(value))" }

    public static func == (left: Matcher, right: Matcher) -> Bool {
        left.op == right.op && left.name.utf8.elementsEqual(right.name.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(op)
        hasher.combine(value)
    }
}

extension Sequence<Matcher> {
    /// Whether a set of labels satisfies all of them.
    public func matches(_ labels: Labels) -> Bool { allSatisfy { $0.matches(labels) } }
}
