extension GrafanaBoard {
    /// Panels that list what Grafana itself has: alerts, of which the collector keeps series, and dashboards.
    mutating func readLists(_ node: JSONNode, _ type: String, _ panel: inout Panel) {
        switch type {
        case "alertlist": readAlerts(node, &panel)
        case "dashlist": readDashboards(node, &panel)
        default: break
        }
    }

    private func readAlerts(_ node: JSONNode, _ panel: inout Panel) {
        let options = node["options"]
        let states = options?["stateFilter"] ?? options?["alertListOptions"]?["stateFilter"]
        let showsPending = states?["pending"]?.bool ?? false
        var matchers = [showsPending ? #"alertstate=~"firing|pending""# : #"alertstate="firing""#]
        let name = options?["alertName"]?.string ?? node["nameFilter"]?.string ?? ""
        if !name.isEmpty { matchers.append(#"alertname=~".*\#(VariableFormat.patternInQuotes(name)).*""#) }
        // `{severity="critical"}` as it is written there.
        let labels = options?["alertInstanceLabelFilter"]?.string ?? ""
        let inside = Text.trimmed(labels.hasPrefix("{") && labels.hasSuffix("}") ? String(labels.dropFirst().dropLast()) : "")
        if !inside.isEmpty { matchers.append(inside) }
        var query = PanelQuery("ALERTS{\(matchers.joined(separator: ","))}")
        query.shape = .instant
        query.format = .table
        panel.queries = [query]
        panel.settings.noValue = ""
        panel.transformations = [.organize(excluded: ["Time", "Value", "__name__"], order: ["alertname", "severity", "alertstate", "instance"], renamed: [:], keepsOnly: false)]
        panel.options.valuesMax = options?["maxItems"]?.integer ?? node["limit"]?.integer
        if let most = panel.options.valuesMax, most > 0 { panel.transformations.append(.limit(most)) }
    }

    private mutating func readDashboards(_ node: JSONNode, _ panel: inout Panel) {
        let tags = (node["options"]?["tags"] ?? node["tags"])?.elements.compactMap(\.string) ?? []
        panel.options.text = tags.isEmpty ? "Other dashboards: go back to the list" : "Other dashboards with the tags \(tags.joined(separator: ", ")): go back to the list and filter by a tag"
        panel.options.isPlainText = true
        note(.partial, panel.title, node, "a list of dashboards is a note: the list is the screen before")
    }
}
