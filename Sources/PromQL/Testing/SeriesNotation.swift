import Model

/// Series and samples as test files write them: `up{job="a"}` with the points `1 1 0 _ stale 1+2x10 {{schema:0 count:2 sum:3}}`.
public enum SeriesNotation {
    /// A series with its points, one every `stepMilliseconds` from `start` (milliseconds since 1970).
    ///
    /// Throws a description of what can't be read.
    public static func series(_ metric: String, points: String, start: Int64 = 0, stepMilliseconds: Int64) throws(SeriesNotationError) -> Series {
        do {
            let line = try ScriptSeries("\(metric) \(points)")
            var series = CounterResetHints.settled(try line.samples(stepMilliseconds: stepMilliseconds))
            series.timestamps = series.timestamps.map { $0 + start }
            series.histograms = series.histograms.map { HistogramSample(timestamp: $0.timestamp + start, histogram: $0.histogram, startTimestamp: $0.startTimestamp) }
            return series
        } catch let problem as PointProblem {
            throw SeriesNotationError(description: problem.reason)
        } catch {
            throw SeriesNotationError(description: "\(error)")
        }
    }

    /// The label set of `name{a="b"}`.
    public static func labels(_ metric: String) throws(SeriesNotationError) -> Labels {
        do { return try ScriptSeries.labels(metric) } catch { throw SeriesNotationError(description: "\(error)") }
    }

    /// One value: a number, or a histogram in double braces.
    public static func value(_ text: String) throws(SeriesNotationError) -> MetricValue {
        let points: [ScriptPoint]
        do {
            points = try PointReader.points(text)
        } catch let problem as PointProblem {
            throw SeriesNotationError(description: problem.reason)
        } catch {
            throw SeriesNotationError(description: "\(error)")
        }
        switch points.first {
        case .float(let value)? where points.count == 1: return .float(value)
        case .histogram(let histogram, _)? where points.count == 1: return .histogram(histogram)
        default: throw SeriesNotationError(description: "\(quoted(text)) is not one value")
        }
    }

    /// Whether a value is the expected one, as near as written numbers can be; NaN equals NaN.
    public static func isNear(_ expected: MetricValue, _ actual: MetricValue) -> Bool {
        switch (expected, actual) {
        case (.float(let left), .float(let right)): ScriptTolerance.areEqual(left, right)
        case (.histogram(let left), .histogram(let right)): ScriptTolerance.areEqual(left, right, checksHint: false)
        default: false
        }
    }

    /// For people.
    public static func text(_ value: MetricValue) -> String { value.text }
}

/// A series or a value can't be read.
public struct SeriesNotationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}
