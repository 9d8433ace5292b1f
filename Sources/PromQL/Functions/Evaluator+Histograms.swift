import Glibc
import Model

extension Evaluator {
    /// The functions of one native histogram; floats are left out.
    func summarize(_ function: PromQLFunction, _ argument: Expression) throws -> [Column] {
        let transform: (FloatHistogram) -> Double
        switch function {
        case .histogramCount: transform = { $0.count }
        case .histogramSum: transform = { $0.sum }
        case .histogramAvg: transform = { $0.sum / $0.count }
        case .histogramStddev: transform = { sqrt($0.variance) }
        default: transform = { $0.variance }
        }
        return try finish(
            try vector(argument).compactMap { column in
                guard column.hasHistograms else { return nil }
                var result = Column(labels: column.labels, count: steps, dropsName: true)
                for step in 0..<steps {
                    if let histogram = column.histograms[step] { result.values[step] = transform(histogram) }
                }
                return result.isEmpty ? nil : result
            })
    }

    /// `histogram_quantile`
    func histogramQuantile(_ arguments: [Expression]) throws -> [Column] {
        let quantiles = try scalar(arguments[0])
        let columns = try vector(arguments[1])
        remarkQuantiles(quantiles, arguments[0].range)
        return try finish(try histogramQuantile(quantiles, columns, arguments[1].range, ofObservations: arguments[0].range))
    }

    /// `histogram_quantiles`: one series for each quantile, told apart by a label.
    func histogramQuantiles(_ arguments: [Expression]) throws -> [Column] {
        let columns = try vector(arguments[0])
        let literal = string(arguments[1])
        guard let name = literal.text, !name.isEmpty else { throw QueryError.execution("invalid label name \(StringEscape.quoted(literal.bytes))") }
        var result: [Column] = []
        for argument in arguments.dropFirst(2) {
            let quantiles = try scalar(argument)
            remarkQuantiles(quantiles, argument.range)
            for column in try histogramQuantile(quantiles, columns, arguments[0].range, ofObservations: arguments[0].range) {
                // The value of the label may change from step to step with the quantile.
                for pattern in Set(quantiles.map(\.bitPattern)).sorted() {
                    let text = ValueText.general(Double(bitPattern: pattern))
                    var part = Column(labels: column.labels.setting(name, to: text), count: steps, dropsName: true)
                    for step in 0..<steps where quantiles[step].bitPattern == pattern { part.copy(from: column, at: step) }
                    if !part.isEmpty { result.append(part) }
                }
            }
        }
        return try finish(result)
    }

    /// `place` is where remarks about the series stand, `placeOfObservations` those about what was observed.
    private func histogramQuantile(
        _ quantiles: [Double], _ columns: [Column], _ place: SourceRange, ofObservations placeOfObservations: SourceRange
    ) throws -> [Column] {
        try overHistograms(columns, place) { classic, name, step in
            if let forced = classic.forced {
                annotations.informOfForced(
                    "input to histogram_quantile needed to be fixed for monotonicity "
                        + "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)\(Self.ofMetric(name))",
                    forced, moment: grid.time(step), at: place)
            }
            return classic.quantile(quantiles[step])
        } native: { histogram, name, step in
            let quantile = histogram.quantile(quantiles[step])
            switch quantile.nanEffect {
            case .none: break
            case .result: annotations.inform("input to histogram_quantile has NaN observations, result is NaN\(Self.ofMetric(name))", at: placeOfObservations)
            case .skew:
                annotations.inform("input to histogram_quantile has NaN observations, result is skewed higher\(Self.ofMetric(name))", at: placeOfObservations)
            }
            return quantile.value
        }
    }

