import Foundations

/// Counts failed authentications by address, within a minute from the first.
final class AuthenticationFailures: Sendable {
    static let windowNanoseconds: Int64 = 60_000_000_000

    private struct Window {
        var startNanoseconds: Int64
        var count: Int
    }
    private let windows = Locked<[String: Window]>([:])
    private let perMinuteMax: Int
    private let addressesMax: Int
    private let clock: any WallClock

    init(perMinuteMax: Int, addressesMax: Int, clock: any WallClock) {
        self.perMinuteMax = perMinuteMax
        self.addressesMax = addressesMax
        self.clock = clock
    }

    /// Counts one failure. Returns the seconds to wait where the address has had too many, else nil.
    func record(_ address: String) -> Int? {
        let now = clock.monotonicNanoseconds()
        return windows.withLock { windows in
            var window = windows[address] ?? Window(startNanoseconds: now, count: 0)
            if now - window.startNanoseconds >= Self.windowNanoseconds { window = Window(startNanoseconds: now, count: 0) }
            window.count += 1
            windows[address] = window
            if windows.count > addressesMax { Self.makeRoom(&windows, now: now) }
            guard window.count > perMinuteMax else { return nil }
            return Int((window.startNanoseconds + Self.windowNanoseconds - now) / 1_000_000_000) + 1
        }
    }

    /// Forgets what is over, and the older half where nothing is, so that the cost is paid once in a while.
    private static func makeRoom(_ windows: inout [String: Window], now: Int64) {
        let before = windows.count
        windows = windows.filter { now - $0.value.startNanoseconds < windowNanoseconds }
        if windows.count < before { return }
        let median = windows.values.map(\.startNanoseconds).sorted()[before / 2]
        windows = windows.filter { $0.value.startNanoseconds >= median && $0.value.count > 1 }
    }
}
