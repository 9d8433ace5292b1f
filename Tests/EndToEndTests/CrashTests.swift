import Foundation
import Foundations
import Outbound
import TestSupport
import Testing

/// kill -9 of either side under load: nothing lost, nothing twice.
@Suite(.serialized) struct CrashTests {
    /// More with NIGHTJAR_SOAK_KILLS.
    static let kills = ProcessInfo.processInfo.environment["NIGHTJAR_SOAK_KILLS"].flatMap(Int.init) ?? 50

    @Test func fiftyKillsOfTheCollectorLoseNothingAndStoreNothingTwice() async throws {
        let chain = try await SplitChain.start()
        let writer = chain.startWriting()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<Self.kills {
            try await Task.sleep(nanoseconds: UInt64.random(in: 20_000_000...250_000_000, using: &random))
            try await chain.collector.killHard()
            try await chain.startCollector()
        }
        try await chain.expectEveryLineOnce(await writer.stop())
    }

    @Test func fiftyKillsOfTheAgentLoseNothingAndStoreNothingTwice() async throws {
        let chain = try await SplitChain.start()
        let writer = chain.startWriting()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<Self.kills {
            try await Task.sleep(nanoseconds: UInt64.random(in: 20_000_000...400_000_000, using: &random))
            try await chain.agent.killHard()
            chain.startAgent()
        }
        try await chain.expectEveryLineOnce(await writer.stop())
    }
}

/// A collector and an agent as two processes, with log files that are written and rotated meanwhile.
final class SplitChain: @unchecked Sendable {
    let directory = TemporaryDirectory("chain")
    let port = freePort()
    let probe: CollectorProbe
    let startNanoseconds = SystemClock().now().nanoseconds - 60_000_000_000
    private(set) var collector: NightjarProcess!
    private(set) var agent: NightjarProcess!

    private init() throws {
        probe = CollectorProbe(port: port)
        try RealFileSystem().createDirectory(directory.path("logs"))
    }

    static func start() async throws -> SplitChain {
        let chain = try SplitChain()
        try await chain.startCollector()
        chain.startAgent()
        return chain
    }

    func startCollector() async throws {
        collector = NightjarProcess(
            ["collector", "--data", directory.path("data"), "--listen", "127.0.0.1:\(port)", "--rules", directory.path("no-rules/*.yml")],
            output: directory.path("collector-output"))
        try #require(try await probe.waitUntilReady(), "\(collector.output)")
    }

    func startAgent() {
        agent = NightjarProcess(
            ["agent", "--collector", probe.base, "--spool", directory.path("spool"), "--logs", directory.path("logs") + "/*.log*", "--interval", "1s", "--instance", "chain-host"],
            output: directory.path("agent-output"))
    }

    func startWriting() -> LineWriter { LineWriter(directory: directory.path("logs")) }

    /// Every written line is in the store exactly once, after the spool has drained.
    func expectEveryLineOnce(_ written: Int) async throws {
        try #require(written > 1000, "the load was real: \(written) lines")
        _ = try await eventually(seconds: 90, everyMilliseconds: 500) {
            let lines = try await self.sequenceNumbers()
            return lines.count >= written ? lines : nil
        }
        // Whatever would be sent a second time has its chance to come.
        try await Task.sleep(nanoseconds: 2_000_000_000)
        let numbers = try await sequenceNumbers()
        var seen: [Int: Int] = [:]
        for number in numbers { seen[number, default: 0] += 1 }
        let missing = (0..<written).filter { seen[$0] == nil }
        let twice = seen.filter { $0.value > 1 }.keys.sorted()
        #expect(missing.isEmpty, "\(missing.count) of \(written) lines are lost, from \(missing.prefix(5)); agent: \(agent.output.suffix(2000))")
        #expect(twice.isEmpty, "\(twice.count) of \(written) lines are stored twice, from \(twice.prefix(5))")
    }

    /// The numbers in all stored lines, read page by page.
    private func sequenceNumbers() async throws -> [Int] {
        let pageSize = 5000
        var numbers: [Int] = []
        var start = startNanoseconds
        while true {
            let page = try await probe.lines("{instance=\"chain-host\"} |= `crash-test`", startNanoseconds: start, limit: pageSize)
            let isLast = page.count < pageSize
            // A page's last moment may go on in the next one: it's read again from there, whole.
            let complete = isLast ? page : page.filter { $0.nanoseconds < page.last!.nanoseconds }
            numbers += complete.compactMap { $0.line.split(separator: "seq=").last.flatMap { Int($0.prefix { $0.isNumber }) } }
            if isLast { return numbers }
            try #require(!complete.isEmpty, "over \(pageSize) lines share one moment")
            start = page.last!.nanoseconds
        }
    }
}

/// Appends numbered lines to a file that it renames away every few thousand lines, as logrotate does.
final class LineWriter: @unchecked Sendable {
    private let state = Monitor((isStopping: false, written: 0, isDone: false))

    init(directory: String) {
        let state = state
        _ = WorkerThread(name: "line-writer") {
            let files = RealFileSystem()
            var number = 0
            var generation = 0
            var file: (any File)?
            var offset = 0
            while !state.wait(until: { _ in true }, then: { $0.isStopping }) {
                do {
                    if file == nil || offset > 300_000 {
                        file?.close()
                        let path = Paths.join(directory, "app.log")
                        if try files.exists(path) {
                            generation += 1
                            try files.rename(path, to: "\(path).\(generation)")
                        }
                        file = try files.open(path, .create)
                        offset = 0
                    }
                    let text = (0..<20).map { "level=info msg=crash-test path=/orders/\($0) seq=\(number + $0) end=1\n" }.joined()
                    try file!.write(Array(text.utf8), at: offset)
                    offset += text.utf8.count
                    number += 20
                    usleep(8000)
                } catch { fatalError("the test's own log file: \(error)") }
            }
            state.update {
                $0.written = number
                $0.isDone = true
            }
        }
    }

    /// Ends the writing; the number of lines written.
    func stop() async -> Int {
        state.update { $0.isStopping = true }
        while !state.wait(until: { _ in true }, then: { $0.isDone }) { try? await Task.sleep(nanoseconds: 5_000_000) }
        return state.wait(until: { _ in true }, then: { $0.written })
    }
}
