import Foundations
import Model
import PromQL

/// One expectation that didn't hold.
public struct RuleTestFailure: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    public let test: String
    public let reason: String

    public var description: String { "\(file):\(line): \(test.isEmpty ? "" : "\(test): ")\(reason)" }
}

/// How a file's tests went.
public struct RuleTestReport: Sendable {
    /// Expectations in the file.
    public var total = 0
    public var failures: [RuleTestFailure] = []

    public init() {}

    public var passed: Int { total - failures.count }
}

/// Unit tests of rules, in promtool's file format.
public enum RuleTests {
    /// Runs one file. Rule files are looked for beside it. Throws what is wrong in the file or in its rule files.
    ///
    /// All groups are evaluated at each `evaluation_interval`, whatever their own interval is, and an alert is looked at as it is after the
    /// last evaluation at or before its `eval_time`. A missing series ends its alerts at once: the hold for missing data doesn't apply here.
    public static func run(_ path: String) async throws(RuleFileError) -> RuleTestReport {
        let file = try RuleTestFile.parse(try text(of: path), path: path)
        let groups = try groups(of: file, path: path)
        var report = RuleTestReport()
        for test in file.tests {
            report.total += test.alerts.count + test.expressions.count
            report.failures += await failures(of: test, groups, file).map { RuleTestFailure(file: path, line: $0.line, test: test.name, reason: $0.reason) }
        }
        return report
    }

    private static func text(of path: String) throws(RuleFileError) -> String {
        do {
            let bytes = try RealFileSystem().readAll(path, bytesMax: Limits.ruleFileBytesMax)
            if let text = String(validating: bytes, as: UTF8.self) { return text }
        } catch {
            throw RuleFileError(problems: [RuleProblem(path: path, reason: error.description, remedy: "let this program read it")])
        }
        throw RuleFileError(problems: [RuleProblem(path: path, reason: "the file is no UTF-8 text", remedy: "save it as UTF-8")])
    }

    /// The groups of all rule files, those that the file puts in order first.
    private static func groups(of file: RuleTestFile, path: String) throws(RuleFileError) -> [RuleGroup] {
        let folder = Paths.directory(of: path)
        var groups: [RuleGroup] = []
        for pattern in file.ruleFiles {
            let full = pattern.hasPrefix("/") ? pattern : Paths.join(folder, pattern)
            let found = RuleGlob.paths(full)
            if found.isEmpty {
                throw RuleFileError(problems: [
                    RuleProblem(path: path, reason: "there is no rule file `\(SafeText(full))`", remedy: "name it relative to the test file's folder")
                ])
            }
            for rules in found { groups += try RuleLibrary.read(rules, SyntaxChecker()).groups }
        }
        let places = Dictionary(file.groupOrder.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return groups.enumerated().sorted { left, right in
            (places[left.element.name] ?? .max, left.offset) < (places[right.element.name] ?? .max, right.offset)
        }.map(\.element)
    }

    private static func failures(of test: RuleTestFile.Test, _ groups: [RuleGroup], _ file: RuleTestFile) async -> [(line: Int, reason: String)] {
        var run = RuleTestRun(test, groups: groups)
        var failures: [(line: Int, reason: String)] = []
        let end = (test.alerts.map(\.evaluatedAt) + test.expressions.map(\.evaluatedAt)).max() ?? 0
        guard end / file.intervalMilliseconds < Int64(Limits.ruleTestTicksMax) else {
            return [(test.line, "the test has more than \(Limits.ruleTestTicksMax) evaluations; use a longer evaluation_interval")]
        }
        for tick in stride(from: 0, through: end, by: Int64.Stride(file.intervalMilliseconds)) {
            await run.tick(at: Timestamp(milliseconds: test.start + tick))
            for expectation in test.alerts where (tick..<tick + file.intervalMilliseconds).contains(expectation.evaluatedAt) {
                if let reason = problem(expectation, run) { failures.append((expectation.line, reason)) }
            }
        }
        for expectation in test.expressions {
            if let reason = await problem(expectation, run, start: test.start) { failures.append((expectation.line, reason)) }
        }
        // A rule fails at every tick in the same way: once is enough to know.
        if let failure = run.failures.first { failures.append((test.line, failure.description)) }
        return failures
    }

    private static func problem(_ expectation: RuleTestFile.AlertExpectation, _ run: RuleTestRun) -> String? {
        if !run.hasAlert(expectation.name) { return "there is no alerting rule \(SafeText(expectation.name))" }
        let actual = Set(
            run.firing(expectation.name).map { alert in
                RuleTestFile.ExpectedAlert(
                    labels: alert.labels, annotations: Dictionary(alert.annotations.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 }))
            })
        let expected = Set(expectation.alerts)
        if actual == expected { return nil }
        let missing = expected.subtracting(actual).map(text).sorted()
        let odd = actual.subtracting(expected).map(text).sorted()
        let moment = DurationText.format(milliseconds: expectation.evaluatedAt)
        return (["\(expectation.name) at \(moment):"] + missing.map { "    expected  \($0)" } + odd.map { "    got       \($0)" }
            + (actual.isEmpty ? ["    got       nothing"] : [])).joined(separator: "\n")
    }

    private static func text(_ alert: RuleTestFile.ExpectedAlert) -> String {
        let annotations = alert.annotations.sorted { $0.key < $1.key }.map { "\($0.key)=\(String(reflecting: $0.value))" }.joined(separator: ", ")
        return "\(alert.labels) annotations {\(annotations)}"
    }

    private static func problem(_ expectation: RuleTestFile.ExpressionExpectation, _ run: RuleTestRun, start: Int64) async -> String? {
        let moment = DurationText.format(milliseconds: expectation.evaluatedAt)
        do {
            var rest = try await run.evaluate(expectation.expression, at: Timestamp(milliseconds: start + expectation.evaluatedAt))
            for (labels, value) in expectation.samples {
                guard let index = rest.firstIndex(where: { $0.labels == labels && SeriesNotation.isNear(value, $0.metricValue) }) else {
                    return "\(expectation.expression) at \(moment): expected \(labels) \(SeriesNotation.text(value)), got \(text(rest))"
                }
                rest.remove(at: index)
            }
            return rest.isEmpty ? nil : "\(expectation.expression) at \(moment): unexpected \(text(rest))"
        } catch {
            return "\(expectation.expression) at \(moment): \(error)"
        }
    }

    private static func text(_ elements: [ResultElement]) -> String {
        elements.isEmpty ? "nothing" : elements.prefix(10).map { "\($0.labels) \(SeriesNotation.text($0.metricValue))" }.joined(separator: ", ")
    }
}

extension ResultElement {
    var metricValue: MetricValue { histogram.map { .histogram($0) } ?? .float(value) }
}
