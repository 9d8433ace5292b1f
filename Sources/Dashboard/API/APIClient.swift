import FoundationEssentials
import Foundations

/// Typed calls of the collector's API.
struct APIClient: Sendable {
    let transport: any APITransport

    func status() async throws(DashboardError) -> CollectorStatus {
        let reply: StatusReply = try await get("/api/v1/nightjar/status")
        return reply.collectorStatus
    }

    func alerts() async throws(DashboardError) -> [AlertItem] {
        let reply: AlertsReply = try await get("/api/v1/alerts")
        return reply.items
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

    /// Newest first.
    func logs(_ query: String, start: Timestamp, end: Timestamp, limit: Int = Limits.logLines) async throws(DashboardError) -> [LogItem] {
        let replies: [LogReply] = try await get(
            "/api/v1/nightjar/logs",
            [("query", query), ("start", String(start.nanos.nanoseconds)), ("end", String(end.nanos.nanoseconds)), ("limit", String(limit))])
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

    private func get<Value: Decodable>(_ path: String, _ query: [(String, String)] = []) async throws(DashboardError) -> Value {
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

    private static func refusal(_ status: Int, _ body: [UInt8]) -> DashboardError {
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

/// Lines of a tail that came at once.
struct TailBatch: Sendable {
    var items: [LogItem] = []
    /// Lines that were left out because they came too fast, or that couldn't be read.
    var skipped = 0
}

/// Cuts a stream of bytes into lines of JSON and reads them.
struct TailParser {
    private struct Skipped: Decodable { let skipped: Int }

    private var rest: [UInt8] = []
    /// In a line that is longer than the cap, of which nothing is kept.
    private var isDropping = false

    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> TailBatch {
        var batch = TailBatch()
        for part in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { endLine(&batch) }
            if isDropping { continue }
            rest.append(contentsOf: part.element)
            if rest.count > Limits.tailLineBytes {
                rest = []
                isDropping = true
            }
        }
        return batch
    }

    private mutating func endLine(_ batch: inout TailBatch) {
        defer {
            rest.removeAll(keepingCapacity: rest.count < 65_536)
            isDropping = false
        }
        if isDropping {
            batch.skipped += 1
            return
        }
        if rest.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { return }
        let line = Data(rest)
        if let item = (try? JSONDecoder().decode(LogReply.self, from: line))?.item {
            batch.items.append(item)
        } else {
            // Not a line: the count of lines left out, or something that can't be read, which counts as one.
            batch.skipped += max(0, (try? JSONDecoder().decode(Skipped.self, from: line))?.skipped ?? 1)
        }
    }
}
