import Foundations
import Glibc
import Model
import PromQL

extension ReferenceEvaluator {
    func call(_ function: PromQLFunction, _ arguments: [Expression], at moment: Int64) throws -> ReferenceValue {
        switch function {
        case .time: return .scalar(Double(moment) / 1000)
        case .pi: return .scalar(.pi)
        case .scalar:
            let floats = try vector(arguments[0], at: moment).compactMap(\.sample.float)
            return .scalar(floats.count == 1 ? floats[0] : .nan)
        case .minOf, .maxOf:
            let (a, b) = (try scalar(arguments[0], at: moment), try scalar(arguments[1], at: moment))
            return .scalar(a.isNaN || b.isNaN ? .nan : function == .minOf ? min(a, b) : max(a, b))
        case .vector: return .vector([(Labels(), .float(try scalar(arguments[0], at: moment)))])
        case .absent: return .vector(try absent(vector(arguments[0], at: moment).isEmpty, arguments[0]))
        case .absentOverTime: return .vector(try absent(range(arguments[0], at: moment).series.isEmpty, arguments[0]))
        case .timestamp: return .vector(try unique(timestamp(arguments[0], at: moment)))
        case .labelReplace, .labelJoin: return .vector(try unique(relabel(function, arguments, at: moment)))
        case .histogramCount, .histogramSum, .histogramAvg:
            return .vector(
                try unique(
                    vector(arguments[0], at: moment).compactMap { element in
                        element.sample.histogram.map { histogram in
                            let value = function == .histogramCount ? histogram.count : function == .histogramSum ? histogram.sum : histogram.sum / histogram.count
                            return (Self.withoutName(element.labels), .float(value))
                        }
                    }))
        case .abs, .ceil, .floor, .sgn, .sqrt, .exp, .clamp, .round:
            let parameters = try arguments.dropFirst().map { try scalar($0, at: moment) }
            return .vector(
                try unique(
                    vector(arguments[0], at: moment).compactMap { element in
                        guard let value = element.sample.float, let result = Self.plain(function, value, parameters) else { return nil }
                        return (Self.withoutName(element.labels), .float(result))
                    }))
        default:
            guard let input = arguments.first(where: { $0.type == .matrix }) else { throw ReferenceProblem.unsettled }
            let parameters = try arguments.filter { $0.type == .scalar }.map { try scalar($0, at: moment) }
            return .vector(try unique(overTime(function, range(input, at: moment), parameters, at: moment)))
        }
    }

    private static func plain(_ function: PromQLFunction, _ value: Double, _ parameters: [Double]) -> Double? {
        switch function {
        case .abs: return value.magnitude
        case .ceil: return value.rounded(.up)
        case .floor: return value.rounded(.down)
        case .sgn: return value.isNaN ? .nan : value > 0 ? 1 : value < 0 ? -1 : value
        case .sqrt: return value.squareRoot()
        case .exp: return Glibc.exp(value)
        case .clamp:
            if parameters[1] < parameters[0] { return nil }
            if value.isNaN || parameters.contains(where: \.isNaN) { return .nan }
            return max(parameters[0], min(parameters[1], value))
        default:
            let nearest = parameters.first ?? 1
            return (value / nearest + 0.5).rounded(.down) * nearest
        }
    }

    private func absent(_ isAbsent: Bool, _ argument: Expression) throws -> Vector {
        guard isAbsent else { return [] }
        let matchers: [Matcher]
        switch argument.unparenthesized.node {
        case .selector(let selector), .rangeSelector(let selector, _): matchers = selector.matchers
        default: matchers = []
        }
        var labels = Labels()
        for matcher in matchers where matcher.name != "__name__" && matcher.op == .equal && matchers.filter({ $0.name == matcher.name }).count == 1 {
            labels = labels.setting(matcher.name, to: matcher.value)
        }
        return [(labels, .float(1))]
    }

    private func timestamp(_ argument: Expression, at moment: Int64) throws -> Vector {
        let elements = try vector(argument, at: moment)
        guard case .selector(let selector) = argument.unparenthesized.node else {
            return elements.map { (Self.withoutName($0.labels), .float(Double(moment) / 1000)) }
        }
        let times = try timestamps(selector, at: moment)
        return elements.map { (Self.withoutName($0.labels), .float(times[$0.labels] ?? .nan)) }
    }

