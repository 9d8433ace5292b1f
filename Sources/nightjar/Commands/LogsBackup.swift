import ArgumentParser
import Foundation
import Foundations
import LogStore

/// `nightjar logs backup`: days of logs as files elsewhere.
struct LogsBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies days of logs out of a collector that runs, or out of a data folder.",
        discussion: """
            Each file is copied as it stands at one moment, with all that was acknowledged before. The index isn't copied: it is made anew \
            after `nightjar logs restore`. A collector wants a token with the scope admin; with --data the folder is read itself, whether it \
            is in use or not.

            Exit codes: 0 done, 2 there is no store or no such day, or a file is there already, 3 the collector or the store can't be read.

            Examples:
              nightjar logs backup --day 2026-11-21 backup
              nightjar logs backup --data /var/lib/nightjar backup
            """)

    @Argument(help: "The folder to copy into; it is made where it is missing.", completion: .directory)
    var destination: String

    @OptionGroup var place: LogsPlace

    @Option(help: ArgumentHelp("A day in UTC, such as 2026-11-21. (default: all)", valueName: "day"))
    var day: String?

    func run() async throws {
        try await reportingFailures(code: 3) {
            let files: [String]
            if let folder = try place.existingFolder() {
                files = try await place.explaining { try LogStore.backUp(directory: folder, day: day, to: destination).files }
            } else {
                files = try await place.withCollector { try await LogDays(connection: $0).copy(day: day, to: destination) }
            }
            for file in files { Output.line(SafeText(Paths.join(destination, file)).string) }
        }
    }
}

/// `nightjar logs restore`: days of a backup become part of a store.
struct LogsRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Verifies the days of a backup and puts them into a collector that runs, or into a data folder.",
        discussion: """
            All of each file is read before it gets its place. A day that is there already is refused, unless --replace says that what it holds \
            may go. The days are indexed again by the collector; until then searching them is slower. A collector wants a token with the scope \
            admin; with --data it must not run.

            Exit codes: 0 restored, 2 the backup is damaged, or a day is there already, 3 the collector or the store can't be used.

            Examples:
              nightjar logs restore backup
              nightjar logs restore backup --data /var/lib/nightjar
              nightjar logs restore backup --replace
            """)

    @Argument(help: "The backup's folder.", completion: .directory)
    var backup: String

    @OptionGroup var place: LogsPlace

    @Flag(name: [.customLong("replace"), .customLong("force")], help: "Replaces days that are there.")
    var replaces = false

    func run() async throws {
        try await reportingFailures(code: 3) {
            let (files, bytes): (Int, Int)
            if let folder = place.folder {
                let report = try await place.explaining { try LogStore.restore(backup: backup, to: folder, replaces: replaces) }
                (files, bytes) = (report.files.count, report.bytes)
            } else {
                (files, bytes) = try await place.withCollector { try await LogDays(connection: $0).putBack(backup, replaces: replaces) }
            }
            Output.line("restored \(files) files, \(bytes) bytes")
        }
    }
}
