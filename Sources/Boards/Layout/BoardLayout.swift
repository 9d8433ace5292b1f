import Terminal

/// A panel and the cells it is drawn in, counted from the top of the whole board.
public struct PlacedPanel: Sendable {
    public let instance: PanelInstance
    public let rect: Rect
    public var isHeading: Bool { instance.panel.kind == .row }
}

/// Where every panel of a board stands at a width: the grid where it is wide enough, panels below each other where it isn't.
public struct BoardLayout: Sendable {
    public let panels: [PlacedPanel]
    /// Rows of the whole board.
    public let height: Int

    init(_ sections: [BoardSection], width: Int) {
        var panels: [PlacedPanel] = []
        var top = 0
        for section in sections {
            if let heading = section.heading {
                panels.append(PlacedPanel(instance: heading, rect: Rect(x: 0, y: top, width: width, height: 1)))
                top += 1
            }
            if section.isCollapsed { continue }
            for band in Self.bands(section.panels) { top += Self.place(band, top, width, &panels) }
        }
        self.panels = panels
        height = top
    }

    /// Panels whose heights overlap, from the top: what stands beside each other stays so.
    private static func bands(_ panels: [PanelInstance]) -> [[PanelInstance]] {
        var bands: [[PanelInstance]] = []
        var bottom = Int.min
        for panel in panels.sorted(by: { ($0.position.y, $0.position.x) < ($1.position.y, $1.position.x) }) {
            if panel.position.y >= bottom { bands.append([]) }
            bands[bands.count - 1].append(panel)
            bottom = max(bottom, panel.position.bottom)
        }
        return bands
    }

    /// Returns the rows it took.
    private static func place(_ band: [PanelInstance], _ top: Int, _ width: Int, _ panels: inout [PlacedPanel]) -> Int {
        let fits = band.allSatisfy { panel in columns(panel.position, width).count >= leastColumns(panel.panel.kind) || panel.position.width == GridPosition.columns }
        return fits ? placeOnGrid(band, top, width, &panels) : placeFlowing(band, top, width, &panels)
    }

    private static func placeOnGrid(_ band: [PanelInstance], _ top: Int, _ width: Int, _ panels: inout [PlacedPanel]) -> Int {
        let first = band[0].position.y
        var scale = rowsPerUnit(width)
        for panel in band { scale = max(scale, Double(leastRows(panel.panel.kind)) / Double(panel.position.height)) }
        func row(_ unit: Int) -> Int { Int((Double(unit - first) * scale).rounded()) }
        for panel in band {
            let span = columns(panel.position, width)
            let from = row(panel.position.y)
            let rect = Rect(x: span.lowerBound, y: top + from, width: span.count, height: row(panel.position.bottom) - from)
            panels.append(PlacedPanel(instance: panel, rect: rect))
        }
        return row(band.map(\.position.bottom).max()!)
    }

    /// From left to right, each as wide as it needs to be, the last of a line up to the edge.
    private static func placeFlowing(_ band: [PanelInstance], _ top: Int, _ width: Int, _ panels: inout [PlacedPanel]) -> Int {
        var lines: [[PanelInstance]] = [[]]
        var used = 0
        func wanted(_ panel: PanelInstance) -> Int { min(width, max(columns(panel.position, width).count + 1, leastColumns(panel.panel.kind) + 1)) }
        for panel in band {
            if used > 0, used + wanted(panel) > width + 1 {
                lines.append([])
                used = 0
            }
            lines[lines.count - 1].append(panel)
            used += wanted(panel)
        }
        var y = top
        for line in lines where !line.isEmpty {
            let height = line.map { max(leastRows($0.panel.kind), Int((Double($0.position.height) * rowsPerUnit(width)).rounded())) }.max()!
            let rows = min(height, 20)
            for (index, rect) in Rect(x: 0, y: y, width: width, height: rows).columns(line.count).enumerated() {
                let gap = index < line.count - 1 ? 1 : 0
                panels.append(PlacedPanel(instance: line[index], rect: Rect(x: rect.x, y: rect.y, width: rect.width - gap, height: rows)))
            }
            y += rows
        }
        return y - top
    }

    /// A blank column between two panels.
    private static func columns(_ position: GridPosition, _ width: Int) -> Range<Int> {
        let from = position.x * width / GridPosition.columns
        let right = position.x + position.width
        let to = right * width / GridPosition.columns - (right < GridPosition.columns ? 1 : 0)
        return from..<max(from, to)
    }

    /// A unit of the grid is 38 pixels, a row of text some 20; on narrow screens panels are lower, so that more of them are seen.
    private static func rowsPerUnit(_ width: Int) -> Double { width >= 160 ? 1.5 : width >= 100 ? 1.25 : 1 }

    private static func leastColumns(_ kind: PanelKind) -> Int {
        switch kind {
        case .timeSeries, .table, .heatmap, .stateTimeline, .statusHistory, .logs: 36
        case .barChart, .pieChart, .histogram: 26
        case .barGauge, .tiles: 20
        case .stat, .gauge: 11
        case .text, .row, .unsupported: 14
        }
    }

    /// With the line of the title.
    private static func leastRows(_ kind: PanelKind) -> Int {
        switch kind {
        case .timeSeries, .heatmap: 8
        case .table, .logs, .stateTimeline, .statusHistory, .barGauge, .barChart, .pieChart, .histogram: 5
        case .stat, .gauge, .tiles: 3
        case .text, .row, .unsupported: 2
        }
    }
}
