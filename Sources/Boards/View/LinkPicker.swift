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
    private(set) var selected = 0
    private(set) var filter = ""

    init(_ links: [FilledLink], over panel: PanelKey?) {
        self.links = links
        self.panel = panel
    }

    var shown: [FilledLink] {
        let wanted = filter.lowercased()
        return wanted.isEmpty ? links : links.filter { $0.title.lowercased().contains(wanted) || $0.detail.lowercased().contains(wanted) }
    }

    mutating func reduce(_ event: InputEvent) -> Outcome {
        switch event {
        case .key(.down, _), .key(.tab, _): move(1)
        case .key(.up, _): move(-1)
        case .key(.pageDown, _): move(10)
        case .key(.pageUp, _): move(-10)
        case .key(.escape, _):
            if filter.isEmpty { return .left }
            filter = ""
        case .key(.backspace, _):
            if !filter.isEmpty { filter.removeLast() }
            selected = 0
        case .key(.enter, _): return shown.indices.contains(selected) ? .followed(shown[selected]) : .unchanged
        case .key(.character(let character), _):
            if filter.count < 64 { filter.append(character) }
            selected = 0
        default: break
        }
        return .unchanged
    }

    private mutating func move(_ step: Int) { selected = max(0, min(selected + step, shown.count - 1)) }
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
