import ArgumentParser
import Foundation
import Foundations

/// `nightjar oncall`: who is on call, and what is changed about that.
struct OnCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oncall", abstract: "Says who is on call; makes overrides, notes and calendars.",
        discussion: """
            People, schedules and policies stand in oncall.yml, which `up`, `collector` and `evaluator` take with --oncall.

            Exit codes: each command's --help names them.

            Examples:
              nightjar oncall
              nightjar oncall override primary ben --to '2026-12-25 09:00' --comment swap
            """,
        subcommands: [Show.self, Override.self, Note.self, Calendar.self, Escalations.self], defaultSubcommand: Show.self)

    static let base = "/api/v1/nightjar/oncall"

    static func path(_ schedule: String, _ part: String) -> String { "\(base)/\(CollectorConnection.pathPart(schedule))/\(part)" }

    /// A moment for people: of this machine's zone, to the minute.
    static func local(_ text: String?) -> String {
        guard let text, let moment = TimestampText.parseRFC3339(text) else { return "" }
        var seconds = time_t(moment.nanoseconds / 1_000_000_000)
        var parts = tm()
        var buffer = [CChar](repeating: 0, count: 64)
        guard localtime_r(&seconds, &parts) != nil, strftime(&buffer, buffer.count, "%a %Y-%m-%d %H:%M %Z", &parts) > 0 else { return text }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension OnCallCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says who is on call: schedule, person, until when, who is next, and the last note.",
            discussion: """
                Exit codes: 0 every schedule has somebody, 1 one has nobody, 3 the collector can't be reached or refuses.

                Examples:
                  nightjar oncall
                  nightjar oncall show --at '2026-12-25 03:00'
                """)

        @Option(help: ArgumentHelp("At another moment: \(TimeArgument.forms).", valueName: "time"))
        var at: TimeArgument?

        @Flag(help: "Prints the collector's answer as it is.")
        var json = false

        @OptionGroup var collector: ConnectionFlags

        private struct Answer: Decodable {
            struct Schedule: Decodable {
                struct Note: Decodable {
                    let at: String
                    let author: String
                    let text: String
                }
                let name: String
                let person: String?
                let fullName: String
                let cause: String
                let until: String?
                let next: String?
                let note: Note?
            }
            let schedules: [Schedule]
        }

        func run() async throws {
            try await reportingFailures(code: 3) {
                let query = at.map { [("time", TimestampText.rfc3339($0.moment))] } ?? []
                let connection = try collector.connect()
                if json { return Output.json(try await connection.envelope(OnCallCommand.base, query)) }
                let schedules = try await connection.decode(Answer.self, OnCallCommand.base, query).schedules
                if schedules.isEmpty { return Output.line("There are no schedules; name a file with --oncall where the collector is started.") }
                var table = TextTable([
                    .init(title: "SCHEDULE", isWhole: true), .init(title: "ON CALL", isWhole: true), .init(title: "UNTIL", isWhole: true), .init(title: "NEXT"),
                    .init(title: "BECAUSE OF"),
                ])
                for schedule in schedules {
                    let person = schedule.person.map { $0 + (schedule.fullName.isEmpty ? "" : " (\(schedule.fullName))") } ?? "NOBODY"
                    table.append([schedule.name, person, OnCallCommand.local(schedule.until), schedule.until == nil ? "" : schedule.next ?? "nobody", schedule.cause])
                }
                Output.text(table.text())
                for schedule in schedules {
                    guard let note = schedule.note else { continue }
                    Output.line(SafeText("\(schedule.name): \(note.author) wrote on \(OnCallCommand.local(note.at)): \(note.text)").string)
                }
                if schedules.contains(where: { $0.person == nil }) { throw ExitCode(1) }
            }
        }
    }

    struct Override: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts somebody in place of whom a schedule says, for a time.",
            discussion: """
                It is kept with who made it and when. --end ID ends one that holds, or takes back one that hasn't begun.

                Exit codes: 0 done, 2 it is wrong, 3 the collector can't be reached or refuses.

                Examples:
                  nightjar oncall override primary ben --from '2026-12-24 18:00' --to '2026-12-25 09:00' --comment 'swapped'
                  nightjar oncall override primary --end 3
                """)

        @Argument(help: "The schedule's name.") var schedule: String
        @Argument(help: "Who takes over.") var person: String?

        @Option(help: ArgumentHelp("From when; \(TimeArgument.forms). (default: now)", valueName: "time"))
        var from: TimeArgument?

        @Option(help: ArgumentHelp("To when, likewise.", valueName: "time"))
        var to: TimeArgument?

        @Option(name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "text"))
        var comment = ""

        @Option(help: ArgumentHelp("The override to end; `nightjar oncall --json` lists them.", valueName: "id"))
        var end: Int64?

        @Option(help: ArgumentHelp("Who does it. (default: the user's name)", valueName: "name"))
        var by: String?

        @OptionGroup var collector: ConnectionFlags

        func validate() throws {
            if end == nil, person == nil || to == nil { throw ValidationError("name the person and --to, or an override with --end") }
            if end != nil, person != nil { throw ValidationError("--end takes no person") }
        }

        func run() async throws {
            try await reportingFailures(code: 3) {
                let connection = try collector.connect()
                if let end {
                    _ = try await connection.send("DELETE", OnCallCommand.path(schedule, "overrides/\(end)"), json: ["actor": by ?? userName()])
                    return Output.line("ended")
                }
                guard let person, let to else { return }
                struct Answer: Decodable {
                    struct Made: Decodable { let id: Int64 }
                    let data: Made
                }
                let body = [
                    "person": person, "from": TimestampText.rfc3339(from?.moment ?? SystemClock().now()), "to": TimestampText.rfc3339(to.moment), "comment": comment,
                    "actor": by ?? userName(),
                ]
                let answer = try await connection.send("POST", OnCallCommand.path(schedule, "overrides"), json: body)
                let id = try JSONDecoder().decode(Answer.self, from: Data(answer)).data.id
                Output.line(SafeText("\(person) is on call in \(schedule) to \(OnCallCommand.local(body["to"])) (override \(id))").string)
            }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes something down for those who take over, or reads what was.",
            discussion: """
                Exit codes: 0 done, 2 it is wrong, 3 the collector can't be reached or refuses.

                Examples:
                  nightjar oncall note primary 'db-1 is being replaced, its alerts are silenced to noon'
                  nightjar oncall note primary
                """)

        @Argument(help: "The schedule's name.") var schedule: String
        @Argument(help: "The words. Without them the last notes are listed.") var text: String?

        @Option(help: ArgumentHelp("Who writes. (default: the user's name)", valueName: "name"))
        var by: String?

        @OptionGroup var collector: ConnectionFlags

        private struct Written: Decodable {
            let at: String
            let author: String
            let text: String
        }

        func run() async throws {
            try await reportingFailures(code: 3) {
                let connection = try collector.connect()
                let path = OnCallCommand.path(schedule, "notes")
                if let text {
                    _ = try await connection.send("POST", path, json: ["comment": text, "actor": by ?? userName()])
                    return Output.line("noted")
                }
                for note in try await connection.decode([Written].self, path) { Output.line(SafeText("\(OnCallCommand.local(note.at))  \(note.author): \(note.text)").string) }
            }
        }
    }

    struct Calendar: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints a schedule as iCalendar: a month back and half a year ahead, or as --from and --to say.",
            discussion: """
                Calendars that send a token can subscribe to /api/v1/nightjar/oncall/SCHEDULE/calendar.ics.

                Exit codes: 0 printed, 2 there is no such schedule, 3 the collector can't be reached or refuses.

                Example:
                  nightjar oncall calendar primary > primary.ics
                """)

        @Argument(help: "The schedule's name.") var schedule: String

        @Option(help: ArgumentHelp("From when.", valueName: "time")) var from: TimeArgument?
        @Option(help: ArgumentHelp("To when.", valueName: "time")) var to: TimeArgument?

        @OptionGroup var collector: ConnectionFlags

        func run() async throws {
            try await reportingFailures(code: 3) {
                let query = [("start", from), ("end", to)].compactMap { name, time in time.map { (name, TimestampText.rfc3339($0.moment)) } }
                Output.text(String(decoding: try await collector.connect().get(OnCallCommand.path(schedule, "calendar.ics"), query), as: UTF8.self))
            }
        }
    }

    struct Escalations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the escalations that haven't ended: state, policy, group, who was paged, and when who is next.",
            discussion: """
                Exit codes: 0 told, 3 the collector can't be reached or refuses.

                Example:
                  nightjar oncall escalations --all
                """)

        @Flag(help: "Those that have ended too.") var all = false
        @Flag(help: "Prints the collector's answer as it is.") var json = false

        @OptionGroup var collector: ConnectionFlags

        private struct Answer: Decodable {
            struct Escalation: Decodable {
                struct Page: Decodable {
                    let person: String
                    let receiver: String
                    let state: String
                }
                let policy: String
                let state: String
                let groupLabels: [String: String]
                let nextAt: String?
                let nextStep: Int?
                let pages: [Page]
            }
            let escalations: [Escalation]
        }

        func run() async throws {
            try await reportingFailures(code: 3) {
                let (connection, path) = (try collector.connect(), "/api/v1/nightjar/escalations")
                let query = all ? [("all", "true")] : []
                if json { return Output.json(try await connection.envelope(path, query)) }
                for escalation in try await connection.decode(Answer.self, path, query).escalations {
                    let labels = escalation.groupLabels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
                    let pages = escalation.pages.map { "\($0.person.isEmpty ? "" : "\($0.person) by ")\($0.receiver) (\($0.state))" }.joined(separator: ", ")
                    let next = escalation.nextStep.map { "step \($0) at \(OnCallCommand.local(escalation.nextAt))" } ?? "no further step"
                    Output.line(SafeText("\(escalation.state)  \(escalation.policy)  \(labels)  paged: \(pages.isEmpty ? "nobody" : pages)  next: \(next)").string)
                }
            }
        }
    }
}

/// `nightjar escalate`: pages the next ones now.
struct EscalateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "escalate", abstract: "Pages the next step of an alert's escalation policy now.",
        discussion: """
            Exit codes: 0 done, 1 no such alert fires, 2 there is no policy for it, 3 the collector can't be reached or refuses.

            Examples:
              nightjar escalate HostDown --comment 'I need a second pair of eyes'
              nightjar escalate HostDown --policy database
            """)

    @OptionGroup var flags: ActionFlags

    @Option(help: ArgumentHelp("By this policy. (default: that of the receiver that was paged)", valueName: "name"))
    var policy: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Words for the history.", valueName: "text"))
    var comment = ""

    func run() async throws {
        try await reportingFailures(code: 3) {
            var body: [String: Any] = ["comment": comment]
            if let policy { body["policy"] = policy }
            try await flags.post("escalate", done: "escalated", body)
        }
    }
}
