import FoundationEssentials
import Foundations

/// Incidents, who is on call, objectives, and what people do.
extension APIClient {
    /// Newest first, the ended ones too.
    func incidents() async throws(DashboardError) -> [IncidentItem] {
        let reply: IncidentsReply = try await get("/api/v1/nightjar/incidents", [("state", "all"), ("limit", String(Limits.incidents))])
        return reply.incidents.filter { $0.state != "merged" }.map(\.item)
    }

    /// What happened around an incident, oldest first.
    func timeline(_ id: Int64) async throws(DashboardError) -> [IncidentItem.Entry] {
        let reply: IncidentReply = try await get("/api/v1/nightjar/incidents/\(id)")
        return reply.entries
    }

    /// The incident as Markdown.
    func exportedIncident(_ id: Int64) async throws(DashboardError) -> String {
        let (status, body) = try await transport.get("/api/v1/nightjar/incidents/\(id)/export", [])
        guard status == 200 else { throw Self.refusal(status, body) }
        return String(decoding: body, as: UTF8.self)
    }

    /// Why an alert did or didn't page: a sentence, and the last steps.
    func story(of fingerprint: String) async throws(DashboardError) -> AlertStory {
        let reply: StoryReply = try await get("/api/v1/nightjar/alerts/\(PercentEncoding.escaped(fingerprint))/events", [("limit", String(Limits.storyLines))])
        return AlertStory(
            fingerprint: fingerprint, verdict: reply.verdict,
            lines: reply.events.map { IncidentItem.Entry(at: moment($0.at) ?? Timestamp(milliseconds: 0), kind: $0.step, actor: "", text: $0.text) })
    }

    /// Who is on call, now or at a moment, and what climbs now.
    func onCall(at moment: Timestamp? = nil) async throws(DashboardError) -> OnCallState {
        let schedules: OnCallReply = try await get("/api/v1/nightjar/oncall", moment.map { [("time", Text.seconds($0))] } ?? [])
        var state = OnCallState(schedules: schedules.schedules.map(\.item))
        if moment == nil {
            let escalations: EscalationsReply = try await get("/api/v1/nightjar/escalations")
            state.escalations = escalations.escalations.map(\.item)
        }
        return state
    }

    /// What agents dropped, and what waits in their spools, by instance.
    func agentLosses(at moment: Timestamp) async throws(DashboardError) -> AgentLosses {
        var losses = AgentLosses()
        losses.droppedLines = try await query("sum by (instance) (nightjar_agent_log_lines_dropped_total)", at: moment).values(by: "instance")
        losses.possibleLosses = try await query("sum by (instance) (nightjar_agent_possible_loss_total)", at: moment).values(by: "instance")
        losses.spoolBytes = try await query("sum by (instance) (nightjar_agent_spool_bytes)", at: moment).values(by: "instance")
        losses.sendFailures = try await query("sum by (instance) (increase(nightjar_agent_send_failures_total[1h]))", at: moment).values(by: "instance")
        return losses
    }

    /// Does something to alerts, incidents or schedules; returns the id that it got, where it got one.
    func perform(_ deed: Deed) async throws(DashboardError) -> String? {
        let request = deed.request
        let (status, body) = try await transport.send(request.method, request.path, json: request.json)
        guard (200..<300).contains(status) else { throw Self.refusal(status, body) }
        struct Made: Decodable { let silenceID: String? }
        return (try? JSONDecoder().decode(Made.self, from: Data(body)))?.silenceID
    }
}

/// Why an alert did or didn't page.
struct AlertStory: Hashable, Sendable {
    var fingerprint: String
    var verdict: String
    /// Oldest first.
    var lines: [IncidentItem.Entry]
}

/// What agents lost or couldn't send, by instance.
struct AgentLosses: Hashable, Sendable {
    var droppedLines: [String: Double] = [:]
    var possibleLosses: [String: Double] = [:]
    var spoolBytes: [String: Double] = [:]
    /// Within the last hour.
    var sendFailures: [String: Double] = [:]
}
