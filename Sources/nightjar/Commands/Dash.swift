import ArgumentParser
import Dashboard
import Foundations
import Glibc
import Terminal

/// `nightjar dash`: the dashboard, full-screen, as one frame, as data, or as lines.
struct Dash: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Opens the terminal dashboard of a collector.",
        discussion: """
            Press ? for the keys, q to leave. --once and --json print what it shows as text and as data, for scripts; with --follow a \
            line of JSON comes with every change. --wall is for a screen on the wall: nobody acts on it, it shows its screens in turn \
            and what fires at once. --accessible speaks in lines, for screen readers; help there lists its commands.

            Keys and colours are read from --settings, or ~/.config/nightjar/dash.yml where it exists:
              keys:  {acknowledge: [a, f2], logs: ["5"]}
              theme: {critical: "#FF5555", ascii: false, braille: true}

            Exit codes: of the dashboard 0, or 128 and the number of the signal that ended it; of --once and --json the state: \
            0 ok, 1 a warning, 2 critical, 3 unknown, stale or unreachable.

            Examples:
              nightjar dash
              nightjar dash --url https://nightjar.example.net:9845 --token-file ~/.token
              nightjar dash --once --size 100x30 --screen alerts
              nightjar dash --json | jq -r .state
              nightjar dash --json --follow | jq -c '[.state, (.alerts | length)]'
              nightjar dash --wall --token-file /etc/nightjar/wall.token
            """)

    @Flag(help: "Prints one frame and ends.")
    var once = false

    @Flag(help: "Prints the same as JSON and ends.")
    var json = false

    @Flag(help: "With --json: goes on, a line with every change.")
    var follow = false

    @Flag(help: "For a screen on the wall: read-only, in turn, and what fires at once.")
    var wall = false

    @Flag(help: "Plain lines instead of a screen; changes are said as lines.")
    var accessible = false

    @Flag(help: "Only to look: nothing can be acknowledged or silenced from here.")
    var readOnly = false

    @Option(help: ArgumentHelp("Columns (20 to 1000) and rows (5 to 500) of the frame of --once.", valueName: "COLUMNSxROWS"))
    var size = FrameSize(columns: 120, rows: 40)

    @Option(help: ArgumentHelp("The screen of --once: \(Dashboard.screenNames.joined(separator: ", ")). (default: overview)", valueName: "name"))
    var screen: String?

    @Option(help: ArgumentHelp("With --once --screen logs: what is searched for.", valueName: "query"))
    var query: String?

    @Option(help: ArgumentHelp("A file of keys and colours.", valueName: "file"), completion: .file())
    var settings: String?

    @Option(
        name: .long, help: ArgumentHelp("Files of dashboards, short YAML or Grafana's JSON; may be repeated. (default: Dashboards/*.yml, *.yaml and *.json)", valueName: "glob"),
        completion: .file())
    var dashboards: [String] = []

    @OptionGroup var collector: ConnectionFlags

    func validate() throws {
        if [once, json, wall, accessible].count(where: { $0 }) > 1 { throw ValidationError("--once, --json, --wall and --accessible exclude each other") }
        if follow && !json { throw ValidationError("--follow needs --json") }
        if (screen != nil || query != nil) && !once { throw ValidationError("--screen and --query need --once") }
        if let screen, !Dashboard.screenNames.contains(screen) { throw ValidationError("--screen is one of \(Dashboard.screenNames.joined(separator: ", "))") }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let options = try options()
            if json {
                if follow { throw ExitCode(try await Dashboard.follow(options) { Output.text($0); return true }) }
                let (text, code) = try await Dashboard.json(options)
                Output.text(text)
                throw ExitCode(code)
            }
            if once {
                let (frame, code) = try await Dashboard.once(options, size: Size(columns: size.columns, rows: size.rows), colours: .none, screen: screen, query: query)
                Output.text(frame)
                throw ExitCode(code)
            }
            if accessible { throw ExitCode(try await Dashboard.converse(options, lines: Self.typedLines()) { Output.line($0) }) }
            guard isatty(0) == 1, isatty(1) == 1 else {
                throw Failure("the dashboard needs a terminal; use --once, --json or --accessible without one", code: Failure.usageCode)
            }
            throw ExitCode(try await Dashboard.run(options))
        }
    }

    private func options() throws -> DashboardOptions {
        var call = DashboardCall()
        call.url = collector.url
        call.tokenFile = collector.tokenFile
        call.certificateFile = collector.caFile
        call.settings = settings
        call.dashboards = dashboards
        call.isWall = wall
        call.isReadOnly = readOnly
        return try call.options()
    }

    /// The lines of standard input, read on a thread of their own.
    private static func typedLines() -> AsyncStream<String> {
        AsyncStream { lines in
            _ = WorkerThread(name: "typed-lines") {
                while let line = readLine() { lines.yield(line) }
            }
        }
    }
}

/// `120x40`.
struct FrameSize: ExpressibleByArgument {
    let columns: Int
    let rows: Int

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    init?(argument: String) {
        let parts = argument.lowercased().split(separator: "x").compactMap { Int($0) }
        guard parts.count == 2, (20...1000).contains(parts[0]), (5...500).contains(parts[1]) else { return nil }
        (columns, rows) = (parts[0], parts[1])
    }

    var defaultValueDescription: String { "\(columns)x\(rows)" }
}
