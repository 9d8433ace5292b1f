import ArgumentParser
import Foundations
import Glibc
import Settings

/// Where the process begins.
@main
enum Entry {
    static func main() async {
        // A reader that has gone is an error of the write that meets it, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        if isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let call = DashboardCall(plain: CommandLine.arguments.dropFirst()) { exit(await call.run()) }
        refuseUnknownCommand(CommandLine.arguments.dropFirst().first)
        Allocator.tune()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if LogsTools.isMeant(by: arguments) {
            await LogsTools.main(arguments)
        } else {
            await Nightjar.main()
        }
    }

    /// A mistyped command gets the nearest one named.
    private static func refuseUnknownCommand(_ name: String?) {
        let known = Nightjar.configuration.subcommands.map { $0._commandName } + ["help"]
        guard let name, !name.hasPrefix("-"), !known.contains(name) else { return }
        let nearest = known.map { (distance: editDistance($0, name), name: $0) }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        let remedy = nearest.flatMap { $0.distance <= 2 ? "did you mean `nightjar \($0.name)`? " : nil } ?? ""
        Output.message("nightjar: there is no command `\(SafeText(name))`; \(remedy)`nightjar --help` lists them")
        exit(Failure.usageCode)
    }
}

/// The command line. Each subcommand has a file of its own in `Commands`.
struct Nightjar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nightjar",
        abstract: "Metrics, logs, alerts and paging in one program.",
        discussion: """
            Start everything on this machine with `nightjar up`, then look at http://127.0.0.1:9845 with any Prometheus or Loki client, \
            or with the commands below. Data goes to standard output, messages to standard error; NO_COLOR switches colours off.

            Examples:
              nightjar up
              nightjar query 'rate(node_network_receive_bytes_total[5m])'
              nightjar logs --follow 'error "connection refused"'
              nightjar check nightjar.yml 'AlertRules/*.yml'

            Exit codes: each command's --help names them; 64 is a wrong command line everywhere.

            Shell completion: nightjar --generate-completion-script bash (or zsh, fish)
            """,
        version: Version.text,
        subcommands: [
            Up.self, CollectorCommand.self, EvaluatorCommand.self, AgentCommand.self, Dash.self, BoardCommand.self, Query.self, Logs.self, Metrics.self, Alerts.self, Acknowledge.self,
            ResolveCommand.self, CommentCommand.self, SilenceCommand.self, EscalateCommand.self, OnCallCommand.self, Explain.self, Drill.self,
            Heartbeats.self, Beat.self, Incidents.self, Replay.self, Check.self, TestCommand.self, Token.self, Sink.self,
        ])
}
