import ArgumentParser
import Foundation
import Foundations

/// `nightjar logs`: search, and follow what comes.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Searches the logs, newest last; --follow goes on with what comes.",
        discussion: """
            Words find lines that have all of them, in any case; "quoted words" stand together; -word excludes; level:warn means that \
            level or worse, level=warn that one alone; key:value means a label of the stream or a field of the line; last 6h is how far back. \
            A text that begins with { is LogQL.

            A time is \(TimeArgument.forms).

            Exit codes: 0 lines were found (or --follow was stopped), 1 none, 2 the query is wrong, 3 the collector can't be reached or refuses.

            Examples:
              nightjar logs 'error "connection refused"'
              nightjar logs 'level:error service:cart' --since 6h --limit 500
              nightjar logs --since yesterday --until today --json -- -debug
              nightjar logs '{filename="/var/log/syslog"} |~ "oom|killed"' --follow
            """,
        subcommands: [LogsBackup.self, LogsRestore.self, LogsDelete.self])

    @Argument(help: "Words, or LogQL. Without any: everything.")
    var words: [String] = []

    @Flag(name: .shortAndLong, help: "Goes on with new lines until Ctrl-C.")
    var follow = false

    @Option(parsing: .unconditional, help: ArgumentHelp("How far back to search, such as 30m, yesterday or 2026-01-31. (default: 1h)", valueName: "time"))
    var since: TimeArgument?

    @Option(parsing: .unconditional, help: ArgumentHelp("Where the search ends, such as 30m, today or '2026-01-31 15:04'. (default: now)", valueName: "time"))
    var until: TimeArgument?

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("At most this many lines, the newest; 1 to 5000.", valueName: "lines"))
    var limit = 200

    @Flag(help: "Prints a JSON object a line: timestamp in nanoseconds, level, stream, line.")
    var json = false

    @Flag(name: .customLong("utc"), help: "Shows times in UTC instead of the local zone.")
    var isUTC = false

    @OptionGroup var tenant: TenantFlag

    @OptionGroup var collector: ConnectionFlags

    private static let defaultSinceNanoseconds: Int64 = 3_600_000_000_000

    func validate() throws {
        if !(1...5000).contains(limit) { throw ValidationError("--limit must be from 1 to 5000") }
        if follow && until != nil { throw ValidationError("--follow has no end; leave --until out") }
        if let until, (since?.moment ?? defaultSince).nanoseconds >= until.moment.nanoseconds {
            throw ValidationError("the search would end before it begins; --since must be earlier than --until")
        }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect(tenant.tenant)
            let query = words.joined(separator: " ")
            let style = LogLineStyle(isJSON: json, isColored: Output.isColored, isUTC: isUTC)
            do {
                if follow {
                    try await LogFollower(connection: connection, query: query, style: style).run { try await search(connection, query) }
                    return
                }
                let found = try await search(connection, query)
                if found.isEmpty { throw Failure("no lines match", code: 1) }
                Output.text(found.map { style.format($0) + "\n" }.joined())
            } catch let failure as Failure where failure.code == 2 {
                throw Failure(QueryPointer.explain(failure.sentence, query: query), code: 2)
            }
        }
    }

    private var defaultSince: NanoTimestamp { SystemClock().now().advanced(byNanoseconds: -Self.defaultSinceNanoseconds) }

    /// The newest lines, oldest first.
    private func search(_ connection: CollectorConnection, _ query: String) async throws -> [LogLineAnswer] {
        var parameters = [("query", query), ("limit", String(limit)), ("start", String((since?.moment ?? defaultSince).nanoseconds))]
        if let until { parameters.append(("end", String(until.moment.nanoseconds))) }
        let found: [LogLineAnswer] = try await connection.decode([LogLineAnswer].self, "/api/v1/nightjar/logs", parameters)
        return found.reversed()
    }
}
