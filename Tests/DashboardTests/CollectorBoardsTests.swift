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

    @Test func whatTheCollectorRefusesIsTheReason() async {
        await #expect(throws: BoardSourceError.refused(reason: "not found")) { _ = try await boards.answer(.labelNames(selector: "", from: now, to: now)) }
        await #expect(throws: BoardSourceError.self) { _ = try await boards.answer(.labelValues(label: "../x", selector: "", from: now, to: now)) }
        let away = CollectorBoards(client: APIClient(transport: ScriptedTransport(error: .unreachable(reason: "connection refused"))))
        await #expect(throws: BoardSourceError.unreachable(reason: "connection refused")) { _ = try await away.answer(.instant("up", language: .promQL, at: now)) }
    }
}
