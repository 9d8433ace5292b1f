import Foundations
import Terminal

/// Hands actions from the tasks that fetch to the thread that draws, and wakes it.
final class Mailbox: Sendable {
    private struct Waiting {
        var actions: [Action] = []
        var tailLines = 0
        var hasEnded = false
    }

    private let waiting = Locked(Waiting())

    func post(_ action: Action) {
        waiting.withLock { waiting in
            if case .tail(let query, var batch) = action {
                // Drawing can't keep up: the newest lines matter, the count says what is missing.
                let beyond = waiting.tailLines + batch.items.count - Limits.tailLinesWaiting
                if beyond > 0 {
                    let dropped = min(beyond, batch.items.count)
                    batch.items.removeFirst(dropped)
                    batch.skipped += dropped
                }
                waiting.tailLines += batch.items.count
                // One insertion for all that came since the last frame.
                if case .tail(query, var earlier)? = waiting.actions.last {
                    waiting.actions.removeLast()
                    earlier.items += batch.items
                    earlier.skipped += batch.skipped
                    batch = earlier
                }
                waiting.actions.append(.tail(query: query, batch))
            } else {
                waiting.actions.append(action)
            }
        }
        Screen.wake()
    }

    /// Asks the drawing thread to end.
    func end() {
        waiting.withLock { $0.hasEnded = true }
        Screen.wake()
    }

    var hasEnded: Bool { waiting.withLock { $0.hasEnded } }

    func take() -> [Action] {
        waiting.withLock { waiting in
            defer {
                waiting.actions = []
                waiting.tailLines = 0
            }
            return waiting.actions
        }
    }
}
