import Foundations
import Terminal

/// The model after one round of questions, each asked once.
struct Snapshot {
    let options: DashboardOptions
    let client: APIClient
    let clock: any WallClock

    init(_ options: DashboardOptions) throws(DashboardError) {
        self.init(options, transport: try CollectorTransport(options))
    }

    init(_ options: DashboardOptions, transport: any APITransport, clock: any WallClock = SystemClock()) {
        self.options = options
        client = APIClient(transport: transport)
        self.clock = clock
    }

    func model(size: Size, capabilities: Capabilities, screen: ScreenKind, query: String?) async throws(DashboardError) -> DashboardModel {
        let now = clock.nowMilliseconds()
        var model = DashboardModel(size: size, theme: options.settings.theme(capabilities), url: options.url, now: now)
        model.screen = screen
        if let query { model.logs.query = query }
        do throws(DashboardError) {
            let board = try await client.board()
            _ = Reducer.reduce(&model, .status(try await client.status(), at: now))
            _ = Reducer.reduce(&model, .board(board, of: nil))
            _ = Reducer.reduce(&model, .rules(try await client.ruleTroubles()))
            _ = Reducer.reduce(&model, .hosts(try await client.hostMeasures(at: now)))
        } catch {
            _ = Reducer.reduce(&model, .failed(error, at: now))
            // One question has one answer: what failed isn't asked again.
            model.link.lastAnswer = nil
            return model
        }
        // What the screen needs beside these may be missing: it says so.
        await fill(&model, now)
        return model
    }

    private func fill(_ model: inout DashboardModel, _ now: Timestamp) async {
        let window = TimeWindow(model.span, at: now)
        var asked: Set<Need> = [.status, .board, .rules, .hosts(at: nil)]
        // Answers make new needs: an incident its timeline.
        for _ in 0..<2 {
            for need in Needs.of(model).subtracting(asked).sorted(by: { $0.name < $1.name }) {
                asked.insert(need)
                do throws(DashboardError) {
                    guard let action = try await answer(need, window, now) else { continue }
                    _ = Reducer.reduce(&model, action)
                } catch {
                    _ = Reducer.reduce(&model, .needFailed(need, error))
                }
            }
        }
    }

    private func answer(_ need: Need, _ window: TimeWindow, _ now: Timestamp) async throws(DashboardError) -> Action? {
        switch need {
        case .trends(let hosts, _, _): .trends(try await client.hostTrends(hosts, window))
        case .incidents: .incidents(try await client.incidents())
        case .timeline(let id, _): .timeline(id: id, try await client.timeline(id))
        case .onCall: .onCall(try await client.onCall())
        case .objectives: .objectives(try await client.objectives(at: now))
        case .losses: .losses(try await client.agentLosses(at: now))
        case .story(let fingerprint, _): .story(try await client.story(of: fingerprint))
        case .logs(let search): .logs(search, try await client.logs(search.query, start: window.start, end: now.advanced(byMilliseconds: 60_000)))
        default: nil
        }
    }
}
