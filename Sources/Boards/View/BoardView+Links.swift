import Terminal

extension BoardView {
    /// Whether there are links to list: of the panel in full, or that is focused, or of the board.
    public var hasLinks: Bool {
        if !board.links.isEmpty { return true }
        guard let key = panelInFull ?? focused else { return false }
        return layout.panels.first { $0.instance.key == key }?.instance.panel.links.isEmpty == false
    }

    /// Lists the links of the panel in full, or that is focused, and of the board.
    mutating func listLinks(_ entries: [BoardLibrary.Entry]) {
        guard !takesInput else { return }
        let inFull = panelInFull
        let panel = layout.panels.first { $0.instance.key == (inFull ?? focused) }?.instance
        func filled(_ links: [BoardLink], _ repeated: [String: VariableValue], _ rows: [LinkRow] = []) -> [FilledLink] {
            LinkFilling(choices: choices, range: effectiveRange, now: now, repeated: repeated, entries: entries).filled(links, rows: rows)
        }
        let own = panel.map { filled($0.panel.links, $0.repeated, LinkRow.all(results[$0.key]?.content)) } ?? []
        let links = own + filled(board.links, [:])
        mode = .links(LinkPicker(links, over: inFull))
    }

    mutating func reduceLinks(_ event: InputEvent, _ picker: LinkPicker) -> [BoardEffect] {
        var picker = picker
        let outcome = picker.reduce(event)
        mode = .links(picker)
        if outcome == .unchanged { return [] }
        mode = picker.panel.map { .panel($0) } ?? .board
        guard case .followed(let link) = outcome else { return [] }
        switch link.target {
        case .board(let destination, _): return [.open(destination)]
        case .address(let address): return [.copy(address)]
        }
    }
}
