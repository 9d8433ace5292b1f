import Alerting
import Foundation
import Foundations
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// Who is on call, for people, dashboards and calendars; overrides, notes and escalations.
struct OnCallRoutes: Sendable {
    private static let base = "/api/v1/nightjar/"
    /// What a calendar shows where the request doesn't say: a month back, so that subscribers keep what was, and a half year ahead.
    private static let calendarPastMilliseconds: Int64 = 31 * 86_400_000
    private static let calendarAheadMilliseconds: Int64 = 183 * 86_400_000
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, Self.base + "oncall", scope: .read) { request, _ in try await status(request) }
        routes.on(.get, Self.base + "oncall/:schedule/shifts", scope: .read) { try await shifts($0, $1) }
        routes.on(.get, Self.base + "oncall/:schedule/calendar.ics", scope: .read) { try await calendar($0, $1) }
        routes.on(.get, Self.base + "oncall/:schedule/notes", scope: .read) { try await notes($0, $1) }
        routes.on(.post, Self.base + "oncall/:schedule/notes", scope: .operate) { try await addNote($0, $1) }
        routes.on(.post, Self.base + "oncall/:schedule/overrides", scope: .operate) { try await addOverride($0, $1) }
        routes.on(.delete, Self.base + "oncall/:schedule/overrides/:id", scope: .operate) { try await endOverride($0, $1) }
        routes.on(.get, Self.base + "escalations", scope: .read) { request, _ in try await escalations(request) }
        routes.on(.post, Self.base + "alerts/:alert/escalate", scope: .operate) { try await escalate($0, $1) }
    }

    // Reading

    private func status(_ request: Request) async throws -> Response {
        let moment = try RequestParameters(request.uri.query ?? "").nanoMoment("time")?.milliseconds
        let schedules = try await edge.alerting.onCall(at: moment)
        let names = Dictionary(edge.alerting.onCallPeople.map { ($0.name, $0.fullName) }, uniquingKeysWith: { $1 })
        return Reply.success { writer in
            writer.object { writer in
                writer.key("schedules")
                writer.array(schedules) { $0.schedule($1, names) }
            }
        }
    }

    private func times(_ request: Request, past: Int64, ahead: Int64) throws(Refusal) -> (start: Timestamp, end: Timestamp) {
        let parameters = RequestParameters(request.uri.query ?? "")
        let now = edge.clock.nowMilliseconds()
        let start = try parameters.nanoMoment("start")?.milliseconds ?? now.advanced(byMilliseconds: -past)
        return (start, try parameters.nanoMoment("end")?.milliseconds ?? max(now, start).advanced(byMilliseconds: ahead))
    }

    private func name(_ context: CollectorContext) -> String { RequestParameters.decode(context.parameters.get("schedule") ?? "", plusIsSpace: false) }

    private func shifts(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let (start, end) = try times(request, past: 0, ahead: 14 * 86_400_000)
        let shifts = try refusing { try edge.alerting.shifts(schedule: name(context), from: start, to: end) }
        return Reply.success { writer in
            writer.array(shifts) { writer, shift in
                writer.object { writer in
                    writer.moment("startsAt", shift.start)
                    writer.moment("endsAt", shift.end)
                    writer.duty(shift.duty)
                }
            }
        }
    }

    private func calendar(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let (start, end) = try times(request, past: Self.calendarPastMilliseconds, ahead: Self.calendarAheadMilliseconds)
        let text = try refusing { try edge.alerting.calendar(schedule: name(context), from: start, to: end) }
        return Reply.bytes(Array(text.utf8), contentType: "text/calendar; charset=utf-8")
    }

    private func notes(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let notes = try await refusing { try await edge.alerting.notes(schedule: name(context)) }
        return Reply.success { writer in writer.array(notes) { $0.note($1) } }
    }

    private func escalations(_ request: Request) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let found = try await edge.alerting.escalations(openOnly: parameters["all"] != "true", limit: try parameters.limit() ?? 100)
        return Reply.success { writer in
            writer.object { writer in
                writer.key("escalations")
                writer.array(found) { $0.escalation($1) }
            }
        }
    }

    // Doing

    private struct Body: Decodable {
        let actor: String?
        let comment: String?
        let person: String?
        let from: String?
        let to: String?
        let policy: String?
    }

    private func body(_ request: Request, _ context: CollectorContext) async throws -> (body: Body, action: Action) {
        let body = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { buffer throws(Refusal) -> Body in
            if buffer.readableBytes == 0 { return Body(actor: nil, comment: nil, person: nil, from: nil, to: nil, policy: nil) }
            do {
                return try JSONDecoder().decode(Body.self, from: Data(buffer.readableBytesView))
            } catch {
                throw .malformed("the body must be a JSON object of texts, or empty")
            }
        }
        let principal = try edge.access.authorize(AccessRequest(request.head, address: context.remoteAddress), .operate)
        // On loopback without tokens people say who they are.
        return (body, Action(actor: principal.name == "local" ? body.actor ?? "local" : principal.name, comment: body.comment ?? ""))
    }

    private func addNote(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let (_, action) = try await body(request, context)
        try await refusing { try await edge.alerting.addNote(schedule: name(context), action) }
        return Reply.success { $0.object { _ in } }
    }

    private func addOverride(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let (body, action) = try await body(request, context)
        guard let person = body.person, let from = body.from.flatMap({ TimestampText.parseRFC3339($0) }), let to = body.to.flatMap({ TimestampText.parseRFC3339($0) }) else {
            throw Refusal.malformed("an override needs `person`, `from` and `to`, both in RFC 3339")
        }
        let id = try await refusing {
            try await edge.alerting.addOverride(schedule: name(context), person: person, from: from.milliseconds, to: to.milliseconds, action)
        }
        return Reply.success { writer in writer.object { $0.member("id", id) } }
    }

    private func endOverride(_ request: Request, _ context: CollectorContext) async throws -> Response {
        guard let id = context.parameters.get("id").flatMap({ Int64($0) }) else { throw Refusal.malformed("an override's id is a number") }
        let (_, action) = try await body(request, context)
        try await refusing { try await edge.alerting.endOverride(id, action) }
        return Reply.success { $0.object { _ in } }
    }

    private func escalate(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let alert = RequestParameters.decode(context.parameters.get("alert") ?? "", plusIsSpace: false)
        let (body, action) = try await body(request, context)
        let fingerprints = try await refusing { try await edge.alerting.escalate(alert, policy: body.policy, action) }
        return Reply.success { writer in writer.object { $0.member("fingerprints", fingerprints) } }
    }

    private func refusing<Value>(_ work: () throws -> Value) throws -> Value {
        do { return try work() } catch let error as ActionError { throw SilenceRoutes.refusal(error) }
    }

    private func refusing<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        do { return try await work() } catch let error as ActionError { throw SilenceRoutes.refusal(error) }
    }
}

