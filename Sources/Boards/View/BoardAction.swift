import Foundations
import Terminal

/// What a key does on a board. The host's key map decides which key it is.
public enum BoardCommand: String, Hashable, Sendable, CaseIterable {
    case up, down, pageUp, pageDown, top, bottom
    case nextPanel, previousPanel
    /// Opens the focused panel in full, or a row.
    case open
    /// Back from a panel in full, or from the variables.
    case back
    case variables, refresh
    /// Lists what happened.
    case marks

    /// For help.
    public var title: String {
        switch self {
        case .up: "scroll up"
        case .down: "scroll down"
        case .pageUp: "a page up"
        case .pageDown: "a page down"
        case .top: "top of the board"
        case .bottom: "end of the board"
        case .nextPanel: "next panel"
        case .previousPanel: "previous panel"
        case .open: "panel in full, open or close a row"
        case .back: "back to the board"
        case .variables: "choose variables"
        case .refresh: "evaluate now"
        case .marks: "what happened: the marks on the axes of time"
        }
    }
}

/// What changes a board's view.
public enum BoardAction: Sendable {
    case command(BoardCommand)
    /// A key or a mouse event as it came, where the view takes input itself (`BoardView.takesInput`), or a click.
    case input(InputEvent)
    case resized(Size)
    case tick(Timestamp)
    case range(BoardRange)
    /// Looks at the board as it was at a moment; nil follows the clock.
    case rewind(Timestamp?)
    case paused(Bool)
    case variables(VariableChoices, generation: Int)
    case marks(BoardMarks, generation: Int)
    /// Lists the links of what is shown; the dashboards that there are to lead to.
    case links([BoardLibrary.Entry])
    /// Names of labels, or values of one, that a filter being typed can go on with.
    case completions(label: String?, [String])
    case results([PanelKey: PanelResult], generation: Int)
    /// The file was changed, or another board was chosen.
    case reloaded(Board)
    /// The file can't be read any more: the board before stays.
    case reloadFailed(String)
}

/// What the view wants done outside of it, by a `BoardRunner`.
public enum BoardEffect: Sendable {
    /// Replaces the question for variables that is on its way.
    case loadVariables(VariableQuestion)
    /// Replaces the evaluation that is running.
    case evaluate(BoardQuestion)
    /// Replaces the annotations that are being asked for.
    case annotate(AnnotationQuestion)
    /// A link to a dashboard was followed.
    case open(BoardDestination)
    /// The time around a mark is to be looked at; the range is the host's.
    case look(BoardRange)
    /// The address of a link was chosen, for the clipboard.
    case copy(String)
    /// The names of labels, or the values of one, while a filter is typed.
    case complete(label: String?, VariableQuestion)
}
