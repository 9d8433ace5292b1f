import ArgumentParser
import Collector
import Foundations
import Glibc
import MetricStore
import Model
import PromQL

/// `nightjar metrics export`: metrics as OpenMetrics text.
struct MetricsExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Exports metrics as OpenMetrics text, every sample bit for bit.",
        discussion: """
            The text has all samples with their times, help, types and exemplars, and ends in `# EOF`. `nightjar metrics import` reads \
            it back, bit for bit; so does `promtool tsdb create-blocks-from openmetrics`, but for stale markers, which become an \
            ordinary NaN there, and native histograms, which --no-native-histograms leaves out.

            A time is \(TimeArgument.forms).

            Exit codes: 0 done, 1 nothing matches, 2 a selector is wrong or the file can't be written, 3 the collector or the store \
            can't be used.

            Examples:
              nightjar metrics export -o all.txt
              nightjar metrics export --match up --start yesterday -o up.txt
              nightjar metrics export --data /var/lib/nightjar | gzip > all.txt.gz
            """)

    @Option(
        name: .customLong("match"), parsing: .singleValue,
        help: ArgumentHelp("A series selector, in quotes; may be given several times. (default: everything)", valueName: "selector"))
    var selectors: [String] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("The first moment. (default: the beginning)", valueName: "time"))
    var start: TimeArgument?

    @Option(parsing: .unconditional, help: ArgumentHelp("The last moment. (default: the end)", valueName: "time"))
    var end: TimeArgument?

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write, as a whole or not at all. (default: standard output)", valueName: "file"), completion: .file())
    var output: String?

    @Flag(inversion: .prefixedNo, help: "Native histograms too, in a form that Prometheus 2 doesn't read.")
    var nativeHistograms = true

    @OptionGroup var place: MetricsPlace

    func validate() throws {
        if let start, let end, end.moment < start.moment { throw ValidationError("--start must be earlier than --end") }
        for text in selectors {
            do throws(PromQLSyntaxError) { _ = try PromQLParser.parseSelector(text) } catch {
                throw ValidationError("--match must be a selector such as up or '{job=\"api\"}': \(error)")
            }
        }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let sink = try TextSink(output)
            do {
                if let store = try place.openStore(mustExist: true) {
                    try await closing(store) { try await exportHere(store, sink) }
                } else {
                    try await download(try place.connect(), sink)
                }
            } catch {
                sink.abandon()
                throw error
            }
            try sink.finish()
            if sink.isEmpty { throw Failure("no series match", code: 1) }
        }
    }

    private func exportHere(_ store: MetricStore, _ sink: TextSink) async throws {
        let export = OpenMetricsExport(
            store: store, selectors: try selectors.map { try PromQLParser.parseSelector($0) }, start: start?.moment.milliseconds ?? .distantPast,
            end: end?.moment.milliseconds ?? .distantFuture, includesNativeHistograms: nativeHistograms)
        let progress = ProgressLine()
        _ = try await export.run(
            progress: { done in progress.tell { "\(done.namesDone) of \(done.nameCount) metrics, \(done.samples) samples" } },
            to: { piece in try piece.withUnsafeBytes { try sink.write($0) } })
    }

    private func download(_ connection: CollectorConnection, _ sink: TextSink) async throws {
        var query = selectors.map { ("match[]", $0) }
        if let start { query.append(("start", Self.seconds(start))) }
        if let end { query.append(("end", Self.seconds(end))) }
        if !nativeHistograms { query.append(("native_histograms", "false")) }
        let progress = ProgressLine()
        let failure = Locked<(any Error)?>(nil)
        try await connection.download("/api/v1/export/openmetrics", query, type: "application/openmetrics-text") { piece in
            do {
                try sink.write(piece)
                progress.tell { "received \(ByteSizeText.format(bytes: sink.bytesWritten))" }
                return true
            } catch {
                failure.withLock { $0 = error }
                return false
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private static func seconds(_ time: TimeArgument) -> String {
        let milliseconds = time.moment.milliseconds.milliseconds
        return "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
    }
}

/// Standard output, or a file that gets its name once it is whole. One thread at a time.
final class TextSink: @unchecked Sendable {
    private enum Target {
        case standardOutput
        case file(any File, path: String, temporary: String)
    }

    private let target: Target
    private(set) var bytesWritten: Int64 = 0

    /// Whether there is no more than the end's line.
    var isEmpty: Bool { bytesWritten <= 6 }

    init(_ path: String?) throws {
        guard let path else {
            target = .standardOutput
            return
        }
        let (files, temporary) = (RealFileSystem(), path + ".tmp")
        do {
            if try files.exists(temporary) { try files.remove(temporary) }
            target = .file(try files.open(temporary, .create), path: path, temporary: temporary)
        } catch {
            throw Failure("can't write \(path): \(error)", code: 2)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        switch target {
        case .standardOutput: Output.bytes(Array(bytes))
        case .file(let file, let path, _):
            do { try file.write(bytes, at: Int(bytesWritten)) } catch { throw Failure("can't write \(path): \(error)", code: 2) }
        }
        bytesWritten += Int64(bytes.count)
    }

    func finish() throws {
        guard case .file(let file, let path, let temporary) = target else { return }
        do {
            try file.synchronize()
            file.close()
            try RealFileSystem().rename(temporary, to: path)
            try RealFileSystem().synchronizeDirectory(Paths.directory(of: path))
        } catch { throw Failure("can't write \(path): \(error)", code: 2) }
    }

    /// Removes what there is of the file.
    func abandon() {
        guard case .file(let file, let path, let temporary) = target else { return }
        file.close()
        do { try RealFileSystem().remove(temporary) } catch { Output.message("nightjar: can't remove what there is of \(SafeText(path)): \(SafeText("\(error)"))") }
    }
}
