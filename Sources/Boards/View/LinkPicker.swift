import Terminal

/// The list of a panel's and a board's links, narrowed by typing.
public struct LinkPicker: Hashable, Sendable {
    enum Outcome: Hashable {
        case unchanged, left
        case followed(FilledLink)
    }

    let links: [FilledLink]
    /// The panel in full that it stands over; nil over the board.
    let panel: PanelKey?
    private(set) var typing = ListTyping()

    init(_ links: [FilledLink], over panel: PanelKey?) {
        self.links = links
        self.panel = panel
    }

    var shown: [FilledLink] { links.filter { typing.takes($0.title, $0.detail) } }

    mutating func reduce(_ event: InputEvent) -> Outcome {
        let shown = shown
        if case .key(.tab, _) = event { typing.move(1, shown.count) }
        switch typing.reduce(event, count: shown.count) {
        case .left?: return .left
        case .taken?: return shown.indices.contains(typing.selected) ? .followed(shown[typing.selected]) : .unchanged
        case .changed?, nil: return .unchanged
        }
    }
}

extension FilledLink {
    /// Where it leads, for people.
    var detail: String {
        switch target {
        case .board(let destination, let title):
            let variables = destination.variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.map { $0 == Variable.all ? "All" : $0 }.joined(separator: ","))" }
            return ([title] + variables).joined(separator: "  ")
        case .address(let address): return address
        }
    }

    var isBoard: Bool {
        if case .board = target { return true }
        return false
    }
}
