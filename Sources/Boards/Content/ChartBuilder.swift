/// Lines of a chart: brought to one grid, stacked, turned downwards, with their legend.
struct ChartBuilder {
    let builder: ContentBuilder
    let frames: [DataFrame]

    private struct Series {
        var resolved: ResolvedField
        var values: [Double]
    }

    func build() -> ChartContent {
        let (all, undrawn) = series()
        var lines = all.map(line)
        stack(all, &lines)
        let leftSettings = all.first { $0.resolved.settings.isOnRightAxis != true }?.resolved.settings ?? builder.panel.settings
        let rightSettings = all.first { $0.resolved.settings.isOnRightAxis == true }?.resolved.settings
        let isPercent = leftSettings.stacking == .percent
        var left = axis(leftSettings, lines.filter { !$0.isOnRightAxis })
        if isPercent {
            left.format = ValueText(unit: "percent", decimals: 0)
            left.max = left.max ?? 100
            if left.least >= 0 { left.min = left.min ?? 0 } else { left.min = left.min ?? -100 }
        }
        let right = rightSettings.map { settings in axis(settings, lines.filter(\.isOnRightAxis)) }
        var thresholds: [(value: Double, tone: Tone)] = []
        if builder.panel.settings.showsThresholds == true, let own = builder.panel.settings.thresholds {
            thresholds = own.lines(range: (left.min ?? left.least)...Swift.max(left.max ?? left.most, left.min ?? left.least))
        }
        return ChartContent(
            window: builder.window, lines: lines, left: left, right: right, thresholds: thresholds, legend: builder.panel.options.legend,
            figureTitles: builder.panel.options.legendCalculations.map(\.title), undrawn: undrawn)
    }

    private func series() -> ([Series], undrawn: Int) {
        let resolver = FieldResolver(builder.panel, builder.scope)
        var all: [Series] = []
        var undrawn = 0
        for frame in frames {
            guard case .times(let times)? = frame.timeField?.values else { continue }
            for field in frame.fields {
                guard let numbers = field.numbers else { continue }
                let resolved = resolver.resolve(field, builder.scope)
                if resolved.settings.isHidden == true { continue }
                if all.count >= Limits.chartSeries {
                    undrawn += 1
                    continue
                }
                all.append(Series(resolved: resolved, values: values(times, numbers, resolved.settings)))
            }
        }
        return (sorted(all), undrawn)
    }

    /// In the legend's order.
    private func sorted(_ all: [Series]) -> [Series] {
        guard let sort = builder.panel.options.sort, let reduction = Reduction.allCases.first(where: { $0.title == sort.column || $0.rawValue == sort.column }) else { return all }
        let keyed = all.enumerated().map { (index: $0, key: reduction.value(of: $1.values), series: $1) }
        return keyed.sorted { left, right in
            if left.key == right.key || left.key.isNaN && right.key.isNaN { return left.index < right.index }
            if left.key.isNaN || right.key.isNaN { return right.key.isNaN }
            return (left.key < right.key) != sort.isDescending
        }.map(\.series)
    }

    private func values(_ times: [Int64], _ numbers: [Double], _ settings: FieldSettings) -> [Double] {
        var values = Grid.align(times, numbers, builder.window)
        switch settings.nulls ?? .gap {
        case .gap: break
        case .connected: values = Grid.connected(values)
        case .zero: values = values.map { $0.isNaN ? 0 : $0 }
        }
        if settings.isNegative == true { values = values.map { -$0 } }
        return values
    }

    private func line(_ series: Series) -> ChartContent.Line {
        let settings = series.resolved.settings
        let display = ValueDisplay(settings, now: builder.now)
        let reductions = builder.panel.options.legendCalculations
        let original = settings.isNegative == true && !reductions.isEmpty ? series.values.map { -$0 } : series.values
        let figures = reductions.map { reduction in
            let value = reduction.value(of: original)
            return reduction.keepsUnit ? display.show(value).text : value.isNaN ? "-" : NumberText.short(value)
        }
        return ChartContent.Line(
            name: series.resolved.name, values: series.values, base: nil, drawing: settings.drawing ?? .line,
            isFilled: settings.isFilled ?? false, isOnRightAxis: settings.isOnRightAxis ?? false, isInLegend: settings.isHiddenInLegend != true && isWorthNaming(series.values),
            labels: series.resolved.field.labels, figures: figures)
    }

    private func isWorthNaming(_ values: [Double]) -> Bool {
        let options = builder.panel.options
        if options.hidesEmptyInLegend, values.allSatisfy(\.isNaN) { return false }
        return !(options.hidesZeroInLegend && values.allSatisfy { $0.isNaN || $0 == 0 })
    }

    /// Lines of one group and one direction stand on each other.
    private func stack(_ all: [Series], _ lines: inout [ChartContent.Line]) {
        var groups: [String: [Int]] = [:]
        for (index, series) in all.enumerated() {
            let settings = series.resolved.settings
            guard let stacking = settings.stacking, stacking != .none else { continue }
            groups["\(settings.stackGroup ?? "A") \(settings.isNegative ?? false) \(settings.isOnRightAxis ?? false)", default: []].append(index)
        }
        for members in groups.values {
            let count = builder.window.count
            var totals = [Double](repeating: 0, count: count)
            let isPercent = all[members[0]].resolved.settings.stacking == .percent
            if isPercent {
                for member in members { for step in 0..<min(count, lines[member].values.count) where !lines[member].values[step].isNaN { totals[step] += abs(lines[member].values[step]) } }
            }
            var base = [Double](repeating: 0, count: count)
            for member in members {
                lines[member].base = base
                for step in 0..<min(count, lines[member].values.count) {
                    let value = lines[member].values[step]
                    guard !value.isNaN else { continue }
                    let part = isPercent ? (totals[step] == 0 ? 0 : value / totals[step] * 100) : value
                    base[step] += part
                    lines[member].values[step] = base[step]
                }
            }
        }
    }

    private func axis(_ settings: FieldSettings, _ lines: [ChartContent.Line]) -> ChartContent.Axis {
        var least = Double.infinity, most = -Double.infinity, leastAboveZero = Double.infinity
        for line in lines {
            for value in line.values where value.isFinite {
                least = Swift.min(least, value)
                most = Swift.max(most, value)
                if value > 0 { leastAboveZero = Swift.min(leastAboveZero, value) }
            }
            if line.base != nil { least = Swift.min(least, 0) }
        }
        if least > most { (least, most) = (0, 1) }
        // What an axis shows at least.
        if let low = settings.softMin, low.isFinite { least = Swift.min(least, low) }
        if let high = settings.softMax, high.isFinite { most = Swift.max(most, high) }
        return ChartContent.Axis(
            min: settings.min, max: settings.max, format: ValueText(unit: settings.unit, decimals: settings.decimals), least: least, most: most, leastAboveZero: leastAboveZero,
            logarithmBase: settings.stacking == .percent ? 1 : settings.logarithmBase ?? 1)
    }
}
