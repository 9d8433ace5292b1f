import Foundations
import Settings

/// One panel of the short YAML format.
struct PanelReader {
    let document: SettingsDocument
    let section: SettingsSection
    let number: Int

    private static let kinds: [String: PanelKind] = [
        "timeseries": .timeSeries, "stat": .stat, "gauge": .gauge, "bargauge": .barGauge, "table": .table, "heatmap": .heatmap, "text": .text,
        "piechart": .pieChart, "barchart": .barChart, "histogram": .histogram, "tiles": .tiles, "state-timeline": .stateTimeline, "status-history": .statusHistory, "logs": .logs,
    ]

    func read(_ flow: inout BoardFileReader.Flow) -> Panel? {
        if let title = section.string("row") { return row(title, &flow) }
        let title = section.string("title") ?? ""
        let kind = Choice.read(section, "type", Self.kinds) ?? (section.value("text") != nil ? .text : .timeSeries)
        let size = size(kind)
        var panel = Panel(identifier: number, title: title, kind: kind, position: flow.place(width: size.width, height: size.height))
        panel.line = section.node?.mark?.line ?? 0
        panel.details = section.string("description") ?? ""
        panel.queries = queries(kind, &panel.expressions)
        panel.settings = fieldSettings(section)
        if let overrides = section.sections("fields") { panel.overrides += overrides.compactMap(override) }
        panel.overrides += (section.strings("negative") ?? []).map { pattern($0, "negative") { $0.isNegative = true } }
        panel.overrides += (section.strings("right") ?? []).map { pattern($0, "right") { $0.isOnRightAxis = true } }
        readOptions(&panel)
        panel.links = (section.sections("links") ?? []).prefix(Limits.links).compactMap { LinkReader(section: $0).read() }
        panel.transformations = TransformationReader(section: section).read()
        if let variable = section.string("repeat") {
            let direction = Choice.read(section, "direction", ["horizontal": PanelRepeat.Direction.horizontal, "vertical": .vertical]) ?? .horizontal
            panel.repeating = PanelRepeat(variable: variable, direction: direction, perRowMax: section.integer("per_line", in: 1...24) ?? 4)
        }
        panel.timeFromMilliseconds = section.durationMilliseconds("range", in: 1000...Int64(10 * 365) * 86_400_000)
        panel.timeShiftMilliseconds = section.durationMilliseconds("shift")
        panel.interval = section.durationMilliseconds("step", in: 1000...86_400_000).map { DurationText.format(milliseconds: $0) } ?? ""
        if panel.queries.isEmpty && kind != .text { section.report("query", "the panel `\(SafeText(title))` has no query", remedy: "add `query:` or `queries:`") }
        section.finish()
        return panel
    }

    private func row(_ title: String, _ flow: inout BoardFileReader.Flow) -> Panel {
        flow.newLine()
        var row = Panel(identifier: number, title: title, kind: .row, position: flow.place(width: GridPosition.columns, height: 1))
        flow.newLine()
        row.line = section.node?.mark?.line ?? 0
        row.repeating = section.string("repeat").map { PanelRepeat(variable: $0) }
        row.isCollapsed = section.bool("collapsed") ?? false
        section.finish()
        return row
    }

    /// `12x8`: columns of 24 and units of height.
    private func size(_ kind: PanelKind) -> (width: Int, height: Int) {
        let usual: (Int, Int) =
            switch kind {
            case .stat, .gauge: (4, 4)
            case .text: (24, 3)
            case .tiles: (24, 4)
            case .table, .logs: (24, 8)
            default: (12, 8)
            }
        guard let text = section.string("size") else { return usual }
        let parts = text.split(separator: "x").compactMap { Int($0) }
        guard parts.count == 2, (1...24).contains(parts[0]), (1...100).contains(parts[1]) else {
            section.report("size", "`\(SafeText(text.prefix(32)))` is no size", remedy: "write `WIDTHxHEIGHT` with a width of 1 to 24 and a height of 1 to 100, such as `12x8`")
            return usual
        }
        return (parts[0], parts[1])
    }

