import ArgumentParser
import Foundation
import Foundations
import TestSupport

/// What happens to pages when the program is killed, and how long they take: the same for Nightjar and for Alertmanager.
struct AlertBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerting", abstract: "Kills the program while it pages and counts what was lost or doubled; measures how long pages take.",
        discussion: "NIGHTJAR_ALERT_FAULTS sets the number of faults where --faults doesn't: some minutes per hundred, 10,000 at night.")

    @Option(help: "Nightjar's program.")
    var nightjar = ".build/release/nightjar"

    @Option(help: "Alertmanager's program; without it Nightjar runs alone.")
    var alertmanager: String?

    @Option(help: "How often the program is killed.")
    var faults: Int?

    @Option(help: "Alerts of the storm.")
    var storm = 10_000

    @Option(help: "Pages whose time is taken.")
    var pages = 100

    @Option(help: "The first of two ports of the loopback.")
    var port = 20_010

    @Option(help: "A folder for the programs' data.")
    var folder = WorkFolder.pathDefault + "/alerting"

    func run() async throws {
        let count = faults ?? ProcessInfo.processInfo.environment["NIGHTJAR_ALERT_FAULTS"].flatMap { Int($0) } ?? 50
        try await measure(.nightjar, nightjar, count)
        if let alertmanager { try await measure(.alertmanager, alertmanager, count) }
    }

    private func measure(_ kind: AlertServer.Kind, _ program: String, _ count: Int) async throws {
        print("\n\(kind.rawValue) (\(program))")
        if count > 0 {
            let sink = AlertSink()
            let server = try await AlertServer(
                kind, program: program, folder: folder, port: port, routes: AlertServer.routes(sink.url, kind, isKeyed: true))
            var run = AlertFaults(server: server, sink: sink, random: SeededGenerator(seed: 1))
            let result = try await run.run(faults: count)
            row("kill -9 at commit, send, response, random", "\(result.faults) faults, \(result.acknowledged) alerts acknowledged")
            row("  acknowledged and never paged", "\(result.lost)")
            row("  pages again without a mark (webhook)", "\(result.unmarkedRepeats)")
            row("  pages again, marked (webhook)", "\(result.markedRepeats)")
            row("  incidents again (PagerDuty)", "\(result.keyedDuplicates)")
            row("  pages without their end", "\(result.missingResolves)")
        }
        let latency = AlertLatency(program: program, kind: kind, folder: folder, port: port)
        let single = try await latency.single(count: pages)
        row("posted alert to sink, median and p99", "\(decimal(single.median, 1)) ms, \(decimal(single.p99, 1)) ms")
        let stormed = try await latency.storm(count: storm)
        row("storm of \(storm): acknowledged, first page", "\(decimal(stormed.durable, 2)) s, \(decimal(stormed.first, 2)) s")
        row("  pages, alerts listed, all listed after", "\(stormed.pages), \(stormed.listed), \(decimal(stormed.all, 2)) s")
        for (name, answer) in Self.sick {
            let well = try await latency.besideASickOne(answer, count: pages)
            row("one of 20 receivers \(name): another's median, p99", "\(decimal(well.median, 1)) ms, \(decimal(well.p99, 1)) ms")
        }
    }

    private static let sick: [(String, @Sendable (LoopbackServer.Request) -> LoopbackServer.Answer)] = [
        ("hangs", { _ in .raw([(60_000, [])]) }), ("drips", { _ in .raw((0..<600).map { _ in (100, [0x48]) }) }), ("resets", { _ in .reset }),
        ("answers 429", { _ in .reply(status: 429) }), ("answers 500", { _ in .reply(status: 500) }),
    ]
}
