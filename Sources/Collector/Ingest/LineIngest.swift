import Foundations
import HTTPTypes
import Hummingbird
import LogStore
import Model
import NIOCore
import Wire

/// `POST /insert/jsonline` (ndjson) and `POST /insert/journald` (systemd's journal export format), as VictoriaLogs's users send them.
struct LineIngest: Sendable {
    static let jsonPath = "/insert/jsonline"
    /// What `systemd-journal-upload --url=…/insert/journald` appends to its address stands in the second.
    static let journalPaths = ["/insert/journald", "/insert/journald/upload"]
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.post, Self.jsonPath, scope: .ingest, of: .each) { try await lines($0, $1) }
        for path in Self.journalPaths { routes.on(.post, path, scope: .ingest, of: .each) { try await journal($0, $1) } }
    }

    private func lines(_ request: Request, _ context: CollectorContext) async throws -> Response {
        try Self.refuseForms(request, accepted: "application/x-ndjson")
        let ingest = try IngestRequest(request.headers)
        let (shape, labels, receivedAt) = (DocumentShape(request), extraLabels(request), edge.clock.now())
        let (outcome, refused, first) = try await Ingestion(edge: edge).receive(
            request, context, ingest, route: Self.jsonPath, takesLargePlain: true,
            decode: { bytes throws(WireError) in
                let lines = try LinesOfJSON(bytes, shape: shape, labels: labels, receivedAt: receivedAt)
                if lines.columns.isEmpty, let offset = lines.firstRefusedOffset {
                    throw WireError("none of the \(lines.refused) lines is a JSON object", offset: offset)
                }
                return lines
            },
            store: { lines in (try await store(lines.columns, ingest, context.tenant), lines.refused, lines.firstRefusedOffset) })
        var rejection = LogIntake.rejection(outcome)
        if refused > 0 {
            rejection.counts.append(("no JSON object", refused, "the one at byte \(first ?? 0)"))
            edge.counters.rejected(refused, reason: "no JSON object", of: context.tenant)
        }
        return reply(outcome.stored, rejection)
    }

    /// A journal may be uploaded whole, and then grows while it is sent: without a compression its entries are stored as they come.
    private func journal(_ request: Request, _ context: CollectorContext) async throws -> Response {
        try Self.refuseForms(request, accepted: "application/vnd.fdo.journal")
        let ingest = try IngestRequest(request.headers)
        let (labels, receivedAt) = (extraLabels(request), edge.clock.now())
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        if ingest.encoding == .identity, declared == nil || declared! > edge.limits.bodyBytesMax {
            return try await JournalStream(edge: edge, labels: labels).receive(request, context)
        }
        let outcome = try await Ingestion(edge: edge).receive(
            request, context, ingest, route: Self.journalPaths[0],
            decode: { bytes throws(WireError) in try JournalExport.decode(bytes, labels: labels, receivedAt: receivedAt) },
            store: { records in try await store(LogColumns(records), ingest, context.tenant) })
        return reply(outcome.stored, LogIntake.rejection(outcome))
    }

    private func store(_ columns: LogColumns, _ ingest: IngestRequest, _ tenant: Tenant) async throws -> LogAppendOutcome {
        do throws(LogStoreError) {
            return try await LogIntake(edge: edge).store(columns, origin: ingest.origin, of: tenant)
        } catch {
            throw refusal(for: error, limits: edge.limits)
        }
    }

    private func reply(_ stored: Int, _ rejection: PartialRejection) -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("stored", stored)
            writer.member("refused", rejection.total)
            if !rejection.isEmpty { writer.member("message", rejection.message) }
        }
        var response = Reply.json(writer)
        if !rejection.isEmpty { response.headers[.nightjarRejected] = rejection.header }
        return response
    }

    /// What a tool sends as a form by its own default would be lost in one.
    static func refuseForms(_ request: Request, accepted: String) throws(Refusal) {
        let type = IngestRequest.mediaType(request.headers)
        if type == "application/x-www-form-urlencoded" || type == "multipart/form-data" {
            throw IngestRequest.unsupportedType(request.headers, accepted: accepted)
        }
    }
}

/// A journal that comes in one long request, stored a mebibyte at a time.
private struct JournalStream: Sendable {
    let edge: Edge
    let labels: [(label: String, value: String)]

    /// Entries that are stored together.
    private static let storedBytes = 1 << 20

    func receive(_ request: Request, _ context: CollectorContext) async throws -> Response {
        var waiting: [UInt8] = []
        var stored = 0
        for try await piece in request.body {
            waiting.append(contentsOf: piece.readableBytesView)
            edge.counters.received(bytes: piece.readableBytes, route: LineIngest.journalPaths[0])
            guard waiting.count >= Self.storedBytes else { continue }
            stored += try await store(&waiting, isEnd: false, context)
            guard waiting.count <= edge.limits.inflatedBytesMax else {
                throw context.closing(.malformed("an entry is longer than \(edge.limits.inflatedBytesMax) bytes"))
            }
        }
        stored += try await store(&waiting, isEnd: true, context)
        var writer = JSONWriter()
        writer.object { $0.member("stored", stored) }
        return Reply.json(writer)
    }

    private func store(_ waiting: inout [UInt8], isEnd: Bool, _ context: CollectorContext) async throws -> Int {
        if case .refusing(let reason) = edge.disk.state {
            throw context.closing(.unavailable(.diskFull, reason, retryAfterSeconds: edge.limits.diskRetrySeconds))
        }
        let now = edge.clock.now()
        let records: [LogRecord]
        let used: Int
        do throws(WireError) {
            if isEnd {
                records = try withBytes(waiting) { bytes throws(WireError) in try JournalExport.decode(bytes, labels: labels, receivedAt: now) }
                used = waiting.count
            } else {
                (records, used) = try withBytes(waiting) { bytes throws(WireError) in
                    try JournalExport.decode(prefix: bytes, labels: labels, receivedAt: now)
                }
            }
        } catch {
            throw Refusal.malformed(error.description)
        }
        waiting.removeFirst(used)
        if records.isEmpty { return 0 }
        do throws(LogStoreError) {
            return try await LogIntake(edge: edge).store(records, of: context.tenant).stored
        } catch {
            throw refusal(for: error, limits: edge.limits)
        }
    }
}
