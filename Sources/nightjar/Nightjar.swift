import ArgumentParser

/// The command line. Each subcommand has a file of its own in `Commands`.
@main
struct Nightjar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nightjar",
        abstract: "Metrics, logs, alerts and paging in one program.",
        discussion: """
            Start everything on this machine with `nightjar up`, then look at http://127.0.0.1:9845 with any Prometheus or Loki client, \
            or with the commands below.

            Examples:
              nightjar up
              nightjar query 'rate(node_network_receive_bytes_total[5m])'
              nightjar logs 'error "connection refused" last 1h' --follow
              nightjar check nightjar.yml AlertRules/*.yml

            Shell completion: nightjar --generate-completion-script bash|zsh|fish
            """,
        version: Version.text,
        subcommands: [
            Up.self, CollectorCommand.self, AgentCommand.self, Dash.self, Query.self, Logs.self, Alerts.self, Check.self, Token.self, Sink.self, TestCommand.self,
        ])
}
