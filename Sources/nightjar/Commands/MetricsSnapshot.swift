import ArgumentParser
import Collector
import Foundations
import MetricStore

/// `nightjar metrics snapshot`: a consistent copy of the metric store.
struct MetricsSnapshot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Takes a consistent snapshot of the metric store, and prints its folder.",
        discussion: """
            Everything acknowledged before is in it. It stands in the folder `snapshots` of the data folder and shares its files by hard \
            link, so that it takes next to no room at first; copy it to another machine, then remove it. `nightjar metrics restore` \
            verifies it and puts it in place.

            Exit codes: 0 done, 2 there is no store, 3 the collector or the store can't be used.

            Examples:
              nightjar metrics snapshot
              nightjar metrics snapshot --data /var/lib/nightjar
            """)

    @OptionGroup var place: MetricsPlace

    func run() async throws {
        try await reportingFailures(code: 3) {
            if let folder = place.folder, let store = try place.openStore(mustExist: true) {
                let name = TimestampText.rfc3339(SystemClock().now()).filter { $0 != "-" && $0 != ":" }
                let directory = Paths.join(Paths.join(folder, "snapshots"), name)
                try await closing(store) { try await store.snapshot(to: directory) }
                Output.line(SafeText(directory).string)
                return
            }
            struct Made: Decodable { let name: String }
            let made: Made = try await place.connect().post("/api/v1/admin/tsdb/snapshot")
            // As it stands in the collector's data folder.
            let folder = Paths.join(TenantFolder.path(of: place.tenant.tenant ?? .standard, in: ""), "snapshots")
            Output.line(SafeText(Paths.join(folder, made.name)).string)
        }
    }
}

/// `nightjar metrics restore`: a snapshot becomes the metric store.
struct MetricsRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Verifies a snapshot and puts it in place as the metric store of a data folder.",
        discussion: """
            Every checksum is verified, the copy is opened and its samples are counted before it gets its place; the snapshot stays as it \
            is. The collector of the data folder must not run.

            Exit codes: 0 restored, 2 the snapshot is damaged or there is something in its place, 3 the store can't be used.

            Examples:
              nightjar metrics restore backup/20260131T1504 --data data
              nightjar metrics restore backup/20260131T1504 --data data --force
            """)

    @Argument(help: "The snapshot's folder.", completion: .directory)
    var snapshot: String

    @Option(help: ArgumentHelp("The data folder to restore into.", valueName: "directory"), completion: .directory)
    var data: String

    @OptionGroup var tenant: TenantFlag

    @Flag(help: "Replaces the metric store that is there.")
    var force = false

    func run() async throws {
        try await reportingFailures(code: 3) {
            let directory = Paths.join(TenantFolder.path(of: tenant.tenant ?? .standard, in: data), "metrics")
            do throws(MetricStoreError) {
                let report = try await MetricStore.restore(snapshot: snapshot, to: directory, replaces: force)
                var line = "restored \(report.samples) samples of \(report.seriesCount) series in \(report.blockCount) blocks and the log"
                if let oldest = report.oldest, let newest = report.newest {
                    line += ", from \(TimestampText.rfc3339(oldest)) through \(TimestampText.rfc3339(newest))"
                }
                Output.line(line + (report.hasReplaced ? "; the store before is gone" : ""))
            } catch {
                switch error {
                case .noSnapshot, .snapshotDamaged, .targetNotEmpty: throw Failure("\(error)", code: 2)
                default: throw error
                }
            }
        }
    }
}
