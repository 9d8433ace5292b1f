import Glibc

/// Counts by bucket and time: of histogram series, or of values that are counted here.
struct HeatmapBuilder {
    let builder: ContentBuilder

    func build(_ frames: [DataFrame]) -> HeatmapContent {
        var series: [(name: String, field: DataField, values: [Double])] = []
        let resolver = FieldResolver(builder.panel, builder.scope)
        for frame in frames {
            guard case .times(let times)? = frame.timeField?.values else { continue }
            for field in frame.fields {
                guard let numbers = field.numbers else { continue }
                series.append((resolver.resolve(field, builder.scope).name, field, Grid.align(times, numbers, builder.window)))
            }
        }
        return builder.panel.options.heatmapIsCounted && !series.contains(where: { $0.field.labels["le"] != nil }) ? counted(series.map(\.values)) : buckets(series)
    }

    /// A series a bucket, by rising upper bound; of cumulative ones the differences.
    private func buckets(_ series: [(name: String, field: DataField, values: [Double])]) -> HeatmapContent {
        func bound(_ entry: (name: String, field: DataField, values: [Double])) -> Double? {
            let text = entry.field.labels["le"] ?? entry.name
            return text == "+Inf" || text == "Inf" ? .infinity : Double(text)
        }
        let isBounded = series.allSatisfy { bound($0) != nil }
        let sorted = isBounded ? series.sorted { bound($0)! < bound($1)! } : series
        let isCumulative = builder.panel.queries.contains { $0.format == .heatmap } && isBounded
        let format = ValueText(unit: builder.panel.settings.unit, decimals: builder.panel.settings.decimals)
        var rows: [HeatmapContent.Row] = []
        for (index, entry) in sorted.prefix(Limits.heatmapBuckets).enumerated() {
            var values = entry.values
            if isCumulative, index > 0 {
                let below = sorted[index - 1].values
                for step in values.indices where step < below.count && !values[step].isNaN { values[step] = max(0, values[step] - (below[step].isNaN ? 0 : below[step])) }
            }
            let label = bound(entry).map { $0.isInfinite ? "+Inf" : format.text($0) } ?? entry.name
            rows.append(HeatmapContent.Row(label: label, values: values))
        }
        return content(rows)
    }

    /// How many series have a value within each of a dozen equal parts of the range.
    private func counted(_ series: [[Double]]) -> HeatmapContent {
        let known = series.joined().filter(\.isFinite)
        guard let low = known.min(), let high = known.max() else { return content([]) }
        let parts = low == high ? 1 : 12
        let extent = (high - low) / Double(parts)
        var counts = [[Double]](repeating: Array(repeating: 0, count: builder.window.count), count: parts)
        for values in series {
            for (step, value) in values.enumerated() where value.isFinite {
                let part = extent > 0 ? min(parts - 1, Int((value - low) / extent)) : 0
                counts[part][step] += 1
            }
        }
        let format = ValueText(unit: builder.panel.settings.unit, decimals: builder.panel.settings.decimals)
        return content(counts.enumerated().map { HeatmapContent.Row(label: format.text(low + extent * Double($0 + 1)), values: $1) })
    }

    private func content(_ rows: [HeatmapContent.Row]) -> HeatmapContent {
        HeatmapContent(window: builder.window, rows: rows, most: rows.lazy.flatMap(\.values).filter(\.isFinite).max() ?? 0)
    }
}

/// States over time.
struct TimelineBuilder {
    let builder: ContentBuilder

    func build(_ frames: [DataFrame], isPerStep: Bool) -> TimelineContent {
        let resolver = FieldResolver(builder.panel, builder.scope)
        var content = TimelineContent(window: builder.window, rows: [], states: [], isPerStep: isPerStep)
        var known: [ShownValue: Int32] = [:]
        func number(_ shown: ShownValue) -> Int32 {
            if let number = known[shown] { return number }
            known[shown] = Int32(content.states.count)
            content.states.append(shown)
            return Int32(content.states.count - 1)
        }
        for frame in frames {
            guard case .times(let times)? = frame.timeField?.values else { continue }
            for field in frame.fields where !field.isTime && content.rows.count < Limits.tableRows {
                let resolved = resolver.resolve(field, builder.scope)
                if resolved.settings.isHidden == true { continue }
                let display = ValueDisplay(resolved.settings, now: builder.now)
                let states: [Int32]
                switch field.values {
                case .numbers(let numbers):
                    var cache: [Double: Int32] = [:]
                    states = Grid.align(times, numbers, builder.window).map { value in
                        if value.isNaN { return -1 }
                        if let state = cache[value] { return state }
                        let state = number(display.show(value))
                        if cache.count < 10_000 { cache[value] = state }
                        return state
                    }
                case .texts(let texts):
                    // Texts are aligned by their number.
                    let numbers = texts.map { $0.map { Double(number(display.show($0))) } ?? .nan }
                    states = Grid.align(times, numbers, builder.window).map { $0.isNaN ? -1 : Int32($0) }
                case .times: continue
                }
                content.rows.append(TimelineContent.Row(name: resolved.name, states: states))
            }
        }
        return content
    }
}
