import FoundationEssentials
import Foundations

/// Typed calls of the collector's API.
struct APIClient: Sendable {
    let transport: any APITransport

    func status() async throws(DashboardError) -> CollectorStatus {
        let reply: StatusReply = try await get("/api/v1/nightjar/status")
        return reply.collectorStatus
    }

    /// The alerts now, or as they were at a moment.
    func board(at moment: Timestamp? = nil) async throws(DashboardError) -> AlertBoard {
        let reply: BoardReply = try await get("/api/v1/nightjar/board", moment.map { [("at", Text.seconds($0))] } ?? [])
        return AlertBoard(reply.alerts.compactMap(\.item), mark: reply.changes)
    }

    /// Returns the collector's mark once it isn't `mark` any more, or after `waitSeconds`.
    func changes(since mark: String, waitSeconds: Int) async throws(DashboardError) -> String {
        let reply: ChangesReply = try await get("/api/v1/nightjar/changes", [("since", mark), ("wait", String(waitSeconds))])
        return reply.changes
    }

    func ruleTroubles() async throws(DashboardError) -> [CollectorStatus.RuleTrouble] {
        let reply: RulesReply = try await get("/api/v1/rules", [("exclude_alerts", "true")])
        return reply.troubles
    }

    func query(_ expression: String, at moment: Timestamp) async throws(DashboardError) -> QueryReply {
        try await get("/api/v1/query", [("query", expression), ("time", Text.seconds(moment))])
    }

    func range(_ expression: String, _ window: TimeWindow) async throws(DashboardError) -> QueryReply {
        try await get(
            "/api/v1/query_range",
            [("query", expression), ("start", Text.seconds(window.start)), ("end", Text.seconds(window.end)), ("step", String(window.stepSeconds))])
    }

    /// Newest first; `filters` are parameters that narrow the query.
    func logs(_ query: String, start: Timestamp, end: Timestamp, limit: Int = Limits.logLines, filters: [(String, String)] = []) async throws(DashboardError) -> [LogItem] {
        let replies: [LogReply] = try await get(
            "/api/v1/nightjar/logs",
            [("query", query), ("start", String(start.nanos.nanoseconds)), ("end", String(end.nanos.nanoseconds)), ("limit", String(limit))] + filters)
        return replies.compactMap(\.item)
    }

    /// Lines from now on, until the task is cancelled or the connection ends.
    func tail(_ query: String, _ receive: @escaping @Sendable (TailBatch) -> Void) async throws(DashboardError) {
        let parser = Locked(TailParser())
        let (status, body) = try await transport.stream("/api/v1/nightjar/tail", [("query", query)]) { bytes in
            receive(parser.withLock { $0.feed(bytes) })
            return true
        }
        if status != 200 { throw Self.refusal(status, body) }
    }

    /// The body of an answer as it is; a refusal is thrown.
    func body(_ path: String, _ query: [(String, String)]) async throws(DashboardError) -> [UInt8] {
        let (status, body) = try await transport.get(path, query)
        guard status == 200 else { throw Self.refusal(status, body) }
        return body
    }

    func get<Value: Decodable>(_ path: String, _ query: [(String, String)] = []) async throws(DashboardError) -> Value {
        let (status, body) = try await transport.get(path, query)
        return try Self.decode(path, status, body)
    }

    static func decode<Value: Decodable>(_ path: String, _ status: Int, _ body: [UInt8]) throws(DashboardError) -> Value {
        guard status == 200 else { throw refusal(status, body) }
        let envelope: Envelope<Value>
        do {
            envelope = try JSONDecoder().decode(Envelope<Value>.self, from: Data(body))
        } catch {
            throw .badReply(path: path, reason: reason(error))
        }
        guard let data = envelope.data else { throw .refused(status: status, reason: Text.short(envelope.error ?? "it gave no data")) }
        return data
    }

    static func refusal(_ status: Int, _ body: [UInt8]) -> DashboardError {
        if status == 401 || status == 403 { return .unauthorized(status: status) }
        struct Refusal: Decodable { let error: String }
        let stated = try? JSONDecoder().decode(Refusal.self, from: Data(body)).error
        return .refused(status: status, reason: Text.short(stated ?? String(decoding: body.prefix(Limits.reasonCharacters), as: UTF8.self)))
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "it can't be read" }
        switch error {
        case .keyNotFound(let key, _): return "`\(SafeText(key.stringValue))` is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "`\(SafeText(context.codingPath.map(\.stringValue).joined(separator: ".")))` has another type"
        default: return "it is no JSON"
        }
    }
}
