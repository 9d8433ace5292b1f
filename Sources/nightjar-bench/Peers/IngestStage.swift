import Foundations
import Wire

/// Feeds a data set to a server: what a sample costs on the way in, in memory, and on disk after compaction.
struct IngestStage {
    let rows: IngestRows
    let bodies: BodyFolder

    func feed(_ server: RunningServer, _ results: inout Results) async throws {
        let before = server.process.cpuSeconds
        let outcome = try Feeder(port: server.port, path: server.peer.writePath, version: bodies.version).send(
            bodies.connections(), total: bodies.sampleCount, saying: "\(server.peer.name): \(rows.section)")
        // Until what was taken in is also sealed, flushed and merged, as far as the server does that by itself.
        try await server.settle()
        let cpu = server.process.cpuSeconds - before
        results[rows.rate, server.peer.name] = .figures([Double(outcome.samples) / cpu])
        results[rows.peak, server.peer.name] = .figures([Double(server.process.peakBytes)])
    }

    func compact(_ server: RunningServer, _ results: inout Results) async throws {
        var progress = Progress("\(server.peer.name): compacting \(rows.section)")
        progress.advance(0, of: 1)
        let size = try await server.peer.compact(server, samples: bodies.sampleCount)
        progress.end()
        let both = size.dataBytesPerSample + size.indexBytesPerSample
        let parts = size.indexBytes == 0 ? "(one file)" : "= \(decimal(size.dataBytesPerSample, 3)) + \(decimal(size.indexBytesPerSample, 3))"
        results[rows.bytesPerSample, server.peer.name] = .remarked(both, parts)
        if let cpu = size.cpuSeconds { results[rows.compaction, server.peer.name] = .figures([cpu]) }
    }

    func scan(_ server: RunningServer, _ results: inout Results) async {
        do {
            let rate = try await server.peer.scan(server)
            results[rows.scan, server.peer.name] = rate.map { .figures([$0]) } ?? .missing("nothing but the server reads its files")
        } catch { results.fail([rows.scan], server.peer.name, error) }
    }
}

/// The rows that feeding a data set fills.
struct IngestRows {
    let section: String

    var rate: FigureRow { FigureRow(section: section, title: "samples per CPU second", unit: .samplesPerSecond) }
    var peak: FigureRow { FigureRow(section: section, title: "peak RSS", unit: .bytes) }
    var bytesPerSample: FigureRow { FigureRow(section: section, title: "bytes per sample, compacted: data + index", unit: .bytesPerSample) }
    var compaction: FigureRow { FigureRow(section: section, title: "CPU seconds of the last compaction", unit: .seconds) }
    var scan: FigureRow { FigureRow(section: section, title: "samples decoded from the compacted files per CPU second", unit: .samplesPerSecond) }
    var all: [FigureRow] { [rate, peak, bytesPerSample, compaction, scan] }
}
