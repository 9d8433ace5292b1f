import Foundations
import Model

/// How near two numbers must be: scripts round what they expect.
enum ScriptTolerance {
    static let relative = 1e-6

    static func areEqual(_ left: Double, _ right: Double) -> Bool {
        if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
        if left == right { return true }
        let size = left.magnitude + right.magnitude
        let difference = (left - right).magnitude
        // Next to 0 a relative distance says nothing.
        if left == 0 || right == 0 || size < Double.leastNormalMagnitude { return difference < relative * Double.leastNormalMagnitude }
        return difference / min(size, .greatestFiniteMagnitude) < relative
    }

    static func areEqual(_ left: [Double], _ right: [Double]) -> Bool { left.count == right.count && zip(left, right).allSatisfy { areEqual($0, $1) } }

    static func areEqual(_ expected: FloatHistogram, _ actual: FloatHistogram, checksHint: Bool) -> Bool {
        let (left, right) = (expected.compacted, actual.compacted)
        return left.schema == right.schema && areEqual(left.count, right.count) && areEqual(left.sum, right.sum)
            && areEqual(left.zeroCount, right.zeroCount) && left.zeroThreshold == right.zeroThreshold && areEqual(left.customValues, right.customValues)
            && left.positive.positions == right.positive.positions && areEqual(left.positive.counts, right.positive.counts)
            && left.negative.positions == right.negative.positions && areEqual(left.negative.counts, right.negative.counts)
            && (!checksHint || left.counterReset == right.counterReset)
    }

    static func areEqual(_ expected: ScriptPoint, _ actual: MetricValue?) -> Bool {
        switch (expected, actual) {
        case (.gap, nil): true
        case (.float(let left), .float(let right)?): areEqual(left, right)
        case (.histogram(let left, let hasHint), .histogram(let right)?): areEqual(left, right, checksHint: hasHint)
        default: false
        }
    }
}

extension MetricValue {
    /// For messages.
    var text: String {
        switch self {
        case .float(let value): ValueText.format(value)
        case .histogram(let histogram): histogram.text + (histogram.counterReset == .unknown ? "" : " \(histogram.counterReset)")
        }
    }
}

extension ScriptPoint {
    var text: String {
        switch self {
        case .gap: "nothing"
        case .float(let value): MetricValue.float(value).text
        case .histogram(let histogram, _): MetricValue.histogram(histogram).text
        }
    }
}

extension ScriptEvaluation {
    /// What is wrong with a result; nil where nothing is.
    func problem(_ value: QueryValue) -> String? {
        switch value {
        case .string(_, let text):
            guard let string else { return "got the string \(quoted(text))" }
            return string == text ? nil : "expected the string \(quoted(string)), got \(quoted(text))"
        case .scalar(_, let number):
            guard let scalar else { return "got the scalar \(ValueText.format(number))" }
            return ScriptTolerance.areEqual(scalar, number) ? nil : "expected the scalar \(ValueText.format(scalar)), got \(ValueText.format(number))"
        case .vector(let elements): return scalar == nil && string == nil ? problem(elements) : "got a vector"
        case .matrix(let all): return scalar == nil && string == nil ? problem(all) : "got a matrix"
        }
    }

    private func problem(_ elements: [VectorElement]) -> String? {
        if isOrdered {
            let labels = elements.map(\.labels)
            if labels != series.map(\.labels) { return "expected the order \(series.map(\.labels)), got \(labels)" }
        }
        var rest = elements
        for expected in series {
            guard let point = expected.points.first else { continue }
            guard let index = rest.firstIndex(where: { $0.labels == expected.labels }) else { return "\(expected.labels) is missing; got \(Self.text(rest))" }
            let actual = rest.remove(at: index)
            if !ScriptTolerance.areEqual(point, actual.value) { return "expected \(expected.labels) \(point.text), got \(actual.value.text)" }
        }
        return rest.isEmpty ? nil : "unexpected \(Self.text(rest))"
    }

    private static func text(_ elements: [VectorElement]) -> String {
        elements.isEmpty ? "nothing" : elements.prefix(10).map { "\($0.labels) \($0.value.text)" }.joined(separator: ", ")
    }

    private func problem(_ all: [Series]) -> String? {
        let (start, step): (Int64, Int64)
        switch (moments, rangeVector) {
        case (.range(let rangeStart, _, let rangeStep), _): (start, step) = (rangeStart, rangeStep)
        case (_, let vector?): (start, step) = vector
        default: return "got a range vector"
        }
        var rest = all
        for expected in series {
            var points: [(timestamp: Int64, point: ScriptPoint)] = []
            for (index, point) in expected.points.enumerated() {
                if case .gap = point { continue }
                points.append((start + Int64(index) * step, point))
            }
            guard let index = rest.firstIndex(where: { $0.labels == expected.labels }) else {
                if points.isEmpty { continue }
                return "\(expected.labels) is missing; got \(rest.prefix(10).map(\.labels))"
            }
            let actual = rest.remove(at: index)
            if let problem = Self.problem(expected.labels, points, actual) { return problem }
        }
        return rest.isEmpty ? nil : "unexpected \(rest.prefix(10).map { "\($0.labels) \($0.values.prefix(10))" })"
    }

    private static func problem(_ labels: Labels, _ points: [(timestamp: Int64, point: ScriptPoint)], _ actual: Series) -> String? {
        var values: [Int64: MetricValue] = [:]
        for (timestamp, value) in zip(actual.timestamps, actual.values) { values[timestamp] = .float(value) }
        for sample in actual.histograms { values[sample.timestamp] = .histogram(sample.histogram) }
        for (timestamp, point) in points {
            let value = values.removeValue(forKey: timestamp)
            if !ScriptTolerance.areEqual(point, value) {
                return "expected \(labels) \(point.text) at \(DurationText.format(milliseconds: timestamp)), got \(value?.text ?? "nothing")"
            }
        }
        guard let odd = values.min(by: { $0.key < $1.key }) else { return nil }
        return "unexpected \(labels) \(odd.value.text) at \(DurationText.format(milliseconds: odd.key))"
    }
}
