/// One rule of a file, as it was written.
public struct Rule: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Results become alerts. A result must last `forMilliseconds` before its alert fires, and stays `keepFiringForMilliseconds` after its end.
        case alert(forMilliseconds: Int64, keepFiringForMilliseconds: Int64, annotations: [NamedText])
        /// Results become samples of a series with the rule's name.
        case record
    }

    /// The alert's or the recorded series' name.
    public var name: String
    /// PromQL, or LogQL where the group's source is logs.
    public var expression: String
    /// Labels to add, templates where the rule is an alert; the group's are among them.
    public var labels: [NamedText]
    public var kind: Kind
    /// The line of the rule in its file, from 1.
    public var line: Int

    public init(name: String, expression: String, labels: [NamedText], kind: Kind, line: Int) {
        self.name = name
        self.expression = expression
        self.labels = labels
        self.kind = kind
        self.line = line
    }

    public var annotations: [NamedText] {
        if case .alert(_, _, let annotations) = kind { annotations } else { [] }
    }
}

/// What the expressions of a group look at, and so the language they are written in.
public enum RuleSource: String, Hashable, Sendable, CaseIterable {
    /// PromQL over the metric store.
    case metrics
    /// LogQL that gives numbers, over the log store.
    case logs
}

/// Rules that are evaluated together, one after another.
public struct RuleGroup: Hashable, Sendable {
    public var name: String
    /// The file's path.
    public var file: String
    public var source: RuleSource
    /// Nil is the default.
    public var intervalMilliseconds: Int64?
    /// Results a rule may have before it fails; 0 is without bound.
    public var limit: Int
    /// How far before the tick expressions are evaluated; nil is the default, 0.
    public var queryOffsetMilliseconds: Int64?
    public var rules: [Rule]

    public init(
        name: String, file: String, source: RuleSource = .metrics, intervalMilliseconds: Int64? = nil, limit: Int = 0, queryOffsetMilliseconds: Int64? = nil, rules: [Rule]
    ) {
        self.name = name
        self.file = file
        self.source = source
        self.intervalMilliseconds = intervalMilliseconds
        self.limit = limit
        self.queryOffsetMilliseconds = queryOffsetMilliseconds
        self.rules = rules
    }
}
