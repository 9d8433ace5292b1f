import Alerting
import Foundations
import HTTPTypes
import Hummingbird
import LogStore
import Model
import NIOCore
import Wire

/// The collector's own paths: status, outbox, health, reload and metrics.
struct NightjarRoutes: Sendable {
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

extension JSONWriter {
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
