import Foundations
import Model

/// Where incidents and deployments are.
public enum IncidentPath {
    public static let base = "/api/v1/nightjar/incidents"
    public static let deployments = "/api/v1/nightjar/deployments"
}

extension AlertingService {
    private var now: Timestamp { clock.nowMilliseconds() }

    /// Incidents in a state, or all; newest first.
    public func incidents(_ state: Incident.State? = nil, limit: Int = 100) async throws -> [Incident] {
        try await database.incidents(state, limit: min(max(1, limit), Limits.incidentsListedMax))
    }

    /// Throws `IncidentError` where there is none of that id.
    public func incident(_ id: Int64) async throws -> (incident: Incident, timeline: [IncidentEntry]) {
        guard let incident = try await database.incident(id) else { throw IncidentError.unknown(id) }
        return (incident, try await database.timeline(of: incident, now: now))
    }

    /// The incident as Markdown, for the post-mortem.
    public func exportIncident(_ id: Int64) async throws -> String {
        let (incident, timeline) = try await incident(id)
        return IncidentMarkdown(incident: incident, timeline: timeline).text
    }

    public func noteIncident(_ id: Int64, _ action: Action) async throws {
        if action.comment.isEmpty { throw IncidentError.invalid("a note needs words") }
        try checkIncidentAction(action)
        try await database.noteIncident(id, action, now: now)
    }

    /// Gives a role to a person; an empty name takes it away.
    public func setIncidentRole(_ id: Int64, role: String, person: String, by actor: String) async throws {
        guard Incident.roleNames.contains(role) else { throw IncidentError.invalid("a role is \(Incident.roleNames.joined(separator: " or "))") }
        try checkIncidentAction(Action(actor: actor, comment: person))
        try await database.setIncidentRole(id, role: role, person: person, by: actor, now: now)
    }

    public func resolveIncident(_ id: Int64, _ action: Action) async throws {
        try checkIncidentAction(action)
        try await database.resolveIncident(id, action, now: now)
    }

    public func mergeIncident(_ id: Int64, into other: Int64, _ action: Action) async throws {
        try checkIncidentAction(action)
        try await database.mergeIncident(id, into: other, action, now: now)
    }

    private func checkIncidentAction(_ action: Action) throws {
        if action.actor.isEmpty { throw IncidentError.invalid("who does it is missing") }
        if action.actor.utf8.count > Limits.actionTextBytesMax || action.comment.utf8.count > Limits.actionTextBytesMax {
            throw IncidentError.invalid("the words have more than \(Limits.actionTextBytesMax) bytes")
        }
    }

    /// Notes a deployment; it shows on the timelines of incidents around it.
    public func markDeployment(_ labels: Labels, at moment: Timestamp?) async throws {
        if labels.isEmpty || labels.encoded.count > Limits.actionTextBytesMax {
            throw IncidentError.invalid("a deployment needs 1 to \(Limits.actionTextBytesMax) bytes of labels, such as service and version")
        }
        try await database.markDeployments([(moment ?? now, labels)], source: "api")
    }

    // Following

    /// Follows the event log until the task is cancelled.
    func followIncidents() async {
        var lookedAt: Int64?
        while !Task.isCancelled {
            await followIncidentsOnce()
            let monotonic = clock.monotonicNanoseconds()
            if lookedAt.map({ monotonic - $0 >= Limits.deploymentLookMilliseconds * 1_000_000 }) ?? true {
                lookedAt = monotonic
                await lookForDeployments()
            }
            do {
                try await Task.sleep(nanoseconds: UInt64(Limits.incidentFollowMilliseconds) * 1_000_000)
            } catch {
                return  // Cancelled.
            }
        }
    }

    /// Takes up all that the event log has.
    func followIncidentsOnce() async {
        do {
            while try await database.followIncidents(now: now, environment.context), !Task.isCancelled {
                // In a storm, storing what fires and paging it go first.
                try await Task.sleep(nanoseconds: UInt64(Limits.incidentFollowPauseMilliseconds) * 1_000_000)
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("incidents weren't brought up to date", metadata: ["reason": "\(error)"])
        }
    }

    /// Stores what the series of deployments say: each value is the moment of one.
    func lookForDeployments() async {
        let moment = now
        do {
            let elements = try await environment.evaluator.evaluate("deployment_timestamp_seconds", at: moment)
            let recent = elements.prefix(Limits.deploymentsAtOnceMax).compactMap { element -> (at: Timestamp, labels: Labels)? in
                guard element.value.isFinite, element.value.magnitude < 1e11 else { return nil }
                let at = Timestamp(milliseconds: Int64(element.value * 1000))
                return moment.milliseconds - at.milliseconds < 86_400_000 && at <= moment ? (at, element.labels.droppingMetricName) : nil
            }
            try await database.markDeployments(recent, source: "metric")
        } catch {
            logger.warning("marks of deployments weren't read", metadata: ["reason": "\(error)"])
        }
    }
}
