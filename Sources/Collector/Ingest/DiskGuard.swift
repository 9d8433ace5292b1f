import Foundations

/// Whether there is room to store what comes in; looks at the disk at most once a second.
final class DiskGuard: Sendable {
    enum State: Sendable, Equatable {
        case accepting
        /// Says why, in a sentence.
        case refusing(String)
    }

    private struct Known {
        var checkedAtNanoseconds: Int64 = .min
        var state = State.accepting
        var freeBytes: Int64 = 0
    }
    private let known = Locked(Known())
    private let directory: String
    private let reserveBytes: Int64?
    private let limits: CollectorLimits
    private let fileSystem: any FileSystem
    private let clock: any WallClock

    init(_ options: CollectorOptions, fileSystem: any FileSystem, clock: any WallClock) {
        directory = options.dataDirectory
        reserveBytes = options.diskReserveBytes
        limits = options.limits
        self.fileSystem = fileSystem
        self.clock = clock
    }

    var freeBytes: Int64 {
        refresh()
        return known.withLock { $0.freeBytes }
    }

    var state: State {
        refresh()
        return known.withLock { $0.state }
    }

    private func refresh() {
        let now = clock.monotonicNanoseconds()
        let isDue = known.withLock { known in
            guard known.checkedAtNanoseconds == .min || now - known.checkedAtNanoseconds >= limits.diskCheckMilliseconds * 1_000_000 else {
                return false
            }
            known.checkedAtNanoseconds = now
            return true
        }
        if !isDue { return }
        do throws(FileError) {
            let space = try fileSystem.space(directory)
            let reserve = reserveBytes ?? min(limits.diskReserveBytes, space.totalBytes / 20)
            let state: State =
                space.freeBytes < reserve
                ? .refusing("\(directory) has \(space.freeBytes >> 20) MiB free, under the reserve of \(reserve >> 20) MiB; free some space")
                : .accepting
            known.withLock {
                $0.state = state
                $0.freeBytes = space.freeBytes
            }
        } catch {
            known.withLock { $0.state = .refusing("the free space can't be measured: \(error)") }
        }
    }
}
