import Foundation
import Foundations
import TestSupport
import Testing

/// What people have for alerting, unchanged, against the real binary: amtool, Prometheus, PagerDuty's webhooks, mail servers.
@Suite(.serialized) struct AlertingClientTests {
    /// A folder with a file of routes to a webhook and to PagerDuty, both played by `sink`.
    private static func routes(_ sink: WebhookSink) throws -> TemporaryDirectory {
        let directory = TemporaryDirectory("routes")
        try RealFileSystem().replace(
            directory.path("alertmanager.yml"),
            with: Array(
                """
                route:
                  receiver: team
                  group_by: [alertname]
                  group_wait: 0s
                  group_interval: 1s
                  routes: [{matchers: [severity="critical"], receiver: pager}]
                receivers:
                  - {name: team, webhook_configs: [{url: '\(sink.url)'}]}
                  - {name: pager, pagerduty_configs: [{routing_key: k, url: '\(sink.url)'}]}
                """.utf8))
        return directory
    }

    @Test func amtoolShowsAddsSilencesAndTestsRoutes() async throws {
        let sink = WebhookSink()
        let directory = try Self.routes(sink)
        let bench = try await Bench.start(logFiles: [], arguments: ["--routes", directory.path("alertmanager.yml")])
        func amtool(_ arguments: String) async throws -> CommandRun { try await CommandRun.shell("amtool --alertmanager.url=\(bench.probe.base) \(arguments)") }
        #expect(try await amtool("check-config \(directory.path("alertmanager.yml"))").code == 0)
        let added = try await amtool("alert add DiskFull severity=warning instance=web-1 --annotation=summary='90 % full'")
        #expect(added.code == 0, "\(added)")
        let listed = try await amtool("alert query")
        #expect(listed.code == 0 && listed.data.contains("DiskFull") && listed.data.contains("90 % full") && listed.data.contains("active"), "\(listed)")
        #expect(try await eventually { sink.bodies.first { $0.contains("DiskFull") } } != nil)
        let made = try await amtool("silence add alertname=DiskFull instance=~'web-.*' --author=ann --comment='a new disk is coming' --duration=1h")
        let id = made.data.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(made.code == 0 && id.count == 36, "\(made)")
        let silences = try await amtool("silence query")
        #expect(silences.data.contains(id) && silences.data.contains("ann"), "\(silences)")
        #expect(try await amtool("alert query --active").data.contains("DiskFull") == false)
        let silenced = try await amtool("alert query --silenced -o extended")
        #expect(silenced.data.contains("DiskFull") && silenced.data.contains("suppressed"), "\(silenced)")
        let updated = try await amtool("silence update --duration=2h --comment='it is late' \(id)")
        #expect(updated.code == 0 && updated.data.contains("it is late"), "\(updated)")
        let ids = try await amtool("silence query -q")
        #expect(try await amtool("silence expire \(ids.data.split(whereSeparator: \.isWhitespace).joined(separator: " "))").code == 0)
        #expect(try await amtool("alert query alertname=DiskFull").data.contains("active"))
        let shown = try await amtool("config show")
        #expect(shown.code == 0 && shown.data.contains("receiver: team"), "\(shown)")
        #expect(try await amtool("config routes show").data.contains("receiver: pager"))
        #expect(try await amtool("config routes test severity=critical").data == "pager\n")
        #expect(try await amtool("config routes test --verify.receivers=team severity=info").code == 0)
        let cluster = try await amtool("cluster show")
        #expect(cluster.code == 0 && cluster.data.contains("ready"), "\(cluster)")
        let ended = try await amtool("alert add DiskFull severity=warning instance=web-1 --end=\(TimestampText.rfc3339(SystemClock().nowMilliseconds()))")
        #expect(ended.code == 0, "\(ended)")
        #expect(try await eventually { sink.bodies.first { $0.contains(#""status":"resolved""#) } } != nil)
        let wrong = try await amtool("silence expire 00000000-0000-0000-0000-000000000000")
        #expect(wrong.code == 1, "\(wrong)")
    }

