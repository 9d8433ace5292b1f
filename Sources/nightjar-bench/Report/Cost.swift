import Foundation

/// What a piece of work cost this process.
struct Cost {
    let cpuSeconds: Double
    let wallSeconds: Double

    static func of<Result>(_ work: () async throws -> Result) async rethrows -> (Result, Cost) {
        let (cpu, wall) = (now(CLOCK_PROCESS_CPUTIME_ID), now(CLOCK_MONOTONIC))
        let result = try await work()
        return (result, Cost(cpuSeconds: now(CLOCK_PROCESS_CPUTIME_ID) - cpu, wallSeconds: now(CLOCK_MONOTONIC) - wall))
    }

    /// Processor time of this process so far.
    static func processorSeconds() -> Double { now(CLOCK_PROCESS_CPUTIME_ID) }

    /// Processor time of this thread so far.
    static func threadSeconds() -> Double { now(CLOCK_THREAD_CPUTIME_ID) }

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// The process's resident memory in bytes.
func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
}
