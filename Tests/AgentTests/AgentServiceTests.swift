@testable import Agent
import Compression
import Foundations
import Glibc
import Logging
import Model
import TestSupport
import Testing
import Wire

private struct ConstantSource: MetricSource {
    func sample() -> MetricBatch {
        let now = SystemClock().nowMilliseconds().milliseconds
        return MetricBatch(entries: [
            MetricBatch.Entry(labels: ["__name__": "up", "instance": "own"], samples: [Sample(timestamp: now, value: 1)]),
            MetricBatch.Entry(labels: ["__name__": "load"], samples: [Sample(timestamp: now, value: 2)]),
        ])
    }
}

/// Decodes what an agent sends and drops what it sends again.
private final class Store: Sendable {
    struct State {
        var marks: [String: UInt64] = [:]
        var lines: [(LogRecord, Int64)] = []
        var series: [Labels: [Sample]] = [:]
        var problems: [String] = []
    }
    let state = Locked(State())
    let server: LoopbackServer

    init() {
        let state = state
        server = LoopbackServer { request in
            state.withLock { state in
                let sequence = UInt64(request.headers["x-nightjar-sequence"]!)!
                guard sequence > state.marks[request.path] ?? 0 else { return }
                state.marks[request.path] = sequence
                do { try Self.take(request, &state) } catch { state.problems.append("\(error)") }
            }
            return .reply(status: 200)
        }
    }

