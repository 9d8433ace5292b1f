extension GrafanaBoard {
    /// How values are written: `fieldConfig` of newer files, or the panel's own members of older ones.
    mutating func readFields(_ node: JSONNode, _ type: String, _ panel: inout Panel) {
        let configuration = node["fieldConfig"] ?? node["options"]?["fieldOptions"]
        if let defaults = configuration?["defaults"] {
            panel.settings = settings(defaults)
            if defaults["thresholds"] == nil, let steps = node["options"]?["fieldOptions"]?["thresholds"] { panel.settings.thresholds = thresholds(steps) }
            if let mappings = node["options"]?["fieldOptions"]?["mappings"] { panel.settings.mappings = self.mappings(mappings) }
        }
        for override in configuration?["overrides"]?.elements ?? [] {
            guard let matcher = matcher(override["matcher"], panel.title) else { continue }
            var settings = FieldSettings()
            for property in override["properties"]?.elements ?? [] { set(property["id"]?.string ?? "", property["value"], &settings) }
            panel.overrides.append(FieldOverride(matcher, settings))
        }
        if node["options"]?["stacking"]?.string == "normal" { panel.settings.stacking = .normal }
        if node["options"]?["stacking"]?.string == "percent" { panel.settings.stacking = .percent }
        // A stat whose colour mode is none shows no state.
        if node["options"]?["colorMode"]?.string == "none", panel.kind == .stat { panel.settings.thresholds = nil }
        switch type {
        case "graph": readGraph(node, &panel)
        case "singlestat", "grafana-singlestat-panel": readSingleStatFields(node, &panel)
        case "table", "table-old": readStyles(node, &panel)
        case "heatmap": panel.settings.unit = panel.settings.unit ?? node["yAxis"]?["format"]?.string ?? node["options"]?["yAxis"]?["unit"]?.string
        case "grafana-polystat-panel": readPolystatFields(node, &panel)
        case "grafana-piechart-panel": panel.settings.unit = panel.settings.unit ?? node["format"]?.string
        default: break
        }
    }

    private func settings(_ node: JSONNode) -> FieldSettings {
        var settings = FieldSettings()
        for (name, member) in node.members where name != "custom" { set(name, member, &settings) }
        for (name, member) in node["custom"]?.members ?? [] { set("custom." + name, member, &settings) }
        return settings
    }

    /// One property by the name that overrides have for it.
    private func set(_ name: String, _ value: JSONNode?, _ settings: inout FieldSettings) {
        guard let value else { return }
        switch name {
        case "unit": settings.unit = value.string
        case "decimals": settings.decimals = value.integer.map { min(max(0, $0), 12) }
        case "min": settings.min = value.number
        case "max": settings.max = value.number
        case "displayName": settings.displayName = value.string.flatMap { $0.isEmpty ? nil : $0 }
        case "title": settings.displayName = value.string.flatMap { $0.isEmpty ? nil : $0 }
        case "noValue": settings.noValue = value.text
        case "thresholds": settings.thresholds = thresholds(value)
        case "mappings": settings.mappings = mappings(value)
        case "custom.drawStyle": settings.drawing = value.string == "bars" ? .bars : value.string == "points" ? .points : .line
        case "custom.fillOpacity": settings.isFilled = (value.number ?? 0) > 0
        case "custom.stacking":
            settings.stacking = value["mode"]?.string == "normal" ? .normal : value["mode"]?.string == "percent" ? .percent : FieldSettings.Stacking.none
            settings.stackGroup = value["group"]?.text
        case "custom.transform": settings.isNegative = value.string == "negative-Y"
        case "custom.spanNulls": settings.nulls = value.bool == true || value.number != nil ? .connected : .gap
        case "custom.hideFrom":
            settings.isHidden = value["viz"]?.bool ?? value["graph"]?.bool
            settings.isHiddenInLegend = value["legend"]?.bool
        case "custom.hidden": settings.isHidden = value.bool
        case "custom.axisPlacement": settings.isOnRightAxis = value.string == "right"
        case "custom.axisSoftMin": settings.softMin = value.number
        case "custom.axisSoftMax": settings.softMax = value.number
        case "custom.scaleDistribution": settings.logarithmBase = ["log", "symlog"].contains(value["type"]?.string) ? max(1, value["log"]?.number ?? 10) : 1
        // A colour that doesn't follow the value says nothing of how good it is, though the file has the usual thresholds.
        case "color": settings.usesThresholds = value["mode"]?.string.map { $0 == "thresholds" }
        case "custom.thresholdsStyle": settings.showsThresholds = (value["mode"]?.string ?? "off") != "off"
        case "custom.cellOptions": settings.cell = Self.cell(value["type"]?.string)
        case "custom.displayMode": settings.cell = Self.cell(value.string)
        case "custom.width": settings.widthPixels = value.integer.flatMap { $0 > 0 ? $0 : nil }
        default: break
        }
    }

    private static func cell(_ type: String?) -> FieldSettings.CellDisplay {
        switch type {
        case "color-text", "color-background", "color-background-solid": .tone
        case "gauge", "basic", "lcd-gauge", "gradient-gauge": .gauge
        case "json-view": .json
        default: .text
        }
    }

    func thresholds(_ node: JSONNode) -> Thresholds? {
        let mode: Thresholds.Mode = node["mode"]?.string == "percentage" ? .percentage : .absolute
        let steps = (node["steps"]?.elements ?? node.elements).map { step in
            Thresholds.Step(from: step["value"]?.number ?? -.infinity, tone: ToneName.tone(step["color"]?.string ?? ""))
        }
        return steps.isEmpty ? nil : Thresholds(steps, mode: mode)
    }

    func mappings(_ node: JSONNode) -> [ValueMapping] {
        node.elements.flatMap { entry -> [ValueMapping] in
            let options = entry["options"], result = options?["result"]
            func tone(_ node: JSONNode?) -> Tone? { node?["color"]?.string.map(ToneName.tone) }
            switch entry["type"]?.text {
            case "value":
                return (options?.members ?? []).sorted { ($0.node["index"]?.integer ?? 0) < ($1.node["index"]?.integer ?? 0) }.map { name, value in
                    ValueMapping(.value(name), text: value["text"]?.text, tone: tone(value))
                }
            case "range":
                return [ValueMapping(.range(from: options?["from"]?.number ?? -.infinity, to: options?["to"]?.number ?? .infinity), text: result?["text"]?.text, tone: tone(result))]
            case "regex": return [ValueMapping(.pattern(options?["pattern"]?.string ?? ""), text: result?["text"]?.text, tone: tone(result))]
            case "special": return special(options?["match"]?.string).map { [ValueMapping($0, text: result?["text"]?.text, tone: tone(result))] } ?? []
            // Older files: 1 is a value, 2 a range.
            case "1": return [ValueMapping(entry["value"]?.text.map { $0 == "null" ? .null : .value($0) } ?? .null, text: entry["text"]?.text)]
            case "2": return [ValueMapping(.range(from: entry["from"]?.number ?? -.infinity, to: entry["to"]?.number ?? .infinity), text: entry["text"]?.text)]
            default: return []
            }
        }
    }

    private func comparison(_ sign: String?, _ value: JSONNode?) -> Transformation.Comparison? {
        guard let value = value?.number else { return nil }
        switch sign {
        case "gt": return .greater(value)
        case "gte": return .greaterOrEqual(value)
        case "lt": return .lower(value)
        case "lte": return .lowerOrEqual(value)
        case "eq": return .equal(NumberText.trimmed(NumberText.fixed(value, decimals: 6)))
        case "neq": return .notEqual(NumberText.trimmed(NumberText.fixed(value, decimals: 6)))
        default: return nil
        }
    }

    private func special(_ name: String?) -> ValueMapping.Condition? {
        switch name {
        case "null": .null
        case "nan": .notANumber
        case "null+nan": .nullOrNotANumber
        case "true": .isTrue
        case "false": .isFalse
        case "empty": .empty
        default: nil
        }
    }

    mutating func matcher(_ node: JSONNode?, _ panel: String) -> FieldMatcher? {
        let options = node?["options"]
        switch node?["id"]?.string {
        case "byName": return .name(options?.text ?? "")
        case "byNames":
            let names = (options?["names"]?.elements ?? options?.elements ?? []).compactMap(\.string)
            return options?["mode"]?.string == "exclude" ? .namesExcept(names) : .names(names)
        case "byRegexp", "byRegex": return .pattern(options?.string ?? "")
        case "byType": return .type(options?.string ?? "number")
        case "numeric": return .type("number")
        case "time", "byFirstTimeField", "firstTimeField": return .type("time")
        case "anyMatcher": return .all
        case "byFrameRefID": return .refID(options?.string ?? "")
        case "byValue":
            if let reduction = (options?["reducer"]?.string).flatMap({ Reduction(name: $0) }), let comparison = comparison(options?["op"]?.string, options?["value"]) { return .value(reduction, comparison) }
        default: break
        }
        note(.partial, panel, node, "an override for fields `\(node?["id"]?.string ?? "")` isn't supported")
        return nil
    }
}

