import Foundations
import Terminal

/// A board on a screen: where it is scrolled to, what is focused, chosen and known. Changed by `reduce` alone.
///
/// A host lists files with `BoardLibrary`, makes a view, runs the effects of `start` and of every `reduce` with a `BoardRunner`
/// (each effect replaces the task of its kind that is running), posts what the runner calls back as an action, and draws with
/// `BoardRenderer.render`. While `takesInput` holds, keys go in as `.input`; else as the `BoardCommand` of the host's key map.
public struct BoardView: Sendable {
    public enum Mode: Hashable, Sendable {
        case board
        /// One panel in full.
        case panel(PanelKey)
        case picker(VariablePicker)
        case links(LinkPicker)
        case marks(MarkPicker)
    }

    public internal(set) var board: Board
    /// The area that the board is drawn in.
    public internal(set) var size: Size
    public internal(set) var theme: Theme
    public internal(set) var now: Timestamp
    public internal(set) var range: BoardRange
    /// The end of the range where the board is rewound.
    public internal(set) var moment: Timestamp?
    public internal(set) var isPaused = false
    public internal(set) var choices: VariableChoices
    public internal(set) var areVariablesLoaded: Bool
    public internal(set) var results: [PanelKey: PanelResult] = [:]
    public internal(set) var marks = BoardMarks()
    public internal(set) var mode = Mode.board
    public internal(set) var focused: PanelKey?
    /// The first row shown.
    public internal(set) var offset = 0
    /// Why the file can't be read again.
    public internal(set) var reloadFailure: String?
    public internal(set) var layout: BoardLayout
    var toggled: Set<PanelKey> = []
    var generation = 0
    var marksGeneration = 0

    /// A view that knows no data yet; `start` says what to ask for first.
    public init(_ board: Board, size: Size, theme: Theme, now: Timestamp, range: BoardRange? = nil) {
        self.board = board
        self.size = size
        self.theme = theme
        self.now = now
        self.range = range ?? board.range
        choices = VariableChoices(board.variables)
        areVariablesLoaded = !board.variables.contains { if case .query = $0.kind { true } else { false } }
        layout = BoardLayout([], width: size.columns)
        arrange()
    }

    /// What to ask for when the board is opened.
    public mutating func start() -> [BoardEffect] { start(withVariables: true) }

    mutating func start(withVariables: Bool) -> [BoardEffect] {
        generation += 1
        if !withVariables {
            areVariablesLoaded = true
            arrange()
        }
        return areVariablesLoaded ? [.evaluate(question)] + annotate() : [.loadVariables(variableQuestion(changed: nil))]
    }

    /// Whether keys belong to the view, as text that filters a list.
    public var takesInput: Bool {
        switch mode {
        case .picker, .links, .marks: true
        case .board, .panel: false
        }
    }

    /// The panel that is shown in full, also where its links or marks are listed over it.
    var panelInFull: PanelKey? {
        switch mode {
        case .panel(let key): key
        case .links(let picker): picker.panel
        case .marks(let picker): picker.panel
        case .board, .picker: nil
        }
    }

    /// Rows above the panels: the title with the variables.
    static let headerRows = 1

    var bodyHeight: Int { max(0, size.rows - Self.headerRows) }

    /// The panels of which a part is shown.
    public var visiblePanels: [PlacedPanel] {
        if let key = panelInFull {
            return layout.panels.filter { $0.instance.key == key }.map { PlacedPanel(instance: $0.instance, rect: Rect(x: 0, y: 0, width: size.columns, height: bodyHeight)) }
        }
        return layout.panels.filter { $0.rect.bottom > offset && $0.rect.y < offset + bodyHeight }
    }

    /// The visible panels with all that their queries depend on.
    var question: BoardQuestion {
        let entries = visiblePanels.filter { !$0.isHeading && !$0.instance.panel.queries.isEmpty || $0.instance.panel.kind == .text }.map { placed in
            BoardQuestion.Entry(instance: placed.instance, pointsMax: Self.points(placed), evaluatedAt: results[placed.instance.key].flatMap { $0.isOutdated ? nil : $0.evaluatedAt })
        }
        return BoardQuestion(
            entries: entries, choices: choices, range: effectiveRange, refreshSeconds: isPaused ? nil : board.refreshSeconds ?? Self.refreshSeconds, generation: generation,
            moment: moment)
    }

    /// Asks for the annotations anew, where the board has charts to show their marks on.
    mutating func annotate() -> [BoardEffect] {
        guard !board.annotations.isEmpty, layout.panels.contains(where: { $0.instance.panel.kind == .timeSeries }) else { return [] }
        marksGeneration += 1
        return [.annotate(AnnotationQuestion(
            annotations: board.annotations, choices: choices, range: effectiveRange, refreshSeconds: isPaused ? nil : board.refreshSeconds ?? Self.refreshSeconds,
            generation: marksGeneration, moment: moment))]
    }

    /// The marks that a panel's chart shows.
    func marks(of panel: Panel) -> [BoardMark] {
        guard panel.kind == .timeSeries, !marks.marks.isEmpty else { return [] }
        let places = board.annotations.indices.filter { board.annotations[$0].applies(to: panel) }
        return places.count == board.annotations.count ? marks.marks : marks.marks.filter { places.contains($0.annotation) }
    }

    /// Where a file names no interval.
    static let refreshSeconds: Double = 15

    /// Two dots a column beside an axis of some eight; single values have a sparkline at most.
    private static func points(_ placed: PlacedPanel) -> Int {
        switch placed.instance.panel.kind {
        case .stat, .gauge, .barGauge, .tiles: max(20, placed.rect.width)
        case .stateTimeline, .statusHistory, .heatmap: max(20, placed.rect.width - 12)
        default: max(40, (placed.rect.width - 8) * 2)
        }
    }

    var effectiveRange: BoardRange {
        guard let moment, case .last(let milliseconds) = range else { return range }
        return .absolute(from: moment.advanced(byMilliseconds: -milliseconds), to: moment)
    }

    func variableQuestion(changed: String?) -> VariableQuestion {
        VariableQuestion(choices: choices, changed: changed, range: effectiveRange, generation: generation, moment: moment)
    }

    /// Places the panels anew, for another width or other values.
    mutating func arrange() {
        let sections = BoardExpansion(board: board, choices: choices, toggled: toggled).sections()
        layout = BoardLayout(sections, width: size.columns)
        offset = max(0, min(offset, layout.height - bodyHeight))
        if let focused, !layout.panels.contains(where: { $0.instance.key == focused }) { self.focused = nil }
        if let key = panelInFull, !layout.panels.contains(where: { $0.instance.key == key }) { mode = .board }
        let known = Set(layout.panels.map(\.instance.key))
        results = results.filter { known.contains($0.key) }
    }
}
