import Foundations

extension GrafanaBoard {
    mutating func panels() -> [Panel] {
        var panels: [Panel] = []
        var y = 0
        for node in document["rows"]?.elements ?? [] where node["repeatRowId"] == nil || node["repeat"] != nil { panels += oldRow(node, &y) }
        for node in document["panels"]?.elements ?? [] where panels.count < Limits.panels {
            guard let panel = panel(node, position: position(node["gridPos"])) else { continue }
            panels.append(panel)
        }
        if panels.count >= Limits.panels { note(.partial, nil, document, "it has more than \(Limits.panels) panels; the first of them are shown") }
        shareQueries(&panels)
        return panels
    }

    private func position(_ node: JSONNode?) -> GridPosition {
        GridPosition(x: node?["x"]?.integer ?? 0, y: node?["y"]?.integer ?? 0, width: node?["w"]?.integer ?? 12, height: node?["h"]?.integer ?? 8)
    }

    /// A row of the files before grids: panels beside each other, each some of 12 parts wide, the row some pixels high.
    private mutating func oldRow(_ node: JSONNode, _ y: inout Int) -> [Panel] {
        let height = max(1, ((pixels(node["height"]) ?? 250) + 37) / 38)
        let isCollapsed = node["collapse"]?.bool ?? false
        let title = node["title"]?.string ?? ""
        let showsTitle = node["showTitle"]?.bool ?? false
        var panels: [Panel] = []
        var inside: [Panel] = []
        let hasHeading = isCollapsed || showsTitle || node["repeat"]?.string != nil
        let headingY = y
        if hasHeading { y += 1 }
        var x = 0
        for child in node["panels"]?.elements ?? [] {
            let width = min(24, max(1, Int(((child["span"]?.number ?? 4).clamped(to: 0...12) * 2).rounded())))
            if x + width > 24 {
                x = 0
                y += height
            }
            let own = pixels(child["height"]).map { max(1, ($0 + 37) / 38) } ?? height
            if let panel = panel(child, position: GridPosition(x: x, y: y, width: width, height: own)) { inside.append(panel) }
            x += width
        }
        y += height
        if hasHeading {
            var row = Panel(identifier: 0, title: title, kind: .row, position: GridPosition(x: 0, y: headingY, width: 24, height: 1))
            row.line = node.line
            row.isCollapsed = isCollapsed
            row.repeating = node["repeat"]?.string.flatMap { $0.isEmpty ? nil : PanelRepeat(variable: $0) }
            if isCollapsed { row.rowPanels = inside }
            panels.append(row)
        }
        return isCollapsed ? panels : panels + inside
    }

    /// `250px` or 250.
    private func pixels(_ node: JSONNode?) -> Int? {
        guard let text = node?.text else { return nil }
        return Int(text.prefix { $0.isNumber }).map { min($0, 10_000) }
    }

    mutating func panel(_ written: JSONNode, position: GridPosition) -> Panel? {
        // Copies of repeated panels, which older files kept, are made anew.
        guard written.isObject, written["repeatPanelId"] == nil else { return nil }
        let node = libraryModel(written) ?? written
        let type = node["type"]?.string ?? "graph"
        let (kind, remark) = PanelTypes.kind(type)
        var panel = Panel(identifier: written["id"]?.integer ?? 0, title: node["title"]?.text ?? "", kind: kind, position: position)
        panel.details = node["description"]?.string ?? ""
        panel.line = written.line
        if written["libraryPanel"] != nil, node["targets"] == nil, node["options"] == nil {
            panel.kind = .unsupported(type: "library panel")
            note(.placeholder, panel.title, written, "a library panel without its content isn't drawn; export the dashboard with its library panels")
        } else if case .unsupported(let type) = kind {
            note(.placeholder, panel.title, node, "panels of the type `\(type)` aren't drawn")
        }
        if let remark { note(.partial, panel.title, node, "a panel of the type `\(type)`: \(remark)") }
        if kind == .row {
            panel.isCollapsed = node["collapsed"]?.bool ?? false
            panel.rowPanels = (node["panels"]?.elements ?? []).compactMap { self.panel($0, position: self.position($0["gridPos"])) }
        }
        readCommon(node, &panel)
        panel.links = panelLinks(node)
        if panel.kind.isSupported { readQueries(node, &panel) }
        readOptions(node, type, &panel)
        readFields(node, type, &panel)
        readLists(node, type, &panel)
        panel.transformations += (node["transformations"]?.elements ?? []).flatMap { transformation($0, panel.title) }
        return panel
    }

    /// The content of a library panel, where the file has it: within the reference, or beside the dashboard.
    private func libraryModel(_ node: JSONNode) -> JSONNode? {
        guard let reference = node["libraryPanel"] else { return nil }
        return reference["model"] ?? reference["uid"]?.string.flatMap { library[$0] }
    }

    private mutating func readCommon(_ node: JSONNode, _ panel: inout Panel) {
        if let variable = node["repeat"]?.string, !variable.isEmpty {
            let direction: PanelRepeat.Direction = node["repeatDirection"]?.string == "v" ? .vertical : .horizontal
            panel.repeating = PanelRepeat(variable: variable, direction: direction, perRowMax: node["maxPerRow"]?.integer ?? 4)
        }
        panel.timeFromMilliseconds = node["timeFrom"]?.string.flatMap { Self.duration($0.hasPrefix("now-") ? String($0.dropFirst(4)) : $0) }
        panel.timeShiftMilliseconds = node["timeShift"]?.string.flatMap { Self.duration($0) }
        panel.pointsMax = node["maxDataPoints"]?.integer.flatMap { $0 > 0 ? min($0, Limits.points) : nil }
        panel.interval = node["interval"]?.text ?? ""
    }
}

extension Double {
    func clamped(to range: ClosedRange<Double>) -> Double { isNaN ? range.lowerBound : Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
