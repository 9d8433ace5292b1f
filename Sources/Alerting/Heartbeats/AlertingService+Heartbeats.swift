import Foundations
import Model

/// A job and how its runs go.
public struct HeartbeatStatus: Sendable, Hashable {
    public var name: String
    /// By nightjar.yml; otherwise its pings said when it is expected.
    public var isDeclared: Bool
    public var schedule: String
    /// `failed`, `overrun`, `late`, `never`, `running`, `waiting` or `ok`.
    public var state: String
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var succeededAt: Timestamp?
    public var exitCode: Int?
    public var durationMilliseconds: Int64?
    /// When it is expected next.
    public var dueAt: Timestamp?
    /// The address that told it last.
    public var sender: String
    public var severity: String
}

/// Where pings go.
public enum HeartbeatPath {
    public static let base = "/api/v1/nightjar/heartbeats"
}

extension AlertingService {
    /// Takes a job's ping in; durable when it returns. Throws `ActionError` where the job isn't known and `learnt` says nothing of it.
    public func ping(
        _ name: String, _ ping: HeartbeatPing, learnt: HeartbeatText = HeartbeatText(), durationMilliseconds: Int64? = nil, sender: String
    ) async throws {
        try await heartbeats.ping(name, ping, learnt: learnt, durationMilliseconds: durationMilliseconds, sender: sender)
    }

    /// Forgets a job that was learnt from its pings.
    public func removeHeartbeat(_ name: String) async throws { try await heartbeats.remove(name) }

    /// All jobs, in order of name.
    public func heartbeatStatuses() async -> [HeartbeatStatus] { await heartbeats.statuses() }

    /// Judges the jobs every second, until the task is cancelled.
    func watchHeartbeats() async {
        while !Task.isCancelled {
            await heartbeats.tick()
            do {
                try await Task.sleep(nanoseconds: UInt64(Limits.heartbeatCheckMilliseconds) * 1_000_000)
            } catch {
                return  // Cancelled.
            }
        }
    }
}
