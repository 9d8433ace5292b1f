@testable import Agent
import Foundations
import Glibc
import Logging
import Outbound
import TestSupport
import Testing

/// A collector's mark and store behind a loopback port, that answers as `trouble` says.
private final class Sink: Sendable {
    enum Trouble { case none, status(Int, [String: String]), dropBeforeStoring, dropAfterStoring }

    struct State {
        var marks: [String: UInt64] = [:]
        var stored: [String: [[UInt8]]] = [:]
        var seen: [String: [UInt8]] = [:]
        var changed = 0
        var requests: [LoopbackServer.Request] = []
    }

    let state = Locked(State())
    let server: LoopbackServer

    init(_ trouble: @escaping @Sendable (LoopbackServer.Request) -> Trouble) {
        let state = state
        server = LoopbackServer { request in
            state.withLock { $0.requests.append(request) }
            let trouble = trouble(request)
            if case .status(let status, let headers) = trouble { return .reply(status: status, headers: headers, body: Array("because".utf8)) }
            if case .dropBeforeStoring = trouble { return .hangUp }
            let isDuplicate = Self.store(request, state)
            if case .dropAfterStoring = trouble { return .reset }
            return .reply(status: 200, headers: isDuplicate ? ["X-Nightjar-Duplicate": "1"] : [:])
        }
    }

    private static func store(_ request: LoopbackServer.Request, _ state: Locked<State>) -> Bool {
        let sequence = UInt64(request.headers["x-nightjar-sequence"]!)!
        return state.withLock { state in
            let place = "\(request.path) \(sequence)"
            if let before = state.seen[place], before != request.body { state.changed += 1 }
            state.seen[place] = request.body
            guard sequence > state.marks[request.path] ?? 0 else { return true }
            state.marks[request.path] = sequence
            state.stored[request.path, default: []].append(request.body)
            return false
        }
    }

    func stored(_ path: String) -> [[UInt8]] { state.withLock { $0.stored[path] ?? [] } }
}

private final class Rig {
    let disk = SimulatedFileSystem(seed: 1)
    let spool: Spool
    let states: [DestinationState]
    let counters = Locked(AgentCounters())
    private var tasks: [Task<Void, Never>] = []

    init(_ urls: [String], tokenFile: String? = nil) throws {
        states = urls.enumerated().map { DestinationState(AgentDestination(name: "d\($0)", url: $1, tokenFile: tokenFile)) }
        spool = try Spool(directory: "/spool", destinations: states.map(\.destination.name), bytesMax: 1 << 28, files: disk, logger: silent, logSegmentBytes: 4096)
    }

    func append(_ kind: SpoolKind, _ range: Range<Int>) throws {
        for number in range { try spool.journal(kind).append(payload: Array("\(kind) \(number)".utf8), itemCount: 2, itemBytes: 10) }
        try spool.synchronize(kind)
    }

    func start() {
        let worker = FileWorker(name: "test")
        for state in states {
            let client = HTTPClient(policy: .unrestricted)
            for kind in SpoolKind.allCases {
                let sender = Sender(
                    kind: kind, state: state, spool: spool, client: client, worker: worker, counters: counters, clock: SystemClock(), logger: silent,
                    instance: "host", version: "1", pace: .init(baseSeconds: 0.002, maxSeconds: 0.01, refusedSeconds: 0.02...0.03))
                tasks.append(Task { await sender.run() })
            }
        }
    }

    func stop() async {
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        tasks = []
    }

    func wait(_ isReady: () -> Bool) async throws {
        try await waitUntil { isReady() }
        #expect(isReady())
    }

    func pending(_ name: String) -> Int { SpoolKind.allCases.reduce(0) { $0 + spool.pendingCount($1, for: name) } }
}

private func expected(_ kind: SpoolKind, _ count: Int) -> [[UInt8]] { (0..<count).map { Array("\(kind) \($0)".utf8) } }

