import Foundations
import Glibc
import Model
import Wire

/// Files of a folder in the text exposition format, written by cron jobs and scripts: `*.prom`.
///
/// Samples with a time of their own are refused, since a file that isn't written any more would keep its series alive.
struct TextfileCollector: HostCollector {
    let name: StaticString = "textfile"
    let directory: String

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var problem: HostMetricsError?
        do throws(FileError) {
            let files = RealFileSystem()
            for name in try files.list(directory).filter({ $0.hasSuffix(".prom") }).prefix(HostLimits.textfilesMax) {
                let path = Paths.join(directory, name)
                do throws(HostMetricsError) {
                    try file(path, files, context)
                } catch {
                    problem = error
                }
            }
        } catch {
            problem = .file(error)
        }
        context.sink.add("node_textfile_scrape_error", .gauge, "Whether a file of the folder couldn't be read.", problem == nil ? 0 : 1)
        if let problem { throw problem }
    }

    private func file(_ path: String, _ files: RealFileSystem, _ context: HostContext) throws(HostMetricsError) {
        let bytes: [UInt8]
        let modified: NanoTimestamp?
        do throws(FileError) {
            bytes = try files.readAll(path, bytesMax: HostLimits.textfileBytesMax)
            modified = try files.information(path)?.modified
        } catch {
            throw .file(error)
        }
        // The smallest time marks samples that have none in the file.
        let parsed = bytes.withUnsafeBytes { text in
            Result { () throws(WireError) in try Exposition.parse(text, defaultTimestamp: .distantPast) }
        }
        var batch: MetricBatch
        switch parsed {
        case .success(let whole): batch = whole
        case .failure(let error): throw .unexpected(path: path, what: error.description)
        }
        let now = context.clock.nowMilliseconds().milliseconds
        for index in batch.entries.indices {
            guard batch.entries[index].samples[0].timestamp == Int64.min else { throw .unexpected(path: path, what: "a sample with a time of its own") }
            batch.entries[index].samples[0].timestamp = now
        }
        context.sink.add(batch)
        if let modified {
            context.sink.add(
                "node_textfile_mtime_seconds", .gauge, "When the file was written, in seconds since 1970.", Double(modified.nanoseconds) / 1e9,
                labels: [("file", path)])
        }
    }
}
