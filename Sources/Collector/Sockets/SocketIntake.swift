import Foundations
import LogStore
import Model
import Wire

/// Stores what a socket input read, into the logs of the tenant that the input belongs to.
struct SocketIntake: Sendable {
    let edge: Edge
    let kind: InputKind

    /// Between two attempts where the store takes nothing.
    private static let retryMilliseconds = 500

    /// Returns once all is durable: waits where the disk is full or the store is behind, so that a sender on a connection waits too.
    /// False where the collector stopped first; then it is lost, and counted.
    func store(_ records: [LogRecord]) async -> Bool {
        if records.isEmpty { return true }
        guard let tenant = edge.tenants.named(edge.options.inputs.tenant(of: kind)) else { preconditionFailure("an input of no tenant is listened on") }
        while true {
            if edge.disk.state == .accepting {
                do throws(LogStoreError) {
                    let outcome = try await LogIntake(edge: edge).store(records, of: tenant)
                    edge.inputs.change(kind) { $0.stored += UInt64(outcome.stored) }
                    return true
                } catch {
                    edge.note(refusal(for: error, limits: edge.limits), route: kind.rawValue, address: "socket")
                }
            }
            guard !edge.stopping.isSet, await Self.pause() else {
                edge.inputs.lost(records.count, .stopped, of: kind)
                return false
            }
        }
    }

    /// False where the task was cancelled.
    private static func pause() async -> Bool {
        do {
            try await Task.sleep(for: .milliseconds(retryMilliseconds))
            return true
        } catch {
            return false
        }
    }
}
