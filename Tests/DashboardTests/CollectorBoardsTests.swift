import Boards
import Foundations
import Testing

@testable import Dashboard

/// The collector's API as the source of boards.
@Suite struct CollectorBoardsTests {
    private let boards = CollectorBoards(client: APIClient(transport: ScriptedTransport.healthy))
    private let now = Fixtures.now

    @Test func seriesNamesAndLinesComeFromTheAPIs() async throws {
        guard case .series(let series) = try await boards.answer(.range("up", language: .promQL, QueryWindow(from: now.advanced(byMilliseconds: -900_000), to: now, stepMilliseconds: 15_000))) else {
            Issue.record("no series")
            return
        }
        #expect(series == [BoardSeries(labels: ["instance": "web1"], times: [1_799_999_985_000, 1_800_000_000_000], values: [0.25, 0.5])])
        guard case .lines(let lines) = try await boards.answer(.logs("{a=\"b\"}", from: now, to: now, limit: 10)) else {
            Issue.record("no lines")
            return
        }
        #expect(lines.map(\.line) == ["boom"] && lines.map(\.level) == ["error"] && lines[0].labels == ["instance": "web1"])
    }

    @Test func filtersAreAParameterOfTheQuery() async throws {
        let transport = RecordingTransport()
        let boards = CollectorBoards(client: APIClient(transport: transport))
        let filters = #"{env="prod"}"#
        let requests: [BoardRequest] = [
            .filtered(.range("up", language: .promQL, QueryWindow(from: now, to: now, stepMilliseconds: 15_000)), by: filters), .filtered(.instant("up", language: .logQL, at: now), by: filters),
            .filtered(.logs("up", from: now, to: now, limit: 10), by: filters), .instant("up", language: .promQL, at: now),
        ]
        for request in requests {
            await #expect(throws: BoardSourceError.self) { _ = try await boards.answer(request) }
        }
        #expect(transport.asked.map(\.path) == ["/api/v1/query_range", "/loki/api/v1/query", "/api/v1/nightjar/logs", "/api/v1/query"])
        #expect(transport.asked.map { $0.query.last { $0.0 == "extra_filters[]" }?.1 } == [filters, filters, filters, nil])
    }

    @Test func whatTheCollectorRefusesIsTheReason() async {
        await #expect(throws: BoardSourceError.refused(reason: "not found")) { _ = try await boards.answer(.labelNames(selector: "", from: now, to: now)) }
        await #expect(throws: BoardSourceError.self) { _ = try await boards.answer(.labelValues(label: "../x", selector: "", from: now, to: now)) }
        let away = CollectorBoards(client: APIClient(transport: ScriptedTransport(error: .unreachable(reason: "connection refused"))))
        await #expect(throws: BoardSourceError.unreachable(reason: "connection refused")) { _ = try await away.answer(.instant("up", language: .promQL, at: now)) }
    }
}

/// Notes what is asked for, and refuses it.
private struct RecordingTransport: APITransport {
    private let noted = Locked<[(path: String, query: [(String, String)])]>([])

    var asked: [(path: String, query: [(String, String)])] { noted.withLock { $0 } }

    func get(_ path: String, _ query: [(String, String)]) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        noted.withLock { $0.append((path, query)) }
        return (400, [])
    }

    func send(_ method: String, _ path: String, json: [UInt8]) async throws(DashboardError) -> (status: Int, body: [UInt8]) { (400, []) }
    func stream(
        _ path: String, _ query: [(String, String)], _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) async throws(DashboardError) -> (status: Int, body: [UInt8]) { (400, []) }
}
