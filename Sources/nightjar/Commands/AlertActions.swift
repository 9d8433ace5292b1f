import ArgumentParser
import Foundation
import Foundations
import Glibc

/// What actions on alerts have in common: which alert, who, and in what words.
struct ActionFlags: ParsableArguments {
    @Argument(help: ArgumentHelp("The alert's name or its fingerprint, as `nightjar alerts` shows them.", valueName: "alert"))
    var alert: String

    @Option(help: ArgumentHelp("Who does it; where the collector asks for tokens, the token's name counts. (default: the user's name)", valueName: "name"))
    var by: String?

    @OptionGroup var collector: ConnectionFlags

    /// Does it and says to how many alerts.
    func post(_ action: String, done: String, _ body: [String: Any]) async throws {
        struct Answer: Decodable {
            struct Fingerprints: Decodable { let fingerprints: [String] }
            let data: Fingerprints
        }
        var body = body
        body["actor"] = by ?? userName()
        let path = "/api/v1/nightjar/alerts/\(CollectorConnection.pathPart(alert))/\(action)"
        let answer = try await collector.connect().send("POST", path, json: body)
        let count = try JSONDecoder().decode(Answer.self, from: Data(answer)).data.fingerprints.count
        Output.line("\(SafeText(alert)): \(done)" + (count == 1 ? "" : " (\(count) alerts)"))
    }
}

/// Who runs the command.
func userName() -> String { getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "unknown" }

/// `nightjar ack`: somebody is on it.
struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Acknowledges an alert: somebody is on it, and its pages stop.",
        discussion: """
            Reminders stop until the alert fires anew; its end is still told. PagerDuty and Opsgenie are told of the acknowledgement.

            Exit codes: 0 done, 1 no such alert fires, 3 the collector can't be reached or refuses.

            Examples:
              nightjar ack HostDown --comment 'rebooting it'
              nightjar ack HostDown --for 2h
              nightjar ack HostDown --undo
            """)

    @OptionGroup var flags: ActionFlags

    @Option(name: .shortAndLong, help: ArgumentHelp("Words for the history.", valueName: "text"))
    var comment = ""

    @Option(name: .customLong("for"), help: ArgumentHelp("After this it is paged again, such as 2h. (default: until it fires anew)", valueName: "duration"))
    var duration: String?

    @Flag(help: "Takes an acknowledgement or a resolve by hand back.")
    var undo = false

    func validate() throws {
        if let duration, (DurationText.milliseconds(duration) ?? 0) < 1000 { throw ValidationError("--for must be a duration such as 2h, not `\(SafeText(duration))`") }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            var body: [String: Any] = ["comment": comment]
            if let seconds = duration.flatMap({ DurationText.milliseconds($0) }).map({ $0 / 1000 }) { body["seconds"] = seconds }
            try await flags.post(undo ? "unacknowledge" : "acknowledge", done: undo ? "no longer acknowledged" : "acknowledged", body)
        }
    }
}

/// `nightjar resolve`: tells receivers that an alert is over though its condition holds.
struct ResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Tells an alert's receivers that it is over, until it fires anew.",
        discussion: "Exit codes: 0 done, 1 no such alert fires, 3 the collector can't be reached or refuses.\n\nExample:\n  nightjar resolve DiskFull --comment 'false alarm'")

    @OptionGroup var flags: ActionFlags

    @Option(name: .shortAndLong, help: ArgumentHelp("Words for the history.", valueName: "text"))
    var comment = ""

    func run() async throws {
        try await reportingFailures(code: 3) { try await flags.post("resolve", done: "told to be over", ["comment": comment]) }
    }
}

/// `nightjar comment`: adds words to an alert's history.
struct CommentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "comment", abstract: "Adds words to an alert's history.",
        discussion: "Exit codes: 0 done, 1 there is no such alert, 3 the collector can't be reached or refuses.\n\nExample:\n  nightjar comment HostDown 'the switch is being replaced'")

    @OptionGroup var flags: ActionFlags

    @Argument(help: "The words.")
    var text: String

    func run() async throws {
        try await reportingFailures(code: 3) { try await flags.post("comment", done: "noted", ["comment": text]) }
    }
}

/// `nightjar explain`: why an alert did or didn't page.
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says why an alert did or didn't page: every decision with its cause.",
        discussion: """
            Exit codes: 0 it is known, 1 there is no such alert in the history, 3 the collector can't be reached or refuses.

            Example:
              nightjar explain HostDown
            """)

    @Argument(help: ArgumentHelp("The alert's name or its fingerprint.", valueName: "alert"))
    var alert: String

    @Option(help: ArgumentHelp("How many of its last events are told.", valueName: "count"))
    var limit = 100

    @Flag(help: "Prints the collector's answer as it is.")
    var json = false

    @OptionGroup var collector: ConnectionFlags

    private struct Answer: Decodable {
        struct Event: Decodable {
            let at: String
            let step: String
            let text: String
        }
        let fingerprint: String
        let verdict: String
        let events: [Event]
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect()
            let path = "/api/v1/nightjar/alerts/\(CollectorConnection.pathPart(alert))/events"
            let query = [("limit", String(max(1, limit)))]
            if json { return Output.json(try await connection.envelope(path, query)) }
            let answer = try await connection.decode(Answer.self, path, query)
            Output.line("\(SafeText(alert)) (\(SafeText(answer.fingerprint))): \(SafeText(answer.verdict))")
            for event in answer.events { Output.line("  \(SafeText(event.at))  \(SafeText(event.text))") }
        }
    }
}

/// `nightjar drill`: a marked test page, end to end.
struct Drill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends a marked test page to a receiver, and waits for its answer.",
        discussion: """
            The page goes the way of every other: through the outbox, the receiver's templates and its network. It says that it is a drill.

            Exit codes: 0 it arrived, 1 it was refused or didn't arrive in time, 3 the collector can't be reached or refuses.

            Example:
              nightjar drill on-call
            """)

    @Argument(help: ArgumentHelp("The receiver's name, as routes use it.", valueName: "receiver"))
    var receiver: String

    @Option(name: .customLong("wait"), help: ArgumentHelp("How long to wait for the answers.", valueName: "seconds"))
    var waitSeconds = 30

    @OptionGroup var collector: ConnectionFlags

    private struct Answer: Decodable {
        struct Outcome: Decodable {
            let receiver: String
            let state: String
            let detail: String
        }
        let outcomes: [Outcome]
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let path = "/api/v1/nightjar/drill/\(CollectorConnection.pathPart(receiver))"
            let body = try await collector.connect().send("POST", path, json: ["actor": userName(), "seconds": max(1, min(waitSeconds, 50))])
            struct Envelope: Decodable { let data: Answer }
            let outcomes = try JSONDecoder().decode(Envelope.self, from: Data(body)).data.outcomes
            for outcome in outcomes { Output.line(SafeText("\(outcome.receiver): \(outcome.state)\(outcome.detail.isEmpty ? "" : " (\(outcome.detail))")").string) }
            if outcomes.contains(where: { $0.state != "delivered" }) { throw ExitCode(1) }
        }
    }
}