    /// `histogram_fraction`
    func histogramFraction(_ arguments: [Expression]) throws -> [Column] {
        let (lower, upper) = (try scalar(arguments[0]), try scalar(arguments[1]))
        let place = arguments[2].range
        return try finish(
            try overHistograms(try vector(arguments[2]), place) { classic, _, step in
                classic.fraction(from: lower[step], to: upper[step])
            } native: { histogram, name, step in
                if lower[step] < upper[step], histogram.hasNaNObservations {
                    annotations.inform(
                        "input to histogram_fraction has NaN observations, which are excluded from all fractions\(Self.ofMetric(name))", at: arguments[0].range)
                }
                return histogram.fraction(from: lower[step], to: upper[step])
            })
    }

    private static func ofMetric(_ name: String) -> String { name.isEmpty ? "" : " for metric name \(quoted(name))" }

    /// Series of one classic histogram: all labels but `le` are the same.
    private struct ClassicGroup {
        let labels: Labels
        var members: [(bound: Double, column: Column)] = []
    }

    /// Computes a number of each histogram, be it one series or one for each bucket.
    private func overHistograms(
        _ columns: [Column], _ place: SourceRange, classic: (ClassicHistogram, String, Int) -> Double,
        native: (FloatHistogram, String, Int) -> Double
    ) throws -> [Column] {
        let groups = classicGroups(columns, place)
        var indexOfLabels: [Labels: Int] = [:]
        for (index, group) in groups.enumerated() { indexOfLabels[group.labels] = index }
        var results: [Column] = []
        var mixedSteps: [Labels: Set<Int>] = [:]
        for column in columns where column.hasHistograms {
            try context.check()
            var result = Column(labels: column.labels, count: steps, dropsName: true)
            let name = column.labels.metricName ?? ""
            let rival = indexOfLabels[column.labels].map { groups[$0] }
            for step in 0..<steps {
                guard let histogram = column.histograms[step] else { continue }
                if let rival, rival.members.contains(where: { !isAbsent($0.column.values[step]) }) {
                    annotations.warn("vector contains a mix of classic and native histograms\(Self.ofMetric(name))", at: place)
                    mixedSteps[column.labels, default: []].insert(step)
                    continue
                }
                result.values[step] = native(histogram, name, step)
            }
            if !result.isEmpty { results.append(result) }
        }
        for group in groups {
            try context.check()
            var result = Column(labels: group.labels, count: steps, dropsName: true)
            let name = group.labels.metricName ?? ""
            for step in 0..<steps where mixedSteps[group.labels]?.contains(step) != true {
                let buckets = group.members.compactMap { member in
                    isAbsent(member.column.values[step]) ? nil : ClassicHistogram.Bucket(upperBound: member.bound, count: member.column.values[step])
                }
                guard !buckets.isEmpty else { continue }
                result.values[step] = ClassicHistogram(buckets).map { classic($0, name, step) } ?? .nan
            }
            if !result.isEmpty { results.append(result) }
        }
        return try Self.joined(results)
    }

    private func classicGroups(_ columns: [Column], _ place: SourceRange) -> [ClassicGroup] {
        var indexOfLabels: [Labels: Int] = [:]
        var groups: [ClassicGroup] = []
        for column in columns where column.hasFloats {
            let text = column.labels[LabelName.bucketBound] ?? ""
            guard let bound = BucketBound.parse(text) else {
                let metric = Self.ofMetric(column.labels.metricName ?? "")
                annotations.warn("bucket label \(quoted(LabelName.bucketBound)) is missing or has a malformed value of \(quoted(text))\(metric)", at: place)
                continue
            }
            let labels = column.labels.dropping([LabelName.bucketBound])
            let index = indexOfLabels[labels] ?? groups.count
            if index == groups.count {
                indexOfLabels[labels] = index
                groups.append(ClassicGroup(labels: labels))
            }
            groups[index].members.append((bound, column))
        }
        return groups
    }
}

/// The label `le`.
enum BucketBound {
    static func parse(_ text: String) -> Double? {
        switch text.lowercased() {
        case "+inf", "inf": .infinity
        case "-inf": -.infinity
        default: text.utf8.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } == true
            ? NumberText.parse(String(text.dropFirst())).map { text.hasPrefix("-") ? -$0 : $0 } : NumberText.parse(text)
        }
    }
}
