import Foundations
import TestSupport
import Testing

@testable import Collector

/// Who may do what with alerts, schedules, incidents and jobs.
struct AlertingAccessTests {
    private static let base = "/api/v1/nightjar/"
    private static let routes: [(method: String, path: String, scope: AccessScope)] = [
        ("GET", "/api/v2/status", .read), ("GET", "/api/v2/receivers", .read), ("GET", "/api/v2/alerts", .read), ("GET", "/api/v2/alerts/groups", .read),
        ("POST", "/api/v2/alerts", .ingest), ("GET", "/api/v2/silences", .read), ("POST", "/api/v2/silences", .operate),
        ("GET", "/api/v2/silence/x", .read), ("DELETE", "/api/v2/silence/x", .operate),
        ("GET", base + "alerts", .read), ("GET", base + "alerts/A/events", .read), ("POST", base + "alerts/A/acknowledge", .operate),
        ("POST", base + "alerts/A/unacknowledge", .operate), ("POST", base + "alerts/A/resolve", .operate), ("POST", base + "alerts/A/comment", .operate),
        ("POST", base + "alerts/A/escalate", .operate), ("POST", base + "drill/r", .operate), ("GET", base + "outbox", .read),
        ("GET", base + "oncall", .read), ("GET", base + "oncall/s/shifts", .read), ("GET", base + "oncall/s/calendar.ics", .read), ("GET", base + "oncall/s/notes", .read),
        ("POST", base + "oncall/s/notes", .operate), ("POST", base + "oncall/s/overrides", .operate), ("DELETE", base + "oncall/s/overrides/1", .operate),
        ("GET", base + "escalations", .read), ("GET", base + "incidents", .read), ("GET", base + "incidents/1", .read), ("GET", base + "incidents/1/export", .read),
        ("POST", base + "incidents/1/note", .operate), ("POST", base + "incidents/1/role", .operate), ("POST", base + "incidents/1/resolve", .operate),
        ("POST", base + "incidents/1/merge", .operate), ("POST", base + "deployments", .ingest), ("GET", base + "heartbeats", .read),
        ("GET", base + "heartbeats/job", .ingest), ("POST", base + "heartbeats/job", .ingest), ("POST", base + "heartbeats/job/start", .ingest),
        ("DELETE", base + "heartbeats/job", .operate), ("POST", "/-/reload", .operate),
    ]

    @Test func everyRouteAsksForItsScopeAndNoOtherWillDo() async throws {
        let directory = TemporaryDirectory("collector")
        let tokens = [AccessScope.ingest, .read, .operate].map { ($0, AccessToken.make(name: "token-\($0.rawValue)", scopes: [$0])!) }
        let admin = AccessToken.make(name: "root", scopes: [.admin])!
        try directory.write("tokens", (tokens.map(\.1.line) + [admin.line]).joined(separator: "\n") + "\n")
        let collector = try await RunningCollector.start(in: directory) { $0.tokenFile = directory.path("tokens") }
        func status(_ method: String, _ path: String, _ token: Secret?) async throws -> Int {
            let headers = token.map { ["Authorization": "Bearer \($0.reveal())", "Content-Type": "application/json"] } ?? [:]
            return Int(try await collector.request(method, path, headers: headers).status)
        }
        for route in Self.routes {
            #expect(try await status(route.method, route.path, nil) == 401, "\(route)")
            #expect(![401, 403].contains(try await status(route.method, route.path, admin.token)), "\(route)")
            for (scope, token) in tokens {
                let answer = try await status(route.method, route.path, token.token)
                #expect((answer == 403) == (scope != route.scope) && answer != 401, "\(route) with \(scope): \(answer)")
            }
        }
        try await collector.stop()
    }
}
