import Glibc
import Model

extension Evaluator {
    /// The functions whose result is a number.
    func scalarCall(_ function: PromQLFunction, _ arguments: [Expression]) throws -> [Double] {
        func constant(_ value: Double) -> [Double] { [Double](repeating: value, count: steps) }
        switch function {
        case .pi: return constant(.pi)
        case .time: return (0..<steps).map { Double(grid.time($0)) / 1000 }
        case .start: return constant(Double(context.grid.start) / 1000)
        case .end: return constant(Double(context.end) / 1000)
        case .step: return constant(Double(context.stepMilliseconds) / 1000)
        case .range: return constant(Double(context.rangeMilliseconds) / 1000)
        case .minOf, .maxOf:
            let (left, right) = (try scalar(arguments[0]), try scalar(arguments[1]))
            return zip(left, right).map { Self.extreme($0, $1, isMinimum: function == .minOf) }
        case .scalar: return onlyFloats(try vector(arguments[0]))
        default: preconditionFailure("\(function.rawValue) gives no scalar")
        }
    }

    /// The smaller or larger; NaN where either is.
    static func extreme(_ left: Double, _ right: Double, isMinimum: Bool) -> Double {
        if left.isNaN || right.isNaN { return .nan }
        return isMinimum ? min(left, right) : max(left, right)
    }

    /// At each step the value of the only series with a float, else NaN.
    private func onlyFloats(_ columns: [Column]) -> [Double] {
        var result = [Double](repeating: absentValue, count: steps)
        var counts = [Int](repeating: 0, count: steps)
        for column in columns {
            for step in 0..<steps where !isAbsent(column.values[step]) {
                result[step] = column.values[step]
                counts[step] += 1
            }
        }
        for step in 0..<steps where counts[step] != 1 { result[step] = .nan }
        return result
    }

    /// The functions whose result is an instant vector.
    func vectorCall(_ function: PromQLFunction, _ arguments: [Expression], _ expression: Expression) throws -> [Column] {
        switch function {
        case .rate, .increase, .delta: return try rate(function, arguments[0])
        case .irate, .idelta: return try instantRate(function, arguments[0])
        case .changes, .resets: return try countDifferences(function, arguments[0])
        case .sumOverTime, .avgOverTime: return try sumOverTime(function, arguments[0])
        case .countOverTime, .presentOverTime, .lastOverTime, .firstOverTime, .tsOfLastOverTime, .tsOfFirstOverTime:
            return try samplesOverTime(function, arguments[0])
        case .minOverTime, .maxOverTime, .tsOfMinOverTime, .tsOfMaxOverTime, .stddevOverTime, .stdvarOverTime, .madOverTime, .deriv:
            return try floatsOverTime(function, arguments[0])
        case .quantileOverTime: return try quantileOverTime(arguments)
        case .predictLinear: return try predictLinear(arguments)
        case .doubleExponentialSmoothing, .holtWinters: return try smoothExponentially(arguments)
        case .absent, .absentOverTime: return try absent(arguments[0])
        case .clamp, .clampMin, .clampMax: return try clamp(function, arguments)
        case .round: return try round(arguments)
        case .timestamp: return try timestamp(arguments[0])
        case .startTimestamp: return try startTimestamp(arguments[0])
        case .vector: return [Column(labels: Labels(), values: try scalar(arguments[0]))]
        case .minute, .hour, .dayOfWeek, .dayOfMonth, .dayOfYear, .daysInMonth, .month, .year: return try calendar(function, arguments)
        case .sort, .sortDesc, .sortByLabel, .sortByLabelDesc: return try sort(function, arguments, expression.range)
        case .labelReplace: return try replaceLabel(arguments)
        case .labelJoin: return try joinLabels(arguments)
        case .histogramCount, .histogramSum, .histogramAvg, .histogramStddev, .histogramStdvar: return try summarize(function, arguments[0])
        case .histogramQuantile: return try histogramQuantile(arguments)
        case .histogramQuantiles: return try histogramQuantiles(arguments)
        case .histogramFraction: return try histogramFraction(arguments)
        case .info: return try joinInfo(arguments, expression.range)
        default: return try map(try vector(arguments[0]), Self.plainFunction(function))
        }
    }

    /// Each float through a function; histograms are left out, the name goes.
    func map(_ columns: [Column], _ transform: (Double) -> Double) throws -> [Column] {
        try finish(
            columns.compactMap { column in
                var result = Column(labels: column.labels, count: steps, dropsName: true)
                var found = false
                for step in 0..<steps where !isAbsent(column.values[step]) {
                    result.values[step] = transform(column.values[step])
                    found = true
                }
                return found ? result : nil
            })
    }

