import ArgumentParser
import Foundations
import Glibc

/// `nightjar-bench dashboard`: every figure of the terminal dashboard beside its goal.
struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Measures the terminal dashboard: frames, their bytes, keys, the live tail; and the release binary in a terminal of its own.")

    @Option(help: "Alerts that fire.") var alerts = 100_000
    @Option(help: "Hosts that send.") var hosts = 10_000
    @Option(help: "The release binary.") var program = NightjarPeer.pathDefault
    @Option(help: "A port on the loopback.") var port = 43_020
    @Flag(help: "Only what is measured in this process.") var onlyFrames = false
    @Flag(help: "Only what is measured of the release binary.") var onlyProgram = false
    @Flag(help: "Puts the table into Docs/Benchmarks.md.") var writes = false

    func run() async throws {
        print("Terminal dashboard: 200x60 in 256 colours, \(grouped(alerts)) alerts, \(grouped(hosts)) hosts\n")
        var rows = [DashboardFigure.head]
        func report(_ figures: [DashboardFigure]) {
            for figure in figures {
                rows.append(figure.cells)
                row(figure.title.padding(toLength: 72, withPad: " ", startingAt: 0), figure.cells.dropFirst().joined(separator: "  "))
                fflush(nil)
            }
        }
        if !onlyProgram { try await FrameFigures(alerts: alerts, hosts: hosts).measure(report) }
        if !onlyFrames { try await ProgramFigures(program: program, port: port).measure(report) }
        let text = """
            Measured on \(Machine.date) at 200x60 in 256 colours, with \(grouped(alerts)) alerts and \(grouped(hosts)) hosts where a row says so, on \
            \(Machine.description); the load at the end was \(decimal(Machine.load, 1)).

            \(Markdown.table(rows))
            """
        if writes { try BenchmarksDocument(path: BenchmarksDocument.pathDefault).replace(.dashboard, with: text) }
    }
}