@Suite(.timeLimit(.minutes(1))) struct SenderTests {
    @Test(arguments: 0..<3 as Range<UInt64>) func throughFailuresOfEveryKindEachRecordIsStoredOnceAndInOrder(seed: UInt64) async throws {
        let generator = Locked(SeededGenerator(seed: seed))
        let sink = Sink { _ in
            generator.withLock { generator in
                switch Int.random(in: 0..<12, using: &generator) {
                case 0: .status(503, [:])
                case 1: .status(429, ["Retry-After": "0"])
                case 2: .dropBeforeStoring
                case 3, 4: .dropAfterStoring
                case 5: .status(500, [:])
                default: .none
                }
            }
        }
        let rig = try Rig([sink.server.url])
        try rig.append(.logs, 0..<40)
        rig.start()
        try rig.append(.metrics, 0..<30)
        // A restart of the agent in the middle: the cursor may be behind what was stored.
        try await Task.sleep(for: .milliseconds(60))
        await rig.stop()
        rig.start()
        try rig.append(.logs, 40..<80)
        try await rig.wait { rig.pending("d0") == 0 }
        await rig.stop()
        #expect(sink.stored("/v1/logs") == expected(.logs, 80))
        #expect(sink.stored("/api/v1/write") == expected(.metrics, 30))
        #expect(sink.state.withLock { $0.changed } == 0)
        #expect(rig.counters.withLock { $0.duplicatesReported } > 0)
    }

    @Test func requestsCarryWhatTheCollectorNeeds() async throws {
        let sink = Sink { _ in .none }
        let folder = TemporaryDirectory()
        try RealFileSystem().replace(folder.path("token"), with: Array("s3cret\n".utf8))
        chmod(folder.path("token"), 0o600)
        let rig = try Rig([sink.server.url], tokenFile: folder.path("token"))
        try rig.append(.logs, 0..<1)
        try rig.append(.metrics, 0..<1)
        rig.start()
        try await rig.wait { rig.pending("d0") == 0 }
        await rig.stop()
        let requests = sink.state.withLock { $0.requests }.sorted { $0.path < $1.path }
        try #require(requests.map(\.path) == ["/api/v1/write", "/v1/logs"])
        for request in requests {
            #expect(request.method == "POST")
            #expect(request.headers["x-nightjar-agent"] == rig.spool.agentId)
            #expect(request.headers["x-nightjar-sequence"] == "1")
            #expect(request.headers["x-nightjar-instance"] == "host" && request.headers["x-nightjar-version"] == "1")
            #expect(request.headers["authorization"] == "Bearer s3cret")
        }
        #expect(requests[0].headers["content-type"] == "application/x-protobuf;proto=io.prometheus.write.v2.Request")
        #expect(requests[0].headers["content-encoding"] == "snappy" && requests[0].headers["x-prometheus-remote-write-version"] == "2.0.0")
        #expect(requests[1].headers["content-type"] == "application/x-protobuf" && requests[1].headers["content-encoding"] == "zstd")
    }

    @Test(arguments: [400, 413, 415, 422]) func aBodyThatIsRefusedForGoodIsPutAsideAndSendingGoesOn(status: Int) async throws {
        let sink = Sink { $0.headers["x-nightjar-sequence"] == "2" ? .status(status, [:]) : .none }
        let rig = try Rig([sink.server.url])
        try rig.append(.logs, 0..<4)
        rig.start()
        try await rig.wait { rig.pending("d0") == 0 }
        await rig.stop()
        #expect(sink.stored("/v1/logs") == [0, 2, 3].map { Array("logs \($0)".utf8) })
        #expect(try rig.disk.readAll("/spool/quarantine/logs-2-\(status).otlp.zst", bytesMax: 100) == Array("logs 1".utf8))
        #expect(rig.counters.withLock { [$0.recordsQuarantined, $0.logLinesDropped, $0.logBytesDropped] } == [1, 2, 10])
    }

    @Test(arguments: [(401, "token"), (403, "ingest"), (404, "no collector"), (302, "elsewhere")])
    func whatAPersonMustMendIsSaidAndTriedAgain(status: Int, word: String) async throws {
        let isMended = Locked(false)
        let sink = Sink { _ in isMended.withLock { $0 } ? .none : .status(status, [:]) }
        let rig = try Rig([sink.server.url])
        try rig.append(.logs, 0..<2)
        rig.start()
        try await rig.wait { rig.states[0].value.withLock { $0.problems[.logs]?.contains(word) == true && $0.failures["http_\(status)"] ?? 0 > 1 } }
        isMended.withLock { $0 = true }
        try await rig.wait { rig.pending("d0") == 0 }
        await rig.stop()
        #expect(sink.stored("/v1/logs") == expected(.logs, 2))
        #expect(rig.states[0].value.withLock { $0.problems.isEmpty && $0.linesAcknowledged == 4 })
    }

    @Test func aDestinationThatIsDownHoldsUpNoOther() async throws {
        let sink = Sink { _ in .none }
        let down = LoopbackServer { _ in .raw([(60_000, [])]) }
        let rig = try Rig([down.url, sink.server.url])
        try rig.append(.logs, 0..<50)
        rig.start()
        try await rig.wait { rig.pending("d1") == 0 }
        #expect(rig.pending("d0") == 50)
        await rig.stop()
        #expect(sink.stored("/v1/logs") == expected(.logs, 50))
    }

    @Test func aTokenFileThatOthersCanReadIsNotUsed() async throws {
        let sink = Sink { _ in .none }
        let folder = TemporaryDirectory()
        try RealFileSystem().replace(folder.path("token"), with: Array("s3cret\n".utf8))
        chmod(folder.path("token"), 0o644)
        let rig = try Rig([sink.server.url], tokenFile: folder.path("token"))
        try rig.append(.logs, 0..<1)
        rig.start()
        try await rig.wait { rig.states[0].value.withLock { $0.problems[.logs]?.contains("chmod 600") == true } }
        await rig.stop()
        #expect(sink.state.withLock { $0.requests.isEmpty })
    }
}
