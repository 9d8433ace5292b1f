import Alerting
import Foundations
import HTTPTypes
import Hummingbird
import LogStore
import Model
import NIOCore
import Wire

/// The collector's own paths: status, log search, live tail as lines of JSON, outbox, health, reload and metrics.
struct NightjarRoutes: Sendable {
    static let logsDefault = 200
    let edge: Edge

    func register(_ routes: Routes) {
        for method in [HTTPRequest.Method.get, .head] {
            routes.on(method, "/-/healthy", scope: nil) { _, _ in Reply.text("Nightjar is healthy.\n") }
            routes.on(method, "/-/ready", scope: nil) { _, _ in ready() }
        }
        for method in [HTTPRequest.Method.post, .put] { routes.on(method, "/-/reload", scope: .operate) { _, _ in try await reload() } }
        routes.on(.get, "/metrics", scope: .read) { _, _ in
            Reply.bytes(await SelfMonitor(edge: edge).families().exposition, contentType: Exposition.contentType)
        }
        routes.on(.get, "/api/v1/nightjar/status", scope: .read) { _, _ in await StatusDocument(edge: edge).response() }
        routes.on(.get, "/api/v1/nightjar/outbox", scope: .read) { _, _ in await outbox() }
        routes.query("/api/v1/nightjar/logs", of: .each) { try await logs($0, $1) }
        routes.on(.get, "/api/v1/nightjar/tail", scope: .read, of: .each) { try await tail($0, $1) }
    }

    private func ready() -> Response {
        edge.stopping.isSet
            ? Reply.text("Nightjar is stopping.\n", status: .serviceUnavailable) : Reply.text("Nightjar is ready.\n")
    }

    /// Reads rules and tokens again. What is wrong is told, and what was in force there stays.
    private func reload() async throws -> Response {
        try await edge.reload()
        return Reply.success { $0.object { _ in } }
    }

    private func logs(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let limit = min(try parameters.limit() ?? Self.logsDefault, edge.limits.logEntriesMax)
        let start = try parameters.nanoMoment("start")
        let end = try parameters.nanoMoment("end")
        let queries = edge.logQueries(of: context.tenant)
        let query = parameters["query"] ?? ""
        let found = try await edge.logQuery(context) { try await queries.search(query, start: start, end: end, limit: limit) }
        return Reply.success { writer in
            writer.array(found) { writer, record in
                writer.object { writer in
                    writer.key("timestamp")
                    writer.quotedInteger(record.timestamp.nanoseconds)
                    writer.member("level", record.level.name)
                    writer.key("stream")
                    writer.labels(record.stream)
                    writer.member("line", record.body)
                    writer.key("fields")
                    writer.object { writer in
                        for field in record.fields { writer.field(field) }
                    }
                }
            }
        }
    }

    private func tail(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let query = RequestParameters(request.uri.query ?? "")["query"] ?? ""
        let plan = try edge.logQueries(of: context.tenant).tailPlan(query)
        try edge.tails.enter()
        let edge = edge
        // Taken here, so that what is stored after the answer's head is sent can't be missed.
        let events = context.tenant.logs.tail(plan.query)
        let left = TailPlace(edge.tails)
        let body = ResponseBody { writer in
            defer { left.leave() }
            let watch = try await context.channel.pipeline.handler(type: ClientWatch.self).get()
            // An empty line at once, so that the client knows that it is connected.
            try await writer.write(ByteBuffer(string: "\n"))
            try await LiveTail(edge: edge, plan: plan).run(gone: watch.gone, events: events) { items in
                try await writer.write(ByteBuffer(bytes: TailLines.bytes(items)))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }

    private func outbox() async -> Response {
        let outbox = await edge.alerting.outbox()
        return Reply.success { writer in
            writer.object { writer in
                writer.member("pending", outbox.pending)
                writer.member("failed", outbox.failed)
                writer.member("delivered", outbox.delivered)
                writer.member("cancelled", outbox.cancelled)
                writer.member("oldestPendingSeconds", outbox.oldestPendingSeconds)
                writer.key("deliveries")
                writer.array(outbox.deliveries) { $0.delivery($1) }
            }
        }
    }
}

/// A place among the live tails, given back once.
private final class TailPlace: Sendable {
    private let limit: TailLimit
    private let isHeld = Locked(true)

    init(_ limit: TailLimit) { self.limit = limit }

    func leave() {
        let wasHeld = isHeld.withLock { held in
            defer { held = false }
            return held
        }
        if wasHeld { limit.leave() }
    }

    // An answer whose body is never written, because the client left first.
    deinit { leave() }
}

/// A live tail as lines of JSON.
enum TailLines {
    /// A line per item; one empty line where there is none, as a sign of life.
    static func bytes(_ items: [TailItem]) -> [UInt8] {
        if items.isEmpty { return [UInt8(ascii: "\n")] }
        var bytes: [UInt8] = []
        for item in items {
            var writer = JSONWriter()
            writer.object { writer in
                switch item {
                case .skipped(let count): writer.member("skipped", count)
                case .line(let line):
                    writer.key("timestamp")
                    writer.quotedInteger(line.timestamp.nanoseconds)
                    writer.member("level", line.level.name)
                    writer.key("stream")
                    writer.labels(line.stream)
                    writer.member("line", line.line)
                }
            }
            bytes += writer.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}

extension JSONWriter {
    /// A log field with the type it has.
    fileprivate mutating func field(_ field: LogField) {
        key(field.name)
        switch field.value {
        case .string(let text): string(text)
        case .integer(let value): integer(value)
        case .double(let value): number(value)
        case .bool(let value): bool(value)
        }
    }

    fileprivate mutating func delivery(_ delivery: Delivery) {
        object { writer in
            writer.member("id", delivery.id)
            writer.member("key", delivery.key)
            writer.member("receiver", delivery.receiver)
            writer.member("groupKey", delivery.groupKey)
            writer.member("operation", delivery.operation)
            writer.member("state", delivery.state)
            writer.member("reason", delivery.reason)
            writer.moment("queuedAt", delivery.queuedAt)
            writer.moment("dueAt", delivery.dueAt)
            if let finishedAt = delivery.finishedAt { writer.moment("finishedAt", finishedAt) }
            writer.member("mayBeRepeat", delivery.mayBeRepeat)
            writer.key("attempts")
            writer.array(delivery.attempts) { $0.attempt($1) }
        }
    }

    private mutating func attempt(_ attempt: Delivery.Attempt) {
        object { writer in
            writer.moment("startedAt", attempt.startedAt)
            if let endedAt = attempt.endedAt { writer.moment("endedAt", endedAt) }
            writer.key("status")
            if let status = attempt.status { writer.integer(status) } else { writer.null() }
            writer.member("answer", attempt.answer)
            writer.member("error", attempt.error)
        }
    }
}
