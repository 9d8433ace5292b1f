import Foundations

/// What a panel's last evaluation brought.
public struct PanelResult: Sendable {
    /// What is drawn; of an evaluation that failed, that of the last good one. Nil where there never was one.
    public var content: PanelContent?
    /// When it was computed.
    public var evaluatedAt: Timestamp
    /// The newest sample, where there are some.
    public var newestSampleAt: Timestamp?
    /// Why the last evaluation failed; nil where it didn't.
    public var failure: String?
    /// Steps of the chart.
    public var stepMilliseconds: Int64
    /// Whether it is of another range or other values than are asked for now.
    public var isOutdated = false

    public init(content: PanelContent?, evaluatedAt: Timestamp, newestSampleAt: Timestamp? = nil, failure: String? = nil, stepMilliseconds: Int64 = 0) {
        self.content = content
        self.evaluatedAt = evaluatedAt
        self.newestSampleAt = newestSampleAt
        self.failure = failure
        self.stepMilliseconds = stepMilliseconds
    }

    /// This, or where it failed the content of the one before.
    func keeping(_ previous: PanelResult?) -> PanelResult {
        guard failure != nil, let previous, content == nil else { return self }
        var kept = self
        kept.content = previous.content
        kept.newestSampleAt = previous.newestSampleAt
        // The age is that of what is shown.
        if previous.content != nil { kept.evaluatedAt = previous.evaluatedAt }
        return kept
    }
}

/// Panels that are to be evaluated, with all that their queries depend on.
public struct BoardQuestion: Sendable {
    public struct Entry: Sendable {
        public var instance: PanelInstance
        /// Points that the panel can show beside each other.
        public var pointsMax: Int
        /// When it was evaluated last; nil where it never was.
        public var evaluatedAt: Timestamp?
    }

    public var entries: [Entry]
    public var choices: VariableChoices
    public var range: BoardRange
    /// Nil evaluates once.
    public var refreshSeconds: Double?
    /// Rises with every change, so that a late answer to an older question is known as such.
    public var generation: Int
    /// The end of the range where the board is looked at as it was; nil follows the clock.
    public var moment: Timestamp?
}

/// Variables whose values are to be asked for.
public struct VariableQuestion: Sendable {
    public var choices: VariableChoices
    /// The variable whose change made others' values old; nil asks for all.
    public var changed: String?
    public var range: BoardRange
    public var generation: Int
    public var moment: Timestamp?
}
