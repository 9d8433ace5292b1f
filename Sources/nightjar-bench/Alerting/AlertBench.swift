import ArgumentParser
import Foundation
import Foundations
import TestSupport

/// What happens to pages when the program is killed, and how long they take: the same for Nightjar and for Alertmanager.
struct AlertBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerting", abstract: "Kills the program while it pages and counts what was lost or doubled; measures how long pages take.",
        discussion: """
            NIGHTJAR_ALERT_FAULTS sets the number of faults where --faults doesn't: some five minutes per thousand, 10,000 at night, 100,000 on \
            demand. Exit code 1 where a page was lost, an incident doubled, or a page has no end.
            """)

    @Option(help: "Nightjar's program.")
    var nightjar = ".build/release/nightjar"

    @Option(help: "Alertmanager's program; without it Nightjar runs alone.")
    var alertmanager: String?

    @Option(help: "Prometheus's program, which evaluates for Alertmanager.")
    var prometheus = "prometheus"

    @Option(help: "How often the program is killed.")
    var faults: Int?

    @Option(help: "How often Alertmanager is killed: it takes longer.")
    var peerFaults = 100

    @Option(help: "Alerts of the storm.")
    var storm = 10_000

    @Option(help: "Pages whose time is taken.")
    var pages = 200

    @Option(help: "The first of two ports of the loopback.")
    var port = 20_010

    @Option(help: "A folder for the programs' data.")
    var folder = WorkFolder.pathDefault + "/alerting"

    @Option(help: "The document whose part on alerting is written; none where it is left out.")
    var document: String?

    func run() async throws {
        let count = faults ?? ProcessInfo.processInfo.environment["NIGHTJAR_ALERT_FAULTS"].flatMap { Int($0) } ?? 100
        var table = AlertTable()
        let isWell = try await measure(.nightjar, nightjar, count, &table)
        if let alertmanager { _ = try await measure(.alertmanager, alertmanager, min(count, peerFaults), &table) }
        let text = """
            Measured on \(Machine.date), on \(Machine.description); the load at the end was \(decimal(Machine.load, 1)).

            \(table.markdown)
            """
        print("\n" + text)
        if let document { try BenchmarksDocument(path: document).replace(.alerting, with: text) }
        if !isWell { throw ExitCode(1) }
    }

    /// Measures one program; whether nothing was lost, doubled or left open.
    private func measure(_ kind: AlertServer.Kind, _ program: String, _ count: Int, _ table: inout AlertTable) async throws -> Bool {
        let name = kind == .nightjar ? "Nightjar" : "Alertmanager " + (try ProgramVersion.of([program, "--version"]) ?? "")
        print("\n\(name) (\(program))")
        let place = AlertServer.Place(program: program, folder: folder, port: port, prometheus: prometheus)
        var isWell = true
        if count > 0 { isWell = try await kill(kind, place, name, count, &table) }
        let latency = AlertLatency(kind: kind, place: place)
        let single = try await latency.single(count: pages)
        table.set("posted alert to sink, median, p99", name, single.text)
        let sampled = try await latency.samples(count: pages)
        table.set("sample accepted to sink, evaluated each second: median, p99", name, sampled.text)
        let stormed = try await latency.storm(count: storm)
        table.set("storm of \(grouped(storm)) alerts: acknowledged", name, "\(decimal(stormed.durable, 2)) s")
        table.set("its first page", name, "\(decimal(stormed.first, 2)) s")
        table.set("its pages, alerts listed", name, "\(grouped(stormed.pages)), \(grouped(stormed.listed))")
        table.set("all of them listed after", name, "\(decimal(stormed.all, 2)) s")
        table.set("processor time of it", name, "\(decimal(stormed.cpu, 2)) s")
        for (title, answer) in Self.sick {
            table.set("one of 20 receivers \(title): another's median, p99", name, try await latency.besideASickOne(answer, count: pages).text)
        }
        return isWell
    }

    private func kill(_ kind: AlertServer.Kind, _ place: AlertServer.Place, _ name: String, _ count: Int, _ table: inout AlertTable) async throws -> Bool {
        let sink = AlertSink()
        let server = try await AlertServer(kind, place, routes: AlertServer.routes(sink.url, isKeyed: true))
        var run = AlertFaults(server: server, sink: sink, random: SeededGenerator(seed: 1))
        let result = try await run.run(faults: count)
        table.set("faults (kill -9), alerts acknowledged", name, "\(grouped(result.faults)), \(grouped(result.acknowledged))")
        table.set("acknowledged and never paged", name, grouped(result.lost))
        table.set("incidents again at a receiver with keys", name, grouped(result.keyedDuplicates))
        table.set("pages again at a webhook, marked as such", name, grouped(result.markedRepeats))
        table.set("pages again at a webhook, without a mark", name, grouped(result.unmarkedRepeats))
        table.set("pages without their end", name, grouped(result.missingResolves))
        return result.lost == 0 && result.keyedDuplicates == 0 && result.missingResolves == 0 && result.unmarkedRepeats == 0
    }

    private static let sick: [(String, @Sendable (LoopbackServer.Request) -> LoopbackServer.Answer)] = [
        ("hangs", { _ in .raw([(60_000, [])]) }), ("drips", { _ in .raw((0..<600).map { _ in (100, [0x48]) }) }), ("resets", { _ in .reset }),
        ("answers 429", { _ in .reply(status: 429) }), ("answers 500", { _ in .reply(status: 500) }),
    ]
}
