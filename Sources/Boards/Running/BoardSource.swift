import Foundations

/// What a board asks its source of data.
public indirect enum BoardRequest: Hashable, Sendable {
    /// A query that counts only the series, or lines, which a selector takes: `{instance=~"web.*"}`.
    case filtered(BoardRequest, by: String)
    case range(String, language: PanelQuery.Language, QueryWindow)
    case instant(String, language: PanelQuery.Language, at: Timestamp)
    case logs(String, from: Timestamp, to: Timestamp, limit: Int)
    case labelNames(selector: String, from: Timestamp, to: Timestamp)
    /// With an empty selector the values over all series.
    case labelValues(label: String, selector: String, from: Timestamp, to: Timestamp)
    /// The labels of series, each as text.
    case series(selector: String, from: Timestamp, to: Timestamp)
    case logLabelNames(from: Timestamp, to: Timestamp)
    case logLabelValues(label: String, selector: String, from: Timestamp, to: Timestamp)
}

extension BoardRequest {
    /// Whether it asks for values over a range of time.
    var isRange: Bool {
        switch self {
        case .range: true
        case .filtered(let inner, _): inner.isRange
        default: false
        }
    }
}

/// A range of time on a grid of whole steps, so that a chart doesn't shift with every refresh.
public struct QueryWindow: Hashable, Sendable {
    public var start: Timestamp
    public var end: Timestamp
    public var stepMilliseconds: Int64

    /// Brought to whole steps since 1970, at most `Limits.points` of them.
    public init(from: Timestamp, to: Timestamp, stepMilliseconds: Int64) {
        let length = max(0, to.milliseconds - from.milliseconds)
        let step = max(1, stepMilliseconds, length / Int64(Limits.points - 1))
        self.stepMilliseconds = step
        end = Timestamp(milliseconds: to.milliseconds / step * step)
        start = Timestamp(milliseconds: end.milliseconds - length / step * step)
    }

    public var count: Int { Int((end.milliseconds - start.milliseconds) / stepMilliseconds) + 1 }
    public var times: [Int64] { (0..<count).map { start.milliseconds + Int64($0) * stepMilliseconds } }
}

/// A series as it was answered.
public struct BoardSeries: Hashable, Sendable {
    public var labels: [String: String]
    /// Milliseconds since 1970, rising.
    public var times: [Int64]
    public var values: [Double]

    public init(labels: [String: String], times: [Int64], values: [Double]) {
        self.labels = labels
        self.times = times
        self.values = values
    }
}

/// A log line as it was answered.
public struct BoardLogLine: Hashable, Sendable {
    public var timestamp: NanoTimestamp
    /// `error`, `info` and the like; empty where it isn't known.
    public var level: String
    public var labels: [String: String]
    public var line: String

    public init(timestamp: NanoTimestamp, level: String, labels: [String: String], line: String) {
        self.timestamp = timestamp
        self.level = level
        self.labels = labels
        self.line = line
    }
}

public enum BoardAnswer: Sendable {
    case series([BoardSeries])
    case names([String])
    /// Newest first.
    case lines([BoardLogLine])
}

/// Why a source gave no answer.
public enum BoardSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It can't be reached, or took too long.
    case unreachable(reason: String)
    /// It says that the question is wrong.
    case refused(reason: String)
    case cancelled

    /// Any error as one of a source.
    init(_ error: any Error) {
        self = error as? BoardSourceError ?? (error is CancellationError ? .cancelled : .refused(reason: "\(error)"))
    }

    public var description: String {
        switch self {
        case .unreachable(let reason): "no answer: \(SafeText(reason.prefix(Limits.reasonCharacters)))"
        case .refused(let reason): "\(SafeText(reason.prefix(Limits.reasonCharacters)))"
        case .cancelled: "the request was cancelled"
        }
    }
}

/// Where a board's data come from: a collector, or a test.
public protocol BoardSource: Sendable {
    /// Throws `BoardSourceError`. It isn't written as a typed error: with one, and with tuples as the results of tasks, a release build (Swift 6.3.1) crashed where
    /// a task's result was copied. Both were given up together; which of them it was isn't known.
    func answer(_ request: BoardRequest) async throws -> BoardAnswer
}
