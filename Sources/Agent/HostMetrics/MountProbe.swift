import CPlatform
import Foundations
import Glibc

/// Asks mounts for their size on a thread of its own, because statvfs(2) of a dead NFS server never returns.
///
/// A mount that doesn't answer in time is reported as failed and left alone until its call returns; another thread goes on with the rest.
/// At most `HostLimits.mountThreadsMax` threads exist, however many mounts hang.
final class MountProbe: Sendable {
    struct Space: Equatable, Sendable {
        var sizeBytes: Double
        var freeBytes: Double
        var availableBytes: Double
        var files: Double
        var filesFree: Double
    }

    private struct State {
        /// Mounts to ask, the next one last.
        var waiting: [String] = []
        /// Nil for a mount that refused.
        var answers: [String: Space?] = [:]
        /// The thread that takes from `waiting`, and the mount it asks now.
        var worker: Int?
        var asking: String?
        /// Mounts whose call hasn't returned; their threads end when it does.
        var hanging: Set<String> = []
        var threads = 0
        var threadsStarted = 0
        var isStopping = false
    }

    private let state = Monitor(State())
    private let measure: @Sendable (String) -> Space?
    private let mountTimeoutMilliseconds: Int64

    /// `measure` is a parameter for tests.
    init(
        mountTimeoutMilliseconds: Int64 = HostLimits.mountTimeoutMilliseconds, measure: @escaping @Sendable (String) -> Space? = MountProbe.space
    ) {
        self.mountTimeoutMilliseconds = mountTimeoutMilliseconds
        self.measure = measure
    }

    deinit { state.update { $0.isStopping = true } }

    /// The answers that came in time, nil for mounts that refused; those that hang are missing.
    func ask(_ mounts: [String]) -> [String: Space?] {
        if mounts.isEmpty { return [:] }
        state.update { state in
            state.answers = [:]
            state.waiting = mounts.reversed().filter { !state.hanging.contains($0) }
        }
        let clock = SystemClock()
        let deadline = clock.monotonicNanoseconds() + HostLimits.mountsTimeoutMilliseconds * 1_000_000
        repeat {
            startWorkerIfNone()
            let before = state.update { $0.answers.count }
            let isDone = state.wait(timeoutMilliseconds: mountTimeoutMilliseconds, until: Self.isDone) { Self.isDone($0) }
            if isDone { break }
            // Slow but moving: only a mount that made no progress for the whole time counts as hanging.
            state.update { state in
                guard state.answers.count == before, let stuck = state.asking else { return }
                state.hanging.insert(stuck)
                state.worker = nil
                state.asking = nil
            }
        } while clock.monotonicNanoseconds() < deadline && state.update { $0.threads < HostLimits.mountThreadsMax || $0.worker != nil }
        return state.update { state in
            state.waiting = []
            return state.answers
        }
    }

    /// Threads now alive, for tests.
    var threadCount: Int { state.update { $0.threads } }

    private static func isDone(_ state: State) -> Bool { state.waiting.isEmpty && state.asking == nil }

    private func startWorkerIfNone() {
        let number: Int? = state.update { state in
            guard state.worker == nil, !state.waiting.isEmpty, state.threads < HostLimits.mountThreadsMax else { return nil }
            state.threads += 1
            state.threadsStarted += 1
            state.worker = state.threadsStarted
            return state.threadsStarted
        }
        guard let number else { return }
        _ = WorkerThread(name: "nj-mounts") { [state, measure] in Self.work(number, state, measure) }
    }

    private static func work(_ number: Int, _ state: Monitor<State>, _ measure: (String) -> Space?) {
        while true {
            let mount: String? = state.wait(until: { $0.isStopping || $0.worker != number || !$0.waiting.isEmpty }) { state in
                guard !state.isStopping, state.worker == number, let mount = state.waiting.popLast() else { return nil }
                state.asking = mount
                return mount
            }
            guard let mount else { break }
            let space = measure(mount)
            let goesOn = state.update { state in
                guard state.worker == number else {
                    state.hanging.remove(mount)
                    return false
                }
                state.asking = nil
                state.answers[mount] = .some(space)
                return true
            }
            if !goesOn { break }
        }
        state.update { state in
            state.threads -= 1
            if state.worker == number { state.worker = nil }
        }
    }

    static func space(_ mount: String) -> Space? {
        var status = statvfs()
        while statvfs(mount, &status) != 0 { if errno != EINTR { return nil } }
        let block = Double(status.f_frsize)
        return Space(
            sizeBytes: Double(status.f_blocks) * block, freeBytes: Double(status.f_bfree) * block, availableBytes: Double(status.f_bavail) * block,
            files: Double(status.f_files), filesFree: Double(status.f_ffree))
    }
}
