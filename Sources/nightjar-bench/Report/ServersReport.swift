import Foundations

/// The part of the document on servers side by side.
struct ServersReport {
    let results: Results
    let peers: [any Peer]
    let scale: Double
    let tsbs: String
    let node: String
    let seconds: Double

    var text: String {
        let names = peers.map(\.name)
        let nightjar = names.first { $0.hasPrefix("Nightjar") } ?? ""
        let goals = Goals(results: results, nightjar: nightjar, peers: names.filter { $0 != nightjar }, scale: scale)
        return """
            Measured on \(Machine.date), in \(decimal(seconds / 60, 0)) minutes\(scale == 1 ? "" : ", at \(decimal(scale * 100, 0)) % of the hosts and series"), \
            on \(Machine.description); the load at the end was \(decimal(Machine.load, 1)).
            Data: \(tsbs); \(node); pods of 20 series each.

            ### Goals

            \(goals.table)
            ### Figures

            \(results.table(names))
            ### Answers

            Equal is within \(AnswerComparison.toleranceRelative) of the larger value, point by point.

            \(bullets(results.answers))
            ### How each server was run

            \(bullets(peers.flatMap { peer in peer.notes.map { "\(peer.name): \($0)" } }))
            """
    }

    private func bullets(_ lines: [String]) -> String { lines.map { "- \($0)\n" }.joined() }
}
