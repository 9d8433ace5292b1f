import ArgumentParser
import Foundation
import Foundations
import Model

/// `nightjar logs`: search, and follow what comes.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Searches the logs, newest last; --follow goes on with what comes.",
        discussion: """
            Words find lines that have all of them, in any case; "quoted words" stand together; level:warn means that level or worse; \
            key:value means a label of the stream or a field of the line; -word excludes. A text that begins with { is LogQL.

            Exit codes: 0 lines were found, 1 none, 2 the query is wrong, 3 the collector can't be reached.

            Examples:
              nightjar logs 'error "connection refused"'
              nightjar logs 'level:error service:cart' --since 6h --limit 500
              nightjar logs '{filename="/var/log/syslog"} |~ "oom|killed"' --follow
            """)

    @Argument(help: "Words, or LogQL. Without any: everything.")
    var words: [String] = []

    @Flag(name: .shortAndLong, help: "Goes on with new lines until Ctrl-C.")
    var follow = false

    @Option(help: ArgumentHelp("How far back to search.", valueName: "time"))
    var since: TimeArgument = TimeArgument(argument: "1h")!

    @Option(help: ArgumentHelp("Where the search ends.", valueName: "time"))
    var until: TimeArgument?

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("At most this many lines, the newest.", valueName: "lines"))
    var limit = 200

    @Flag(help: "Prints a JSON object a line.")
    var json = false

    @Flag(name: .customLong("utc"), help: "Shows times in UTC instead of the local zone.")
    var isUTC = false

    @OptionGroup var collector: ConnectionFlags

    func validate() throws {
        if !(1...5000).contains(limit) { throw ValidationError("--limit must be from 1 to 5000") }
    }

    func run() async throws {
        try await reportingFailures {
            let connection = try collector.connect()
            let query = words.joined(separator: " ")
            let style = LogLineStyle(isJSON: json, isColored: isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil, isUTC: isUTC)
            let end = until?.moment ?? SystemClock().now().advanced(byNanoseconds: 60_000_000_000)
            let found: [LogLineAnswer] = try await connection.decode(
                [LogLineAnswer].self, "/api/v1/nightjar/logs",
                [("query", query), ("start", String(since.moment.nanoseconds)), ("end", String(end.nanoseconds)), ("limit", String(limit))])
            for line in found.reversed() { writeLine(style.format(line)) }
            if follow {
                try await followLines(connection, query, style)
            } else if found.isEmpty {
                throw Failure("no lines match", code: 1)
            }
        }
    }

    private func followLines(_ connection: CollectorConnection, _ query: String, _ style: LogLineStyle) async throws {
        try await untilStopped {
            let pending = Locked<[UInt8]>([])
            try await connection.stream("/api/v1/nightjar/tail", [("query", query)]) { piece in
                for text in Self.wholeLines(pending, piece) {
                    guard let event = try? JSONDecoder().decode(TailAnswer.self, from: Data(text)) else { continue }
                    if let skipped = event.skipped { writeLine("… \(skipped) lines came faster than they could be shown") }
                    if let line = event.line { writeLine(style.format(line)) }
                }
                return true
            }
            throw Failure("the collector ended the stream", code: 3)
        }
    }

    /// Adds a piece of the stream and takes the lines that are whole by now.
    private static func wholeLines(_ pending: Locked<[UInt8]>, _ piece: UnsafeRawBufferPointer) -> [[UInt8]] {
        pending.withLock { buffer in
            buffer.append(contentsOf: piece)
            var lines = buffer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
            buffer = lines.removeLast()
            return lines.filter { !$0.isEmpty }
        }
    }
}

/// A log line as the collector's own API gives it.
struct LogLineAnswer: Decodable {
    let timestamp: String
    let level: String
    let stream: [String: String]
    let line: String
}

/// An event of the live tail: a line, or how many were skipped.
struct TailAnswer: Decodable {
    let skipped: Int?
    let line: LogLineAnswer?

    private enum Key: String, CodingKey { case skipped }

    init(from decoder: any Decoder) throws {
        skipped = try decoder.container(keyedBy: Key.self).decodeIfPresent(Int.self, forKey: .skipped)
        line = skipped == nil ? try LogLineAnswer(from: decoder) : nil
    }
}

/// How a line is shown: `12:34:56.789 ERROR web-1 app.log │ text`.
struct LogLineStyle: Sendable {
    let isJSON: Bool
    let isColored: Bool
    let isUTC: Bool

    func format(_ answer: LogLineAnswer) -> String {
        if isJSON { return json(answer) }
        let level = answer.level == "unknown" ? "" : answer.level.uppercased()
        let padded = level + String(repeating: " ", count: max(0, 5 - level.count))
        let file = answer.stream["filename"].map { Paths.name(of: $0) } ?? answer.stream["job"] ?? ""
        let source = [answer.stream["instance"] ?? "", file].filter { !$0.isEmpty }.joined(separator: " ")
        return "\(time(answer.timestamp)) \(color(level))\(padded)\(isColored ? "\u{1B}[0m" : "") \(SafeText(source).string) │ \(SafeText(answer.line).string)"
    }

    private func time(_ nanoseconds: String) -> String {
        let seconds = (Double(nanoseconds) ?? 0) / 1e9
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss.SSS"
        if isUTC { formatter.timeZone = TimeZone(identifier: "UTC") }
        return formatter.string(from: Date(timeIntervalSince1970: seconds))
    }

    private func color(_ level: String) -> String {
        guard isColored else { return "" }
        switch level {
        case "FATAL", "ERROR": return "\u{1B}[31m"
        case "WARN": return "\u{1B}[33m"
        case "INFO": return "\u{1B}[36m"
        default: return "\u{1B}[2m"
        }
    }

    private func json(_ answer: LogLineAnswer) -> String {
        let object: [String: Any] = ["timestamp": answer.timestamp, "level": answer.level, "stream": answer.stream, "line": answer.line]
        let data = (try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