    private func queries(_ kind: PanelKind, _ expressions: inout [PanelExpression]) -> [PanelQuery] {
        var queries: [PanelQuery] = []
        // A query alone stands in the panel itself.
        if section.value("query") != nil, let query = query(section, kind, 0) { queries.append(query) }
        for entry in section.sections("queries") ?? [] {
            if let expression = expression(entry, queries.count + expressions.count) { expressions.append(expression) } else if let query = query(entry, kind, queries.count) { queries.append(query) }
            entry.finish()
        }
        return queries
    }

    /// `math: '$A / $B * 100'` in place of a query.
    private func expression(_ section: SettingsSection, _ index: Int) -> PanelExpression? {
        guard let text = section.string("math") else { return nil }
        do throws(MathFault) {
            _ = try MathParser.parse(text)
        } catch {
            section.report("math", "`\(SafeText(text.prefix(80)))` can't be computed: \(error)", remedy: "write queries as `$A`, with + - * / % ** and comparisons")
        }
        let refID = section.string("id") ?? String(UnicodeScalar(UInt8(65 + index % 26)))
        return PanelExpression(refID: refID, kind: .math(text), isHidden: section.bool("hidden") ?? false)
    }

    private func query(_ section: SettingsSection, _ kind: PanelKind, _ index: Int) -> PanelQuery? {
        guard let expression = section.requiredString("query") else { return nil }
        var query = PanelQuery(expression, refID: section.string("id") ?? String(UnicodeScalar(UInt8(65 + index % 26))))
        let isLogs = section.bool("logs") ?? (kind == .logs)
        query.language = isLogs ? .logQL : .promQL
        query.legend = section.string("legend") ?? ""
        query.isHidden = section.bool("hidden") ?? false
        query.shape = section.bool("instant") ?? (kind == .table) ? .instant : .range
        query.format = kind == .heatmap ? .heatmap : kind == .table ? .table : .series
        return query
    }

    func fieldSettings(_ section: SettingsSection) -> FieldSettings {
        var settings = FieldSettings()
        settings.unit = section.string("unit")
        if let unit = settings.unit, !Unit(unit).isKnown { section.report("unit", "the unit `\(SafeText(unit.prefix(64)))` isn't known", remedy: "write `suffix:\(SafeText(unit.prefix(64)))` to have it behind the number") }
        settings.decimals = section.integer("decimals", in: 0...12)
        settings.min = Choice.number(section, "min")
        settings.max = Choice.number(section, "max")
        settings.logarithmBase = Choice.number(section, "log").flatMap { $0 > 1 ? $0 : nil }
        settings.noValue = section.string("no_value")
        settings.thresholds = thresholds(section)
        settings.mappings = mappings(section)
        settings.drawing = Choice.read(section, "draw", ["line": .line, "bars": .bars, "points": .points])
        settings.isFilled = section.bool("fill")
        settings.stacking = Choice.read(section, "stack", ["none": FieldSettings.Stacking.none, "normal": .normal, "percent": .percent])
        settings.nulls = Choice.read(section, "nulls", ["gap": .gap, "connected": .connected, "zero": .zero])
        settings.cell = Choice.read(section, "cell", ["text": .text, "state": .tone, "gauge": .gauge])
        if settings.thresholds != nil, section.bool("threshold_lines") ?? true { settings.showsThresholds = true }
        return settings
    }

    private static let tones: [String: Tone] = ["ok": .good, "warning": .warning, "critical": .critical, "none": .neutral]

    /// `{warning: 0.8, critical: 0.9}`; with a lower critical than warning, low values are the bad ones.
    private func thresholds(_ section: SettingsSection) -> Thresholds? {
        guard let own = section.section("thresholds") else { return nil }
        let warning = Choice.number(own, "warning"), critical = Choice.number(own, "critical")
        let isPercent = own.bool("percent") ?? false
        own.finish()
        guard warning != nil || critical != nil else {
            section.report("thresholds", "`thresholds` needs `warning`, `critical` or both")
            return nil
        }
        let mode: Thresholds.Mode = isPercent ? .percentage : .absolute
        if let warning, let critical, critical < warning {
            return Thresholds([.init(from: -.infinity, tone: .critical), .init(from: critical, tone: .warning), .init(from: warning, tone: .good)], mode: mode)
        }
        var steps = [Thresholds.Step(from: -.infinity, tone: .good)]
        if let warning { steps.append(.init(from: warning, tone: .warning)) }
        if let critical { steps.append(.init(from: critical, tone: .critical)) }
        return Thresholds(steps, mode: mode)
    }

