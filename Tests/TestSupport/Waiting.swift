import Foundations
import Glibc

/// Asks `probe` every few milliseconds until it gives something; nil after the timeout, and after a last try.
///
/// The time is counted in steps of a second at most each: a machine that stood still meanwhile did so for what is waited for too. The
/// timeout only bounds how long a test takes to fail, so that it is no measure of speed.
public func eventually<Value>(seconds: Double = 60, everyMilliseconds: Int = 20, _ probe: () async throws -> Value?) async throws -> Value? {
    let clock = SystemClock()
    var left = Int64(seconds * 1e9)
    var last = clock.monotonicNanoseconds()
    while true {
        if let value = try await probe() { return value }
        if left <= 0 { return nil }
        try await Task.sleep(nanoseconds: UInt64(everyMilliseconds) * 1_000_000)
        let now = clock.monotonicNanoseconds()
        left -= min(now - last, 1_000_000_000)
        last = now
    }
}

/// Asks every few milliseconds until `condition` holds; false where it doesn't before the timeout, as `eventually` counts it.
@discardableResult
public func waitUntil(seconds: Double = 60, everyMilliseconds: Int = 5, _ condition: () async throws -> Bool) async throws -> Bool {
    try await eventually(seconds: seconds, everyMilliseconds: everyMilliseconds) { try await condition() ? true : nil } ?? false
}

/// The processor seconds of all threads of this process while `body` runs: what it costs, however busy the machine is.
public func processorSeconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = processorNanoseconds()
    try await body()
    return Double(processorNanoseconds() - start) / 1e9
}

private func processorNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
