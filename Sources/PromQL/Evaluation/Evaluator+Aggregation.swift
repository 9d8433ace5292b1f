import Glibc
import Model

/// One group of an aggregation: its labels and which series belong to it.
struct AggregationGroup {
    let labels: Labels
    var members: [Int] = []
    var dropsName = false
}

extension Evaluator {
    func aggregate(_ aggregation: Aggregation, _ place: SourceRange) throws -> [Column] {
        switch aggregation.op {
        case .topk, .bottomk, .limitk, .limitRatio: return try selectMembers(aggregation, place)
        case .countValues: return try countValues(aggregation)
        default: break
        }
        if let columns = try fused(aggregation) { return columns }
        let quantiles = try aggregation.parameter.map { try scalar($0) } ?? []
        let columns = try vector(aggregation.expression)
        if aggregation.op == .quantile { remarkQuantiles(ParameterExtremes(quantiles).outside(0, 1), aggregation.parameter!.range) }
        let result = try groups(columns, aggregation.grouping).map { group in
            try context.check()
            let members = group.members.map { columns[$0] }
            var output = Column(labels: group.labels, count: steps, dropsName: group.dropsName)
            switch aggregation.op {
            case .sum, .avg: try addUp(members, aggregation, into: &output)
            case .count, .group: countMembers(members, aggregation.op, into: &output)
            case .min: foldFloats(members, aggregation, into: &output) { $0 < $1 }
            case .max: foldFloats(members, aggregation, into: &output) { $0 > $1 }
            case .stddev, .stdvar: deviation(members, aggregation, into: &output)
            default: quantile(members, aggregation, quantiles, into: &output)
            }
            return output
        }
        return try finish(result.filter { !$0.isEmpty })
    }

    /// The groups in the order of their first member.
    func groups(_ columns: [Column], _ grouping: Grouping?) -> [AggregationGroup] {
        let projection = LabelProjection(grouping)
        var indexOfLabels: [Labels: Int] = [:]
        var groups: [AggregationGroup] = []
        for (index, column) in columns.enumerated() {
            let labels = projection(column.labels)
            let place: Int
            if let known = indexOfLabels[labels] {
                place = known
            } else {
                place = groups.count
                indexOfLabels[labels] = place
                groups.append(AggregationGroup(labels: labels))
            }
            groups[place].members.append(index)
            groups[place].dropsName = groups[place].dropsName || column.dropsName
        }
        return groups
    }

    func remarkIgnoredHistograms(_ members: [Column], _ aggregation: Aggregation) {
        guard members.contains(where: { column in column.histograms.contains { $0 != nil } }) else { return }
        annotations.inform("ignored histogram in \(aggregation.op.rawValue) aggregation", at: aggregation.expression.range)
    }

    // MARK: sum, avg

    private func addUp(_ members: [Column], _ aggregation: Aggregation, into output: inout Column) throws {
        let isAverage = aggregation.op == .avg
        if members.contains(where: \.hasHistograms) {
            for step in 0..<steps { try addUpMixed(members, aggregation, step, into: &output) }
        } else if isAverage {
            for step in 0..<steps {
                var mean = RunningMean()
                var found = false
                for member in members where !isAbsent(member.values[step]) {
                    mean.add(member.values[step])
                    found = true
                }
                if found { output.values[step] = mean.value }
            }
        } else {
            addUpFloats(members, into: &output)
        }
    }

    /// Series by series, so that each is read from front to back.
    private func addUpFloats(_ members: [Column], into output: inout Column) {
        var totals = [CompensatedSum](repeating: CompensatedSum(), count: steps)
        var found = [Bool](repeating: false, count: steps)
        for member in members {
            member.values.withUnsafeBufferPointer { values in
                totals.withUnsafeMutableBufferPointer { totals in
                    found.withUnsafeMutableBufferPointer { found in
                        for step in 0..<values.count where !isAbsent(values[step]) {
                            totals[step].add(values[step])
                            found[step] = true
                        }
                    }
                }
            }
        }
        for step in 0..<steps where found[step] { output.values[step] = totals[step].value }
    }

    private func addUpMixed(_ members: [Column], _ aggregation: Aggregation, _ step: Int, into output: inout Column) throws {
        let isAverage = aggregation.op == .avg
        let place = aggregation.expression.range
        var floats = CompensatedSum()
        var mean = RunningMean()
        var (hasFloat, hasHistogram) = (false, false)
        // Behind a float, histograms aren't added up: the result is lost.
        var histograms: [FloatHistogram] = []
        var fits = true
        for member in members where fits {
            if !isAbsent(member.values[step]) {
                floats.add(member.values[step])
                mean.add(member.values[step])
                hasFloat = true
            } else if let histogram = member.histogram(at: step) {
                hasHistogram = true
                if histograms.isEmpty, hasFloat { continue }
                // What comes behind two that don't go together isn't looked at.
                fits = histograms.isEmpty || histograms[0].usesCustomBuckets == histogram.usesCustomBuckets
                if fits { histograms.append(histogram) } else { remarkIncompatibleBuckets(member.labels.metricName ?? "", place) }
            }
        }
        if hasFloat, hasHistogram { annotations.warn("encountered a mix of histograms and floats for aggregation", at: place) }
        if !fits || (hasFloat && hasHistogram) {
            if histograms.count > 1 { remarkReconciled(try HistogramSum.combine(histograms, isAverage: isAverage).remarks, "aggregation", place) }
        } else if hasHistogram {
            if let total = try combine(histograms, isAverage: isAverage, "", place) { output.set(total, at: step) }
        } else if hasFloat {
            output.values[step] = isAverage ? mean.value : floats.value
        }
    }

