import Foundations
import Glibc

/// Time that passes whatever is done to the clock on the wall: waits are measured by it within one run of the machine.
struct MachineTime: Sendable {
    /// Which run of the machine; empty where that isn't known, so that the clock on the wall counts.
    var boot: String
    /// Milliseconds since the machine started, those that it slept through too.
    var elapsedMilliseconds: @Sendable () -> Int64

    static let system = MachineTime(boot: readBoot()) {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func readBoot() -> String {
        do {
            let bytes = try RealFileSystem().readAll("/proc/sys/kernel/random/boot_id", bytesMax: 64)
            return String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
        } catch {
            return ""  // No such file: waits are then measured by the clock on the wall.
        }
    }
}

/// A moment by all clocks.
struct EscalationMoment: Sendable {
    var now: Timestamp
    var boot: String
    var elapsedMilliseconds: Int64

    init(_ now: Timestamp, _ machine: MachineTime) {
        self.now = now
        boot = machine.boot
        elapsedMilliseconds = machine.elapsedMilliseconds()
    }
}
