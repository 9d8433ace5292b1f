import ArgumentParser
import Boards
import Foundation
import Foundations

/// `nightjar check dashboard`: what of a dashboard is drawn, and what isn't.
struct CheckDashboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Lists what of dashboards isn't drawn as they have it, and counts the panels that are.",
        discussion: """
            A placeholder is a panel that isn't drawn; a partial one is drawn without some of what it asks for, or has a query that isn't PromQL or LogQL. \
            The files are the short YAML format of Docs/Dashboards.md, or dashboards exported from Grafana.

            Exit codes: 0 everything is drawn, 1 something isn't, or a file is wrong, 2 there is no such file.

            Examples:
              nightjar check dashboard 'Dashboards/*.yml'
              nightjar check dashboard --json node-exporter-full.json
            """)

    @Argument(help: "Files, or globs in quotes.", completion: .file(extensions: ["yml", "yaml", "json"]))
    var files: [String]

    @Flag(help: "Prints one JSON object a file in an array.")
    var json = false

    func run() async throws {
        try await reportingFailures(code: 2) {
            let paths = try files.flatMap { pattern -> [String] in
                let found = ruleFiles([pattern])
                if found.isEmpty { throw Failure("there is no file `\(pattern)`", code: 2) }
                return found
            }
            let checks = paths.map { BoardCheck($0) }
            if json { Output.json(try Self.encoded(checks)) } else { checks.forEach { Output.line($0.text) } }
            if !json, checks.count > 1 {
                let whole = checks.count(where: \.isWithoutPlaceholder)
                Output.line("\(checks.count) dashboards, \(whole) without a placeholder: \(checks.reduce(0) { $0 + $1.supported }) of \(checks.reduce(0) { $0 + $1.panels }) panels are drawn")
            }
            if checks.contains(where: { !$0.isWhole }) { throw ExitCode(1) }
        }
    }

    private static func encoded(_ checks: [BoardCheck]) throws -> String {
        let objects = checks.map { check -> [String: Any] in
            [
                "file": check.path, "title": check.title, "panels": check.panels, "supported": check.supported, "inPart": check.inPart, "withoutPlaceholder": check.isWithoutPlaceholder, "variables": check.variables,
                "notices": check.notices.map { ["severity": $0.severity.rawValue, "panel": $0.panel ?? NSNull(), "line": $0.line, "reason": $0.reason] as [String: Any] },
                "problems": check.problems.map { ["line": $0.line, "column": $0.column, "reason": $0.reason, "remedy": $0.remedy] as [String: Any] },
            ]
        }
        return String(decoding: try JSONSerialization.data(withJSONObject: objects, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]), as: UTF8.self)
    }
}
