import Foundations

extension GrafanaBoard {
    mutating func panels() -> [Panel] {
        var panels: [Panel] = []
        var y = 0
        for node in document["rows"]?.elements ?? [] { panels += oldRow(node, &y) }
        for node in document["panels"]?.elements ?? [] where panels.count < Limits.panels {
            guard let panel = panel(node, position: position(node["gridPos"])) else { continue }
            panels.append(panel)
        }
        if panels.count >= Limits.panels { note(.partial, nil, document, "it has more than \(Limits.panels) panels; the first of them are shown") }
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

    mutating func panel(_ node: JSONNode, position: GridPosition) -> Panel? {
        guard node.isObject else { return nil }
        let type = node["type"]?.string ?? "graph"
        let kind = Self.kind(type, node)
        var panel = Panel(identifier: node["id"]?.integer ?? 0, title: node["title"]?.text ?? "", kind: kind, position: position)
        panel.details = node["description"]?.string ?? ""
        panel.line = node.line
        if node["libraryPanel"] != nil, node["targets"] == nil {
            panel.kind = .unsupported(type: "library panel")
        }
        if case .unsupported(let type) = panel.kind { note(.placeholder, panel.title, node, "panels of the type `\(type)` aren't drawn") }
        if kind == .row {
            panel.isCollapsed = node["collapsed"]?.bool ?? false
            panel.rowPanels = (node["panels"]?.elements ?? []).compactMap { self.panel($0, position: self.position($0["gridPos"])) }
        }
        readCommon(node, &panel)
        readQueries(node, &panel)
        readOptions(node, type, &panel)
        readFields(node, type, &panel)
        panel.transformations += (node["transformations"]?.elements ?? []).flatMap { transformation($0, panel.title) }
        return panel
    }

    /// What a type is drawn as: panels that were replaced by a newer one, and some of others that show the same, too.
    static func kind(_ type: String, _ node: JSONNode) -> PanelKind {
        switch type {
        case "timeseries", "graph", "trend": .timeSeries
        case "stat", "singlestat", "grafana-polystat-panel", "grafana-singlestat-panel", "vonage-status-panel": .stat
        case "gauge": .gauge
        case "bargauge": .barGauge
        case "table", "table-old": .table
        case "heatmap", "heatmap-new": .heatmap
        case "text": .text
        case "row": .row
        case "piechart", "grafana-piechart-panel": .pieChart
        case "barchart", "histogram": type == "barchart" ? .barChart : .unsupported(type: type)
        case "state-timeline", "natel-discrete-panel": .stateTimeline
        case "status-history", "flant-statusmap-panel": .statusHistory
        case "logs": .logs
        default: .unsupported(type: String(type.prefix(60)))
        }
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

    private mutating func readQueries(_ node: JSONNode, _ panel: inout Panel) {
        let ownSource = sourceType(node["datasource"])
        for target in node["targets"]?.elements ?? [] {
            let source = sourceType(target["datasource"]) ?? ownSource
            if source == "__expr__" || target["type"]?.string == "math" {
                note(.partial, panel.title, target, "a server-side expression (`\(target["type"]?.string ?? "expression")`) isn't evaluated; use a transformation")
                continue
            }
            guard let expression = target["expr"]?.string ?? target["query"]?.string else {
                let isEmpty = target.members.allSatisfy { ["refId", "datasource", "hide", "editorMode", "legendFormat", "range", "instant"].contains($0.name) }
                if !isEmpty { note(.partial, panel.title, target, "a query for another source of data (\(source ?? "unknown")) isn't asked") }
                continue
            }
            if expression.allSatisfy(\.isWhitespace) { continue }
            if let source, !["prometheus", "loki", "-- Mixed --", "mixed", "datasource", "default"].contains(source), !source.hasPrefix("$"), target["expr"] == nil {
                note(.partial, panel.title, target, "a query for \(source) isn't asked")
                continue
            }
            panel.queries.append(query(target, expression, source, panel.queries.count, panel.kind))
        }
    }

    private func query(_ target: JSONNode, _ expression: String, _ source: String?, _ index: Int, _ kind: PanelKind) -> PanelQuery {
        var query = PanelQuery(expression, refID: target["refId"]?.string ?? String(UnicodeScalar(UInt8(65 + index % 26))))
        if source == "loki" || kind == .logs { query.language = .logQL }
        let isInstant = target["instant"]?.bool ?? (target["queryType"]?.string == "instant")
        query.shape = isInstant && target["range"]?.bool != true ? .instant : .range
        switch target["format"]?.string {
        case "table": query.format = .table
        case "heatmap": query.format = .heatmap
        default: query.format = .series
        }
        let legend = target["legendFormat"]?.string ?? ""
        query.legend = legend == "__auto" ? "" : legend
        query.isHidden = target["hide"]?.bool ?? false
        query.interval = target["interval"]?.text ?? ""
        query.intervalFactor = min(max(1, target["intervalFactor"]?.integer ?? 1), 100)
        return query
    }

    /// The type of a source; nil where it follows the panel or can't be known.
    private func sourceType(_ node: JSONNode?) -> String? {
        guard let node else { return nil }
        if let type = node["type"]?.string { return type }
        guard let name = node.string ?? node["uid"]?.string else { return nil }
        let lower = name.lowercased()
        if lower.contains("loki") { return "loki" }
        return lower == "__expr__" ? "__expr__" : nil
    }
}

extension Double {
    func clamped(to range: ClosedRange<Double>) -> Double { isNaN ? range.lowerBound : Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
