import Alerting
import ArgumentParser
import Boards
import Collector
import ConfigurationFile
import Foundation
import Foundations
import MetricStore
import Model
import Settings
import Yams

/// `nightjar check`: says what is wrong in files, before they are used.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks configuration and rule files, and says file, line, reason and remedy of all that is wrong.",
        discussion: """
            What a file is follows from its keys: `panels:` are dashboards, `groups:` are rules, Alertmanager's \
            keys are routes, `people:`, `schedules:` or `policies:` are on call, everything else is a configuration. \
            With an on-call file, name the routes too: the receivers that it is bound to must be there. Its schedules are looked \
            through for hours that nobody covers in the next 90 days. Problems are told as \
            file:line:column: reason; remedy.

            Exit codes: 0 all are correct, 1 something is wrong, 2 a file or the folder can't be read.

            Examples:
              nightjar check nightjar.yml 'AlertRules/*.yml'
              nightjar check --json nightjar.yml
              nightjar check oncall.yml alertmanager.yml
              nightjar check --data ./data
              nightjar check dashboard 'Dashboards/*.yml'
            """,
        subcommands: [CheckFiles.self, CheckDashboard.self], defaultSubcommand: CheckFiles.self)
}

/// What `nightjar check` does with files and data folders.
struct CheckFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "Checks files of any kind, or a data folder; `files` may be left out.",
        discussion: "Exit codes: 0 all are correct, 1 something is wrong, 2 a file or the folder can't be read.")

    @Argument(help: "Files, or globs in quotes.", completion: .file(extensions: ["yml", "yaml"]))
    var files: [String] = []

    @Option(help: ArgumentHelp("A data folder: reads all of its metric store, or those of all tenants, and verifies every checksum. It may be in use meanwhile.", valueName: "directory"), completion: .directory)
    var data: String?

    @OptionGroup var tenant: TenantFlag

    @Flag(help: "Prints the problems as a JSON array.")
    var json = false

    func validate() throws {
        if files.isEmpty && data == nil { throw ValidationError("name the files to check, or a data folder with --data") }
    }

    func run() async throws {
        try await reportingFailures(code: 2) {
            var problems: [SettingsProblem] = []
            let paths = try expanded()
            let receivers = paths.flatMap(receivers)
            for path in paths { problems += try check(path, receivers: receivers) }
            if let data {
                let tenants = try tenant.tenant.map { [$0] } ?? [.standard] + TenantFolder.names(in: data)
                for name in tenants { problems += try checkStore(Paths.join(TenantFolder.path(of: name, in: data), "metrics")) }
            }
            if json { Output.json(try encoded(problems)) } else { problems.forEach { Output.line(SafeText($0.description).string) } }
            if !problems.isEmpty { throw ExitCode(1) }
        }
    }

    private func expanded() throws -> [String] {
        try files.flatMap { pattern -> [String] in
            let found = ruleFiles([pattern])
            if found.isEmpty { throw Failure("there is no file `\(pattern)`", code: 2) }
            return found
        }
    }

    /// The names of the receivers of the files that have some.
    private func receivers(_ path: String) -> [String] {
        if let file = try? RoutingFile.load(path) { return file.receiverNames }
        return (try? Configuration.load(path))?.paging.receivers.map(\.configuredName) ?? []
    }

    private func check(_ path: String, receivers: [String]) throws -> [SettingsProblem] {
        let text = String(decoding: try RealFileSystem().readAll(path, bytesMax: SettingsDocument.bytesMax), as: UTF8.self)
        let problems: [SettingsProblem]
        let summary: String
        if BoardFile.isDashboard(Array(text.utf8)) {
            problems = BoardCheck(path).problems
            summary = "dashboard"
        } else if isRules(text) {
            problems = AlertingService.check([path])
            summary = "rules"
        } else if isOnCall(text) {
            do {
                let file = try OnCallFile.load(path)
                problems = file.problems(at: SystemClock().nowMilliseconds()) + (receivers.isEmpty ? [] : file.unknownReceivers(known: receivers))
            } catch {
                problems = error.problems
            }
            summary = "on call"
        } else if isRouting(text) {
            do {
                _ = try RoutingFile.load(path)
                problems = []
            } catch {
                problems = error.problems
            }
            summary = "routes"
        } else {
            do {
                _ = try Configuration.parse(text, path: path)
                problems = []
            } catch {
                problems = error.problems
            }
            summary = "configuration"
        }
        if problems.isEmpty && !json { Output.line("\(SafeText(path)): \(summary) ok") }
        return problems
    }

    private func checkStore(_ directory: String) throws -> [SettingsProblem] {
        guard try RealFileSystem().exists(directory) else { throw Failure("there is no metric store \(directory); name a data folder with --data", code: 2) }
        let damage = try MetricStore.check(directory: directory)
        if damage.isEmpty && !json { Output.line("\(SafeText(directory)): metric store ok") }
        return damage.map { SettingsProblem(path: directory, reason: $0) }
    }

    private func isRules(_ text: String) -> Bool {
        // A file that is no YAML is told as what its name suggests.
        guard let node = try? Yams.compose(yaml: text), let mapping = node.mapping else { return text.contains("groups:") }
        return mapping["groups"] != nil
    }

    private func isOnCall(_ text: String) -> Bool {
        guard let node = try? Yams.compose(yaml: text), let mapping = node.mapping else { return text.contains("schedules:") && text.contains("people:") }
        return ["people", "schedules", "policies"].contains { mapping[Node($0)] != nil }
    }

    /// Alertmanager's files have a tree of routes, or lists that ours doesn't know.
    private func isRouting(_ text: String) -> Bool {
        guard let node = try? Yams.compose(yaml: text), let mapping = node.mapping else { return false }
        if ["global", "inhibit_rules", "time_intervals", "mute_time_intervals", "templates"].contains(where: { mapping[Node($0)] != nil }) { return true }
        let receivers = mapping["receivers"]?.sequence ?? []
        // One with a name alone tells nobody, or has an escalation policy behind it.
        return mapping["route"] != nil && receivers.contains { receiver in
            let keys = receiver.mapping?.keys.compactMap { $0.scalar?.string } ?? []
            return keys == ["name"] || keys.contains { $0.hasSuffix("_configs") }
        }
    }

    private func encoded(_ problems: [SettingsProblem]) throws -> String {
        let objects = problems.map { ["file": $0.path, "line": $0.line, "column": $0.column, "reason": $0.reason, "remedy": $0.remedy] as [String: Any] }
        return String(decoding: try JSONSerialization.data(withJSONObject: objects, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]), as: UTF8.self)
    }
}