    /// `{"0": DOWN critical, "1": UP ok, "2..5": some warning, "/err.*/": bad, null: none}`: a text, and a state as its last word.
    private func mappings(_ section: SettingsSection) -> [ValueMapping]? {
        guard let node = section.value("mappings") else { return nil }
        guard let mapping = node.mapping else {
            section.report("mappings", "`mappings` must be a list of `value: text` lines")
            return nil
        }
        return mapping.compactMap { key, value in
            guard let name = key.scalar?.string, let text = value.scalar?.string else {
                document.report(value, "each entry of `mappings` must be `value: text`", remedy: "write `0: DOWN critical`")
                return nil
            }
            var words = text.split(separator: " ")
            let tone = words.last.flatMap { Self.tones[String($0)] }
            if tone != nil { words.removeLast() }
            return ValueMapping(condition(name), text: words.isEmpty ? nil : words.joined(separator: " "), tone: tone)
        }
    }

    private func condition(_ name: String) -> ValueMapping.Condition {
        if name == "null" || name.isEmpty { return .nullOrNotANumber }
        if PatternText.isDelimited(name) {
            if let problem = PatternText.problem(name) { section.report("mappings", problem) }
            return .pattern(name)
        }
        if let dots = name.firstRange(of: ".."), let from = Double(name[..<dots.lowerBound]), let to = Double(name[dots.upperBound...]) { return .range(from: from, to: to) }
        return .value(name)
    }

    private func override(_ section: SettingsSection) -> FieldOverride? {
        let name = section.string("name"), regex = section.string("regex"), query = section.string("query")
        var settings = fieldSettings(section)
        settings.displayName = section.string("rename")
        settings.isHidden = section.bool("hidden")
        settings.isNegative = section.bool("negative")
        settings.isOnRightAxis = section.bool("right")
        section.finish()
        if let name { return FieldOverride(.name(name), settings) }
        if let query { return FieldOverride(.refID(query), settings) }
        guard let regex else {
            section.report("name", "an entry of `fields` needs `name`, `regex` or `query`")
            return nil
        }
        if let problem = PatternText.problem(regex) { section.report("regex", problem) }
        return FieldOverride(.pattern(regex), settings)
    }

    private func pattern(_ text: String, _ key: String, _ change: (inout FieldSettings) -> Void) -> FieldOverride {
        if let problem = PatternText.problem(text) { section.report(key, problem) }
        var settings = FieldSettings()
        change(&settings)
        return FieldOverride(.pattern(text), settings)
    }

    private func readOptions(_ panel: inout Panel) {
        panel.options.calculation = reduction("calculation") ?? .lastNotNull
        panel.options.legend = Choice.read(section, "legend_style", ["list": .list, "table": .table, "hidden": .hidden]) ?? .list
        for name in section.strings("legend_values") ?? [] {
            if let known = Reduction(name: name) { panel.options.legendCalculations.append(known) } else { unknownCalculation(name, "legend_values") }
        }
        if !panel.options.legendCalculations.isEmpty, section.value("legend_style") == nil { panel.options.legend = .table }
        if let sort = section.string("sort") { panel.options.sort = sort.hasPrefix("-") ? (String(sort.dropFirst()), true) : (sort, false) }
        panel.options.text = String((section.string("text") ?? "").prefix(Limits.textCharacters))
        panel.options.showsSparkline = section.bool("sparkline") ?? true
        panel.options.textMode = Choice.read(section, "show", ["auto": .automatic, "value": .value, "name": .name, "value-and-name": .valueAndName]) ?? .automatic
        panel.options.showsAllValues = section.bool("every_row") ?? false
        panel.options.heatmapIsCounted = section.bool("count_values") ?? false
        panel.options.footer = reduction("footer")
        panel.options.bucketCount = section.integer("buckets", in: 1...Limits.heatmapBuckets)
    }

    private func reduction(_ key: String) -> Reduction? {
        guard let name = section.string(key) else { return nil }
        if let known = Reduction(name: name) { return known }
        unknownCalculation(name, key)
        return nil
    }

    private func unknownCalculation(_ name: String, _ key: String) {
        section.report(key, "the calculation `\(SafeText(name.prefix(64)))` isn't known", remedy: "write one of \(Reduction.allCases.map(\.rawValue).joined(separator: ", "))")
    }
}
