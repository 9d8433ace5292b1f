import Foundations
import Model
import PromQL
import Settings

/// A file of unit tests for rules, in promtool's format.
struct RuleTestFile {
    struct AlertExpectation {
        /// Milliseconds from the test's start.
        var evaluatedAt: Int64
        var name: String
        var alerts: [ExpectedAlert]
        var line: Int
    }

    struct ExpectedAlert: Hashable {
        /// With `alertname`.
        var labels: Labels
        var annotations: [String: String]
    }

    struct ExpressionExpectation {
        var evaluatedAt: Int64
        var expression: String
        var samples: [(labels: Labels, value: MetricValue)]
        var line: Int
    }

    struct Test {
        var name: String
        var line: Int
        /// Milliseconds since 1970 at which the first point of each series stands.
        var start: Int64
        var series: [Series]
        var records: [LogRecord]
        var alerts: [AlertExpectation]
        var expressions: [ExpressionExpectation]
        var externalLabels: Labels
        var externalURL: String
    }

    /// As they stand in the file: relative to its folder.
    var ruleFiles: [String] = []
    var intervalMilliseconds: Int64 = 60_000
    /// Names of groups that are evaluated first, in this order.
    var groupOrder: [String] = []
    var tests: [Test] = []

    /// Reads a whole file. Throws all problems at once.
    static func parse(_ yaml: String, path: String) throws(RuleFileError) -> RuleTestFile {
        let document = SettingsDocument(path: path)
        var parser = RuleTestFileParser(document: document)
        let file = parser.file(yaml)
        if !document.problems.isEmpty { throw RuleFileError(problems: Array(document.problems.prefix(Limits.problemsPerFileMax))) }
        return file
    }
}

/// Reads a test file and reports every fault to its document.
private struct RuleTestFileParser {
    let document: SettingsDocument
    private var pointsLeft = Limits.ruleTestPointsMax

    init(document: SettingsDocument) { self.document = document }

    mutating func file(_ yaml: String) -> RuleTestFile {
        let root = document.parse(yaml)
        var file = RuleTestFile()
        file.ruleFiles = root.strings("rule_files") ?? []
        file.intervalMilliseconds = root.durationMilliseconds("evaluation_interval", in: 1...Int64.max) ?? file.intervalMilliseconds
        file.groupOrder = root.strings("group_eval_order") ?? []
        // Values are always compared as near as written numbers can be.
        _ = root.bool("fuzzy_compare")
        for section in root.sections("tests") ?? [] { file.tests.append(test(section, interval: file.intervalMilliseconds)) }
        root.finish()
        return file
    }

    private mutating func test(_ section: SettingsSection, interval: Int64) -> RuleTestFile.Test {
        defer { section.finish() }
        let step = section.durationMilliseconds("interval", in: 1...Int64.max) ?? interval
        let start = self.start(section)
        var test = RuleTestFile.Test(
            name: section.string("name") ?? "", line: section.node?.mark?.line ?? 0, start: start, series: [], records: [], alerts: [], expressions: [],
            externalLabels: Labels((section.stringMap("external_labels") ?? [:]).map { (name: $0.key, value: $0.value) }),
            externalURL: section.string("external_url") ?? "")
        for input in section.sections("input_series") ?? [] {
            if let series = series(input, start: start, step: step) { test.series.append(series) }
        }
        for input in section.sections("input_logs") ?? [] { test.records += records(input, start: start) }
        test.alerts = (section.sections("alert_rule_test") ?? []).map(alertExpectation)
        test.expressions = (section.sections("promql_expr_test") ?? []).map(expressionExpectation)
        return test
    }

    private func start(_ section: SettingsSection) -> Int64 {
        guard let text = section.string("start_timestamp") else { return 0 }
        if let moment = TimestampText.parseRFC3339(text) { return moment.milliseconds.milliseconds }
        if let seconds = Double(text), seconds.isFinite, seconds.magnitude < 1e12 { return Int64(seconds * 1000) }
        section.report("start_timestamp", "`start_timestamp` is no moment", remedy: "write it like 2026-01-31T15:04:05Z, or as seconds since 1970")
        return 0
    }

