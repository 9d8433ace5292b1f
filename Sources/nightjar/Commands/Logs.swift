import ArgumentParser
import Foundation
import Foundations

/// `nightjar logs`: search, count, find patterns, and follow what comes.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Searches the logs, newest last; --follow goes on with what comes.",
        discussion: """
            Words find lines that have all of them, in any case; "quoted words" stand together; -word excludes; level:warn means that \
            level or worse, level=warn that one alone; key:value means a label of the stream or a field of the line, with * for anything; \
            status>=500 and took>1s compare; last 6h is how far back; context 5 shows the lines around each. Behind |, by 5m and by service \
            count, top 10 path gives the most frequent, patterns the kinds of lines, patterns new and patterns grown what the time before \
            hadn't. `nightjar logs patterns` is short for '| patterns'. A text that begins with { or a function is LogQL. \
            To search for the first word backup, restore or delete, put -- in front.

            A time is \(TimeArgument.forms).

            Exit codes: 0 something was found (or --follow was stopped), 1 nothing, 2 the query is wrong, 3 the collector can't be reached or refuses.

            Examples:
              nightjar logs 'error "connection refused"'
              nightjar logs 'level:error service:cart status>=500' --from 6h --limit 500
              nightjar logs timeout --context 5
              nightjar logs 'error | by 5m service' --from today
              nightjar logs patterns new --from 1h
              nightjar logs --from yesterday --to today --json -- -debug
              nightjar logs '{filename="/var/log/syslog"} |~ "oom|killed"' --follow
              nightjar logs 'sum by (job) (rate({job=~".+"}[5m]))' --step 5m
            """,
        subcommands: tools)

    /// What is done to stored logs: below `logs`, whose words would take the names of these for themselves.
    static var tools: [any ParsableCommand.Type] { [LogsBackup.self, LogsRestore.self, LogsDelete.self] }

    @Argument(help: "Words, or LogQL. Without any: everything.", completion: .custom(LogCompletion.candidates))
    var words: [String] = []

    @Flag(name: .shortAndLong, help: "Goes on with new lines until Ctrl-C.")
    var follow = false

    @Option(
        name: [.customLong("since"), .customLong("from")], parsing: .unconditional,
        help: ArgumentHelp("How far back to search, such as 30m, yesterday or 2026-01-31. (default: 1h)", valueName: "time"))
    var since: TimeArgument?

    @Option(
        name: [.customLong("until"), .customLong("to")], parsing: .unconditional,
        help: ArgumentHelp("Where the search ends, such as 30m, today or '2026-01-31 15:04'. (default: now)", valueName: "time"))
    var until: TimeArgument?

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("At most this many lines, the newest, or patterns; 1 to 5000.", valueName: "lines"))
    var limit = 200

    @Option(name: [.customShort("C"), .long], help: ArgumentHelp("Shows this many lines of the same stream before and after each; at most 500.", valueName: "lines"))
    var context = 0

    @Option(help: ArgumentHelp("Distance between the numbers of a LogQL query that counts. (default: one number, at the end)", valueName: "duration"))
    var step: DurationArgument?

    @Flag(help: "Prints a JSON object a line: timestamp in nanoseconds, level, stream, line; or what was counted.")
    var json = false

    @Flag(help: "Tells on standard error what the search read and how long it took.")
    var stats = false

    @Flag(help: "Tells on standard error how each part of the query was answered.")
    var explain = false

    @Flag(name: .customLong("utc"), help: "Shows times in UTC instead of the local zone.")
    var isUTC = false

    @OptionGroup var tenant: TenantFlag

    @OptionGroup var collector: ConnectionFlags

    private static let defaultSinceNanoseconds: Int64 = 3_600_000_000_000

    func validate() throws {
        if !(1...5000).contains(limit) { throw ValidationError("--limit must be from 1 to 5000") }
        if !(0...500).contains(context) { throw ValidationError("--context must be from 0 to 500") }
        if follow && until != nil { throw ValidationError("--follow has no end; leave --until out") }
        if follow && context > 0 { throw ValidationError("--follow shows lines as they come; leave --context out") }
        if follow && (stats || explain) { throw ValidationError("--follow never ends to tell what it took; leave --stats and --explain out") }
        if let until, (since?.moment ?? defaultSince).nanoseconds >= until.moment.nanoseconds {
            throw ValidationError("the search would end before it begins; --since must be earlier than --until")
        }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect(tenant.tenant)
            let query = Self.query(words)
            let style = LogLineStyle(isJSON: json, isColored: Output.isColored, isUTC: isUTC)
            do {
                if follow {
                    try await LogFollower(connection: connection, query: query, style: style).run { try await search(connection, query) }
                } else {
                    try await answer(connection, query, style)
                }
            } catch let failure as Failure where failure.code == 2 {
                throw Failure(QueryPointer.explain(failure.sentence, query: query), code: 2)
            }
        }
    }

    /// The words as one text; `patterns new error` is `error | patterns new`.
    static func query(_ words: [String]) -> String {
        guard words.first == "patterns" else { return words.joined(separator: " ") }
        var rest = words.dropFirst()
        let change = rest.first.flatMap { ["new", "grown"].contains($0) ? $0 : nil }
        if change != nil { rest.removeFirst() }
        return (rest + ["| patterns"] + (change.map { [$0] } ?? [])).joined(separator: " ")
    }

    private func answer(_ connection: CollectorConnection, _ query: String, _ style: LogLineStyle) async throws {
        var parameters = range + [("query", query), ("limit", String(limit))]
        if context > 0 { parameters.append(("context", String(context))) }
        if let step { parameters.append(("step", "\(step.milliseconds)ms")) }
        let found: LogFindingsAnswer = try await connection.decode(LogFindingsAnswer.self, "/api/v1/nightjar/logs/answer", parameters)
        if !found.isEmpty { Output.text(LogFindingsText(style: style, screen: OutputScreen()).text(of: found)) }
        if stats { Output.message(found.statistics.sentence) }
        if explain { for step in found.statistics.steps { Output.message(step.sentence) } }
        if found.isEmpty { throw Failure(found.nothing, code: 1) }
    }

    private var defaultSince: NanoTimestamp { SystemClock().now().advanced(byNanoseconds: -Self.defaultSinceNanoseconds) }

    private var range: [(String, String)] {
        [("start", String((since?.moment ?? defaultSince).nanoseconds))] + (until.map { [("end", String($0.moment.nanoseconds))] } ?? [])
    }

    /// The newest lines, oldest first.
    private func search(_ connection: CollectorConnection, _ query: String) async throws -> [LogLineAnswer] {
        let parameters = range + [("query", query), ("limit", String(limit))]
        let found: [LogLineAnswer] = try await connection.decode([LogLineAnswer].self, "/api/v1/nightjar/logs", parameters)
        return found.reversed()
    }
}