    // MARK: count, group, min, max

    private func countMembers(_ members: [Column], _ op: AggregationOperator, into output: inout Column) {
        var counts = [Int](repeating: 0, count: steps)
        for member in members {
            for step in 0..<steps where member.isPresent(at: step) { counts[step] += 1 }
        }
        for step in 0..<steps where counts[step] > 0 { output.values[step] = op == .group ? 1 : Double(counts[step]) }
    }

    private func foldFloats(_ members: [Column], _ aggregation: Aggregation, into output: inout Column, _ precedes: (Double, Double) -> Bool) {
        remarkIgnoredHistograms(members, aggregation)
        for member in members {
            for step in 0..<steps where !isAbsent(member.values[step]) {
                let best = output.values[step]
                if isAbsent(best) || best.isNaN || precedes(member.values[step], best) { output.values[step] = member.values[step] }
            }
        }
    }

    // MARK: stddev, stdvar, quantile

    private func deviation(_ members: [Column], _ aggregation: Aggregation, into output: inout Column) {
        remarkIgnoredHistograms(members, aggregation)
        for step in 0..<steps {
            let values = members.compactMap { isAbsent($0.values[step]) ? nil : $0.values[step] }
            guard !values.isEmpty else { continue }
            // The distance of an infinite value from itself is no number.
            let variance = values.count == 1 && !values[0].isFinite ? .nan : values.withUnsafeBufferPointer(WindowMath.variance)
            output.values[step] = aggregation.op == .stddev ? sqrt(variance) : variance
        }
    }

    private func quantile(_ members: [Column], _ aggregation: Aggregation, _ quantiles: [Double], into output: inout Column) {
        remarkIgnoredHistograms(members, aggregation)
        var values: [Double] = []
        for step in 0..<steps {
            values.removeAll(keepingCapacity: true)
            for member in members where !isAbsent(member.values[step]) { values.append(member.values[step]) }
            if !values.isEmpty { output.values[step] = WindowMath.quantile(quantiles[step], &values) }
        }
    }

    // MARK: count_values

    private func countValues(_ aggregation: Aggregation) throws -> [Column] {
        let literal = string(aggregation.parameter!)
        guard let name = literal.text, !name.isEmpty else { throw QueryError.execution("invalid label name \(StringEscape.quoted(literal.bytes))") }
        let columns = try vector(aggregation.expression)
        // The value is a label like the others, and groups by itself.
        let grouping: Grouping =
            switch aggregation.grouping {
            case .by(let names): .by(names + [name])
            case .without(let names): .without(names)
            case nil: .by([name])
            }
        let projection = LabelProjection(grouping)
        var indexOfLabels: [Labels: Int] = [:]
        var result: [Column] = []
        for column in columns {
            try context.check()
            var placeOfText: [String: Int] = [:]
            for step in 0..<steps {
                guard let value = column.value(at: step) else { continue }
                let text =
                    switch value {
                    case .float(let float): ValueText.format(float)
                    case .histogram(let histogram): histogram.text
                    }
                let place: Int
                if let known = placeOfText[text] {
                    place = known
                } else {
                    let labels = projection(column.labels.setting(name, to: text))
                    place = indexOfLabels[labels] ?? result.count
                    placeOfText[text] = place
                    if place == result.count {
                        indexOfLabels[labels] = place
                        result.append(Column(labels: labels, count: steps))
                        try context.checkPoints(series: result.count, steps: steps)
                    }
                }
                result[place].values[step] = isAbsent(result[place].values[step]) ? 1 : result[place].values[step] + 1
            }
        }
        return result
    }
}

/// The smallest and the largest of the values that a parameter takes; where one is no number, so are both.
struct ParameterExtremes {
    private(set) var smallest: Double
    private(set) var largest: Double

    /// For at least one value.
    init(_ values: [Double]) {
        (smallest, largest) = (values[0], values[0])
        for value in values {
            smallest = Evaluator.extreme(smallest, value, isMinimum: true)
            largest = Evaluator.extreme(largest, value, isMinimum: false)
        }
    }

    /// Those of the two that lie beyond bounds, or NaN.
    func outside(_ low: Double, _ high: Double) -> [Double] {
        if smallest.isNaN { return [.nan] }
        return (largest > high ? [largest] : []) + (smallest < low ? [smallest] : [])
    }
}
