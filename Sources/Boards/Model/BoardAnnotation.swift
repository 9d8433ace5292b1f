import Foundations

/// Marks on the axis of time of a board's charts: where a query has values, log lines stand, or the collector's own alerts fire.
public struct BoardAnnotation: Hashable, Sendable {
    /// The panels whose charts show the marks, by their numbers in the file.
    public enum Panels: Hashable, Sendable {
        case all
        case only(Set<Int>)
        case except(Set<Int>)
    }

    public var name: String
    /// May contain variables.
    public var expression: String
    public var language: PanelQuery.Language
    /// Whether these are alerts while they fire, which look like warnings.
    public var isAlerts: Bool
    /// `{{label}}` is replaced; empty for the annotation's name.
    public var title: String
    public var text: String
    /// Labels whose values are shown beside the title.
    public var tagKeys: [String]
    /// Whether values are moments in milliseconds since 1970, rather than said to be there by being above 0.
    public var usesValueForTime: Bool
    /// The step of the query, as text that may contain a variable; empty for one that follows the range.
    public var interval: String
    public var panels: Panels
    public var line: Int

    public init(name: String, expression: String, language: PanelQuery.Language = .promQL) {
        self.name = name
        self.expression = expression
        self.language = language
        isAlerts = false
        title = ""
        text = ""
        tagKeys = []
        usesValueForTime = false
        interval = ""
        panels = .all
        line = 0
    }

    /// The collector's own alerts while they fire, of those that `matchers` (`severity="critical"`) take.
    static func alerts(named name: String, matchers: String = "") -> BoardAnnotation {
        var annotation = BoardAnnotation(name: name, expression: #"ALERTS{alertstate="firing"\#(matchers.isEmpty ? "" : "," + matchers)}"#)
        annotation.isAlerts = true
        annotation.title = "{{alertname}}"
        annotation.text = "{{instance}}"
        annotation.tagKeys = ["severity"]
        return annotation
    }

    func applies(to panel: Panel) -> Bool {
        switch panels {
        case .all: true
        case .only(let numbers): numbers.contains(panel.identifier)
        case .except(let numbers): !numbers.contains(panel.identifier)
        }
    }
}

/// Something that happened, at a moment or over a while.
public struct BoardMark: Hashable, Sendable {
    /// The place of its annotation among the board's.
    public var annotation: Int
    /// Milliseconds since 1970; both the same for a moment.
    public var from: Int64
    public var to: Int64
    public var title: String
    public var text: String
    public var tags: [String]

    /// What tells the marks of an annotation from those of others: `A` for the first.
    public var letter: UInt8 { UInt8(ascii: "A") + UInt8(annotation % 26) }
}

/// The marks of a board, in order of time, and why some may be missing.
public struct BoardMarks: Sendable {
    public var marks: [BoardMark] = []
    /// Older ones beside those that are kept.
    public var undrawn = 0
    /// Names of annotations with the reason why they couldn't be asked for.
    public var failures: [String: String] = [:]
    /// When they were asked for.
    public var evaluatedAt: Timestamp?

    public init() {}
}
