extension GrafanaBoard {
    /// The graph before the time series panel.
    mutating func readGraph(_ node: JSONNode, _ panel: inout Panel) {
        let axis = node["yaxes"]?.elements ?? []
        let left = axis.first
        if panel.settings.unit == nil { panel.settings.unit = left?["format"]?.string ?? node["y_formats"]?.elements.first?.string }
        panel.settings.min = panel.settings.min ?? left?["min"]?.number
        panel.settings.max = panel.settings.max ?? left?["max"]?.number
        panel.settings.decimals = panel.settings.decimals ?? left?["decimals"]?.integer ?? node["decimals"]?.integer
        panel.settings.logarithmBase = left?["logBase"]?.number.map { max(1, $0) }
        readOldestGrid(node["grid"], &panel)
        let isBars = node["bars"]?.bool ?? false
        panel.settings.drawing = isBars ? .bars : (node["lines"]?.bool ?? true) ? .line : .points
        panel.settings.isFilled = (node["fill"]?.number ?? 1) > 0
        if node["stack"]?.bool ?? false { panel.settings.stacking = node["percentage"]?.bool ?? false ? .percent : .normal }
        switch node["nullPointMode"]?.string {
        case "connected": panel.settings.nulls = .connected
        case "null as zero": panel.settings.nulls = .zero
        default: panel.settings.nulls = .gap
        }
        let steps = (node["thresholds"]?.elements ?? []).compactMap { step in
            step["value"]?.number.map { Thresholds.Step(from: $0, tone: step["colorMode"]?.string == "warning" ? .warning : step["colorMode"]?.string == "ok" ? .good : .critical) }
        }
        if !steps.isEmpty {
            panel.settings.thresholds = Thresholds(steps)
            panel.settings.showsThresholds = true
        }
        let right = axis.count > 1 ? axis[1] : nil
        for override in node["seriesOverrides"]?.elements ?? [] { panel.overrides.append(seriesOverride(override, right)) }
        if node["xaxis"]?["mode"]?.string == "histogram" {
            panel.kind = .histogram
            panel.options.bucketCount = node["xaxis"]?["buckets"]?.integer
        }
        if node["xaxis"]?["mode"]?.string == "series" {
            panel.kind = .barGauge
            panel.options.calculation = node["xaxis"]?["values"]?.elements.first?.string.flatMap { Reduction(name: $0) } ?? .sum
        }
    }

    /// Limits and thresholds as the first files had them.
    private func readOldestGrid(_ grid: JSONNode?, _ panel: inout Panel) {
        panel.settings.min = panel.settings.min ?? grid?["leftMin"]?.number
        panel.settings.max = panel.settings.max ?? grid?["leftMax"]?.number
        let limits = ["threshold1", "threshold2"].compactMap { grid?[$0]?.number }
        guard !limits.isEmpty, panel.settings.thresholds == nil else { return }
        // The first is where it gets worse, the second where it is bad, upwards or downwards.
        let tones: [Tone] = limits.count > 1 ? [.warning, .critical] : [.warning]
        let steps = zip(limits, tones).map { Thresholds.Step(from: $0, tone: $1) }
        if limits.count > 1, limits[1] < limits[0] {
            panel.settings.thresholds = Thresholds([.init(from: -.infinity, tone: .critical), .init(from: limits[1], tone: .warning), .init(from: limits[0], tone: .neutral)])
        } else {
            panel.settings.thresholds = Thresholds(steps)
        }
        panel.settings.showsThresholds = grid?["thresholdLine"]?.bool ?? true
    }

    private func seriesOverride(_ node: JSONNode, _ right: JSONNode?) -> FieldOverride {
        let alias = node["alias"]?.string ?? ""
        var settings = FieldSettings()
        if node["yaxis"]?.integer == 2 {
            settings.isOnRightAxis = true
            settings.unit = right?["format"]?.string
            settings.min = right?["min"]?.number
            settings.max = right?["max"]?.number
        }
        if node["transform"]?.string == "negative-Y" { settings.isNegative = true }
        if let stack = node["stack"] {
            if stack.bool == false { settings.stacking = FieldSettings.Stacking.none }
            if stack.bool == true { settings.stacking = .normal }
            // A letter names a stack of its own.
            if let group = stack.string { (settings.stacking, settings.stackGroup) = (.normal, group) }
        }
        if node["bars"]?.bool == true { settings.drawing = .bars }
        if node["lines"]?.bool == true { settings.drawing = .line }
        if let fill = node["fill"]?.number { settings.isFilled = fill > 0 }
        if node["legend"]?.bool == false { settings.isHiddenInLegend = true }
        if node["hiddenSeries"]?.bool == true { settings.isHidden = true }
        switch node["nullPointMode"]?.string {
        case "connected": settings.nulls = .connected
        case "null as zero": settings.nulls = .zero
        default: break
        }
        return FieldOverride(PatternText.isDelimited(alias) ? .pattern(alias) : .name(alias), settings)
    }

