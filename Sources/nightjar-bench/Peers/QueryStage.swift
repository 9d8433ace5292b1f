import Foundations

/// Runs the query set: processor time of the server for each, and what it answered.
struct QueryStage {
    static let section = "queries over 12 h at 60 s, CPU of the server, median of 5 (least to most)"
    private static let memorySection = "ten series a host over 12 h, step 300 s, as they are"
    private static let repeats = 5

    let queries: QuerySet

    static let firstByte = FigureRow(section: memorySection, title: "first byte after, wall", unit: .milliseconds)
    private static let wall = FigureRow(section: memorySection, title: "last byte after, wall", unit: .milliseconds)
    private static let memory = FigureRow(section: memorySection, title: "peak RSS beyond that before the query", unit: .bytes)

    static func row(_ entry: QuerySet.Entry) -> FigureRow { FigureRow(section: section, title: entry.title, unit: .milliseconds) }
    var rows: [FigureRow] { queries.entries.map(Self.row) + [Self.firstByte, Self.wall, Self.memory] }

    /// Returns the answers by the queries' titles.
    func run(_ server: RunningServer, _ results: inout Results) async throws -> [String: MatrixReply] {
        try await server.peer.flush(server)
        try await server.settle()
        var answers: [String: MatrixReply] = [:]
        var progress = Progress("\(server.peer.name): queries")
        for (number, entry) in queries.entries.enumerated() {
            progress.advance(number, of: queries.entries.count)
            guard let answer = MatrixReply(try await server.range(entry.query).body) else { throw BenchError("\(server.peer.name)'s answer to \(entry.title) isn't understood") }
            answers[entry.title] = answer
            var costs: [Double] = []
            for number in 1...Self.repeats {
                let before = server.process.cpuSeconds
                _ = try await server.range(entry.query.shifted(bySeconds: number))
                costs.append((server.process.cpuSeconds - before) * 1000)
            }
            results[Self.row(entry), server.peer.name] = .figures(costs)
        }
        try await measureWholeSeries(server, &results)
        progress.end()
        return answers
    }

    private func measureWholeSeries(_ server: RunningServer, _ results: inout Results) async throws {
        var (first, last, beyond): ([Double], [Double], [Double]) = ([], [], [])
        for number in 1...Self.repeats {
            try await server.settle()
            try server.process.resetPeak()
            let before = server.process.residentBytes
            let reply = try await server.range(queries.wholeSeries.shifted(bySeconds: number))
            beyond.append(Double(max(0, server.process.peakBytes - before)))
            first.append(reply.firstByteSeconds * 1000)
            last.append(reply.wallSeconds * 1000)
        }
        results[Self.firstByte, server.peer.name] = .figures(first)
        results[Self.wall, server.peer.name] = .figures(last)
        results[Self.memory, server.peer.name] = .figures(beyond)
    }
}
