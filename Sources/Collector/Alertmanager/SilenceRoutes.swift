import Alerting
import Foundation
import Foundations
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// Silences, in Alertmanager's words; those that come back have members of ours beside them.
struct SilenceRoutes: Sendable {
    let edge: Edge

    private struct Document: Decodable {
        struct MatcherDocument: Decodable {
            let name: String
            let value: String
            let isRegex: Bool
            let isEqual: Bool?
        }
        struct RecurrenceDocument: Decodable {
            let rule: String
            let zone: String?
            let durationSeconds: Double
        }

        let id: String?
        let matchers: [MatcherDocument]
        let startsAt: String
        let endsAt: String
        let createdBy: String
        let comment: String
        let recurrence: RecurrenceDocument?
    }

    func list(_ request: Request) async throws -> Response {
        let filter = try RequestParameters(request.uri.query ?? "").matchers()
        let now = edge.clock.nowMilliseconds()
        // As there: a silence is listed where its own matchers name what the filter asks for.
        let silences = try await edge.alerting.silences().filter { silence in
            filter.allSatisfy { wanted in silence.matchers.contains { $0.name == wanted.name && wanted.matches($0.value) } }
        }
        let ordered = silences.sorted { (Self.rank($0, now), $0.endsAt) < (Self.rank($1, now), $1.endsAt) }
        var writer = JSONWriter(reservingBytes: 512)
        writer.array(ordered) { $0.silence($1, now: now) }
        return Reply.json(writer)
    }

    private static func rank(_ silence: Silence, _ now: Timestamp) -> Int {
        switch silence.state(at: now) {
        case .active: 0
        case .pending: 1
        case .expired: 2
        }
    }

    func show(_ context: CollectorContext) async throws -> Response {
        let id = context.parameters.get("id") ?? ""
        guard let silence = try await edge.alerting.silence(id) else { throw Self.notFound(id) }
        var writer = JSONWriter()
        writer.silence(silence, now: edge.clock.nowMilliseconds())
        return Reply.json(writer)
    }

    func set(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let silence = try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.formBytesMax) { try Self.silence($0, edge.clock) }
        var writer = JSONWriter()
        do {
            let id = try await edge.alerting.setSilence(silence)
            writer.object { $0.member("silenceID", id) }
        } catch let error as ActionError {
            throw Self.refusal(error)
        }
        return Reply.json(writer)
    }

    func expire(_ context: CollectorContext) async throws -> Response {
        do {
            try await edge.alerting.expireSilence(context.parameters.get("id") ?? "")
        } catch let error as ActionError {
            throw Self.refusal(error)
        }
        return Response(status: .ok)
    }

    static func refusal(_ error: ActionError) -> Refusal {
        switch error {
        case .noSilence, .noAlert: Refusal(status: .notFound, errorType: "not_found", reason: .notFound, message: error.description)
        case .expired, .invalid: .malformed(error.description)
        }
    }

    private static func notFound(_ id: String) -> Refusal { refusal(.noSilence(SafeText(id.prefix(64)).string)) }

    private static func silence(_ body: ByteBuffer, _ clock: any WallClock) throws(Refusal) -> Silence {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(body.readableBytesView))
        } catch {
            throw .malformed("the body is no silence: matchers, startsAt, endsAt, createdBy and comment are needed")
        }
        guard let start = TimestampText.parseRFC3339(document.startsAt), let end = TimestampText.parseRFC3339(document.endsAt) else {
            throw .malformed("startsAt and endsAt must be times of RFC 3339")
        }
        return Silence(
            id: document.id ?? "", matchers: try matchers(document.matchers), startsAt: start.milliseconds, endsAt: end.milliseconds,
            createdBy: document.createdBy, comment: document.comment, recurrence: try recurrence(document.recurrence))
    }

    private static func matchers(_ documents: [Document.MatcherDocument]) throws(Refusal) -> [Matcher] {
        var matchers: [Matcher] = []
        for document in documents {
            let isEqual = document.isEqual ?? true
            let op: Matcher.Operator = document.isRegex ? (isEqual ? .regex : .notRegex) : isEqual ? .equal : .notEqual
            if document.name.isEmpty { throw .malformed("a matcher has no label name") }
            do {
                matchers.append(try Matcher(document.name, op, document.value))
            } catch {
                throw .malformed(error.description)
            }
        }
        return matchers
    }

    private static func recurrence(_ document: Document.RecurrenceDocument?) throws(Refusal) -> Recurrence? {
        guard let document else { return nil }
        guard let zone = ZoneClock(document.zone ?? "UTC") else { throw .malformed("there is no time zone \(SafeText(document.zone ?? "").string)") }
        guard document.durationSeconds > 0, document.durationSeconds < 1e9 else { throw .malformed("durationSeconds must be above 0") }
        do {
            return try Recurrence(rule: document.rule, zone: zone, durationMilliseconds: Int64(document.durationSeconds * 1000))
        } catch {
            throw .malformed(error.description)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func silence(_ silence: Silence, now: Timestamp) {
        object { writer in
            writer.member("id", silence.id)
            writer.key("status")
            writer.object { $0.member("state", silence.state(at: now).rawValue) }
            writer.moment("updatedAt", silence.updatedAt)
            writer.member("comment", silence.comment)
            writer.member("createdBy", silence.createdBy)
            writer.moment("endsAt", silence.endsAt)
            writer.key("matchers")
            writer.array(silence.matchers) { writer, matcher in
                writer.object { writer in
                    writer.member("isEqual", matcher.op == .equal || matcher.op == .regex)
                    writer.member("isRegex", matcher.op == .regex || matcher.op == .notRegex)
                    writer.member("name", matcher.name)
                    writer.member("value", matcher.value)
                }
            }
            writer.moment("startsAt", silence.startsAt)
            if let recurrence = silence.recurrence {
                writer.key("recurrence")
                writer.object { writer in
                    writer.member("rule", recurrence.rule)
                    writer.member("zone", recurrence.zone.name)
                    writer.member("durationSeconds", Double(recurrence.durationMilliseconds) / 1000)
                }
            }
        }
    }
}
