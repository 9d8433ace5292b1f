import Foundations
import Glibc
import Model

/// Measures what a query's parts cost. Threads that work on one query share it; where nobody asks for figures there is none.
final class QueryProfile: Sendable {
    struct Mark {
        let wallNanoseconds: Int64
        let cpuNanoseconds: Int64
        let helpersNanoseconds: Int64
    }

    struct NodeFigures {
        var evaluations = 0
        var series = 0
        var points = 0
        var wallNanoseconds: Int64 = 0
        var cpuNanoseconds: Int64 = 0
        var scan = ScanFigures()
    }

    struct ReadFigures {
        var series = 0
        var wallNanoseconds: Int64 = 0
        var cpuNanoseconds: Int64 = 0
    }

    private struct State {
        var nodes: [SourceRange: NodeFigures] = [:]
        var reads: [Int: ReadFigures] = [:]
        /// CPU time of threads beside the query's own.
        var helpersNanoseconds: Int64 = 0
        var owner: pthread_t?
    }

    private struct Owned: @unchecked Sendable {
        var state = State()
    }

    private let owned = Locked(Owned())

    /// Says that the thread that calls is the query's own.
    func setOwner() { owned.withLock { $0.state.owner = pthread_self() } }

    func now() -> Mark {
        Mark(
            wallNanoseconds: Self.read(CLOCK_MONOTONIC), cpuNanoseconds: Self.read(CLOCK_THREAD_CPUTIME_ID),
            helpersNanoseconds: owned.withLock { $0.state.helpersNanoseconds })
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Of an expression that was evaluated on the query's own thread.
    func add(_ place: SourceRange, series: Int, steps: Int, since begun: Mark) {
        let end = now()
        owned.withLock { owned in
            owned.state.nodes[place, default: NodeFigures()].evaluations += 1
            owned.state.nodes[place, default: NodeFigures()].series += series
            owned.state.nodes[place, default: NodeFigures()].points += series * steps
            owned.state.nodes[place, default: NodeFigures()].wallNanoseconds += end.wallNanoseconds - begun.wallNanoseconds
            owned.state.nodes[place, default: NodeFigures()].cpuNanoseconds +=
                end.cpuNanoseconds - begun.cpuNanoseconds + end.helpersNanoseconds - begun.helpersNanoseconds
        }
    }

    /// Of an expression within a batch of series, on any thread.
    func addBatch(_ place: SourceRange, _ series: Int, steps: Int, since begun: Mark, isWhole: Bool) {
        let (wall, cpu) = (Self.read(CLOCK_MONOTONIC) - begun.wallNanoseconds, Self.read(CLOCK_THREAD_CPUTIME_ID) - begun.cpuNanoseconds)
        owned.withLock { owned in
            if isWhole, owned.state.owner.map({ pthread_equal($0, pthread_self()) == 0 }) ?? false { owned.state.helpersNanoseconds += cpu }
            owned.state.nodes[place, default: NodeFigures()].evaluations += 1
            owned.state.nodes[place, default: NodeFigures()].series += series
            owned.state.nodes[place, default: NodeFigures()].points += series * steps
            owned.state.nodes[place, default: NodeFigures()].wallNanoseconds += wall
            owned.state.nodes[place, default: NodeFigures()].cpuNanoseconds += cpu
        }
    }

    func add(_ figures: ScanFigures, to place: SourceRange) {
        owned.withLock { $0.state.nodes[place, default: NodeFigures()].scan = $0.state.nodes[place, default: NodeFigures()].scan + figures }
    }

    func addRead(_ read: Int, series: Int, since begun: Mark) {
        let end = now()
        owned.withLock { owned in
            owned.state.reads[read] = ReadFigures(
                series: series, wallNanoseconds: end.wallNanoseconds - begun.wallNanoseconds, cpuNanoseconds: end.cpuNanoseconds - begun.cpuNanoseconds)
        }
    }

    func figures(of place: SourceRange) -> NodeFigures { owned.withLock { $0.state.nodes[place] ?? NodeFigures() } }
    func figures(ofRead read: Int) -> ReadFigures { owned.withLock { $0.state.reads[read] ?? ReadFigures() } }
}