    private static func take(_ request: LoopbackServer.Request, _ state: inout State) throws {
        let now = SystemClock().now()
        if request.path == "/v1/logs" {
            let body = try Zstd.decompress(request.body, bytesMax: 1 << 24)
            let records = try body.withUnsafeBytes { try OTLPLogs.decode(protobuf: $0, limits: WireLimits(), receivedAt: now) }
            state.lines += records.map { ($0, now.nanoseconds) }
        } else {
            let body = try Snappy.decompress(request.body, bytesMax: 1 << 24)
            let batch = try body.withUnsafeBytes { try RemoteWrite.decode($0, version: .v2, limits: WireLimits()) }
            for entry in batch.entries { state.series[entry.labels, default: []] += entry.samples }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct AgentServiceTests {
    private func options(_ folder: TemporaryDirectory, _ url: String) -> AgentOptions {
        AgentOptions(
            destinations: [AgentDestination(url: url)], spoolDirectory: folder.path("spool"), instance: "host-1", logGlobs: [folder.path("logs/*.log")],
            metricsIntervalSeconds: 1, labels: ["environment": "test"], version: "9.9")
    }

    private func append(_ path: String, _ text: String) throws {
        let file = try RealFileSystem().open(path, .readWrite)
        try file.write(Array(text.utf8), at: file.sizeBytes())
    }

    @Test func linesAndMetricsArriveOnceWithTheirLabelsAndSurviveARestart() async throws {
        let folder = TemporaryDirectory("agent")
        try RealFileSystem().createDirectory(folder.path("logs"))
        let store = Store()
        let path = folder.path("logs/app.log")
        try append(path, "level=warn msg=\"before\" n=1\n")
        let clock = SystemClock()
        for round in 0..<2 {
            let service = try AgentService(options: options(folder, store.server.url), logger: silent, sources: [ConstantSource()])
            let work = Task { await service.run() }
            try await Task.sleep(for: .milliseconds(700))
            let written = clock.now().nanoseconds
            try append(path, "line \(round)\n")
            try await wait { store.state.withLock { $0.lines.contains { $0.0.body == "line \(round)" } } }
            let arrived = store.state.withLock { $0.lines.first { $0.0.body == "line \(round)" }!.1 }
            #expect(arrived - written < 2_000_000_000, "it took \((arrived - written) / 1_000_000) ms")
            try await wait { service.status().destinations[0].pendingLogRecords == 0 }
            let status = service.status()
            #expect(status.fileCount == 1 && status.destinations[0].problem == nil && status.counters.logLinesRead >= 1)
            work.cancel()
            await work.value
        }
        let state = store.state.withLock { $0 }
        #expect(state.problems == [])
        #expect(state.lines.map(\.0.body) == ["level=warn msg=\"before\" n=1", "line 0", "line 1"])
        let first = state.lines[0].0
        #expect(first.level == .warn && first.field("n")?.description == "1")
        #expect(first.stream == ["instance": "host-1", "environment": "test", "job": "files", "filename": path])
        #expect(state.series[["__name__": "load", "instance": "host-1", "environment": "test"]]?.count ?? 0 >= 2)
        #expect(state.series[["__name__": "up", "instance": "own", "environment": "test"]] != nil)
        #expect(state.series[["__name__": "nightjar_agent_up", "instance": "host-1", "environment": "test"]]?.first?.value == 1)
        #expect(state.series.keys.contains { $0.metricName == "nightjar_agent_info" && $0["version"] == "9.9" })
    }

    @Test func whatWasReadWhileTheCollectorWasDownArrivesLater() async throws {
        let folder = TemporaryDirectory("agent")
        try RealFileSystem().createDirectory(folder.path("logs"))
        let path = folder.path("logs/app.log")
        try append(path, (0..<5000).map { "line \($0)\n" }.joined())
        let down = try AgentService(options: options(folder, "http://127.0.0.1:9"), logger: silent, sources: [])
        let work = Task { await down.run() }
        try await wait { down.status().destinations[0].pendingLogRecords > 0 && down.status().counters.logLinesRead == 5000 }
        try await wait { down.status().destinations[0].problem?.contains("can't connect") == true }
        work.cancel()
        await work.value
        try RealFileSystem().remove(path)

        let store = Store()
        var same = options(folder, store.server.url)
        same.destinations[0].name = "127.0.0.1:9"
        let up = try { [same] () throws(AgentError) in
            try AgentService(options: same, logger: silent, sources: [])
        }()
        let later = Task { await up.run() }
        try await wait { store.state.withLock { $0.lines.count } == 5000 }
        later.cancel()
        await later.value
        #expect(store.state.withLock { $0.lines.map(\.0.body) } == (0..<5000).map { "line \($0)" })
    }

    @Test func aFullDiskMakesTheFilesWaitAndLosesNothing() async throws {
        let disk = SimulatedFileSystem(seed: 3, capacityBytes: 40_000)
        let spool = try Spool(directory: "/spool", destinations: ["a"], bytesMax: 1 << 30, files: disk, logger: silent)
        let counters = Locked(AgentCounters())
        let problem = Locked<String?>(nil)
        var options = TailOptions(
            sources: [.init(glob: Glob("/log/*"), job: "files", isOwn: false)], excludedDirectories: [], labels: [:], isFirstStart: false, zoneOffsetSeconds: 0)
        // Of as many random numbers some are a card's.
        options.redaction = .none
        try disk.createDirectory("/log")
        var generator = SeededGenerator(seed: 1)
        let lines = (0..<1500).map { "\($0) \(generator.next())" }
        disk.setCapacity(bytes: 1 << 30)
        try disk.open("/log/a", .create).write(Array((lines.joined(separator: "\n") + "\n").utf8), at: 0)
        disk.setCapacity(bytes: disk.withUsedBytes() + 4000)
        let clock = ManualClock(milliseconds: 1_700_000_000_000)
        let tailer = Tailer(options: options, files: disk, clock: clock, logger: silent, counters: counters)
        let input = LogInput(spool: spool, tailer: tailer, clock: clock, logger: silent, problem: problem)
        for _ in 0..<10 {
            clock.advance(milliseconds: 500)
            _ = input.step()
        }
        #expect(problem.withLock { $0 }?.contains("No space left") == true)
        disk.setCapacity(bytes: 1 << 30)
        for _ in 0..<10 {
            clock.advance(milliseconds: 500)
            _ = input.step()
        }
        #expect(problem.withLock { $0 } == nil)
        var arrived: [String] = []
        while let record = try spool.next(.logs, for: "a") {
            let body = try Zstd.decompress(record.payload, bytesMax: 1 << 24)
            arrived += try body.withUnsafeBytes { try OTLPLogs.decode(protobuf: $0, limits: WireLimits(), receivedAt: clock.now()) }.map(\.body)
            try spool.acknowledge(.logs, through: record.sequence, for: "a")
        }
        #expect(arrived == lines)
    }

    @Test(arguments: [
        ([], "at least one"), ([AgentDestination(url: "ftp://x")], "http://"), ([AgentDestination(url: "http://a"), AgentDestination(url: "http://a/")], "same name"),
    ] as [([AgentDestination], String)])
    func wrongOptionsAreRefusedWithAReason(destinations: [AgentDestination], word: String) {
        let folder = TemporaryDirectory("agent")
        let error = #expect(throws: AgentError.self) {
            try AgentService(options: AgentOptions(destinations: destinations, spoolDirectory: folder.path("s")), logger: silent, sources: [])
        }
        #expect(error?.description.contains(word) == true)
    }

    private func wait(_ isReady: () -> Bool) async throws {
        try await waitUntil { isReady() }
        #expect(isReady())
    }
}

extension SimulatedFileSystem {
    fileprivate func withUsedBytes() -> Int { (try? space("/")).map { Int($0.totalBytes - $0.freeBytes) } ?? 0 }
}
