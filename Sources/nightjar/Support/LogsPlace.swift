import ArgumentParser
import Collector
import Foundations
import LogStore

/// Where the logs are: in a collector that runs, or in a folder.
struct LogsPlace: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder of a collector that doesn't run, in place of --url.", valueName: "directory"), completion: .directory)
    var data: String?

    @OptionGroup var tenant: TenantFlag

    @OptionGroup var collector: ConnectionFlags

    /// Runs `body` with the collector; where there is none, says what else there is.
    func withCollector<Value>(_ body: (CollectorConnection) async throws -> Value) async throws -> Value {
        let connection = try collector.connect(tenant.tenant)
        do {
            return try await body(connection)
        } catch let failure as Failure where failure.sentence.hasPrefix("can't reach the collector") {
            throw Failure("\(failure.sentence); where it doesn't run, name its data folder with --data", code: failure.code)
        }
    }

    /// The folder of logs in the data folder; nil where a collector is meant.
    var folder: String? { data.map { Paths.join(TenantFolder.path(of: tenant.tenant ?? .standard, in: $0), "logs") } }

    /// The same, where it has to be there.
    func existingFolder() throws -> String? {
        guard let folder else { return nil }
        guard try RealFileSystem().exists(folder) else { throw Failure("there is no log store \(SafeText(folder)); name a data folder with --data", code: 2) }
        return folder
    }

    /// Gives what is the caller's to mend an exit code of its own, and says what to do where a collector has the folder.
    func explaining<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as LogStoreError {
            switch error {
            case .noSuchDay, .alreadyThere, .damaged: throw Failure("\(error)", code: 2)
            case .locked: throw Failure("a collector has \(SafeText(folder ?? "").string) open; ask it itself: leave --data out, and name it with --url where it isn't this machine's", code: 3)
            default: throw error
            }
        }
    }
}
