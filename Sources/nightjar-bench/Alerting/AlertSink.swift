import Foundation
import Foundations
import TestSupport

/// Receives pages as a webhook and as PagerDuty, and counts what each alert got.
final class AlertSink: Sendable {
    /// What reached the sink of one alert.
    struct Tally {
        /// Webhooks that said that it fires, each by another message; repeats that were marked as possible ones; and its ends.
        var pages = 0
        var markedRepeats = 0
        var resolves = 0
        /// Incidents that PagerDuty would have opened, and whether one is open.
        var incidents = 0
        var isOpen = false
        var firstPageAt: Int64?
    }

    private struct State {
        var tallies: [String: Tally] = [:]
        var requests = 0
        var lastRequestAt: Int64 = 0
        /// Called once, in the middle of the next request: before it is answered, or right after.
        var trap: (point: Point, fire: @Sendable () -> Void)?
    }

    enum Point { case send, response }

    private let state = Locked(State())
    private let server: LoopbackServer

    init() {
        let state = state
        server = LoopbackServer { request in Self.receive(request, state) }
    }

    var url: String { server.url }
    var tallies: [String: Tally] { state.withLock { $0.tallies } }
    /// How many alerts and keys were seen.
    var count: Int { state.withLock { $0.tallies.count } }
    func pages(of name: String) -> Int { state.withLock { $0.tallies[name]?.pages ?? 0 } }
    /// When the first page of an alert came, in nanoseconds of the monotonic clock.
    func firstPage(of name: String) -> Int64? { state.withLock { $0.tallies[name]?.firstPageAt } }
    var requests: Int { state.withLock { $0.requests } }
    /// Nanoseconds since the last request.
    var quietNanoseconds: Int64 { SystemClock().monotonicNanoseconds() - state.withLock { $0.lastRequestAt } }

    /// Runs `fire` in the middle of the next request.
    func setTrap(_ point: Point, _ fire: @escaping @Sendable () -> Void) { state.withLock { $0.trap = (point, fire) } }
    func clearTrap() { state.withLock { $0.trap = nil } }

    private static func receive(_ request: LoopbackServer.Request, _ state: Locked<State>) -> LoopbackServer.Answer {
        let trap = state.withLock { state in
            defer { state.trap = nil }
            return state.trap
        }
        if let trap, trap.point == .send {
            // The request has arrived and is never answered.
            note(request, state)
            trap.fire()
            return .hangUp
        }
        note(request, state)
        if let trap { DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(200)) { trap.fire() } }
        return request.path.hasPrefix("/pagerduty") ? .reply(status: 202, body: Array("{}".utf8)) : .reply(status: 200)
    }

    private static func note(_ request: LoopbackServer.Request, _ state: Locked<State>) {
        struct Body: Decodable {
            struct Alert: Decodable {
                let status: String
                let labels: [String: String]
            }
            let alerts: [Alert]?
            let event_action: String?
            let dedup_key: String?
            let payload: Payload?
            struct Payload: Decodable { let source: String }
        }
        let now = SystemClock().monotonicNanoseconds()
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(request.body)) else { return }
        let isMarked = request.headers["x-nightjar-possible-repeat"] == "1"
        state.withLock { state in
            state.requests += 1
            state.lastRequestAt = now
            if let key = body.dedup_key {
                var tally = state.tallies[key] ?? Tally()
                if body.event_action == "trigger", !tally.isOpen {
                    tally.isOpen = true
                    tally.incidents += 1
                } else if body.event_action == "resolve", tally.isOpen {
                    tally.isOpen = false
                    tally.resolves += 1
                }
                state.tallies[key] = tally
            }
            for alert in body.alerts ?? [] {
                let name = alert.labels["name"] ?? alert.labels["alertname"] ?? ""
                var tally = state.tallies[name] ?? Tally()
                if alert.status != "firing" {
                    tally.resolves += 1
                } else if isMarked, tally.pages > 0 {
                    tally.markedRepeats += 1
                } else {
                    tally.pages += 1
                }
                tally.firstPageAt = tally.firstPageAt ?? now
                state.tallies[name] = tally
            }
        }
    }
}
