import Foundations
import Glibc

/// Threads that help a query's own. All queries together use no more of them than there are further cores.
enum QueryWorkers {
    /// Below this much work, in samples, starting threads costs more than it spares.
    static let samplesMin = 1_000_000
    /// Batches that may be finished before the one that is next in order: bounds what waits.
    private static let aheadMax = 4

    private static let coreCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    private static let free = Locked(coreCount - 1)

    /// Takes up to `wanted` threads of those that no other query uses.
    private static func take(_ wanted: Int) -> Int {
        free.withLock { free in
            let taken = max(0, min(wanted, free))
            free -= taken
            return taken
        }
    }

    private static func giveBack(_ count: Int) { free.withLock { $0 += count } }

    /// What the leading thread does next.
    private enum Step<Item> {
        case consume(Result<Item, any Error>)
        case produce(Int)
    }

    private struct State<Item> {
        var next = 0
        var consumed = 0
        var finished: [Int: Result<Item, any Error>] = [:]
        var isStopped = false
    }

    /// What goes from one thread to another: each thing is touched by one at a time.
    private struct Handover<Content>: @unchecked Sendable {
        let content: Content
    }

    /// Makes items `0..<count`, several at once, and hands them to `consume` in their order, on the thread that calls.
    ///
    /// The result is the same as of a plain loop; an error is that of the first item that fails. `produce` is called by several threads.
    static func forEach<Item>(
        _ count: Int, helpersMax: Int, produce: (Int) throws -> Item, consume: (Item) throws -> Void
    ) throws {
        let helpers = count > 1 ? take(min(helpersMax, count - 1)) : 0
        guard helpers > 0 else {
            for index in 0..<count { try consume(try produce(index)) }
            return
        }
        defer { giveBack(helpers) }
        let monitor = Monitor(State<Handover<Item>>())
        try withoutActuallyEscaping(produce) { produce in
            let work = Handover(content: produce)
            let threads = (0..<helpers).map { _ in
                WorkerThread(name: "promql-help") { help(monitor, count, work.content) }
            }
            defer {
                monitor.update { $0.isStopped = true }
                for thread in threads { thread.join() }
            }
            try lead(monitor, count, work.content, consume)
        }
    }

    /// Takes the next item's number where it isn't too far ahead.
    private static func claim<Item>(_ state: inout State<Item>, _ count: Int) -> Int? {
        guard !state.isStopped, state.next < count, state.next - state.consumed <= aheadMax else { return nil }
        state.next += 1
        return state.next - 1
    }

    private static func help<Item>(_ monitor: Monitor<State<Handover<Item>>>, _ count: Int, _ produce: (Int) throws -> Item) {
        while true {
            let index = monitor.wait(until: { $0.isStopped || $0.next >= count || $0.next - $0.consumed <= aheadMax }, then: { claim(&$0, count) })
            guard let index else { return }
            let result = Result { Handover(content: try produce(index)) }
            monitor.update { $0.finished[index] = result }
        }
    }

    private static func lead<Item>(
        _ monitor: Monitor<State<Handover<Item>>>, _ count: Int, _ produce: (Int) throws -> Item, _ consume: (Item) throws -> Void
    ) throws {
        var consumed = 0
        while consumed < count {
            let wanted = consumed
            let step: Step<Handover<Item>>? = monitor.wait(until: { $0.finished[wanted] != nil || ($0.next < count && $0.next - $0.consumed <= aheadMax) }) { state in
                if let result = state.finished.removeValue(forKey: wanted) { return .consume(result) }
                return claim(&state, count).map { .produce($0) }
            }
            switch step {
            case .consume(let result)?:
                try consume(try result.get().content)
                consumed += 1
                monitor.update { $0.consumed = wanted + 1 }
            case .produce(let index)?:
                let result = Result { Handover(content: try produce(index)) }
                monitor.update { $0.finished[index] = result }
            case nil: return
            }
        }
    }
}
