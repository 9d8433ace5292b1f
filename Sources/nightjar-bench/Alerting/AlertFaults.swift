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
        case commit, send, response, random
        /// Right after the 200 to a paged alert's end; to its end while a silence mutes it; and to its end under other routes.
        case end, endWhileSilenced, endUnderOtherRoutes
        /// While a silence holds the page back, which is lifted afterwards.
        case silenced
    }

    /// After so many faults what was paged before is ended, so that a long run doesn't carry all of it along.
    private static let endedEach = 100

    let server: AlertServer
    let sink: AlertSink
    var random: SeededGenerator
    private var acknowledged: [String] = []
    private var open: [String] = []
    private var variant = 0

    init(server: AlertServer, sink: AlertSink, random: SeededGenerator) {
        self.server = server
        self.sink = sink
        self.random = random
    }

    mutating func run(faults: Int) async throws -> Result {
        var progress = Progress("\(grouped(faults)) faults")
        for number in 0..<faults {
            try await fault("F\(number)", at: Point.allCases[number % Point.allCases.count])
            if open.count >= 2 * Self.endedEach { await endAll(open.count - Self.endedEach) }
            progress.advance(number + 1, of: faults)
        }
        progress.end()
        try await settle()
        await endAll(open.count)
        try await settle()
        return judge(faults)
    }

    private mutating func fault(_ name: String, at point: Point) async throws {
        let process = server.process
        let kill: @Sendable () -> Void = { process.kill() }
        // What isn't acknowledged may be stored all the same, and is ended with the others.
        open.append(name)
        switch point {
        case .commit:
            await post(name)
            kill()
        case .send, .response:
            sink.setTrap(point == .send ? .send : .response, kill)
            await post(name)
            for _ in 0..<300 where !process.hasExited { try await Task.sleep(nanoseconds: 1_000_000) }
            sink.clearTrap()
        case .random:
            let delay = UInt64.random(in: 0..<30_000_000, using: &random)
            Task.detached {
                try? await Task.sleep(nanoseconds: delay)
                kill()
            }
            await post(name)
            try await Task.sleep(nanoseconds: 40_000_000)
        case .end, .endWhileSilenced, .endUnderOtherRoutes:
            await post(name)
            try await waitForPage(name)
            if point == .endWhileSilenced { _ = await server.silence(name) }
            if point == .endUnderOtherRoutes {
                variant = (variant + 1) % 3
                try await server.reload(routes: AlertServer.routes(sink.url, isKeyed: true, variant: variant))
            }
            if await server.post([name], isEnded: true) { open.removeLast() }
            kill()
        case .silenced:
            let silence = await server.silence(name)
            await post(name)
            kill()
            try await server.restart()
            if let silence { await server.endSilence(silence) }
            return
        }
        try await server.restart()
    }

    private mutating func post(_ name: String) async { if await server.post([name]) { acknowledged.append(name) } }

    private func waitForPage(_ name: String) async throws {
        for _ in 0..<5000 {
            if sink.pages(of: name) > 0 { return }
            try await Task.sleep(nanoseconds: 1_000_000)
        }
    }

    private mutating func endAll(_ count: Int) async {
        // Sent again until it is taken, as senders do.
        for _ in 0..<3 where await server.post(Array(open.prefix(count)), isEnded: true) { break }
        open.removeFirst(count)
    }

    /// Until nothing has arrived for some seconds.
    private func settle() async throws {
        let start = SystemClock().monotonicNanoseconds()
        repeat { try await Task.sleep(nanoseconds: 200_000_000) } while min(sink.quietNanoseconds, SystemClock().monotonicNanoseconds() - start) < 8_000_000_000
    }

    private func judge(_ faults: Int) -> Result {
        var result = Result(faults: faults, acknowledged: acknowledged.count)
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
        return result
    }
}
