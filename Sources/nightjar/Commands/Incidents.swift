import Alerting
import ArgumentParser
import Dashboard
import Foundation
import Foundations

/// `nightjar incidents`: what firing groups opened, who leads, and what happened.
struct Incidents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists, shows, leads, ends and exports incidents.",
        discussion: """
            Alerts that fire open an incident for their group, or join the one that is open. It ends five minutes after its last alert, or by \
            `resolve`.

            Exit codes: 0 done, 1 there is none of that id (list: none is open), 3 the collector can't be reached or refuses.

            Examples:
              nightjar incidents
              nightjar incidents show 12
              nightjar incidents role 12 commander anna
              nightjar incidents export 12 > post-mortem.md
            """,
        subcommands: [List.self, Show.self, Role.self, Note.self, Resolve.self, Merge.self, Export.self], defaultSubcommand: List.self)

    /// Which incident, and who does something to it.
    struct ActionFlags: ParsableArguments {
        @Argument(help: ArgumentHelp("The incident's number.", valueName: "id"))
        var id: Int64

        @Option(help: ArgumentHelp("Who does it; where the collector asks for tokens, the token's name counts. (default: the user's name)", valueName: "name"))
        var by: String?

        @OptionGroup var collector: ConnectionFlags

        func post(_ action: String, done: String, _ body: [String: Any]) async throws {
            try await reportingFailures(code: 3) {
                var body = body
                body["actor"] = by ?? userName()
                _ = try await collector.connect().send("POST", "\(IncidentPath.base)/\(id)/\(action)", json: body)
                Output.line("incident \(id): \(SafeText(done))")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists incidents, newest first.",
            discussion: "Exit codes: 0 some are open, 1 none is, 3 the collector can't be reached or refuses.")

        @Flag(help: "Those that have ended too.")
        var all = false

        @Flag(help: "Prints the collector's answer as it is.")
        var json = false

        @OptionGroup var collector: ConnectionFlags

        func run() async throws {
            try await reportingFailures(code: 3) {
                let connection = try collector.connect()
                let query = [("state", all ? "all" : "open")]
                if json { return Output.json(try await connection.envelope(IncidentPath.base, query)) }
                let incidents = try await connection.decode(IncidentsReply.self, IncidentPath.base, query).incidents
                if incidents.isEmpty { Output.line(all ? "There was no incident." : "No incident is open.") } else {
                    var table = TextTable(["ID", "STATE", "SEVERITY", "OPENED", "ALERTS", "COMMANDER", "TITLE"].map { TextTable.Column(title: $0) })
                    for incident in incidents {
                        let alerts = incident.alerts ?? []
                        let firing = alerts.count { $0.resolvedAt == nil }
                        table.append([
                            String(incident.id), incident.state, incident.severity, incident.openedAt, "\(firing) of \(alerts.count)",
                            incident.roles?["commander"] ?? "-", incident.title,
                        ])
                    }
                    Output.text(table.text())
                }
                if !incidents.contains(where: { $0.state == "open" }) { throw ExitCode(1) }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an incident with its timeline.", discussion: "Exit codes: 0 shown, 1 there is none of that id, 3 the collector can't be reached or refuses.")

        @Argument(help: ArgumentHelp("The incident's number.", valueName: "id"))
        var id: Int64

        @Flag(help: "Prints the collector's answer as it is.")
        var json = false

        @OptionGroup var collector: ConnectionFlags

        func run() async throws {
            try await reportingFailures(code: 3) {
                let connection = try collector.connect()
                let path = "\(IncidentPath.base)/\(id)"
                if json { return Output.json(try await connection.envelope(path)) }
                let incident = try await connection.decode(IncidentReply.self, path)
                Output.line(SafeText("Incident \(incident.id) (\(incident.state), \(incident.severity)): \(incident.title)").string)
                let end = incident.resolvedAt.map { ", ended \($0)" + (incident.resolvedBy.flatMap { $0.isEmpty ? nil : " by \($0)" } ?? "") } ?? ""
                Output.line(SafeText("  opened \(incident.openedAt)\(end)" + (incident.mergedInto.map { ", goes on as \($0)" } ?? "")).string)
                for role in (incident.roles ?? [:]).sorted(by: { $0.key < $1.key }) { Output.line(SafeText("  \(role.key): \(role.value)").string) }
                if let runbook = incident.runbook, !runbook.isEmpty { Output.line(SafeText("  runbook: \(runbook)").string) }
                for entry in incident.timeline ?? [] {
                    let actor = entry.actor.isEmpty ? "" : " \(entry.actor)"
                    Output.line(SafeText("  \(entry.at)  \(entry.kind)\(actor)  \(entry.text)").string)
                }
            }
        }
    }

    struct Role: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says who is commander or scribe.", discussion: "Exit codes: 0 done, 1 there is none of that id, 3 the collector can't be reached or refuses.")

        @OptionGroup var flags: ActionFlags

        @Argument(help: ArgumentHelp("commander or scribe.", valueName: "role"))
        var role: String

        @Argument(help: ArgumentHelp("Who. Without a name nobody is.", valueName: "person"))
        var person = ""

        func validate() throws {
            if !Incident.roleNames.contains(role) { throw ValidationError("a role is commander or scribe, not `\(SafeText(role))`") }
        }

        func run() async throws { try await flags.post("role", done: person.isEmpty ? "nobody is \(role)" : "\(person) is \(role)", ["role": role, "person": person]) }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds words to an incident's timeline.", discussion: "Exit codes: 0 done, 1 there is none of that id, 3 the collector can't be reached or refuses.")

        @OptionGroup var flags: ActionFlags

        @Argument(help: "The words.")
        var text: String

        func run() async throws { try await flags.post("note", done: "noted", ["comment": text]) }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends an incident; what fires anew opens another.",
            discussion: "Exit codes: 0 done, 1 there is none of that id, 3 the collector can't be reached or refuses.")

        @OptionGroup var flags: ActionFlags

        @Option(name: .shortAndLong, help: ArgumentHelp("Words for the timeline.", valueName: "text"))
        var comment = ""

        func run() async throws { try await flags.post("resolve", done: "resolved", ["comment": comment]) }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets an incident go on as another.",
            discussion: "Its alerts, and those of its group from now on, are the other's.\n\nExit codes: 0 done, 1 there is none of that id, 3 the collector can't be reached or refuses.")

        @OptionGroup var flags: ActionFlags

        @Option(help: ArgumentHelp("The open incident that goes on.", valueName: "id"))
        var into: Int64

        @Option(name: .shortAndLong, help: ArgumentHelp("Words for the timeline.", valueName: "text"))
        var comment = ""

        func run() async throws { try await flags.post("merge", done: "merged into \(into)", ["into": into, "comment": comment]) }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints an incident as Markdown, for the post-mortem.",
            discussion: "Exit codes: 0 printed, 1 there is none of that id, 3 the collector can't be reached or refuses.")

        @Argument(help: ArgumentHelp("The incident's number.", valueName: "id"))
        var id: Int64

        @OptionGroup var collector: ConnectionFlags

        func run() async throws {
            try await reportingFailures(code: 3) {
                let text = String(decoding: try await collector.connect().get("\(IncidentPath.base)/\(id)/export"), as: UTF8.self)
                for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { Output.line(SafeText(line).string) }
            }
        }
    }
}
