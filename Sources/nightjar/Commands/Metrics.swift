import ArgumentParser
import Collector
import Foundations
import MetricStore

/// `nightjar metrics`: metrics come and go as text, and as a whole.
struct Metrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Imports and exports metrics, takes snapshots of the metric store and restores them.",
        discussion: """
            Each works on a collector that runs (--url), or on the data folder of one that doesn't (--data).

            Exit codes: 0 done, 1 done in part, 2 a wrong file or snapshot, 3 the collector or the store can't be used.

            Examples:
              nightjar metrics export --match '{job="api"}' -o api.txt
              nightjar metrics import api.txt
              nightjar metrics snapshot
              nightjar metrics restore data/snapshots/NAME --data data
            """,
        subcommands: [MetricsImport.self, MetricsExport.self, MetricsSnapshot.self, MetricsRestore.self])
}

/// Where the metrics are: in a collector that runs, or in a folder.
struct MetricsPlace: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder of a collector that doesn't run, in place of --url.", valueName: "directory"), completion: .directory)
    var data: String?

    @OptionGroup var tenant: TenantFlag

    @OptionGroup var collector: ConnectionFlags

    func connect() throws -> CollectorConnection { try collector.connect(tenant.tenant) }

    /// The tenant's folder in the data folder; nil where a collector is meant.
    var folder: String? { data.map { TenantFolder.path(of: tenant.tenant ?? .standard, in: $0) } }

    /// The store of the data folder; nil where a collector is meant. `mustExist`: an empty folder isn't made into a store.
    func openStore(mustExist: Bool) throws -> MetricStore? {
        guard let folder else { return nil }
        let directory = Paths.join(folder, "metrics")
        if mustExist, try !RealFileSystem().exists(directory) {
            throw Failure("there is no metric store \(directory); name a data folder with --data", code: 2)
        }
        do throws(MetricStoreError) {
            return try MetricStore.open(directory: directory, options: .forTools)
        } catch {
            let remedy = if case .locked = error { "; a collector that runs is reached with --url" } else { "" }
            throw Failure("\(error)\(remedy)", code: 3)
        }
    }
}

/// Runs a body with a store and closes it in any case.
func closing<Value>(_ store: MetricStore, _ body: () async throws -> Value) async throws -> Value {
    do {
        let value = try await body()
        await store.close()
        return value
    } catch {
        await store.close()
        throw error
    }
}