/// What the colours of files say: greens are good, yellows and oranges a warning, reds critical; others nothing.
enum ToneName {
    static func tone(_ colour: String) -> Tone {
        let name = colour.lowercased()
        if name.contains("red") { return .critical }
        if name.contains("orange") || name.contains("yellow") { return .warning }
        if name.contains("green") { return .good }
        if name.hasPrefix("#"), let (red, green, blue) = hexadecimal(name.dropFirst()) { return tone(red, green, blue) }
        if name.hasPrefix("rgb") {
            let parts = name.drop { $0 != "(" }.dropFirst().split { ", )".contains($0) }.compactMap { Double($0) }
            return parts.count >= 3 ? tone(parts[0], parts[1], parts[2]) : .neutral
        }
        return .neutral
    }

    private static func hexadecimal(_ text: Substring) -> (Double, Double, Double)? {
        guard let value = UInt32(text.prefix(6), radix: 16), text.count >= 6 else { return nil }
        return (Double(value >> 16), Double(value >> 8 & 255), Double(value & 255))
    }

    private static func tone(_ red: Double, _ green: Double, _ blue: Double) -> Tone {
        guard max(red, green, blue) - min(red, green, blue) > 60 else { return .neutral }
        if blue >= red && blue >= green { return .neutral }
        if green > red * 1.1 { return .good }
        return green > red * 0.45 ? .warning : .critical
    }
}
