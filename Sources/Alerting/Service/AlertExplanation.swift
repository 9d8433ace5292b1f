import Foundations
import GRDB
import Model

/// Why an alert did or didn't page: every decision from the event log, with its cause.
public struct AlertExplanation: Sendable, Hashable {
    public struct Line: Sendable, Hashable {
        public var at: Timestamp
        /// As in the event log: `firing`, `silenced`, `page_queued`.
        public var step: String
        public var text: String
    }

    public var fingerprint: String
    /// One sentence on what is so now.
    public var verdict: String
    /// Nil where it doesn't fire.
    public var alert: RoutedAlert?
    /// Oldest first.
    public var lines: [Line]
}

extension AlertingService {
    /// Explains the alert of a fingerprint, or the first that fires, or fired last, of a name.
    public func explain(_ name: String, eventsMax: Int = 200) async throws -> AlertExplanation {
        let alerts = try await routedAlerts()
        let alert = alerts.first { $0.fingerprint == name } ?? alerts.first { $0.labels[AlertLabel.name] == name }
        var found = alert?.fingerprint
        if found == nil { found = try await database.lastFingerprint(of: name) }
        guard let fingerprint = found else { throw ActionError.noAlert(name) }
        let lines = try await database.story(of: fingerprint, eventsMax: min(max(1, eventsMax), Limits.eventsMax))
        return AlertExplanation(fingerprint: fingerprint, verdict: Self.verdict(alert), alert: alert, lines: lines)
    }

    private static func verdict(_ alert: RoutedAlert?) -> String {
        guard let alert else { return "It doesn't fire now." }
        if alert.placements.isEmpty {
            return alert.receivers.isEmpty ? "It fires, and no route leads to a receiver." : "It fires, and the receivers of its routes have no destination."
        }
        if let over = alert.acknowledgement, over.kind == .resolved {
            return "It fires; \(over.actor) said that it is over, so its receivers were told of its end and hear nothing until it fires anew."
        }
        let told = alert.placements.filter(\.isTold).map(\.receiver)
        let muted = alert.placements.compactMap { place in place.mute.map { "\(place.receiver): \($0.kind.rawValue) (\($0.cause))" } }
        var sentence = told.isEmpty ? "It fires and nobody was paged" : "It fires and was paged to \(told.joined(separator: ", "))"
        if !muted.isEmpty { sentence += "; held back at \(muted.joined(separator: "; "))" }
        if let acknowledgement = alert.acknowledgement {
            sentence += "; acknowledged by \(acknowledgement.actor)"
        } else if told.isEmpty, muted.isEmpty {
            sentence += " yet: its group waits, or the message is on its way"
        }
        return sentence + "."
    }
}

extension AlertDatabase {
    /// The fingerprint that last had an event, of an alert's name or of itself.
    func lastFingerprint(of name: String) async throws(AlertingError) -> String? {
        try await read("read the events of") { db in
            try String.fetchOne(db, sql: "SELECT fingerprint FROM alert_events WHERE fingerprint = ? LIMIT 1", arguments: [name])
                ?? String.fetchOne(
                    db, sql: "SELECT fingerprint FROM alert_events WHERE labels <> '{}' AND json_extract(labels, '$.alertname') = ? ORDER BY id DESC LIMIT 1", arguments: [name])
        }
    }

    /// The last events of an alert in words, oldest first, with what became of its messages.
    func story(of fingerprint: String, eventsMax: Int) async throws(AlertingError) -> [AlertExplanation.Line] {
        try await read("read the events of") { db in
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM alert_events WHERE fingerprint = ? ORDER BY id DESC LIMIT ?", arguments: [fingerprint, eventsMax])
            return try rows.reversed().map { row in
                AlertExplanation.Line(at: Timestamp(milliseconds: row["at"]), step: row["step"], text: try Self.words(row, db))
            }
        }
    }

    /// An event in words, with what became of the message it names.
    static func words(_ row: Row, _ db: Database) throws -> String {
        let (step, reason, actor): (String, String, String) = (row["step"], row["reason"], row["actor"])
        let (cause, receiver): (String, String) = (row["cause"], row["receiver"])
        let because = reason.isEmpty ? "" : ": \(reason)"
        let by = actor.isEmpty ? "" : " by \(actor)"
        switch step {
        case "pending": return "its condition holds; it waits for `for`"
        case "firing": return "it fires" + because
        case "inactive": return "its condition ended before it fired" + because
        case "resolved" where !receiver.isEmpty: return "\(receiver): held back, \(cause) said that it is over"
        case "resolved": return "it ended" + because
        case "no_data": return "its data are missing; it stays as it is"
        case "data_back": return "its data are back"
        case "page_queued": return "a page to \(receiver) was queued for the group \(reason) (\(try outcome(cause, db)))"
        case "resolve_queued": return "its end was queued for \(receiver) (\(try outcome(cause, db)))"
        case "unpaged": return "\(receiver) wasn't paged" + because + (cause.isEmpty ? "" : " (\(cause))")
        case "silenced": return "\(receiver): held back by the silence \(cause)" + (try silenceWords(cause, db))
        case "inhibited": return "\(receiver): held back, inhibited by \(cause)"
        case "dependency": return "\(receiver): held back, what it hangs on is down: \(cause)"
        case "muted": return "\(receiver): held back by the time interval \(cause)"
        case "flapping": return "\(receiver): held back, it flaps (\(cause))"
        case "acked": return "\(receiver): held back, acknowledged by \(cause)"
        case "unmuted": return "\(receiver): \(reason) (\(cause))"
        case "acknowledged": return "acknowledged\(by)\(because)" + (cause.isEmpty ? "" : " (\(cause))")
        case "unacknowledged": return "the acknowledgement was taken back\(by)\(because)"
        case "resolved_by_hand": return "said to be over\(by)\(because)"
        case "escalated": return "escalated to \(receiver)\(because)"
        case "nobody_on_call": return reason
        case "escalation": return reason + by
        case "comment": return "\(actor): \(reason)"
        default: return step + by + because
        }
    }

    private static func silenceWords(_ id: String, _ db: Database) throws -> String {
        try Row.fetchOne(db, sql: "SELECT created_by, comment FROM silences WHERE id = ?", arguments: [id])
            .map { " of \($0["created_by"] as String): \($0["comment"] as String)" } ?? ""
    }

    /// What became of a message: `message 12, delivered after 2 attempts`.
    private static func outcome(_ id: String, _ db: Database) throws -> String {
        guard let row = try Row.fetchOne(db, sql: "SELECT state, attempts, reason, due_at FROM outbox WHERE id = ?", arguments: [Int64(id) ?? -1]) else { return "message \(id)" }
        let last = try Row.fetchOne(db, sql: "SELECT status, error FROM attempts WHERE message = ? ORDER BY number DESC LIMIT 1", arguments: [Int64(id) ?? -1])
        let attempts: Int64 = row["attempts"]
        let (state, reason): (String, String) = (row["state"], row["reason"])
        var words = "message \(id), \(state)" + (attempts > 1 ? " after \(attempts) attempts" : "") + (reason.isEmpty ? "" : ": \(reason)")
        if let last, state != "delivered" {
            let status = (last["status"] as Int?).map { "status \($0)" } ?? ""
            let error: String = last["error"]
            words += ", last: \(status.isEmpty ? (error.isEmpty ? "no answer yet" : error) : status)"
        }
        return words
    }
}
