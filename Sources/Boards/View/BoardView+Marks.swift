import Terminal

extension BoardView {
    /// Whether there is something to list of what happened.
    public var hasMarks: Bool { !marks.marks.isEmpty }

    /// Lists the board's marks, or those of the panel in full.
    mutating func listMarks() {
        let inFull = panelInFull
        let panel = layout.panels.first { $0.instance.key == inFull }?.instance.panel
        mode = .marks(MarkPicker(panel.map { marks(of: $0) } ?? marks.marks, over: inFull))
    }

    mutating func reduceMarks(_ event: InputEvent, _ picker: MarkPicker) -> [BoardEffect] {
        var picker = picker
        let outcome = picker.reduce(event)
        mode = .marks(picker)
        if outcome == .unchanged { return [] }
        mode = picker.panel.map { .panel($0) } ?? .board
        guard case .chosen(let mark) = outcome else { return [] }
        return [.look(mark.surroundings(range.milliseconds))]
    }
}