    /// The functions of one number.
    private static func plainFunction(_ function: PromQLFunction) -> (Double) -> Double {
        switch function {
        case .abs: { $0.magnitude }
        case .acos: Glibc.acos
        case .acosh: Glibc.acosh
        case .asin: Glibc.asin
        case .asinh: Glibc.asinh
        case .atan: Glibc.atan
        case .atanh: Glibc.atanh
        case .ceil: { $0.rounded(.up) }
        case .cos: Glibc.cos
        case .cosh: Glibc.cosh
        case .deg: { $0 * 180 / .pi }
        case .exp: Glibc.exp
        case .floor: { $0.rounded(.down) }
        case .ln: Glibc.log
        case .log10: Glibc.log10
        case .log2: Glibc.log2
        case .rad: { $0 * .pi / 180 }
        case .sgn: { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
        case .sin: Glibc.sin
        case .sinh: Glibc.sinh
        case .sqrt: { $0.squareRoot() }
        case .tan: Glibc.tan
        case .tanh: Glibc.tanh
        default: preconditionFailure("\(function.rawValue) isn't a function of one number")
        }
    }

    private func clamp(_ function: PromQLFunction, _ arguments: [Expression]) throws -> [Column] {
        let columns = try vector(arguments[0])
        let first = try scalar(arguments[1])
        let low = function == .clampMax ? nil : first
        let high = function == .clampMax ? first : function == .clamp ? try scalar(arguments[2]) : nil
        return try finish(
            columns.compactMap { column in
                var result = Column(labels: column.labels, count: steps, dropsName: true)
                for step in 0..<steps where !isAbsent(column.values[step]) {
                    if let low, let high, high[step] < low[step] { continue }
                    var value = column.values[step]
                    if let high { value = Self.extreme(value, high[step], isMinimum: true) }
                    if let low { value = Self.extreme(value, low[step], isMinimum: false) }
                    result.values[step] = value
                }
                return result.isEmpty ? nil : result
            })
    }

    private func round(_ arguments: [Expression]) throws -> [Column] {
        let columns = try vector(arguments[0])
        let nearest = arguments.count > 1 ? try scalar(arguments[1]) : [Double](repeating: 1, count: steps)
        return try finish(
            columns.compactMap { column in
                var result = Column(labels: column.labels, count: steps, dropsName: true)
                for step in 0..<steps where !isAbsent(column.values[step]) {
                    // Times the inverse rather than over the number: 0.1 has no exact double, 10 has.
                    let inverse = 1 / nearest[step]
                    result.values[step] = (column.values[step] * inverse + 0.5).rounded(.down) / inverse
                }
                return result.isEmpty ? nil : result
            })
    }

    private func timestamp(_ argument: Expression) throws -> [Column] {
        let inner = argument.unparenthesized
        if case .selector(let selector) = inner.node { return try finish(try selectTimestamps(selector, inner.range, .sample)) }
        return try finish(
            try vector(argument).map { column in
                var result = Column(labels: column.labels, count: steps, dropsName: true)
                for step in 0..<steps where column.isPresent(at: step) { result.values[step] = Double(grid.time(step)) / 1000 }
                return result
            })
    }

    /// When the counters began to count, where that is known, else 0. Computed values have no such moment.
    private func startTimestamp(_ argument: Expression) throws -> [Column] {
        let inner = argument.unparenthesized
        guard case .selector(let selector) = inner.node else {
            _ = try vector(argument)
            return []
        }
        return try finish(try selectTimestamps(selector, inner.range, .start))
    }

    // MARK: absent

    /// `absent` and `absent_over_time`: 1 at the steps where no series has a value.
    private func absent(_ argument: Expression) throws -> [Column] {
        var isPresent = [Bool](repeating: false, count: steps)
        if argument.type == .matrix {
            let input = try windows(argument)
            for series in input.series {
                input.forEachWindow(of: series) { window in
                    if window.count + window.histograms.count > 0 { isPresent[window.step] = true }
                }
            }
        } else {
            for column in try vector(argument) {
                for step in 0..<steps where column.isPresent(at: step) { isPresent[step] = true }
            }
        }
        let column = Column(labels: Self.labelsWhereAbsent(argument), values: isPresent.map { $0 ? absentValue : 1 })
        return column.isEmpty ? [] : [column]
    }

    /// The labels that a selector asks to be equal to one value each. Inside parentheses it is an expression like any other.
    private static func labelsWhereAbsent(_ argument: Expression) -> Labels {
        let matchers: [Matcher]
        switch argument.node {
        case .selector(let selector), .rangeSelector(let selector, _): matchers = selector.matchers
        default: return Labels()
        }
        var builder = LabelsBuilder()
        var seen: Set<String> = []
        for matcher in matchers where matcher.name != LabelName.metricName {
            if matcher.op == .equal, seen.insert(matcher.name).inserted { builder.set(matcher.name, to: matcher.value) } else { builder.remove(matcher.name) }
        }
        return builder.build()
    }
}
