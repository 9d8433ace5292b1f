import Crypto
import Foundations
import Model

/// What people and other programs do. Each is durable when the call returns, and stands in the event log with who and when.
extension AlertingService {
    private var now: Timestamp { clock.nowMilliseconds() }

    private func wake(_ receivers: Set<String>) { environment.wake(receivers) }

    // Alerts

    /// Acknowledges the alerts of a fingerprint or a name, until they fire anew or `seconds` have passed. Returns their fingerprints.
    @discardableResult
    public func acknowledge(_ name: String, _ action: Action, forSeconds seconds: Int64? = nil) async throws -> [String] {
        try await acknowledge(name, kind: .acked, action, forSeconds: seconds, excluding: nil)
    }

    /// Tells the receivers of alerts that they are over, and pages them no more until they fire anew.
    @discardableResult
    public func resolve(_ name: String, _ action: Action) async throws -> [String] {
        try await acknowledge(name, kind: .resolved, action, forSeconds: nil, excluding: nil)
    }

    private func acknowledge(_ name: String, kind: MuteKind, _ action: Action, forSeconds seconds: Int64?, excluding: String?) async throws -> [String] {
        try check(action)
        let now = now
        let result = try await database.acknowledge(
            name, kind: kind, action, expiresAt: seconds.map { now.advanced(byMilliseconds: $0 * 1000) }, excluding: excluding, now: now, environment.context)
        if result.fingerprints.isEmpty { throw ActionError.noAlert(name) }
        wake(result.receivers)
        return result.fingerprints
    }

    /// Takes an acknowledgement or a resolve by hand back: the alerts are paged again where they still fire.
    @discardableResult
    public func unacknowledge(_ name: String, _ action: Action) async throws -> [String] {
        try check(action)
        let result = try await database.unacknowledge(name, action, now: now, environment.context)
        if result.fingerprints.isEmpty { throw ActionError.noAlert(name) }
        wake(result.receivers)
        return result.fingerprints
    }

    /// Adds words to the history of alerts.
    @discardableResult
    public func comment(_ name: String, _ action: Action) async throws -> [String] {
        try check(action)
        if action.comment.isEmpty { throw ActionError.invalid("a comment needs words") }
        let fingerprints = try await database.comment(name, action, now: now)
        if fingerprints.isEmpty { throw ActionError.noAlert(name) }
        return fingerprints
    }

    func check(_ action: Action) throws {
        if action.actor.isEmpty { throw ActionError.invalid("who does it is missing") }
        if action.actor.utf8.count > Limits.actionTextBytesMax || action.comment.utf8.count > Limits.actionTextBytesMax {
            throw ActionError.invalid("the words have more than \(Limits.actionTextBytesMax) bytes")
        }
    }

    // Silences

    /// Makes a silence, or changes the one of its id. Returns the id, a new one where another was needed.
    public func setSilence(_ silence: Silence) async throws -> String {
        if let problem = silence.problem() { throw ActionError.invalid(problem) }
        let (id, receivers) = try await database.setSilence(silence, now: now, environment.context).get()
        // The database tells of no changes to tables without row ids.
        changes.note()
        wake(receivers)
        return id
    }

    /// Ends a silence now.
    public func expireSilence(_ id: String) async throws {
        wake(try await database.expireSilence(id, now: now, environment.context).get())
        changes.note()
    }

    /// All that are kept, the ended ones too.
    public func silences() async throws -> [Silence] { try await database.silences() }

    /// Nil where there is none of that id.
    public func silence(_ id: String) async throws -> Silence? { try await database.silence(id) }

    // Alerts of other programs

    /// Stores alerts: when this returns they will be paged. Those that are wrong are left out; what is wrong is returned.
    public func post(_ alerts: [PostedAlert]) async throws -> [String] {
        if alerts.count > Limits.postedAlertsMax { throw ActionError.invalid("\(alerts.count) alerts at once are more than \(Limits.postedAlertsMax); post them in parts") }
        var problems: [String] = []
        let valid = alerts.filter { alert in
            guard let problem = alert.problem() else { return true }
            problems.append(problem)
            return false
        }
        if !valid.isEmpty {
            wake(
                try await database.post(
                    valid, resolveTimeoutMilliseconds: routingInForce.resolveTimeoutMilliseconds, now: now, environment.context))
        }
        return problems
    }

    /// What fires, of rules and posted, with routing and mutes.
    public func routedAlerts() async throws -> [RoutedAlert] { try await database.routedAlerts(now: now, environment.context) }

    public func routedGroups() async throws -> [RoutedGroup] { try await database.routedGroups(environment.context) }

    /// The names of the configured receivers, in order of the file.
    public var receiverNames: [String] { routingInForce.receiverNames }

    /// The text of the routing file in force; empty where there is none.
    public var routingText: String { routingInForce.original }

    // PagerDuty's webhooks, version 3

    /// Whether a webhook is PagerDuty's own: one of the signatures of `header` is the body's, in constant time. False without a secret.
    public func isPagerDutys(body: [UInt8], signatures header: String) throws -> Bool {
        guard let secret = try options.pagerDutyWebhookSecret?.read() else { return false }
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.reveal().utf8)))
        let expected = Array("v1=\(HexadecimalText.of(code))".utf8)
        var isFound = false
        for part in header.split(separator: ",") {
            let signature = Array(part.utf8.filter { $0 > 0x20 })
            if Secret.constantTimeEquals(signature, expected) { isFound = true }
        }
        return isFound
    }

    /// Takes up what was done to an incident over there: `incident.acknowledged`, `incident.unacknowledged` or `incident.resolved`.
    /// Returns the fingerprints of the alerts it was done to; other events and unknown incidents do nothing.
    public func takePagerDutyEvent(type: String, incidentKey: String, actor: String) async throws -> [String] {
        var done: [String] = []
        for fingerprint in try await database.fingerprints(alias: incidentKey) {
            let action = Action(actor: "pagerduty:\(actor.isEmpty ? "unknown" : actor)")
            switch type {
            case "incident.acknowledged": done += try await acknowledge(fingerprint, kind: .acked, action, forSeconds: nil, excluding: "pagerduty")
            case "incident.unacknowledged":
                do { done += try await unacknowledge(fingerprint, action) } catch ActionError.noAlert { continue }
            case "incident.resolved": done += try await acknowledge(fingerprint, kind: .resolved, action, forSeconds: nil, excluding: "pagerduty")
            default: break
            }
        }
        return done
    }
}
