import ArgumentParser
import Boards
import Dashboard
import Foundation
import Foundations
import Terminal

/// `nightjar board`: one dashboard from a file, evaluated once, as text or as data.
struct BoardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "board",
        abstract: "Prints a dashboard from a file, with its data as they are now.",
        discussion: """
            The file is the short YAML format of Docs/Dashboards.md or a dashboard exported from Grafana. All of its panels are \
            evaluated once; `nightjar dash` shows it live.

            Exit codes: 0 all panels could be evaluated, 1 one couldn't, 2 the file can't be read or is wrong, 3 none could, as when \
            the collector can't be reached.

            Examples:
              nightjar board Dashboards/hosts.yml
              nightjar board node-exporter-full.json --range 6h --var job=node --open
              nightjar board Dashboards/redis.yml --json | jq '.panels[].values'
            """)

    @Argument(help: "The dashboard's file.", completion: .file(extensions: ["yml", "yaml", "json"]))
    var file: String

    @Option(help: ArgumentHelp("The range of time up to now, such as 6h. (default: the file's)", valueName: "duration"))
    var range: String?

    @Option(name: .customLong("var"), parsing: .singleValue, help: ArgumentHelp("A variable's value; several times for several values.", valueName: "name=value"))
    var variables: [String] = []

    @Option(help: ArgumentHelp("Columns of the text, 40 to 1000.", valueName: "columns"))
    var width = 120

    @Flag(help: "Opens the rows that the file has closed.")
    var open = false

    @Flag(help: "Prints the data as JSON.")
    var json = false

    @OptionGroup var collector: ConnectionFlags

    func validate() throws {
        if let range, (DurationText.milliseconds(range) ?? 0) <= 0 { throw ValidationError("--range must be a duration such as 30m, 6h or 7d") }
        if !(40...1000).contains(width) { throw ValidationError("--width must be from 40 to 1000") }
        if variables.contains(where: { !$0.contains("=") || $0.hasPrefix("=") }) { throw ValidationError("--var must be name=value") }
    }

    func run() async throws {
        try await reportingFailures(code: 2) {
            var board = try BoardFile.load(file)
            if open { board.openRows() }
            let options = DashboardOptions(url: collector.url, token: try collector.tokenFile.map { try SecretFile.read($0) }, certificateFile: collector.caFile)
            var chosen: [String: [String]] = [:]
            for variable in variables {
                let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                chosen[parts[0], default: []].append(parts[1].lowercased() == "all" ? Variable.all : parts[1])
            }
            if let unknown = chosen.keys.sorted().first(where: { name in !board.variables.contains { $0.name == name } }) {
                let known = board.variables.map(\.name).joined(separator: ", ")
                throw Failure("the dashboard has no variable `\(SafeText(unknown))`" + (known.isEmpty ? "" : "; it has \(known)"), code: Failure.usageCode)
            }
            for variable in board.variables where variable.isAdHoc {
                do throws(AdHocFilters.Fault) { _ = try AdHocFilters.parse((chosen[variable.name] ?? []).joined(separator: ",")) } catch {
                    throw Failure("the filters of `\(SafeText(variable.name))` are wrong: \(error)", code: Failure.usageCode)
                }
            }
            let span = range.flatMap { DurationText.milliseconds($0) }.map { BoardRange.last(milliseconds: $0) }
            let view = try await Dashboard.board(board, options, columns: width, range: span, chosen: chosen)
            if json { Output.text(BoardReport(view).text) } else { Output.text(BoardSnapshot.text(view)) }
            let failed = view.results.values.count { $0.failure != nil }
            if failed > 0 { throw ExitCode(failed == view.results.count ? 3 : 1) }
        }
    }
}
