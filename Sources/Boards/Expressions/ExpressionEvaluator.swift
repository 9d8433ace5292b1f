import Glibc

/// A number, or values over time, with labels.
struct ExpressionSeries: Sendable {
    var labels: [String: String]
    /// Nil for a number, which `values` has alone.
    var times: [Int64]?
    var values: [Double]
}

/// Computes a panel's expressions of the answers to its queries.
struct ExpressionEvaluator {
    private var known: [String: [ExpressionSeries]] = [:]

    init(_ answers: [(query: PanelQuery, answer: BoardAnswer)]) {
        for (query, answer) in answers {
            guard case .series(let series) = answer else { continue }
            known[query.refID] = series.map { series in
                let isNumber = query.shape == .instant && series.values.count <= 1
                let labels = series.labels.filter { $0.key != "__name__" }
                return ExpressionSeries(labels: labels, times: isNumber ? nil : series.times, values: isNumber ? [series.values.last ?? .nan] : series.values)
            }
        }
    }

    /// A frame a series of each expression that is shown. Numbers stand at `moment`.
    mutating func frames(_ expressions: [PanelExpression], at moment: Int64) -> [DataFrame] {
        var frames: [DataFrame] = []
        for expression in expressions {
            let result = evaluate(expression.kind)
            known[expression.refID] = result
            if expression.isHidden { continue }
            let naming = SeriesNaming(result.map { BoardSeries(labels: $0.labels, times: [], values: []) })
            for series in result.prefix(Limits.series) {
                var value = DataField("Value", .numbers(series.values))
                value.labels = series.labels
                value.refID = expression.refID
                let written = series.labels.isEmpty ? expression.refID : LabelText.text(series.labels)
                value.displayName = written
                if !series.labels.isEmpty { value.automatic = (written, naming.name(series.labels, PanelQuery(expression.refID))) }
                frames.append(DataFrame(refID: expression.refID, fields: [DataField("Time", .times(series.times ?? [moment])), value]))
            }
        }
        return frames
    }

    private func evaluate(_ kind: PanelExpression.Kind) -> [ExpressionSeries] {
        switch kind {
        case .math(let text): return (try? MathParser.parse(text)).map(evaluate) ?? []
        case .reduce(let input, let reduction, let missing):
            return (known[input] ?? []).map { ExpressionSeries(labels: $0.labels, times: nil, values: [Self.reduced($0.values, reduction, missing)]) }
        case .resample(let input, let step, let reduction, let fill): return (known[input] ?? []).map { Self.resampled($0, step, reduction, fill) }
        case .threshold(let input, let comparison):
            let holds = RowFilter.test(comparison)
            return mapped(known[input] ?? []) { holds(.number($0)) ? 1 : 0 }
        case .outside(let input, let from, let to): return mapped(known[input] ?? []) { $0 < from || $0 > to ? 1 : 0 }
        }
    }

    private static func reduced(_ values: [Double], _ reduction: Reduction, _ missing: PanelExpression.Missing) -> Double {
        switch missing {
        case .spreads: values.contains(where: \.isNaN) ? .nan : reduction.value(of: values)
        case .dropped: reduction.value(of: values.filter(\.isFinite))
        case .replaced(let replacement): reduction.value(of: values.map { $0.isFinite ? $0 : replacement })
        }
    }

    /// Values of each step are reduced; steps without one are filled.
    private static func resampled(_ series: ExpressionSeries, _ step: Int64, _ reduction: Reduction, _ fill: PanelExpression.Fill) -> ExpressionSeries {
        guard let times = series.times, let first = times.first, let last = times.last, step > 0, (last - first) / step < Int64(Limits.points) else { return series }
        var result = ExpressionSeries(labels: series.labels, times: [], values: [])
        var index = 0, previous = Double.nan
        var moment = (first + step - 1) / step * step
        var moments: [Int64] = []
        while moment <= last {
            var inside: [Double] = []
            while index < times.count, times[index] <= moment {
                inside.append(series.values[index])
                index += 1
            }
            let next = index < times.count ? series.values[index] : .nan
            let value = inside.isEmpty ? (fill == .previous ? previous : fill == .next ? next : .nan) : reduction.value(of: inside)
            if let newest = inside.last { previous = newest }
            moments.append(moment)
            result.values.append(value)
            moment += step
        }
        result.times = moments
        return result
    }

