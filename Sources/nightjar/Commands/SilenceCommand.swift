import Alerting
import ArgumentParser
import Foundation
import Foundations
import Model

/// `nightjar silence`: what is to say nothing for a time.
struct SilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Makes, lists and ends silences.",
        discussion: """
            A silence stops new pages of the alerts that match; the end of what was paged is still told.

            Exit codes: each command's --help names them.

            Examples:
              nightjar silence add alertname=HostDown --for 2h --comment 'new kernel'
              nightjar silence list
            """,
        subcommands: [Add.self, List.self, Expire.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a silence and prints its id.",
            discussion: """
                Exit codes: 0 made, 2 it is wrong, 3 the collector can't be reached or refuses.

                Examples:
                  nightjar silence add alertname=HostDown instance=web-1 --for 2h --comment 'new kernel'
                  nightjar silence add 'job=~"backup.*"' --for 90d --comment 'nightly run' \\
                    --repeat 'FREQ=DAILY' --zone Europe/Berlin --each 1h --start 2026-01-01T02:00:00+01:00
                """)

        @Argument(help: "Matchers, all of which must hold: name=value, name!=value, name=~regex, name!~regex.")
        var matchers: [String]

        @Option(name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "text"))
        var comment: String

        @Option(name: .customLong("for"), help: ArgumentHelp("How long from its start.", valueName: "duration"))
        var duration = "1h"

        @Option(help: ArgumentHelp("When it begins, RFC 3339. (default: now)", valueName: "time"))
        var start: String?

        @Option(name: .customLong("repeat"), help: ArgumentHelp("Comes back by this rule (RFC 5545's RRULE), each time for --each.", valueName: "rrule"))
        var rule: String?

        @Option(help: ArgumentHelp("How long each time, with --repeat.", valueName: "duration"))
        var each = "1h"

        @Option(help: ArgumentHelp("Whose clock --repeat follows.", valueName: "zone"))
        var zone = "UTC"

        @Option(help: ArgumentHelp("Who wants it. (default: the user's name)", valueName: "name"))
        var by: String?

        @OptionGroup var collector: ConnectionFlags

        func validate() throws {
            for text in [duration, each] where (DurationText.milliseconds(text) ?? 0) <= 0 { throw ValidationError("`\(SafeText(text))` is no duration such as 2h") }
            if let start, TimestampText.parseRFC3339(start) == nil { throw ValidationError("--start must be a time such as 2026-01-31T02:00:00Z, not `\(SafeText(start))`") }
            for text in matchers {
                do { _ = try MatcherText.parse(text) } catch { throw ValidationError(SafeText(error.description).string) }
            }
        }

        func run() async throws {
            try await reportingFailures(code: 3) {
                let begin = start.flatMap { TimestampText.parseRFC3339($0)?.milliseconds } ?? SystemClock().nowMilliseconds()
                let parsed = try matchers.flatMap { try MatcherText.parse($0) }
                var body: [String: Any] = [
                    "matchers": parsed.map { matcher in
                        [
                            "name": matcher.name, "value": matcher.value, "isRegex": matcher.op == .regex || matcher.op == .notRegex,
                            "isEqual": matcher.op == .equal || matcher.op == .regex,
                        ] as [String: Any]
                    },
                    "startsAt": TimestampText.rfc3339(begin), "endsAt": TimestampText.rfc3339(begin.advanced(byMilliseconds: DurationText.milliseconds(duration)!)),
                    "createdBy": by ?? userName(), "comment": comment,
                ]
                if let rule { body["recurrence"] = ["rule": rule, "zone": zone, "durationSeconds": Double(DurationText.milliseconds(each)!) / 1000] as [String: Any] }
                struct Answer: Decodable { let silenceID: String }
                let answer = try await collector.connect().send("POST", "/api/v2/silences", json: body)
                Output.line(SafeText(try JSONDecoder().decode(Answer.self, from: Data(answer)).silenceID).string)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists silences: state, id, end, owner, matchers, reason.",
            discussion: """
                Exit codes: 0 told, 3 the collector can't be reached or refuses.

                Example:
                  nightjar silence list --all
                """)

        @Flag(help: "Those that have ended too.")
        var all = false

        @Flag(help: "Prints the collector's answer as it is.")
        var json = false

        @OptionGroup var collector: ConnectionFlags

        private struct Answer: Decodable {
            struct Status: Decodable { let state: String }
            struct MatcherAnswer: Decodable {
                let name: String
                let value: String
                let isRegex: Bool
                let isEqual: Bool
                var text: String { name + (isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=") + quoted(value) }
            }
            struct RecurrenceAnswer: Decodable {
                let rule: String
                let zone: String
                let durationSeconds: Double
            }
            let id: String
            let status: Status
            let endsAt: String
            let createdBy: String
            let comment: String
            let matchers: [MatcherAnswer]
            let recurrence: RecurrenceAnswer?
        }

        func run() async throws {
            try await reportingFailures(code: 3) {
                let body = try await collector.connect().get("/api/v2/silences")
                if json { return Output.json(String(decoding: body, as: UTF8.self)) }
                let silences = try JSONDecoder().decode([Answer].self, from: Data(body)).filter { all || $0.status.state != "expired" }
                if silences.isEmpty { Output.line("No silence is active or to come.") }
                for silence in silences {
                    let matchers = silence.matchers.map(\.text).joined(separator: " ")
                    let back = silence.recurrence.map { " every \($0.rule) (\($0.zone)) for \(DurationText.format(milliseconds: Int64($0.durationSeconds * 1000)))" } ?? ""
                    Output.line(SafeText("\(silence.status.state)  \(silence.id)  until \(silence.endsAt)\(back)  \(silence.createdBy)  {\(matchers)}  \(silence.comment)").string)
                }
            }
        }
    }

    struct Expire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends silences now; what they held back and still fires is paged.",
            discussion: """
                Exit codes: 0 ended, 1 there is none of that id, 2 it has ended already, 3 the collector can't be reached or refuses.

                Example:
                  nightjar silence expire ce360ba0-d13c-476e-b19d-dbfec27e01c3
                """)

        @Argument(help: "Their ids.")
        var ids: [String]

        @OptionGroup var collector: ConnectionFlags

        func run() async throws {
            try await reportingFailures(code: 3) {
                let connection = try collector.connect()
                for id in ids { _ = try await connection.send("DELETE", "/api/v2/silence/\(CollectorConnection.pathPart(id))") }
            }
        }
    }
}
