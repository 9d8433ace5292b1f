import Foundation
import Foundations

/// kill -9 at the points where a page can be lost or doubled, and what the receivers saw of it in the end.
struct AlertFaults {
    struct Result {
        var faults = 0
        var acknowledged = 0
        var lost = 0
        var unmarkedRepeats = 0
        var markedRepeats = 0
        var keyedDuplicates = 0
        var missingResolves = 0
    }

    /// Where the program dies.
    enum Point: CaseIterable {
        /// Right after the 200 to a posted alert; in the middle of a request to a receiver; right after its answer; and at any time.
        case commit, send, response, random, commitOfEnd
    }

    let server: AlertServer
    let sink: AlertSink
    var random: SeededGenerator

    mutating func run(faults: Int) async throws -> Result {
        var result = Result(faults: faults)
        var acknowledged: [String] = []
        var ended: Set<String> = []
        for number in 0..<faults {
            let name = "F\(number)"
            let process = server.process
            let kill: @Sendable () -> Void = { process.kill() }
            switch Point.allCases[number % Point.allCases.count] {
            case .commit:
                if await server.post([name]) { acknowledged.append(name) }
                kill()
            case .send, .response:
                sink.setTrap(number % Point.allCases.count == 1 ? .send : .response, kill)
                if await server.post([name]) { acknowledged.append(name) }
                try await Task.sleep(nanoseconds: 300_000_000)
                sink.clearTrap()
            case .random:
                let delay = UInt64.random(in: 0..<30_000_000, using: &random)
                Task.detached {
                    try? await Task.sleep(nanoseconds: delay)
                    kill()
                }
                if await server.post([name]) { acknowledged.append(name) }
                try await Task.sleep(nanoseconds: 40_000_000)
            case .commitOfEnd:
                if await server.post([name]) { acknowledged.append(name) }
                try await Task.sleep(nanoseconds: 100_000_000)
                if await server.post([name], isEnded: true) { ended.insert(name) }
                kill()
            }
            try await server.restart()
        }
        try await settle()
        // What wasn't acknowledged may be stored all the same, and is paged then.
        for number in 0..<faults where !ended.contains("F\(number)") { _ = await server.post(["F\(number)"], isEnded: true) }
        try await settle()
        judge(acknowledged, &result)
        return result
    }

    /// Until nothing has arrived for some seconds.
    private func settle() async throws {
        let start = SystemClock().monotonicNanoseconds()
        repeat { try await Task.sleep(nanoseconds: 200_000_000) } while min(sink.quietNanoseconds, SystemClock().monotonicNanoseconds() - start) < 8_000_000_000
    }

    private func judge(_ acknowledged: [String], _ result: inout Result) {
        result.acknowledged = acknowledged.count
        let tallies = sink.tallies
        for name in acknowledged {
            let tally = tallies[name] ?? AlertSink.Tally()
            if tally.pages == 0 {
                result.lost += 1
                continue
            }
            result.unmarkedRepeats += max(0, tally.pages - 1)
            result.markedRepeats += tally.markedRepeats
            if tally.resolves == 0 { result.missingResolves += 1 }
        }
        // What isn't named like an alert is a PagerDuty key.
        for tally in tallies.values where tally.incidents > 0 {
            result.keyedDuplicates += tally.incidents - 1
            if tally.isOpen { result.missingResolves += 1 }
        }
    }
}
