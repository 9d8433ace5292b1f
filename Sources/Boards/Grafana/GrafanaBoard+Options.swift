extension GrafanaBoard {
    /// What a kind of panel knows, from the `options` of newer files or the panel's own members of older ones.
    mutating func readOptions(_ node: JSONNode, _ type: String, _ panel: inout Panel) {
        let options = node["options"]
        let old = options?["fieldOptions"]
        let reduce = options?["reduceOptions"] ?? old
        panel.options.showsAllValues = reduce?["values"]?.bool ?? false
        panel.options.valuesMax = reduce?["limit"]?.integer
        panel.options.fields = reduce?["fields"]?.string ?? ""
        panel.options.calculation = calculation(reduce?["calcs"]?.elements.first, panel) ?? .lastNotNull
        switch options?["textMode"]?.string {
        case "value": panel.options.textMode = .value
        case "value_and_name": panel.options.textMode = .valueAndName
        case "name": panel.options.textMode = .name
        case "none": panel.options.textMode = .none
        default: panel.options.textMode = .automatic
        }
        panel.options.showsSparkline = (options?["graphMode"]?.string ?? "area") != "none"
        readLegend(options?["legend"] ?? node["legend"], &panel)
        if let sort = options?["sortBy"]?.elements.first { panel.options.sort = (sort["displayName"]?.string ?? "", sort["desc"]?.bool ?? false) }
        panel.options.showsRowLabels = options?["rowLabelsVisible"]?.bool ?? true
        switch type {
        case "text":
            let text = String((options?["content"]?.string ?? node["content"]?.string ?? "").prefix(Limits.textCharacters))
            let mode = options?["mode"]?.string ?? node["mode"]?.string ?? "markdown"
            panel.options.isPlainText = mode == "text" || mode == "code"
            panel.options.text = panel.options.isPlainText ? text : MarkupText.markdown(text)
            if mode != "text", mode != "code", let picture = MarkupText.picture(text) { note(.partial, panel.title, node, "its text is drawn without what `\(picture)` shows") }
        case "singlestat", "grafana-singlestat-panel": readSingleStat(node, &panel)
        case "grafana-polystat-panel", "vonage-status-panel": readPolystat(node, &panel)
        case "histogram", "mtanda-histogram-panel":
            panel.options.bucketCount = options?["bucketCount"]?.integer ?? node["bucketCount"]?.integer
            panel.options.bucketWidth = options?["bucketSize"]?.number ?? node["bucketSize"]?.number
        case "heatmap", "heatmap-new", "mtanda-heatmap-epoch-panel", "savantly-heatmap-panel":
            let isCounted = node["dataFormat"]?.string.map { $0 != "tsbuckets" } ?? options?["calculate"]?.bool ?? false
            panel.options.heatmapIsCounted = isCounted
        case "table", "table-old":
            readOldSort(node, &panel)
            readFooter(options?["footer"] ?? options?["footerOptions"], &panel)
        case "piechart", "grafana-piechart-panel":
            panel.options.isPercentShown = true
            if let name = node["valueName"]?.string { panel.options.calculation = Reduction(name: name) ?? .lastNotNull }
        default: break
        }
    }

    private mutating func calculation(_ node: JSONNode?, _ panel: Panel) -> Reduction? {
        guard let name = node?.string else { return nil }
        if let known = Reduction(name: name) { return known }
        note(.partial, panel.title, node, "the calculation `\(name)` isn't supported; the last value is shown")
        return nil
    }

    private mutating func readLegend(_ node: JSONNode?, _ panel: inout Panel) {
        guard let node else { return }
        let isShown = node["showLegend"]?.bool ?? node["show"]?.bool ?? true
        let isTable = node["displayMode"]?.string == "table" || node["alignAsTable"]?.bool == true
        panel.options.legend = !isShown || node["displayMode"]?.string == "hidden" ? .hidden : isTable ? .table : .list
        var names = (node["calcs"]?.elements ?? []).compactMap(\.string)
        // Older files have a flag a calculation.
        if node["values"]?.bool ?? false { names += ["min", "max", "avg", "current", "total"].filter { node[$0]?.bool ?? false } }
        panel.options.legendCalculations = names.compactMap { Reduction(name: $0) }
        panel.options.hidesEmptyInLegend = node["hideEmpty"]?.bool ?? false
        panel.options.hidesZeroInLegend = node["hideZero"]?.bool ?? false
        if let column = node["sortBy"]?.string ?? node["sort"]?.string {
            panel.options.sort = (Reduction(name: column.lowercased())?.title ?? column.lowercased(), node["sortDesc"]?.bool ?? false)
        }
    }

    private func readSingleStat(_ node: JSONNode, _ panel: inout Panel) {
        panel.options.calculation = node["valueName"]?.string.flatMap { Reduction(name: $0) } ?? .mean
        panel.options.textMode = node["valueName"]?.string == "name" ? .name : .value
        panel.options.showsSparkline = node["sparkline"]?["show"]?.bool ?? false
        if node["gauge"]?["show"]?.bool ?? false { panel.kind = .gauge }
        // Of tables the column that the value is taken from.
        if let column = node["tableColumn"]?.string, !column.isEmpty, panel.queries.first?.format == .table { panel.options.fields = column }
    }

    /// Values as fields: what the plugin's own options say, in the names of its first and its second generation.
    private func readPolystat(_ node: JSONNode, _ panel: inout Panel) {
        let options = node["options"], older = node["polystat"]
        let name = options?["globalOperator"]?.string ?? options?["operatorName"]?.string ?? older?["globalOperatorName"]?.string
        panel.options.calculation = name.flatMap { Reduction(name: $0) } ?? .lastNotNull
    }

    /// A row of calculations below a table.
    private func readFooter(_ node: JSONNode?, _ panel: inout Panel) {
        guard let node, node["show"]?.bool ?? false else { return }
        panel.options.footer = (node["reducer"]?.elements.first?.string ?? node["reducer"]?.string).flatMap { Reduction(name: $0) } ?? .sum
        panel.options.footerFields = Set(node["fields"]?.elements.compactMap(\.string) ?? [])
    }

    /// `{col, desc}`: the column by its number, which for one query is Time first; by name it can't be known here.
    private func readOldSort(_ node: JSONNode, _ panel: inout Panel) {
        guard let sort = node["sort"], let column = sort["col"]?.integer else { return }
        panel.options.sort = ("#\(column)", sort["desc"]?.bool ?? false)
    }
}
