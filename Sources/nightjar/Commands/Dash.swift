import ArgumentParser
import Dashboard
import Foundation
import Foundations
import Terminal

/// `nightjar dash`: the dashboard, full-screen, as one frame, or as data.
struct Dash: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Opens the terminal dashboard of a collector.",
        discussion: """
            Press ? for the keys, q to leave. --once and --json print what it shows as text and as data, for scripts.

            Exit codes: of the dashboard 0, or 128 and the number of the signal that ended it; of --once and --json the state: \
            0 ok, 1 a warning, 2 critical, 3 unknown or unreachable.

            Examples:
              nightjar dash
              nightjar dash --url https://nightjar.example.net:9845 --token-file ~/.token
              nightjar dash --once --size 100x30
              nightjar dash --json | jq -r .state
            """)

    @Flag(help: "Prints one frame and ends.")
    var once = false

    @Flag(help: "Prints the same as JSON and ends.")
    var json = false

    @Option(help: ArgumentHelp("Columns (20 to 1000) and rows (5 to 500) of the frame of --once.", valueName: "COLUMNSxROWS"))
    var size = FrameSize(columns: 120, rows: 40)

    @OptionGroup var collector: ConnectionFlags

    func validate() throws {
        if once && json { throw ValidationError("--once and --json exclude each other") }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let token = try collector.tokenFile.map { try SecretFile.read($0) }
            let options = DashboardOptions(url: collector.url, token: token, certificateFile: collector.caFile)
            if json {
                let (text, code) = try await Dashboard.json(options)
                Output.text(text)
                throw ExitCode(code)
            }
            if once {
                let (frame, code) = try await Dashboard.once(options, size: Size(columns: size.columns, rows: size.rows), colours: .none)
                Output.text(frame)
                throw ExitCode(code)
            }
            guard isatty(0) == 1, isatty(1) == 1 else { throw Failure("the dashboard needs a terminal; use --once or --json without one", code: Failure.usageCode) }
            throw ExitCode(try await Dashboard.run(options))
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