    @Test func prometheusPagesThroughItAndAlertsOfItAreSeries() async throws {
        let sink = WebhookSink()
        let directory = try Self.routes(sink)
        let bench = try await Bench.start(logFiles: [], arguments: ["--routes", directory.path("alertmanager.yml")])
        let rules = directory.path("rules.yml")
        try RealFileSystem().replace(rules, with: Array("groups: [{name: g, rules: [{alert: FromPrometheus, expr: vector(1), for: 8s, annotations: {summary: hello}}]}]\n".utf8))
        // Prometheus looks for its alertmanagers 5 s after its start, and sends what it couldn't only a minute later: `for` bridges that.
        let prometheus = try await PrometheusServer.start(
            configuration: """
                global: {evaluation_interval: 1s, external_labels: {site: north}}
                rule_files: [\(rules)]
                alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:\(bench.port)"]}]}]}
                """)
        let body = try #require(try await eventually { sink.bodies.first { $0.contains("FromPrometheus") } })
        #expect(body.contains(#""site":"north""#) && body.contains(#""summary":"hello""#), "\(body)")
        let managers = try await CollectorProbe(port: prometheus.port).get("/api/v1/alertmanagers")
        #expect(String(decoding: managers.body, as: UTF8.self).contains("127.0.0.1:\(bench.port)/api/v2/alerts"))
        let series = try await eventually { try await bench.probe.instant(#"ALERTS{alertstate="firing"}"#, by: "alertname")["FromPrometheus"] }
        #expect(series == 1)
    }

    @Test func acknowledgementsComeBackFromPagerDuty() async throws {
        let sink = WebhookSink()
        let directory = try Self.routes(sink)
        let secret = directory.path("secret")
        try RealFileSystem().replace(secret, with: Array("s3cret\n".utf8))
        chmod(secret, 0o600)
        let bench = try await Bench.start(
            logFiles: [], settings: "pagerduty_webhook_secret_file: \(secret)", arguments: ["--routes", directory.path("alertmanager.yml")])
        let url = "--url \(bench.probe.base)"
        let posted = try await bench.probe.send(
            "POST", "/api/v2/alerts", headers: [("Content-Type", "application/json")], body: Array(#"[{"labels":{"alertname":"Down","severity":"critical"}}]"#.utf8))
        #expect(posted.status == 200)
        let event = try #require(try await eventually { sink.bodies.first { $0.contains(#""event_action":"trigger""#) } })
        let key = try #require((try JSONSerialization.jsonObject(with: Data(event.utf8)) as? [String: Any])?["dedup_key"] as? String)
        func tell(_ type: String, secret: String) async throws -> Int {
            let body =
                #"{"event":{"id":"E1","event_type":"\#(type)","resource_type":"incident","agent":{"summary":"Ana Lima"},"data":{"id":"P1","incident_key":"\#(key)"}}}"#
            let code = try await CommandRun.shell("printf %s \"$BODY\" | openssl dgst -sha256 -hmac '\(secret)' -r", variables: ["BODY": body])
            let headers = [("Content-Type", "application/json"), ("X-PagerDuty-Signature", "v1=0000,v1=\(code.data.prefix(64))")]
            return try await bench.probe.send("POST", "/api/v1/nightjar/pagerduty", headers: headers, body: Array(body.utf8)).status
        }
        #expect(try await tell("incident.acknowledged", secret: "wrong") == 401)
        #expect(try await CommandRun.shell("$NIGHTJAR explain Down \(url)").data.contains("acknowledged by") == false)
        #expect(try await tell("incident.acknowledged", secret: "s3cret") == 200)
        let told = try await CommandRun.shell("$NIGHTJAR explain Down \(url)")
        #expect(told.data.contains("acknowledged by pagerduty:Ana Lima"), "\(told)")
        #expect(try await tell("incident.unacknowledged", secret: "s3cret") == 200)
        #expect(try await tell("incident.resolved", secret: "s3cret") == 200)
        #expect(try await CommandRun.shell("$NIGHTJAR explain Down \(url)").data.contains("pagerduty:Ana Lima said that it is over"))
        // The other way: what is acknowledged here is so there.
        _ = try await bench.probe.send(
            "POST", "/api/v2/alerts", headers: [("Content-Type", "application/json")], body: Array(#"[{"labels":{"alertname":"Slow","severity":"critical"}}]"#.utf8))
        #expect(try await eventually { sink.bodies.count { $0.contains(#""event_action":"trigger""#) } == 2 ? true : nil } == true)
        #expect(try await CommandRun.shell("$NIGHTJAR ack Slow --comment 'on it' \(url)").code == 0)
        #expect(try await eventually { sink.bodies.first { $0.contains(#""event_action":"acknowledge""#) } } != nil)
    }

    @Test(arguments: ["starttls", "implicit"])
    func mailGoesOverTLSWithAuthentication(mode: String) async throws {
        let directory = TemporaryDirectory("mail")
        let script = try #require(Bundle.module.resourceURL?.appendingPathComponent("Clients/mail.py").path)
        let made = try await CommandRun.shell(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost", in: directory.path)
        try #require(made.code == 0, "\(made)")
        let port = freePort()
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        let received = directory.path("received")
        server.arguments = [script, "\(port)", mode, directory.path("cert.pem"), directory.path("key.pem"), "nightjar", "s3cret", received]
        server.standardError = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        defer { kill(server.processIdentifier, SIGKILL) }
        func routes(password: String) throws {
            try RealFileSystem().replace(
                directory.path("alertmanager.yml"),
                with: Array(
                    """
                    global:
                      smtp_smarthost: localhost:\(port)
                      smtp_from: Nightjar <nightjar@example.org>
                      smtp_auth_username: nightjar
                      smtp_auth_password: \(password)
                      smtp_force_implicit_tls: \(mode == "implicit")
                    route: {receiver: mail}
                    receivers: [{name: mail, email_configs: [{to: 'ops@example.org', tls_config: {ca_file: \(directory.path("cert.pem"))}}]}]
                    """.utf8))
        }
        try routes(password: "s3cret")
        let bench = try await Bench.start(logFiles: [], arguments: ["--routes", directory.path("alertmanager.yml")])
        let drilled = try await CommandRun.shell("$NIGHTJAR drill mail --url \(bench.probe.base)")
        #expect(drilled.code == 0 && drilled.data.contains("delivered"), "\(drilled)")
        let text = String(decoding: try RealFileSystem().readAll(received, bytesMax: 1 << 20), as: UTF8.self)
        #expect(text.hasPrefix("\(mode) MAIL FROM:<nightjar@example.org>") && text.contains("RCPT TO:<ops@example.org>") && text.contains("Subject: "), "\(text)")
        try routes(password: "wrong")
        #expect(try await bench.probe.send("POST", "/-/reload").status == 200)
        let refused = try await CommandRun.shell("$NIGHTJAR drill mail --url \(bench.probe.base)")
        #expect(refused.code == 1, "\(refused)")
        let outbox = String(decoding: try await bench.probe.get("/api/v1/nightjar/outbox").body, as: UTF8.self)
        #expect(outbox.contains("535") || outbox.contains("Login denied"), "\(outbox)")
        #expect(!outbox.contains("s3cret") && !refused.description.contains("wrong\""))
    }
}
