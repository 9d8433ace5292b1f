import Glibc

/// Where the time comes from: a parameter of whatever needs testing.
public protocol WallClock: Sendable {
    /// The time of day.
    func now() -> NanoTimestamp
    /// Nanoseconds that only grow, from an arbitrary start; for measuring how long something took.
    func monotonicNanoseconds() -> Int64
}

extension WallClock {
    /// The time of day in milliseconds.
    public func nowMilliseconds() -> Timestamp { now().milliseconds }
}

/// The machine's clocks.
public struct SystemClock: WallClock {
    public init() {}

    public func now() -> NanoTimestamp { NanoTimestamp(nanoseconds: read(CLOCK_REALTIME)) }
    public func monotonicNanoseconds() -> Int64 { read(CLOCK_MONOTONIC) }

    private func read(_ id: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(id, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// A clock that stands still until it is moved, for tests.
public final class ManualClock: WallClock {
    private let current: Locked<(wall: Int64, monotonic: Int64)>

    public init(_ start: NanoTimestamp) { current = Locked((start.nanoseconds, 0)) }
    public convenience init(milliseconds: Int64) { self.init(Timestamp(milliseconds: milliseconds).nanos) }

    public func now() -> NanoTimestamp { NanoTimestamp(nanoseconds: current.withLock { $0.wall }) }
    public func monotonicNanoseconds() -> Int64 { current.withLock { $0.monotonic } }

    /// Lets time pass on both clocks.
    public func advance(nanoseconds: Int64) {
        current.withLock {
            $0.wall += nanoseconds
            $0.monotonic += max(0, nanoseconds)
        }
    }
    public func advance(milliseconds: Int64) { advance(nanoseconds: milliseconds * 1_000_000) }

    /// Sets the time of day alone, as an administrator or NTP would.
    public func step(to moment: NanoTimestamp) { current.withLock { $0.wall = moment.nanoseconds } }
}
