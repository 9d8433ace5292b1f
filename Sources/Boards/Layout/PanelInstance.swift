/// A panel on the screen: one of a file, or one of those that it is repeated as.
public struct PanelInstance: Sendable {
    public let key: PanelKey
    public let panel: Panel
    /// The values that it stands for where it, or its row, is repeated.
    public let repeated: [String: VariableValue]
    /// Within its section.
    public var position: GridPosition
}

/// Which panel it is, the same from one evaluation to the next.
public struct PanelKey: Hashable, Sendable, Comparable {
    /// The place in the file, depth first.
    public let place: Int
    /// The values it is repeated for.
    public let values: String

    public init(place: Int, values: String = "") {
        self.place = place
        self.values = values
    }

    public static func < (left: PanelKey, right: PanelKey) -> Bool { (left.place, left.values) < (right.place, right.values) }
}

/// A row with what stands below it.
public struct BoardSection: Sendable {
    /// Nil for the panels above the first row.
    public var heading: PanelInstance?
    /// Positions count from the section's top.
    public var panels: [PanelInstance]
    public var isCollapsed: Bool
}

/// Expands repeated rows and panels by the values that are chosen.
struct BoardExpansion {
    let board: Board
    let choices: VariableChoices
    /// Rows that were opened or closed by hand, against what the file says.
    let toggled: Set<PanelKey>

    private struct Draft {
        var row: (place: Int, panel: Panel)?
        var panels: [(place: Int, panel: Panel)] = []
    }

    func sections() -> [BoardSection] {
        var count = 0
        var sections: [BoardSection] = []
        for draft in drafts() {
            let repeats = draft.row.flatMap { $0.panel.repeating }.map { values(of: $0.variable) } ?? []
            let rounds: [[String: VariableValue]] = repeats.isEmpty ? [[:]] : repeats.map { [draft.row!.panel.repeating!.variable: $0] }
            for bound in rounds {
                guard count < Limits.panels else { return sections }
                let section = section(draft, bound)
                count += section.panels.count + 1
                sections.append(section)
            }
        }
        return sections
    }

    /// The file's panels by the row they stand below.
    private func drafts() -> [Draft] {
        var place = 0
        var numbered: [(place: Int, panel: Panel)] = []
        var inside: [Int: [(place: Int, panel: Panel)]] = [:]
        for panel in board.panels {
            let own = place
            numbered.append((own, panel))
            place += 1
            for child in panel.rowPanels {
                inside[own, default: []].append((place, child))
                place += 1
            }
        }
        let sorted = numbered.sorted { ($0.panel.position.y, $0.panel.position.x, $0.place) < ($1.panel.position.y, $1.panel.position.x, $1.place) }
        var drafts = [Draft()]
        for entry in sorted {
            if entry.panel.kind == .row {
                drafts.append(Draft(row: entry, panels: inside[entry.place] ?? []))
                // What stands below a closed row isn't its own: that it has inside.
                if !entry.panel.rowPanels.isEmpty { drafts.append(Draft()) }
            } else {
                drafts[drafts.count - 1].panels.append(entry)
            }
        }
        return drafts.filter { $0.row != nil || !$0.panels.isEmpty }
    }

    private func section(_ draft: Draft, _ bound: [String: VariableValue]) -> BoardSection {
        let suffix = bound.values.map(\.value).joined(separator: "\u{1F}")
        let heading = draft.row.map { PanelInstance(key: PanelKey(place: $0.place, values: suffix), panel: $0.panel, repeated: bound, position: $0.panel.position) }
        var isCollapsed = heading?.panel.isCollapsed ?? false
        if let heading, toggled.contains(heading.key) { isCollapsed.toggle() }
        let top = draft.panels.map(\.panel.position.y).min() ?? 0
        var instances: [PanelInstance] = []
        // Rows that repeated panels take more than the file gives them push down what stands below.
        var pushes: [(below: Int, by: Int)] = []
        for (place, panel) in draft.panels.sorted(by: { ($0.panel.position.y, $0.panel.position.x) < ($1.panel.position.y, $1.panel.position.x) }) {
            var position = panel.position
            position.y = panel.position.y - top + pushes.filter { $0.below <= panel.position.y - top }.reduce(0) { $0 + $1.by }
            let values = panel.repeating.flatMap { bound[$0.variable] == nil ? self.values(of: $0.variable) : nil } ?? []
            guard let repeating = panel.repeating, !values.isEmpty else {
                instances.append(PanelInstance(key: PanelKey(place: place, values: suffix), panel: panel, repeated: bound, position: position))
                continue
            }
            let rows = repeated(panel, place, repeating, values, bound, suffix, position, &instances)
            if rows > 1 { pushes.append((panel.position.y - top + panel.position.height, (rows - 1) * panel.position.height)) }
        }
        return BoardSection(heading: heading, panels: Self.compacted(instances), isCollapsed: isCollapsed)
    }

    /// Panels moved up to those above them, and down where files have them stand on each other, as a browser shows them.
    static func compacted(_ instances: [PanelInstance]) -> [PanelInstance] {
        var bottoms = [Int](repeating: 0, count: GridPosition.columns)
        let order = instances.indices.sorted { (instances[$0].position.y, instances[$0].position.x, $0) < (instances[$1].position.y, instances[$1].position.x, $1) }
        var compacted = instances
        for index in order {
            let position = instances[index].position
            let columns = position.x..<(position.x + position.width)
            compacted[index].position.y = bottoms[columns].max() ?? 0
            for column in columns { bottoms[column] = compacted[index].position.bottom }
        }
        return compacted
    }

    /// Appends a panel for each value; returns how many rows of panels they take.
    private func repeated(
        _ panel: Panel, _ place: Int, _ repeating: PanelRepeat, _ values: [VariableValue], _ bound: [String: VariableValue], _ suffix: String,
        _ position: GridPosition, _ instances: inout [PanelInstance]
    ) -> Int {
        let columns = repeating.direction == .vertical ? 1 : min(values.count, repeating.perRowMax)
        let width = repeating.direction == .vertical ? position.width : GridPosition.columns / columns
        for (index, value) in values.enumerated() {
            var own = bound
            own[repeating.variable] = value
            let x = repeating.direction == .vertical ? position.x : index % columns * width
            let y = position.y + index / columns * position.height
            let key = PanelKey(place: place, values: suffix + "\u{1E}" + value.value)
            instances.append(PanelInstance(key: key, panel: panel, repeated: own, position: GridPosition(x: x, y: y, width: width, height: position.height)))
        }
        return (values.count + columns - 1) / columns
    }

    private func values(of name: String) -> [VariableValue] { Array(choices.values(of: name).prefix(Limits.repeats)) }
}