    func readSingleStatFields(_ node: JSONNode, _ panel: inout Panel) {
        panel.settings.unit = node["format"]?.string
        panel.settings.decimals = node["decimals"]?.integer
        panel.settings.noValue = node["nullText"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let limits = (node["thresholds"]?.text ?? "").split(separator: ",").compactMap { Double($0.filter { $0 != " " }) }
        let colours = (node["colors"]?.elements ?? []).compactMap(\.string)
        let isColoured = node["colorValue"]?.bool ?? node["colorBackground"]?.bool ?? false
        if !limits.isEmpty, isColoured || panel.kind == .gauge {
            let steps = zip([-Double.infinity] + limits, colours).map { Thresholds.Step(from: $0, tone: ToneName.tone($1)) }
            panel.settings.thresholds = Thresholds(steps)
        }
        if panel.kind == .gauge {
            panel.settings.min = node["gauge"]?["minValue"]?.number ?? 0
            panel.settings.max = node["gauge"]?["maxValue"]?.number ?? 100
        }
        let values = (node["valueMaps"]?.elements ?? []).compactMap { map -> ValueMapping? in
            guard let text = map["text"]?.text, let value = map["value"]?.text else { return nil }
            return ValueMapping(value == "null" ? .null : .value(value), text: text)
        }
        let ranges = (node["rangeMaps"]?.elements ?? []).compactMap { map -> ValueMapping? in
            guard let text = map["text"]?.text else { return nil }
            if map["from"]?.text == "null" { return ValueMapping(.null, text: text) }
            return ValueMapping(.range(from: map["from"]?.number ?? -.infinity, to: map["to"]?.number ?? .infinity), text: text)
        }
        panel.settings.mappings = node["mappingType"]?.integer == 2 ? ranges : values
        // A prefix or postfix stands beside what the unit writes; a plain unit takes it over.
        let prefix = node["prefix"]?.string ?? "", postfix = node["postfix"]?.string ?? ""
        if ["none", "short", nil].contains(panel.settings.unit) {
            if !postfix.isEmpty { panel.settings.unit = "suffix:" + postfix } else if !prefix.isEmpty { panel.settings.unit = "prefix:" + prefix }
        }
    }

    /// The unit, digits and limits of the plugin of state fields, in the names of its two generations.
    func readPolystatFields(_ node: JSONNode, _ panel: inout Panel) {
        let options = node["options"], older = node["polystat"]
        if panel.settings.unit == nil { panel.settings.unit = options?["globalUnitFormat"]?.string ?? older?["globalUnitFormat"]?.string }
        if panel.settings.decimals == nil { panel.settings.decimals = (options?["globalDecimals"] ?? older?["globalDecimals"])?.integer.map { min(max(0, $0), 12) } }
        let limits = options?["globalThresholdsConfig"] ?? older?["globalThresholds"] ?? node["globalThresholds"]
        let steps = (limits?.elements ?? []).compactMap { step -> Thresholds.Step? in
            guard let from = step["value"]?.number else { return nil }
            // 0 is well, 1 a warning, 2 critical, 3 unknown; where none is written the colour says it.
            let tones: [Tone] = [.good, .warning, .critical, .neutral]
            let tone = step["state"]?.integer.flatMap { tones.indices.contains($0) ? tones[$0] : nil } ?? ToneName.tone(step["color"]?.string ?? "")
            return Thresholds.Step(from: from, tone: tone)
        }
        if !steps.isEmpty { panel.settings.thresholds = Thresholds(steps) }
    }

    /// The columns of the table before the present one.
    func readStyles(_ node: JSONNode, _ panel: inout Panel) {
        for style in node["styles"]?.elements ?? [] {
            let pattern = style["pattern"]?.string ?? ""
            var settings = FieldSettings()
            settings.displayName = style["alias"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            switch style["type"]?.string {
            case "hidden": settings.isHidden = true
            case "date": settings.unit = "dateTimeAsIso"
            case "number":
                settings.unit = style["unit"]?.string
                settings.decimals = style["decimals"]?.integer
            default: break
            }
            let limits = (style["thresholds"]?.elements ?? []).compactMap(\.number)
            let colours = (style["colors"]?.elements ?? []).compactMap(\.string)
            if style["colorMode"]?.string != nil, !limits.isEmpty {
                settings.thresholds = Thresholds(zip([-Double.infinity] + limits, colours).map { Thresholds.Step(from: $0, tone: ToneName.tone($1)) })
                settings.cell = .tone
            }
            let maps = (style["valueMaps"]?.elements ?? []).compactMap { map in map["value"]?.text.map { ValueMapping(.value($0), text: map["text"]?.text) } }
            if !maps.isEmpty { settings.mappings = maps }
            var override = FieldOverride(PatternText.isDelimited(pattern) ? .pattern(pattern) : .name(pattern), settings)
            override.isExclusive = true
            panel.overrides.append(override)
        }
        switch node["transform"]?.string {
        case "timeseries_to_columns": panel.transformations.append(.joinByField("Time", isInner: false))
        case "timeseries_aggregations":
            let columns = (node["columns"]?.elements ?? []).compactMap { $0["value"]?.string.flatMap { Reduction(name: $0) } }
            panel.transformations.append(.reduce(columns.isEmpty ? [.mean] : columns, keepsFields: false, labelsToFields: false))
        default: break
        }
    }
}
