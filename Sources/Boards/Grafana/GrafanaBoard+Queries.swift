extension GrafanaBoard {
    /// Sources that are asked with PromQL or LogQL, whatever they are.
    private static let askable: Set<String> = [
        "prometheus", "loki", "-- Mixed --", "mixed", "datasource", "default", "grafana-amazonprometheus-datasource", "victoriametrics-metrics-datasource", "victoriametrics-datasource",
    ]

    mutating func readQueries(_ node: JSONNode, _ panel: inout Panel) {
        let ownSource = sourceType(node["datasource"])
        let targets = node["targets"]?.elements ?? []
        var unasked: [(line: JSONNode, reason: String)] = []
        for target in targets {
            let source = sourceType(target["datasource"]) ?? ownSource
            if let other = target["panelId"]?.integer, source == "-- Dashboard --" || target["expr"] == nil {
                panel.queriesOfPanel = other
                continue
            }
            if source == "__expr__" || (target["type"]?.string == "math" && target["expr"] == nil) {
                let (kind, reason) = expression(target)
                if let kind { panel.expressions.append(PanelExpression(refID: target["refId"]?.string ?? "", kind: kind, isHidden: target["hide"]?.bool ?? false)) } else { unasked.append((target, reason)) }
                continue
            }
            guard let expression = target["expr"]?.string ?? target["query"]?.string else {
                let isEmpty = target.members.allSatisfy { ["refId", "datasource", "hide", "editorMode", "legendFormat", "range", "instant"].contains($0.name) }
                if !isEmpty { unasked.append((target, "a query for another source of data (\(source ?? "unknown")) isn't asked")) }
                continue
            }
            if expression.allSatisfy(\.isWhitespace) { continue }
            if let source, !Self.askable.contains(source), !source.hasPrefix("$"), target["expr"] == nil {
                unasked.append((target, "a query for \(source) isn't asked"))
                continue
            }
            panel.queries.append(query(target, expression, source, panel.queries.count, panel.kind))
        }
        // A panel of which no query can be asked shows nothing.
        let isLost = panel.queries.isEmpty && panel.queriesOfPanel == nil
        for entry in unasked { note(isLost ? .placeholder : .partial, panel.title, entry.line, entry.reason) }
        if isLost, !unasked.isEmpty { panel.kind = .unsupported(type: panel.kind.name + " of another source of data") }
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
    func sourceType(_ node: JSONNode?) -> String? {
        guard let node else { return nil }
        // A panel of another panel's data has the type of Grafana's own source.
        if node["uid"]?.string == "-- Dashboard --" { return "-- Dashboard --" }
        if let type = node["type"]?.string { return type }
        guard let name = node.string ?? node["uid"]?.string else { return nil }
        if name == "-- Dashboard --" { return name }
        if name.lowercased() == "__expr__" { return "__expr__" }
        // `$loki` and `${DS_LOKI}` are what their variable or input stands for.
        if name.hasPrefix("$"), let kind = sources[String(name.drop { "${".contains($0) }.prefix { $0 != "}" && $0 != ":" })] { return kind }
        return sourcesByIdentifier[name] ?? (name.lowercased().contains("loki") ? "loki" : nil)
    }

    /// Panels that show another's answers get its queries.
    mutating func shareQueries(_ panels: inout [Panel]) {
        let all = panels.flatMap { [$0] + $0.rowPanels }
        let byNumber = Dictionary(all.map { ($0.identifier, (queries: $0.queries, expressions: $0.expressions)) }, uniquingKeysWith: { first, _ in first })
        func filled(_ panel: Panel) -> Panel {
            guard let other = panel.queriesOfPanel else { return panel }
            var panel = panel
            panel.queries += byNumber[other]?.queries ?? []
            panel.expressions += byNumber[other]?.expressions ?? []
            return panel
        }
        for index in panels.indices {
            panels[index] = filled(panels[index])
            panels[index].rowPanels = panels[index].rowPanels.map(filled)
        }
        for panel in all {
            guard let other = panel.queriesOfPanel, byNumber[other]?.queries.isEmpty ?? true else { continue }
            notices.append(BoardNotice(.partial, panel: panel.title, line: panel.line, reason: "it shows the data of panel \(other), which has no query that is asked"))
        }
    }
}
