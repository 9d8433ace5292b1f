/// How often values of all series fall into each of some equal ranges.
struct HistogramBuilder {
    let builder: ContentBuilder

    func items(_ frames: [DataFrame]) -> [ValueItem] {
        let resolver = FieldResolver(builder.panel, builder.scope)
        let fields = frames.flatMap { $0.fields.filter(\.isNumber) }.map { resolver.resolve($0, builder.scope) }.filter { $0.settings.isHidden != true }
        guard let first = fields.first else { return [] }
        let format = ValueText(unit: first.settings.unit, decimals: first.settings.decimals)
        if fields.allSatisfy({ $0.field.labels["le"] != nil }) { return Self.items(stored(fields, format)) }
        let values = fields.flatMap { $0.field.numbers ?? [] }.filter(\.isFinite)
        guard let low = values.min(), let high = values.max() else { return [] }
        return Self.items(counted(values, low, high, format))
    }

    private func counted(_ values: [Double], _ low: Double, _ high: Double, _ format: ValueText) -> [(name: String, count: Double)] {
        let ranges = HistogramRanges(low: low, high: high, count: builder.panel.options.bucketCount, width: builder.panel.options.bucketWidth)
        var counts = [Double](repeating: 0, count: ranges.count)
        for value in values { counts[ranges.place(value)] += 1 }
        return counts.enumerated().map { (format.text(ranges.bound($0)) + " – " + format.text(ranges.bound($0 + 1)), $1) }
    }

    /// Series that are buckets already, each up to its bound: what is in it and in none below.
    private func stored(_ fields: [ResolvedField], _ format: ValueText) -> [(name: String, count: Double)] {
        func bound(_ field: ResolvedField) -> Double { field.field.labels["le"].flatMap { $0 == "+Inf" || $0 == "Inf" ? .infinity : Double($0) } ?? .nan }
        var sums: [Double: Double] = [:]
        for field in fields where !bound(field).isNaN { sums[bound(field), default: 0] += Reduction.sum.value(of: field.field.numbers ?? []) }
        var below = 0.0
        return sums.sorted { $0.key < $1.key }.map { bound, sum in
            defer { below = max(below, sum.isNaN ? 0 : sum) }
            return ("≤ " + (bound.isInfinite ? "∞" : format.text(bound)), max(0, (sum.isNaN ? 0 : sum) - below))
        }
    }

    private static func items(_ counts: [(name: String, count: Double)]) -> [ValueItem] {
        let most = counts.map(\.count).max() ?? 0
        return counts.map { entry in
            ValueItem(name: entry.name, value: entry.count, shown: ShownValue(text: NumberText.short(entry.count)), fraction: most > 0 ? entry.count / most : 0)
        }
    }
}