    private func relabel(_ function: PromQLFunction, _ arguments: [Expression], at moment: Int64) throws -> Vector {
        func text(_ index: Int) throws -> String {
            guard case .string(let literal) = arguments[index].node, let text = literal.text else { throw ReferenceProblem.unsettled }
            return text
        }
        let target = try text(1)
        guard target != "__name__" else { throw ReferenceProblem.unsettled }
        if function == .labelReplace {
            // The generator's only replacement puts a letter in front of the whole value.
            guard try text(2) == "v$1", try text(4) == "(.*)" else { throw ReferenceProblem.unsettled }
            let source = try text(3)
            return try vector(arguments[0], at: moment).map { ($0.labels.setting(target, to: "v" + ($0.labels[source] ?? "")), $0.sample) }
        }
        let separator = try text(2)
        let sources = try (3..<arguments.count).map(text)
        return try vector(arguments[0], at: moment).map { element in
            (element.labels.setting(target, to: sources.map { element.labels[$0] ?? "" }.joined(separator: separator)), element.sample)
        }
    }

    // MARK: Ranges

    private func overTime(_ function: PromQLFunction, _ range: Range, _ parameters: [Double], at moment: Int64) throws -> Vector {
        try range.series.compactMap { labels, points in
            guard let sample = try value(function, points, range, parameters, at: moment) else { return nil }
            let keepsName = function == .lastOverTime || function == .firstOverTime
            return (keepsName ? labels : Self.withoutName(labels), sample)
        }
    }

    private func value(_ function: PromQLFunction, _ points: [Point], _ range: Range, _ parameters: [Double], at moment: Int64) throws -> ReferenceSample? {
        let floats = points.compactMap { point in point.sample.float.map { (timestamp: point.timestamp, value: $0) } }
        let histograms = points.compactMap { point in point.sample.histogram.map { (timestamp: point.timestamp, value: $0) } }
        let isMixed = !floats.isEmpty && !histograms.isEmpty
        let values = floats.map(\.value)
        switch function {
        case .countOverTime: return .float(Double(points.count))
        case .presentOverTime: return .float(1)
        case .lastOverTime: return points[points.count - 1].sample
        case .firstOverTime: return points[0].sample
        case .tsOfLastOverTime: return .float(Double(points[points.count - 1].timestamp) / 1000)
        case .tsOfFirstOverTime: return .float(Double(points[0].timestamp) / 1000)
        case .changes, .resets: return .float(differences(function, points))
        case .rate, .increase, .delta:
            if isMixed { return nil }
            return floats.isEmpty ? histogramRate(function, histograms, range).map { .histogram($0) } : rate(function, floats, range).map { .float($0) }
        case .irate, .idelta: return instantRate(function, points)
        case .sumOverTime, .avgOverTime:
            if isMixed { return nil }
            let share = function == .avgOverTime ? 1 / Double(points.count) : 1
            if floats.isEmpty { return .histogram(histograms.dropFirst().reduce(histograms[0].value) { $0 + $1.value }.scaled(share)) }
            return .float(function == .avgOverTime ? values.reduce(0, +) / Double(values.count) : values.reduce(0, +))
        default: return try ofFloats(function, floats, parameters, at: moment).map { .float($0) }
        }
    }

    /// The functions that leave histograms out.
    private func ofFloats(
        _ function: PromQLFunction, _ floats: [(timestamp: Int64, value: Double)], _ parameters: [Double], at moment: Int64
    ) throws -> Double? {
        if floats.isEmpty { return nil }
        let values = floats.map(\.value)
        switch function {
        case .minOverTime: return ReferenceMath.aggregate("min", values, nil)
        case .maxOverTime: return ReferenceMath.aggregate("max", values, nil)
        case .stddevOverTime: return ReferenceMath.variance(values).squareRoot()
        case .stdvarOverTime: return ReferenceMath.variance(values)
        case .quantileOverTime: return ReferenceMath.quantile(parameters[0], values)
        case .madOverTime:
            if values.contains(where: \.isNaN) { return .nan }
            let median = ReferenceMath.quantile(0.5, values)
            return ReferenceMath.quantile(0.5, values.map { ($0 - median).magnitude })
        case .tsOfMaxOverTime, .tsOfMinOverTime:
            let extreme = ReferenceMath.aggregate(function == .tsOfMaxOverTime ? "max" : "min", values, nil)
            if extreme.isNaN { throw ReferenceProblem.unsettled }
            return Double(floats.last { $0.value == extreme }!.timestamp) / 1000
        case .deriv: return floats.count < 2 ? nil : ReferenceMath.regression(floats, origin: floats[0].timestamp).slope
        case .predictLinear:
            if floats.count < 2 { return nil }
            let line = ReferenceMath.regression(floats, origin: moment)
            return line.slope * parameters[0] + line.intercept
        case .doubleExponentialSmoothing:
            if values.count < 2 { return nil }
            var (level, trend) = (values[0], values[1] - values[0])
            for (index, value) in values.enumerated().dropFirst() {
                let next = parameters[0] * value + (1 - parameters[0]) * (level + trend)
                // The first trend is the first difference; it is moved once a level has been made.
                if index < values.count - 1 { trend = parameters[1] * (next - level) + (1 - parameters[1]) * trend }
                level = next
            }
            return level
        default: throw ReferenceProblem.unsettled
        }
    }

