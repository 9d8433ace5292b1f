import ArgumentParser
import Collector
import Foundations
import LogStore

/// Where the logs of a data folder are.
struct LogsFolder: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder.", valueName: "directory"), completion: .directory)
    var data: String

    @OptionGroup var tenant: TenantFlag

    var path: String { Paths.join(TenantFolder.path(of: tenant.tenant ?? .standard, in: data), "logs") }

    /// The same, where it has to be there.
    func existing() throws -> String {
        guard try RealFileSystem().exists(path) else { throw Failure("there is no log store \(path); name a data folder with --data", code: 2) }
        return path
    }
}

/// `nightjar logs backup`: days of logs as files elsewhere.
struct LogsBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies days of logs out of a data folder, which may be in use.",
        discussion: """
            Each file is copied as it stands at one moment, with all that was acknowledged before. The index isn't copied: it is made anew \
            after `nightjar logs restore`.

            Exit codes: 0 done, 2 there is no store or no such day, or a file is there already, 3 the store can't be read.

            Examples:
              nightjar logs backup --data /var/lib/nightjar --day 2026-11-21 backup
              nightjar logs backup --data /var/lib/nightjar backup
            """)

    @Argument(help: "The folder to copy into; it is made where it is missing.", completion: .directory)
    var destination: String

    @OptionGroup var folder: LogsFolder

    @Option(help: ArgumentHelp("A day in UTC, such as 2026-11-21. (default: all)", valueName: "day"))
    var day: String?

    func run() async throws {
        try await reportingFailures(code: 3) {
            let report = try explaining { () throws(LogStoreError) in try LogStore.backUp(directory: try existingPath(), day: day, to: destination) }
            for file in report.files { Output.line(SafeText(Paths.join(destination, file)).string) }
        }
    }

    private func existingPath() throws(LogStoreError) -> String {
        do { return try folder.existing() } catch { throw .noSuchDay(directory: folder.path, day: day) }
    }
}

/// `nightjar logs restore`: days of a backup become part of a store.
struct LogsRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Verifies the days of a backup and puts them into a data folder.",
        discussion: """
            All of each file is read first. The collector of the data folder must not run. The days are indexed again when it does; until \
            then searching them is slower.

            Exit codes: 0 restored, 2 the backup is damaged, or a day is there already, 3 the store can't be used.

            Examples:
              nightjar logs restore backup --data /var/lib/nightjar
              nightjar logs restore backup --data /var/lib/nightjar --force
            """)

    @Argument(help: "The backup's folder.", completion: .directory)
    var backup: String

    @OptionGroup var folder: LogsFolder

    @Flag(help: "Replaces days that are there.")
    var force = false

    func run() async throws {
        try await reportingFailures(code: 3) {
            let report = try explaining { () throws(LogStoreError) in try LogStore.restore(backup: backup, to: folder.path, replaces: force) }
            Output.line("restored \(report.files.count) files, \(report.bytes) bytes")
        }
    }
}

/// Gives what is the caller's to mend an exit code of its own.
func explaining<Value>(_ body: () throws(LogStoreError) -> Value) throws -> Value {
    do throws(LogStoreError) {
        return try body()
    } catch {
        switch error {
        case .noSuchDay, .alreadyThere, .damaged: throw Failure("\(error)", code: 2)
        default: throw error
        }
    }
}
