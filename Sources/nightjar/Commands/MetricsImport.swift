import ArgumentParser
import Collector
import Foundations
import MetricStore
import Wire

/// `nightjar metrics import`: OpenMetrics text becomes blocks.
struct MetricsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Imports OpenMetrics text, of any age.",
        discussion: """
            Takes what `promtool tsdb dump-openmetrics` and `nightjar metrics export` write: samples with their times, in any order, and \
            `# EOF` at the end. They become blocks of their own, so that no window applies; where a block has a sample of that time, the \
            imported one holds. A text that is wrong anywhere is not imported at all. What is older than the collector's retention is \
            dropped by its next look at it.

            Exit codes: 0 all is imported, 1 some samples were refused and the rest is imported, 2 a file can't be read or is no \
            OpenMetrics, 3 the collector or the store can't be used.

            Examples:
              nightjar metrics import old.txt
              nightjar metrics import --data /var/lib/nightjar a.txt b.txt
              promtool tsdb dump-openmetrics old/ | nightjar metrics import -
              promtool tsdb dump old/ | nightjar metrics import --times milliseconds -
            """)

    enum Times: String, CaseIterable, ExpressibleByArgument { case seconds, milliseconds }

    @Argument(help: "Files, or - for standard input.", completion: .file())
    var files: [String]

    @Option(help: "What times are: seconds, as in OpenMetrics, or milliseconds, as in Prometheus's older text and `promtool tsdb dump`.")
    var times: Times = .seconds

    @OptionGroup var place: MetricsPlace

    func run() async throws {
        try await reportingFailures(code: 3) {
            // All are opened before anything is read.
            let sources = try files.map { try TextSource($0) }
            var hasRefused = false
            if let store = try place.openStore(mustExist: false) {
                let summary = try await closing(store) { try await importHere(sources, store) }
                hasRefused = summary.tell()
            } else {
                let connection = try place.connect()
                for source in sources { hasRefused = try await upload(source, connection).tell() || hasRefused }
            }
            if hasRefused { throw ExitCode(1) }
        }
    }

    private func importHere(_ sources: [TextSource], _ store: MetricStore) async throws -> ImportSummary {
        let kind: OpenMetricsTimes = times == .seconds ? .seconds : .milliseconds
        let reader = try OpenMetricsImport(store: store, times: kind)
        let progress = ProgressLine()
        for source in sources {
            do {
                try source.forEachPiece { piece in
                    try reader.read(piece)
                    progress.tell { "read \(ByteSizeText.format(bytes: source.bytesRead)) of \(source.name)" }
                }
                try reader.endText(times: kind)
            } catch let error as WireError {
                throw Failure("nothing was imported: \(source.name): \(error)", code: 2)
            } catch let error as MetricStoreError {
                if case .importTooLarge = error { throw Failure("nothing was imported: \(error)", code: 2) }
                throw error
            }
        }
        let report = try await reader.finish { part in progress.tell { "\(Int(part * 100)) % of the blocks are written" } }
        return ImportSummary(report)
    }

    private func upload(_ source: TextSource, _ connection: CollectorConnection) async throws -> ImportSummary {
        let progress = ProgressLine()
        let isBroken = Locked(false)
        do {
            return try await connection.upload("/api/v1/import/openmetrics", [("times", times.rawValue)]) { buffer in
                let count = source.read(into: buffer)
                if count < 0 { isBroken.withLock { $0 = true } }
                progress.tell { "sent \(ByteSizeText.format(bytes: source.bytesRead)) of \(source.name)" }
                return count
            }
        } catch where isBroken.withLock({ $0 }) {
            throw source.failure
        }
    }
}

/// What an import brought, from the store or from a collector's answer.
struct ImportSummary: Decodable {
    struct Rejected: Decodable {
        let reason: String
        let count: Int
        let example: String
    }

    let series: Int
    let samplesStored: Int
    let blocks: Int
    let oldestMilliseconds: Int64?
    let newestMilliseconds: Int64?
    let rejected: [Rejected]

    init(_ report: ImportReport) {
        series = report.seriesCount
        samplesStored = report.samplesStored
        blocks = report.blockCount
        oldestMilliseconds = report.oldest?.milliseconds
        newestMilliseconds = report.newest?.milliseconds
        rejected = report.rejected.map { Rejected(reason: $0.reason.rawValue, count: $0.count, example: $0.example) }
    }

    /// Prints it; true where something was refused.
    func tell() -> Bool {
        var line = "imported \(samplesStored) samples of \(series) series into \(blocks) blocks"
        if let oldestMilliseconds, let newestMilliseconds {
            line += ", from \(TimestampText.rfc3339(Timestamp(milliseconds: oldestMilliseconds))) through "
            line += TimestampText.rfc3339(Timestamp(milliseconds: newestMilliseconds))
        }
        Output.line(line)
        for item in rejected { Output.message("nightjar: \(item.count) samples were refused as \(SafeText(item.reason)), such as \(SafeText(item.example))") }
        return !rejected.isEmpty
    }
}