extension JSONWriter {
    fileprivate mutating func schedule(_ schedule: ScheduleStatus, _ names: [String: String]) {
        object { writer in
            writer.member("name", schedule.name)
            writer.member("zone", schedule.zone)
            writer.member("description", schedule.description)
            writer.duty(schedule.duty)
            writer.member("fullName", schedule.duty.flatMap { names[$0.person] } ?? "")
            writer.moment("until", schedule.until)
            writer.key("next")
            writer.text(schedule.next?.person)
            writer.key("note")
            if let note = schedule.note { writer.note(note) } else { writer.null() }
            writer.key("overrides")
            writer.array(schedule.overrides) { writer, override in
                writer.object { writer in
                    if let made = override.made {
                        writer.member("id", made.id)
                        writer.member("createdBy", made.by)
                        writer.moment("createdAt", made.at)
                        writer.member("comment", made.comment)
                    }
                    writer.member("person", override.person)
                    writer.moment("startsAt", override.start)
                    writer.moment("endsAt", override.end)
                }
            }
        }
    }

    /// `person` and `cause`; the person is null where nobody is on call.
    fileprivate mutating func duty(_ duty: OnCallSchedule.Duty?) {
        key("person")
        text(duty?.person)
        member("cause", duty?.cause.text ?? "")
    }

    fileprivate mutating func text(_ text: String?) {
        if let text { string(text) } else { null() }
    }

    fileprivate mutating func note(_ note: OnCallNote) {
        object { writer in
            writer.moment("at", note.at)
            writer.member("author", note.author)
            writer.member("text", note.text)
        }
    }

    fileprivate mutating func escalation(_ escalation: EscalationStatus) {
        object { writer in
            writer.member("id", escalation.id)
            writer.member("receiver", escalation.receiver)
            writer.member("policy", escalation.policy)
            writer.key("groupLabels")
            writer.labels(escalation.groupLabels)
            writer.member("state", escalation.state)
            writer.moment("openedAt", escalation.openedAt)
            if let endedAt = escalation.endedAt { writer.moment("endedAt", endedAt) }
            if let nextAt = escalation.nextAt { writer.moment("nextAt", nextAt) }
            if let step = escalation.nextStep { writer.member("nextStep", step) }
            writer.key("pages")
            writer.array(escalation.pages) { writer, page in
                writer.object { writer in
                    writer.member("person", page.person)
                    writer.member("receiver", page.receiver)
                    writer.moment("at", page.at)
                    writer.member("state", page.state)
                }
            }
        }
    }
}
