extension GrafanaBoard {
    /// A server-side expression; nil, with its reason, where it isn't evaluated.
    func expression(_ target: JSONNode) -> (kind: PanelExpression.Kind?, reason: String) {
        let type = target["type"]?.string ?? "math"
        let text = target["expression"]?.string ?? ""
        let input = Text.trimmed(String(text.drop { "${".contains($0) }.prefix { $0 != "}" }))
        let reducer = target["reducer"]?.string ?? target["downsampler"]?.string ?? "last"
        switch type {
        case "math":
            do throws(MathFault) {
                _ = try MathParser.parse(text)
                return (.math(text), "")
            } catch {
                return (nil, "the expression `\(text.prefix(60))` can't be read: \(error)")
            }
        case "reduce":
            guard let reduction = Reduction(name: reducer) else { return (nil, "the calculation `\(reducer)` of an expression isn't supported") }
            let missing: PanelExpression.Missing =
                switch target["settings"]?["mode"]?.string {
                case "dropNN": .dropped
                case "replaceNN": .replaced(target["settings"]?["replaceWithValue"]?.number ?? 0)
                default: .spreads
                }
            return (.reduce(input: input, reduction, missing), "")
        case "resample":
            guard let step = target["window"]?.string.flatMap({ Self.duration($0) }), step > 0, let reduction = Reduction(name: reducer) else { return (nil, "a resampling without a known window isn't evaluated") }
            let fill: PanelExpression.Fill = target["upsampler"]?.string == "pad" ? .previous : target["upsampler"]?.string == "backfilling" ? .next : .none
            return (.resample(input: input, stepMilliseconds: step, reduction, fill), "")
        case "threshold": return threshold(target, input)
        default: return (nil, "a server-side expression of the type `\(type)` isn't evaluated")
        }
    }

    private func threshold(_ target: JSONNode, _ input: String) -> (kind: PanelExpression.Kind?, reason: String) {
        let evaluator = target["conditions"]?.elements.first?["evaluator"]
        let limits = evaluator?["params"]?.elements.compactMap(\.number) ?? []
        guard let first = limits.first else { return (nil, "a threshold without a limit isn't evaluated") }
        let second = limits.count > 1 ? limits[1] : first
        switch evaluator?["type"]?.string {
        case "gt": return (.threshold(input: input, .greater(first)), "")
        case "gte": return (.threshold(input: input, .greaterOrEqual(first)), "")
        case "lt": return (.threshold(input: input, .lower(first)), "")
        case "lte": return (.threshold(input: input, .lowerOrEqual(first)), "")
        case "within_range", "within_range_included": return (.threshold(input: input, .between(min(first, second), max(first, second))), "")
        case "outside_range", "outside_range_included": return (.outside(input: input, from: min(first, second), to: max(first, second)), "")
        case let name: return (nil, "the condition `\(name ?? "")` of a threshold isn't supported")
        }
    }
}