    private mutating func series(_ section: SettingsSection, start: Int64, step: Int64) -> Series? {
        defer { section.finish() }
        guard let metric = section.requiredString("series"), let values = section.requiredString("values") else { return nil }
        do throws(SeriesNotationError) {
            let series = try SeriesNotation.series(metric, points: values, start: start, stepMilliseconds: step)
            pointsLeft -= series.sampleCount
            if pointsLeft < 0 { section.report("values", "the file has more than \(Limits.ruleTestPointsMax) points", remedy: "split it into several files") }
            return pointsLeft < 0 ? nil : series
        } catch {
            section.report("values", "the series can't be read: \(SafeText(error.description))", remedy: #"write it like series: up{job="a"}, values: "1 1 0x5""#)
            return nil
        }
    }

    /// `stream`, and `lines` of `at`, `line`, and where it comes more than once `times` and `every`; `level` where the line has one.
    private mutating func records(_ section: SettingsSection, start: Int64) -> [LogRecord] {
        defer { section.finish() }
        var stream = Labels()
        do throws(SeriesNotationError) {
            stream = try SeriesNotation.labels(section.requiredString("stream") ?? "{}")
        } catch {
            section.report("stream", "the stream can't be read: \(SafeText(error.description))", remedy: #"write it like stream: '{filename="/var/log/auth.log", instance="a"}'"#)
        }
        var records: [LogRecord] = []
        for line in section.sections("lines") ?? [] {
            defer { line.finish() }
            let at = line.durationMilliseconds("at", in: 0...Limits.ruleTestMillisecondsMax) ?? 0
            let times = line.integer("times", in: 1...Limits.ruleTestPointsMax) ?? 1
            let every = line.durationMilliseconds("every", in: 1...Limits.ruleTestMillisecondsMax) ?? 1000
            let level = LogLevel(name: line.string("level") ?? "") ?? .unknown
            guard let body = line.requiredString("line") else { continue }
            pointsLeft -= times
            if pointsLeft < 0 {
                line.report("times", "the file has more than \(Limits.ruleTestPointsMax) points", remedy: "split it into several files")
                break
            }
            for index in 0..<Int64(times) {
                records.append(LogRecord(timestamp: Timestamp(milliseconds: start + at + index * every).nanos, stream: stream, level: level, body: body))
            }
        }
        return records
    }

    private func moment(_ section: SettingsSection) -> Int64 {
        section.durationMilliseconds("eval_time", in: 0...Limits.ruleTestMillisecondsMax) ?? 0
    }

    private func alertExpectation(_ section: SettingsSection) -> RuleTestFile.AlertExpectation {
        defer { section.finish() }
        let name = section.requiredString("alertname") ?? ""
        let alerts = (section.sections("exp_alerts") ?? []).map { alert in
            defer { alert.finish() }
            var labels = LabelsBuilder(Labels((alert.stringMap("exp_labels") ?? [:]).map { (name: $0.key, value: $0.value) }))
            labels.set(AlertLabel.name, to: name)
            return RuleTestFile.ExpectedAlert(labels: labels.build(), annotations: alert.stringMap("exp_annotations") ?? [:])
        }
        return .init(evaluatedAt: moment(section), name: name, alerts: alerts, line: section.node?.mark?.line ?? 0)
    }

    private func expressionExpectation(_ section: SettingsSection) -> RuleTestFile.ExpressionExpectation {
        defer { section.finish() }
        let expression = section.requiredString("expr") ?? ""
        if !expression.isEmpty, let problem = PromQLCheck.syntaxProblem(in: expression) {
            section.report("expr", "`expr` is no PromQL: \(SafeText(problem))", remedy: "correct the expression")
        }
        let samples = (section.sections("exp_samples") ?? []).compactMap(sample)
        return .init(evaluatedAt: moment(section), expression: expression, samples: samples, line: section.node?.mark?.line ?? 0)
    }

    private func sample(_ section: SettingsSection) -> (labels: Labels, value: MetricValue)? {
        defer { section.finish() }
        let (metric, number, histogram) = (section.string("labels") ?? "{}", section.string("value"), section.string("histogram"))
        do throws(SeriesNotationError) {
            return (try SeriesNotation.labels(metric), try SeriesNotation.value(histogram ?? Self.plain(number ?? "0")))
        } catch {
            document.report(section.node, "the sample can't be read: \(SafeText(error.description))", remedy: #"write it like labels: up{job="a"}, value: 1"#)
            return nil
        }
    }

    /// YAML's own names of numbers, as PromQL writes them.
    private static func plain(_ number: String) -> String {
        switch number.lowercased() {
        case ".inf", "+.inf": "Inf"
        case "-.inf": "-Inf"
        case ".nan": "NaN"
        default: number
        }
    }
}
