import ArgumentParser
import Foundation
import Foundations

/// `nightjar-bench rules`: what evaluating many rules costs the server.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "What the expressions of 1,000 rules over 100,000 series cost a running server.",
        discussion: """
            Feeds a new server the series of pods, three samples each, and asks it the rules' expressions as instant queries, one after \
            another over one connection. Prints the server's processor time for a round of all rules, and what part of a core that is when \
            they are evaluated each 15 s. HTTP and JSON are in it: an evaluator in the same process takes less.
            """)

    @Option(help: "Nightjar's binary.") var nightjar = NightjarPeer.pathDefault
    @Option(help: "The part of the series; rules are as many.") var scale = 1.0
    @Option(help: "The folder for bodies and data.") var work = WorkFolder.pathDefault
    @Option(help: "The port that the server listens on.") var port = 9945

    private static let seriesWhole = 100_000
    private static let samplesEach = 3
    private static let rounds = 5
    private static let intervalSeconds = 15.0

    /// Of the namespaces and names of the pods' series: each rule reads those of one name in one namespace.
    private static let kinds: [(title: String, expression: @Sendable (_ name: String, _ namespace: Int) -> String)] = [
        ("sum by (cluster) (rate(…[5m])) > 0", { "sum by (cluster) (rate(\($0){namespace=\"team-\($1)\"}[5m])) > 0" }),
        ("a selector with a pattern, > 1e12", { "\($0){namespace=~\"team-\($1)|none.*\"} > 1e12" }),
    ]
    private static let namespaces = 50

    func run() async throws {
        guard scale > 0, scale <= 10 else { throw ValidationError("--scale must be over 0 and at most 10") }
        let directory = Paths.join(work, "rules-data")
        try RealFileSystem().createDirectory(work)
        try RealFileSystem().removeTree(directory)
        let server = try await RunningServer.start(NightjarPeer(path: nightjar), directory: directory, port: port).server
        defer { server.process.kill() }
        let count = Int(Double(Self.seriesWhole) * scale)
        for step in 0..<Self.samplesEach {
            let bodies = try BodyFolder.make(PodData(seriesCount: count, steps: 1, firstStep: step), version: .v1, in: work)
            _ = try Feeder(port: port, path: server.peer.writePath).send(bodies.connections(), total: bodies.sampleCount, saying: "feeding")
        }
        try await server.settle()
        for kind in Self.kinds { try await measure(kind.title, kind.expression, server) }
        try server.discard()
    }

    private func measure(_ title: String, _ expression: (String, Int) -> String, _ server: RunningServer) async throws {
        let moment = DataSteps.beginning.advanced(byMilliseconds: Int64(Self.samplesEach) * 15_000)
        var seconds: [Double] = []
        // The first round warms up.
        for round in 0...Self.rounds {
            let before = server.process.cpuSeconds
            for namespace in 0..<Self.namespaces {
                for name in PodData.names { _ = try await server.query(expression(name, namespace), at: moment) }
            }
            if round > 0 { seconds.append(server.process.cpuSeconds - before) }
        }
        seconds.sort()
        let median = seconds[seconds.count / 2]
        let rules = Self.namespaces * PodData.names.count
        print("\(title): \(grouped(rules)) rules take \(decimal(median * 1000, 0)) ms of CPU, \(decimal(median / Self.intervalSeconds * 100, 1)) % of a core each 15 s")
    }
}