    private func differences(_ function: PromQLFunction, _ points: [Point]) -> Double {
        var count = 0.0
        for (before, now) in zip(points, points.dropFirst()) {
            switch (before.sample, now.sample) {
            case (.float(let a), .float(let b)): count += function == .resets ? (b < a ? 1 : 0) : (a != b && !(a.isNaN && b.isNaN) ? 1 : 0)
            case (.histogram(let a), .histogram(let b)): count += function == .resets ? (b.isReset(after: a) ? 1 : 0) : (a == b ? 0 : 1)
            default: count += 1
            }
        }
        return count
    }

    /// How much of the window the samples are taken to speak for, over what they span.
    private func stretch(_ function: PromQLFunction, first: Int64, last: Int64, count: Int, start: Double, increase: Double, _ range: Range) -> Double {
        let span = Double(last - first) / 1000
        let interval = span / Double(count - 1)
        var before = Double(first - range.start) / 1000
        var after = Double(range.end - last) / 1000
        if before >= 1.1 * interval { before = interval / 2 }
        if after >= 1.1 * interval { after = interval / 2 }
        if function != .delta, increase > 0, start >= 0 { before = min(before, span * start / increase) }
        return (span + before + after) / span / (function == .rate ? range.seconds : 1)
    }

    private func rate(_ function: PromQLFunction, _ floats: [(timestamp: Int64, value: Double)], _ range: Range) -> Double? {
        guard floats.count > 1 else { return nil }
        var increase = floats[floats.count - 1].value - floats[0].value
        if function != .delta {
            for (before, now) in zip(floats, floats.dropFirst()) where now.value < before.value { increase += before.value }
        }
        return increase
            * stretch(
                function, first: floats[0].timestamp, last: floats[floats.count - 1].timestamp, count: floats.count, start: floats[0].value, increase: increase, range)
    }

    private func histogramRate(_ function: PromQLFunction, _ samples: [(timestamp: Int64, value: ReferenceHistogram)], _ range: Range) -> ReferenceHistogram? {
        guard samples.count > 1 else { return nil }
        var increase = samples[samples.count - 1].value
        let startsAnew = function != .delta && samples[1].value.isReset(after: samples[0].value)
        if !startsAnew { increase = increase + samples[0].value.scaled(-1) }
        if function != .delta {
            for (before, now) in zip(samples.dropFirst(startsAnew ? 1 : 0), samples.dropFirst(startsAnew ? 2 : 1)) where now.value.isReset(after: before.value) {
                increase = increase + before.value
            }
        }
        return increase.scaled(
            stretch(
                function, first: samples[0].timestamp, last: samples[samples.count - 1].timestamp, count: samples.count, start: samples[0].value.count,
                increase: increase.count, range))
    }

    private func instantRate(_ function: PromQLFunction, _ points: [Point]) -> ReferenceSample? {
        guard points.count > 1 else { return nil }
        let (before, now) = (points[points.count - 2], points[points.count - 1])
        let factor = function == .irate ? 1000 / Double(now.timestamp - before.timestamp) : 1
        switch (before.sample, now.sample) {
        case (.float(let a), .float(let b)): return .float((function == .irate && b < a ? b : b - a) * factor)
        case (.histogram(let a), .histogram(let b)):
            return .histogram((function == .irate && b.isReset(after: a) ? b : b + a.scaled(-1)).scaled(factor))
        default: return nil
        }
    }
}
