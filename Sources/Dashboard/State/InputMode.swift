import Foundations
import Terminal

/// What the keys go to.
enum InputMode: Hashable, Sendable {
    case keys
    /// Narrows the list while it is typed.
    case filter(InputLine)
    case prompt(Prompt)
    case silence(SilenceForm)
    case help(filter: InputLine, offset: Int)
    /// Text over the screen, until a key is pressed.
    case message(title: String, text: String)
}

/// A line that is asked for, with its completions and history.
struct Prompt: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case command, logQuery, logFilter, find, time
        case acknowledge, escalate, comment
        case incidentNote, resolveIncident, exportIncident
        case handOver

        var label: SafeText {
            switch self {
            case .command: ":"
            case .logQuery: "search: "
            case .logFilter: "keep lines with (! drops them): "
            case .find: "find: "
            case .time: "time (15m, 03:00 to 04:00, at 03:00, now): "
            case .acknowledge: "acknowledge, comment: "
            case .escalate: "escalate, reason: "
            case .comment: "comment: "
            case .incidentNote: "note: "
            case .resolveIncident: "resolve, comment: "
            case .exportIncident: "write Markdown to: "
            case .handOver: "hand over: "
            }
        }
    }

    var kind: Kind
    var line: InputLine
    /// Where it stands in the history of its kind, 1 the newest; 0 the line being typed.
    var historyIndex = 0
    /// What Tab goes through, and how far it has.
    var completions: [String] = []
    var completionIndex = 0

    init(_ kind: Kind, _ text: String = "") {
        self.kind = kind
        line = InputLine(text)
    }
}

/// A silence being written, previewed with every key.
struct SilenceForm: Hashable, Sendable {
    enum Field: Int, Hashable, Sendable, CaseIterable {
        case matchers, duration, comment

        var title: SafeText {
            switch self {
            case .matchers: "matchers"
            case .duration: "for"
            case .comment: "comment"
            }
        }
    }

    var matchers: InputLine
    var duration = InputLine("2h")
    var comment = InputLine()
    var field = Field.comment

    init(matchers: String) { self.matchers = InputLine(matchers) }

    subscript(field: Field) -> InputLine {
        get {
            switch field {
            case .matchers: matchers
            case .duration: duration
            case .comment: comment
            }
        }
        set {
            switch field {
            case .matchers: matchers = newValue
            case .duration: duration = newValue
            case .comment: comment = newValue
            }
        }
    }

    /// What it would be, or what is wrong with it.
    var draft: Result<SilenceDraft, FormProblem> {
        guard let matchers = MatcherEntry.parse(matchers.text) else { return .failure("matchers are written as alertname=\"DiskFull\", instance=~\"web.*\"") }
        if matchers.allSatisfy(\.matchesEmpty) { return .failure("a matcher must not match the empty text, or everything would be silenced") }
        guard let duration = DurationText.milliseconds(duration.text), duration >= 60_000 else { return .failure("the duration is written as 30m, 2h or 1d") }
        if comment.text.isEmpty { return .failure("say why, in the comment") }
        return .success(SilenceDraft(matchers: matchers, durationMilliseconds: duration, comment: comment.text))
    }
}

/// What is wrong with what was typed.
struct FormProblem: Error, Hashable, ExpressibleByStringInterpolation {
    let reason: String
    init(stringLiteral value: String) { reason = value }
}
