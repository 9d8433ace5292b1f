import Alerting
import ArgumentParser
import Foundation
import Foundations
import Glibc

/// `nightjar replay`: which pages new rules would have sent.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluates rules over stored data, and says which pages would have gone out, when and to whom.",
        discussion: """
            Rules are evaluated at their interval on what a running collector has stored; nothing is stored, and nobody is paged. Grouping, \
            waits, inhibition, storms and mute times are those of --routes, or of the configuration file; people are whom the policy behind a \
            receiver pages first, by --oncall. A replay that is stopped or meets a \
            bound says with which --from the next one goes on.

            A time is \(TimeArgument.forms).

            Exit codes: 0 done, 2 a file is wrong or a rule failed, 3 the collector can't be reached or refuses, 130 stopped.

            Examples:
              nightjar replay --rules NEW.yml --from -30d
              nightjar replay --rules 'AlertRules/*.yml' --from -7d --to -1d --json
            """)

    @Option(name: .long, parsing: .singleValue, help: ArgumentHelp("Rule files, in quotes; may be given several times.", valueName: "glob"), completion: .file())
    var rules: [String]

    @Option(parsing: .unconditional, help: ArgumentHelp("Where the range begins.", valueName: "time"))
    var from: TimeArgument

    @Option(parsing: .unconditional, help: ArgumentHelp("Where it ends. (default: now)", valueName: "time"))
    var to: TimeArgument?

    @Option(help: ArgumentHelp("Routes in Alertmanager's format. (default: those of the configuration file)", valueName: "file"), completion: .file())
    var routes: String?

    @Option(help: ArgumentHelp("People and schedules. (default: those of the configuration file)", valueName: "file"), completion: .file())
    var oncall: String?

    @Flag(help: "Prints pages, alerts and failures as JSON.")
    var json = false

    @OptionGroup var file: ConfigurationFlag
    @OptionGroup var collector: ConnectionFlags

    func validate() throws {
        if rules.isEmpty { throw ValidationError("name the rule files with --rules") }
        if let to, to.moment <= from.moment { throw ValidationError("--from must be earlier than --to") }
    }

    func run() async throws {
        try await reportingFailures(code: 2) {
            if ruleFiles(rules).isEmpty { throw Failure("there is no file `\(rules.joined(separator: " "))`", code: 2) }
            let scratch = try Self.scratchDirectory()
            defer { Self.remove(scratch) }
            var options = ReplayOptions(
                ruleGlobs: ruleFiles(rules), from: from.moment.milliseconds, to: (to?.moment ?? SystemClock().now()).milliseconds, routing: try routing(),
                scratchDirectory: scratch)
            options.intervalMilliseconds = 15_000
            options.onCall = try (oncall ?? file.load().configuration.onCallFile).map { try OnCallFile.load($0) }
            let source = CollectorReplaySource(connection: try collector.connect())
            // A collector that isn't there is one sentence, not one for each rule.
            _ = try await collector.connect().get("/-/ready")
            let report = Locked<ReplayReport?>(nil)
            let fixed = options
            try await untilStopped {
                let found = try await RuleReplay.run(fixed, over: source) { moment in
                    if isatty(STDERR_FILENO) == 1 { Self.showProgress(moment, fixed) }
                    return !Task.isCancelled
                }
                report.withLock { $0 = found }
            }
            guard let found = report.withLock({ $0 }) else { throw ExitCode(Failure.stoppedCode) }
            json ? try Self.printJSON(found) : Self.printTable(found)
            for failure in found.failures { Output.message(SafeText(failure).string) }
            if let stopped = found.stoppedAt { Output.message("nightjar: it stopped; go on with --from \(TimestampText.rfc3339(stopped))") }
            if !found.failures.isEmpty { throw ExitCode(2) }
        }
    }

    private func routing() throws -> ReplayOptions.Routing {
        if let routes { return .file(try RoutingFile.load(routes)) }
        let configuration = try file.load().configuration
        if let path = configuration.routingFile { return .file(try RoutingFile.load(path, inhibitions: configuration.paging.dependencies)) }
        return .route(configuration.paging.route, configuration.paging.receivers, configuration.paging.dependencies)
    }

    private static func scratchDirectory() throws -> String {
        var template = Array("\(NSTemporaryDirectory())nightjar-replay.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("can't make a folder in \(NSTemporaryDirectory()): \(String(cString: strerror(errno)))") }
        return String(cString: made)
    }

    private static func remove(_ directory: String) {
        do {
            try FileManager.default.removeItem(atPath: directory)
        } catch {
            Output.message("nightjar: \(SafeText(directory)) couldn't be removed: \(error.localizedDescription)")
        }
    }

    private static func showProgress(_ moment: Timestamp, _ options: ReplayOptions) {
        let done = Double(moment.milliseconds - options.from.milliseconds) / Double(max(1, options.to.milliseconds - options.from.milliseconds))
        Output.message("\(Int(max(0, done) * 100)) %, at \(TimestampText.rfc3339(moment))")
    }

    private static func printTable(_ report: ReplayReport) {
        if report.pages.isEmpty {
            Output.line("Nobody would have been paged.")
        } else {
            var table = TextTable(["WHEN", "RECEIVER", "PEOPLE", "WHAT", "GROUP", "ALERTS"].map { TextTable.Column(title: $0) })
            for page in report.pages {
                let more = page.alerts.count > 3 ? " and \(page.alerts.count - 3) more" : ""
                table.append([TimestampText.rfc3339(page.at), page.receiver, page.people.joined(separator: ", "), page.operation, page.groupKey, page.alerts.prefix(3).joined(separator: ", ") + more])
            }
            Output.text(table.text())
        }
        let fired = report.steps.filter { $0.step == "firing" }
        let names = Set(fired.compactMap { $0.labels["alertname"] })
        let receivers = Set(report.pages.map(\.receiver))
        let triggers = report.pages.count { $0.operation == "trigger" }
        Output.line(
            "\(report.pages.count) messages (\(triggers) pages) to \(receivers.count) receivers; \(names.count) alerts fired \(fired.count) times; \(report.evaluations) evaluations")
    }

    private static func printJSON(_ report: ReplayReport) throws {
        let pages = report.pages.map { page in
            [
                "at": TimestampText.rfc3339(page.at), "receiver": page.receiver, "people": page.people, "operation": page.operation, "groupKey": page.groupKey, "alerts": page.alerts,
            ] as [String: Any]
        }
        let steps = report.steps.map { step in
            [
                "at": TimestampText.rfc3339(step.at), "step": step.step,
                "labels": Dictionary(step.labels.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
            ] as [String: Any]
        }
        var document: [String: Any] = ["pages": pages, "alerts": steps, "evaluations": report.evaluations, "failures": report.failures]
        if let stopped = report.stoppedAt { document["stoppedAt"] = TimestampText.rfc3339(stopped) }
        let data = try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
        Output.json(String(decoding: data, as: UTF8.self))
    }
}
