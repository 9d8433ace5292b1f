/// A script can't be read: which line, and why.
public struct ScriptError: Error, Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    public let reason: String

    public var description: String { "\(file):\(line): \(reason)" }
}

/// One evaluation that didn't give what the script expects.
public struct ScriptFailure: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    public let query: String
    public let reason: String

    public var description: String { "\(file):\(line): \(query): \(reason)" }
}

/// How a script went.
public struct ScriptReport: Sendable, CustomStringConvertible {
    /// Evaluations in the script.
    public var total = 0
    public var failures: [ScriptFailure] = []

    public init() {}

    /// Evaluations that gave what was expected.
    public var passed: Int { total - failures.count }

    /// `passed N of M`, then a line for each failure.
    public var description: String { (["passed \(passed) of \(total)"] + failures.map(\.description)).joined(separator: "\n") }

    /// Both scripts together.
    public static func + (left: ScriptReport, right: ScriptReport) -> ScriptReport {
        var sum = left
        sum.total += right.total
        sum.failures += right.failures
        return sum
    }
}
