import Foundations

/// The corpus as the bodies of requests, in a file: made before any clock starts, so that a sender does nothing but send.
struct LogBodies {
    let list: BodyList
    let lines: Int
    /// Bytes of the lines with their line feeds, and of the bodies.
    let rawBytes: Int
    let bodyBytes: Int
    /// What making them cost this process.
    let cpuSeconds: Double

    /// Writes them to a file, one request after the other.
    static func write(_ corpus: LogCorpus, as format: LogPushFormat, pushBytes: Int, to path: String) async throws -> LogBodies {
        let ((lines, rawBytes), cost) = try await Cost.of {
            var corpus = corpus
            let output = try FileWriter(path)
            var progress = Progress("making bodies")
            while true {
                let lines = corpus.batch(bytes: pushBytes)
                if lines.isEmpty { break }
                try output.append(format.body(lines), step: 0, count: lines.count)
                progress.advance(corpus.bytes, of: corpus.bytesMax)
            }
            try output.finish()
            progress.end()
            return (corpus.lines, corpus.bytes)
        }
        let files = RealFileSystem()
        return LogBodies(
            list: BodyList(try files.map(path)), lines: lines, rawBytes: rawBytes, bodyBytes: try files.information(path)?.sizeBytes ?? 0, cpuSeconds: cost.cpuSeconds)
    }
}

extension LogCorpus {
    /// The next lines, so many that they have `bytes`; none at the end.
    mutating func batch(bytes wanted: Int) -> [Line] {
        var lines: [Line] = []
        let end = bytes + wanted
        while bytes < end, let line = next() { lines.append(line) }
        return lines
    }
}
