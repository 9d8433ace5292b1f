import Foundations
import GRDB

/// Counts the transactions that change what people see of alerting, and lets others wait for the next one.
public final class AlertingChanges: Sendable {
    private struct State {
        var count: Int64 = 0
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Locked(State())

    /// How many there were since the program started.
    public var count: Int64 { state.withLock { $0.count } }

    func note() {
        let waiters = state.withLock { state in
            state.count += 1
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once the count differs from `known`, after `milliseconds`, or where the task is cancelled. Any number of tasks may wait.
    public func wait(differingFrom known: Int64, atMostMilliseconds milliseconds: Int64) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = Task {
            do {
                try await Task.sleep(nanoseconds: UInt64(max(0, milliseconds)) * 1_000_000)
            } catch {
                return  // Cancelled: the wait is over.
            }
            end(id)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if state.count != known || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            end(id)
        }
    }

    private func end(_ id: UInt64) { state.withLock { $0.waiters.removeValue(forKey: id) }?.resume() }
}

/// Notes the commits that touch what is shown. Called by the database on its own queue alone.
final class ChangeObserver: TransactionObserver, Sendable {
    /// Alert states are left out: an evaluation rewrites their values, and each step of theirs stands in the event log as well.
    /// SQLite tells of no changes to tables without row ids: acknowledgements and roles come with an event or a note, silences say so
    /// themselves.
    private static let tables: Set<String> = ["alert_events", "incidents", "incident_notes", "oncall_notes"]

    private let changes: AlertingChanges
    private let hasChanged = Locked(false)

    init(_ changes: AlertingChanges) { self.changes = changes }

    func observes(eventsOfKind kind: DatabaseEventKind) -> Bool { Self.tables.contains(kind.tableName) }

    func databaseDidChange(with event: DatabaseEvent) {
        hasChanged.withLock { $0 = true }
        // One change is enough: a storm's thousands of rows cost one call.
        stopObservingDatabaseChangesUntilNextTransaction()
    }

    func databaseDidCommit(_ db: Database) {
        let isNews = hasChanged.withLock { changed in
            defer { changed = false }
            return changed
        }
        if isNews { changes.note() }
    }

    func databaseDidRollback(_ db: Database) { hasChanged.withLock { $0 = false } }
}