    private func mapped(_ series: [ExpressionSeries], _ change: (Double) -> Double) -> [ExpressionSeries] {
        series.map { ExpressionSeries(labels: $0.labels, times: $0.times, values: $0.values.map { $0.isNaN ? .nan : change($0) }) }
    }

    private func evaluate(_ node: MathNode) -> [ExpressionSeries] {
        switch node {
        case .number(let number): return [ExpressionSeries(labels: [:], times: nil, values: [number])]
        case .reference(let name): return known[name] ?? []
        case .negated(let inside): return mapped(evaluate(inside)) { -$0 }
        case .not(let inside): return mapped(evaluate(inside)) { $0 == 0 ? 1 : 0 }
        case .call(let function, let inside):
            return evaluate(inside).map { ExpressionSeries(labels: $0.labels, times: $0.times, values: $0.values.map { Self.apply(function, $0) }) }
        case .binary(let sign, let left, let right): return combined(evaluate(left), sign, evaluate(right))
        }
    }

    /// Each of the left with each of the right whose labels agree: equal ones, or ones of which the other has more; what has none agrees with all.
    private func combined(_ left: [ExpressionSeries], _ sign: MathNode.Sign, _ right: [ExpressionSeries]) -> [ExpressionSeries] {
        // Many with many are looked up by their labels first.
        let byLabels = Dictionary(right.enumerated().map { ($1.labels, $0) }, uniquingKeysWith: { first, _ in first })
        var results: [ExpressionSeries] = []
        for one in left where results.count < Limits.series {
            if let equal = byLabels[one.labels] {
                results.append(Self.combined(one, sign, right[equal]))
                continue
            }
            for other in right where results.count < Limits.series && Self.agree(one.labels, other.labels) { results.append(Self.combined(one, sign, other)) }
        }
        return results
    }

    private static func agree(_ one: [String: String], _ other: [String: String]) -> Bool {
        let (few, many) = one.count <= other.count ? (one, other) : (other, one)
        return few.allSatisfy { many[$0.key] == $0.value }
    }

    private static func combined(_ one: ExpressionSeries, _ sign: MathNode.Sign, _ other: ExpressionSeries) -> ExpressionSeries {
        let labels = one.labels.count >= other.labels.count ? one.labels : other.labels
        switch (one.times, other.times) {
        case (nil, nil): return ExpressionSeries(labels: labels, times: nil, values: [compute(one.values.first ?? .nan, sign, other.values.first ?? .nan)])
        case (let times?, nil): return ExpressionSeries(labels: labels, times: times, values: one.values.map { compute($0, sign, other.values.first ?? .nan) })
        case (nil, let times?): return ExpressionSeries(labels: labels, times: times, values: other.values.map { compute(one.values.first ?? .nan, sign, $0) })
        case (let times?, let others?):
            // Of moments that both have.
            let place = Dictionary(others.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            let shared = times.indices.filter { place[times[$0]] != nil }
            return ExpressionSeries(labels: labels, times: shared.map { times[$0] }, values: shared.map { compute(one.values[$0], sign, other.values[place[times[$0]]!]) })
        }
    }

    private static func apply(_ function: MathFunction, _ value: Double) -> Double {
        switch function {
        case .abs: abs(value)
        case .log: log(value)
        case .round: value.rounded()
        case .ceil: value.rounded(.up)
        case .floor: value.rounded(.down)
        case .isNaN, .isNull: value.isNaN ? 1 : 0
        case .isInfinite: value.isInfinite ? 1 : 0
        case .isNumber: value.isFinite ? 1 : 0
        }
    }

    private static func compute(_ left: Double, _ sign: MathNode.Sign, _ right: Double) -> Double {
        if left.isNaN || right.isNaN { return .nan }
        func flag(_ holds: Bool) -> Double { holds ? 1 : 0 }
        switch sign {
        case .or: return flag(left != 0 || right != 0)
        case .and: return flag(left != 0 && right != 0)
        case .equal: return flag(left == right)
        case .notEqual: return flag(left != right)
        case .less: return flag(left < right)
        case .lessOrEqual: return flag(left <= right)
        case .greater: return flag(left > right)
        case .greaterOrEqual: return flag(left >= right)
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide: return left / right
        case .modulo: return fmod(left, right)
        case .power: return pow(left, right)
        }
    }
}
