/// Single values: of stats, gauges, bars and parts of a whole.
struct ValueBuilder {
    let builder: ContentBuilder

    private var options: PanelOptions { builder.panel.options }

    func items(_ frames: [DataFrame]) -> [ValueItem] {
        let resolver = FieldResolver(builder.panel, builder.scope)
        let chosen = frames.flatMap { frame in frame.fields.filter(isChosen).map { ($0, resolver.resolve($0, builder.scope), frame) } }
        var drafts: [(name: String, settings: FieldSettings, value: Double, text: String?, history: [Double])] = []
        for (field, resolved, frame) in chosen where resolved.settings.isHidden != true && drafts.count < Limits.tableRows {
            if options.showsAllValues {
                let names = frame.fields.first { !$0.isNumber && !$0.isTime }
                for row in 0..<min(field.count, options.valuesMax ?? 25) {
                    let name = names?.key(row).text ?? resolved.name
                    drafts.append((name, resolved.settings, field.numbers?[row] ?? .nan, field.isNumber ? nil : field.key(row).text, []))
                }
            } else if let numbers = field.numbers {
                let value = options.calculation.value(of: numbers)
                var settings = resolved.settings
                if !options.calculation.keepsUnit { settings.unit = options.calculation == .differencePercent ? "percentunit" : "none" }
                let history = frame.timeField.map { time -> [Double] in
                    if case .times(let times) = time.values { Grid.align(times, numbers, builder.window) } else { [] }
                } ?? []
                drafts.append((resolved.name, settings, value, nil, history))
            } else {
                drafts.append((resolved.name, resolved.settings, .nan, field.count > 0 ? field.key(field.count - 1).text ?? "" : "", []))
            }
        }
        let most = drafts.map(\.value).filter(\.isFinite).max() ?? 1
        return drafts.map { draft in
            let range = range(draft.settings, most: most)
            let display = ValueDisplay(draft.settings, range: range, now: builder.now)
            let shown = draft.text.map { display.show($0) } ?? display.show(draft.value)
            let extent = range.upperBound - range.lowerBound
            let fraction = draft.value.isFinite && extent > 0 ? (draft.value - range.lowerBound) / extent : nil
            return ValueItem(name: draft.name, value: draft.value, shown: shown, fraction: fraction, history: draft.history)
        }
    }

    /// The range of a gauge: as it is set; of percentages their own; else up to the largest value.
    private func range(_ settings: FieldSettings, most: Double) -> ClosedRange<Double> {
        let low = settings.min ?? 0
        let high: Double
        switch (settings.max, settings.unit) {
        case (let max?, _): high = max
        case (nil, "percent"): high = 100
        case (nil, "percentunit"): high = 1
        default: high = builder.panel.kind == .gauge ? Swift.max(100, most) : most
        }
        return low...Swift.max(low, high)
    }

    private func isChosen(_ field: DataField) -> Bool {
        if field.isTime { return false }
        if options.fields.isEmpty { return field.isNumber }
        if PatternText.isDelimited(options.fields) {
            guard let expression = PatternText.expression(options.fields) else { return false }
            return expression.matchesPart(field.title) || field.olderName.map(expression.matchesPart) ?? false
        }
        return field.title == options.fields || field.name == options.fields || field.olderName == options.fields
    }

    /// Each row's numbers, named by the row's text or time.
    func bars(_ frames: [DataFrame]) -> [ValueItem] {
        let resolver = FieldResolver(builder.panel, builder.scope)
        // Series of one value each are bars of their own.
        if frames.allSatisfy({ $0.rowCount <= 1 && !$0.fields.contains { !$0.isNumber && !$0.isTime } }) { return items(frames) }
        var items: [ValueItem] = []
        for frame in frames {
            let names = frame.fields.first { !$0.isNumber && !$0.isTime } ?? frame.timeField
            let numbers = frame.fields.filter(\.isNumber).map { resolver.resolve($0, builder.scope) }.filter { $0.settings.isHidden != true }
            let most = numbers.compactMap { $0.field.numbers?.filter(\.isFinite).max() }.max() ?? 1
            for row in 0..<min(frame.rowCount, Limits.tableRows) {
                for resolved in numbers {
                    guard let values = resolved.field.numbers, row < values.count else { continue }
                    let name = rowName(names, row) + (numbers.count > 1 ? " " + resolved.name : "")
                    let range = range(resolved.settings, most: most)
                    let extent = range.upperBound - range.lowerBound
                    let display = ValueDisplay(resolved.settings, range: range, now: builder.now)
                    items.append(ValueItem(name: name, value: values[row], shown: display.show(values[row]), fraction: values[row].isFinite && extent > 0 ? (values[row] - range.lowerBound) / extent : nil))
                }
            }
        }
        return items
    }

    private func rowName(_ field: DataField?, _ row: Int) -> String {
        guard let field else { return "" }
        if case .times(let times) = field.values, row < times.count { return ValueText(unit: "dateTimeAsIso").text(Double(times[row])) }
        return field.key(row).text ?? ""
    }

    /// Each value's part of the sum, the largest first.
    func parts(_ frames: [DataFrame]) -> [ValueItem] {
        var items = frames.contains { $0.rowCount > 1 && $0.fields.contains { !$0.isNumber && !$0.isTime } } ? bars(frames) : items(frames)
        let sum = items.map(\.value).filter { $0.isFinite && $0 > 0 }.reduce(0, +)
        for index in items.indices { items[index].fraction = sum > 0 && items[index].value.isFinite ? max(0, items[index].value) / sum : nil }
        return items.sorted { ($1.fraction ?? -1, $0.name) < ($0.fraction ?? -1, $1.name) }
    }
}
