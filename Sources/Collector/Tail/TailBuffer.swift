import Foundations
import Model

/// One thing that a live tail sends.
enum TailItem: Sendable {
    case line(TailedLine)
    /// So many records came faster than they could be sent, and were left out here.
    case skipped(Int)
}

struct TailedLine: Hashable, Sendable {
    var timestamp: NanoTimestamp
    var level: LogLevel
    /// The stream as it is stored.
    var stream: Labels
    /// With what the query adds to it.
    var labels: Labels
    var line: String
}

/// Hands items from the one task that finds them to the one that sends them, in batches.
actor TailBuffer {
    private var items: [TailItem] = []
    private var isTickDue = false
    private var isFinished = false
    private var giver: CheckedContinuation<Void, Never>?
    private var taker: CheckedContinuation<Void, Never>?
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    /// Waits while the buffer is full: what comes meanwhile is the log store's to buffer or to skip.
    func give(_ item: TailItem) async {
        while items.count >= countMax && !isFinished { await withCheckedContinuation { giver = $0 } }
        if isFinished { return }
        items.append(item)
        wake(&taker)
    }

    /// Makes `take` return, empty where there is nothing.
    func tick() {
        isTickDue = true
        wake(&taker)
    }

    /// Ends both sides; what is still there is dropped.
    func finish() {
        isFinished = true
        wake(&giver)
        wake(&taker)
    }

    /// What there is, gathered for a moment once something came; empty on a tick, nil at the end.
    func take(gatherMilliseconds: Int) async -> [TailItem]? {
        while items.isEmpty && !isTickDue && !isFinished { await withCheckedContinuation { taker = $0 } }
        if !items.isEmpty && items.count < countMax && !isFinished {
            // A cancelled sleep ends early, which is all it should do.
            try? await Task.sleep(for: .milliseconds(gatherMilliseconds))
        }
        if isFinished { return nil }
        defer {
            items = []
            isTickDue = false
            wake(&giver)
        }
        return items
    }

    private func wake(_ continuation: inout CheckedContinuation<Void, Never>?) {
        continuation?.resume()
        continuation = nil
    }
}
