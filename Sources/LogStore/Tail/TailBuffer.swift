import Foundations
import Model

/// One tail's events between the thread that filters and the task that reads: bounded, with a count of what didn't fit at its place.
final class TailBuffer: Sendable {
    private struct State {
        var events: [TailEvent] = []
        /// Events before this one have been read.
        var first = 0
        var isClosed = false
        var waiting: CheckedContinuation<TailEvent?, Never>?

        var count: Int { events.count - first }

        mutating func take() -> TailEvent? {
            guard first < events.count else { return nil }
            let event = events[first]
            first += 1
            if first > 1024 && first * 2 > events.count {
                events.removeFirst(first)
                first = 0
            }
            return event
        }

        mutating func skip(_ count: Int) {
            if first < events.count, case .skipped(let before)? = events.last {
                events[events.count - 1] = .skipped(before + count)
            } else {
                events.append(.skipped(count))
            }
        }
    }

    private let matcher: LogQueryMatcher
    private let recordsMax: Int
    private let state = Locked(State())

    init(_ matcher: LogQueryMatcher, recordsMax: Int) {
        self.matcher = matcher
        self.recordsMax = recordsMax
    }

    /// Takes a record where it matches; returns 1 where it had to be skipped.
    func offer(_ record: LogRecord) -> Int {
        guard matcher.matches(record) else { return 0 }
        let (waiting, missed) = state.withLock { state -> (CheckedContinuation<TailEvent?, Never>?, Int) in
            if state.isClosed { return (nil, 0) }
            if let waiting = state.waiting {
                state.waiting = nil
                return (waiting, 0)
            }
            guard state.count < recordsMax else {
                state.skip(1)
                return (nil, 1)
            }
            state.events.append(.record(record))
            return (nil, 0)
        }
        waiting?.resume(returning: .record(record))
        return missed
    }

    func skip(_ count: Int) {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            if state.waiting == nil { state.skip(count) }
            return state.waiting
        }
        waiting?.resume(returning: .skipped(count))
    }

    /// The next event; nil once the tail is closed and its events are read.
    func next() async -> TailEvent? {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> TailEvent?? in
                if let event = state.take() { return .some(event) }
                if state.isClosed { return .some(nil) }
                precondition(state.waiting == nil, "a tail has one reader")
                state.waiting = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    func close() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            state.isClosed = true
            return state.waiting
        }
        waiting?.resume(returning: nil)
    }
}
