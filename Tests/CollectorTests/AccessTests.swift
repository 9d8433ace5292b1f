import Foundations
import Glibc
import TestSupport
import Model
import Testing

@testable import Collector

/// Who is served, and who isn't.
struct AccessTests {
    @Test func tokensAndTheirScopesDecideWhatIsServed() async throws {
        let directory = TemporaryDirectory("collector")
        let ingest = AccessToken.make(name: "agent-1", scopes: [.ingest])!
        let read = AccessToken.make(name: "grafana", scopes: [.read])!
        let admin = AccessToken.make(name: "root", scopes: [.admin])!
        try directory.write("tokens", "# tokens\n\(ingest.line)\n\n\(read.line)\n\(admin.line)  # all\n")
        let collector = try await RunningCollector.start(in: directory) { $0.tokenFile = directory.path("tokens") }
        func bearer(_ token: Secret) -> [String: String] { ["Authorization": "Bearer \(token.reveal())"] }

        let without = try await collector.get("/api/v1/query?query=1")
        #expect(without.status == 401 && without.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
        #expect(try await collector.get("/api/v1/query?query=1", headers: bearer(read.token)).status == 200)
        let forbidden = try await collector.get("/api/v1/query?query=1", headers: bearer(ingest.token))
        #expect(forbidden.status == 403 && forbidden.text.contains("lacks the scope read"))
        let batch = batch("m", [:], [(nowMilliseconds(), 1)])
        #expect(try await collector.write(batch, headers: bearer(ingest.token)).status == 204)
        #expect(try await collector.write(batch, headers: bearer(read.token)).status == 403)
        #expect(try await collector.request("POST", "/-/reload", headers: bearer(read.token)).status == 403)
        #expect(try await collector.request("POST", "/-/reload", headers: bearer(admin.token)).status == 200)
        #expect(try await collector.get("/metrics").status == 401)
        #expect(try await collector.get("/-/healthy").status == 200)
        // With tokens any Host is served: a page of somebody else has no token.
        #expect(try await collector.request("GET", "/api/v1/query?query=1", headers: bearer(read.token), host: "metrics.example").status == 200)
        // A new token is known after a reload.
        let late = AccessToken.make(name: "late", scopes: [.read])!
        try directory.write("tokens", "\(admin.line)\n\(late.line)\n")
        #expect(try await collector.get("/api/v1/query?query=1", headers: bearer(late.token)).status == 401)
        #expect(try await collector.request("POST", "/-/reload", headers: bearer(admin.token)).status == 200)
        #expect(try await collector.get("/api/v1/query?query=1", headers: bearer(late.token)).status == 200)
        #expect(try await collector.get("/api/v1/query?query=1", headers: bearer(read.token)).status == 401)
        // A token of this process's own.
        let own = collector.service.makeEphemeralToken(name: "self", scopes: [.ingest])
        #expect(try await collector.write(batch, headers: bearer(own)).status == 204)
        try await collector.stop()
    }

    @Test func guessingIsSlowedDownAndGoodTokensGoOn() async throws {
        let directory = TemporaryDirectory("collector")
        let token = AccessToken.make(name: "a", scopes: [.read])!
        try directory.write("tokens", token.line)
        let collector = try await RunningCollector.start(in: directory) { $0.tokenFile = directory.path("tokens") }
        for _ in 0..<10 {
            #expect(try await collector.get("/api/v1/query?query=1", headers: ["Authorization": "Bearer nonsense"]).status == 401)
        }
        let eleventh = try await collector.get("/api/v1/query?query=1", headers: ["Authorization": "Bearer nonsense"])
        #expect(eleventh.status == 429 && Int(eleventh.headers["retry-after"] ?? "").map { (1...60).contains($0) } == true)
        let good = try await collector.get("/api/v1/query?query=1", headers: ["Authorization": "bearer \(token.token.reveal())"])
        #expect(good.status == 200)
        try await collector.stop()
    }

    @Test(arguments: [
        ("evil.example", [:], 403), ("evil.example:9845", [:], 403), ("localhost", [:], 200), ("LOCALHOST:1", [:], 200), ("127.0.0.1:80", [:], 200),
        ("[::1]:9845", [:], 200), ("localhost", ["Origin": "http://evil.example"], 403), ("localhost", ["Origin": "null"], 403),
        ("localhost:5", ["Origin": "http://localhost:5"], 200), ("localhost:5", ["Origin": "http://localhost:6"], 403),
        ("localhost", ["Sec-Fetch-Site": "cross-site"], 403), ("localhost", ["Sec-Fetch-Site": "none"], 200),
    ])
    func withoutTokensForeignWebPagesAreRefused(host: String, headers: [String: String], status: Int) async throws {
        let collector = try await RunningCollector.start()
        #expect(try await collector.request("GET", "/api/v1/query?query=1", headers: headers, host: host).status == status)
        try await collector.stop()
    }

    @Test(arguments: [
        ("0.0.0.0", false, "reachable from other machines"), ("192.0.2.1", true, "unencrypted"), ("::", true, "unencrypted"),
        ("localhost.evil.example", false, "reachable"), ("127.0.0.1.evil", false, "reachable"),
    ])
    func anOpenAddressIsRefusedWithoutTokensOrTLS(host: String, withTokens: Bool, message: String) async throws {
        let directory = TemporaryDirectory("collector")
        try directory.write("tokens", AccessToken.make(name: "a", scopes: [.read])!.line)
        await #expect {
            _ = try await RunningCollector.open(in: directory) { options in
                options.listen = ServerAddress(host: host, port: 0)
                if withTokens { options.tokenFile = directory.path("tokens") }
            }
        } throws: {
            "\($0)".contains(message)
        }
    }

    @Test func aMissingCertificateIsSaidWithItsPath() async throws {
        let directory = TemporaryDirectory("collector")
        try directory.write("key.pem", "key", mode: 0o600)
        await #expect {
            _ = try await RunningCollector.open(in: directory) { options in
                options.tls = CollectorTLS(certificatePath: directory.path("missing.pem"), keyPath: directory.path("key.pem"))
            }
        } throws: {
            "\($0)".contains("missing.pem") && "\($0)".contains("No such file")
        }
    }

    @Test func aTokenFileThatOthersCanReadIsRefused() throws {
        let directory = TemporaryDirectory("collector")
        try directory.write("tokens", AccessToken.make(name: "a", scopes: [.read])!.line, mode: 0o640)
        #expect { try TokenTable(path: directory.path("tokens"), bytesMax: 1000) } throws: { "\($0)".contains("has mode 640") && "\($0)".contains("chmod 600") }
    }

    @Test(arguments: [
        ("a read", "line 2: expected a name"), ("a fly \(String(repeating: "0", count: 64))", "no scope \"fly\""),
        ("a read 00", "64 hexadecimal digits"), ("a/b read \(String(repeating: "0", count: 64))", "the name"),
        ("a read \(String(repeating: "x", count: 64))", "64 hexadecimal digits"),
    ])
    func aMistakeInATokenFileIsNamedWithItsLine(line: String, message: String) {
        #expect { try TokenTable(text: "# comment\n\(line)", path: "tokens") } throws: {
            "\($0)".contains(message) && "\($0)".contains("line 2") && !"\($0)".contains("0000")
        }
    }

    @Test func aTokenIsFoundByItsHashAlone() throws {
        let made = AccessToken.make(name: "a", scopes: [.read, .ingest])!
        #expect(made.token.reveal().utf8.count == 67 && "\(made.token)" == "<redacted>" && !made.line.contains(made.token.reveal()))
        #expect(AccessToken.make(name: "b", scopes: [.read])!.token != made.token)
        let table = try TokenTable(text: made.line, path: "x")
        #expect(table.principal(of: made.token.reveal()) == Principal(name: "a", scopes: [.read, .ingest]))
        #expect(table.principal(of: made.token.reveal() + "0") == nil && table.principal(of: "") == nil)
        #expect(AccessToken.make(name: "a b", scopes: [.read]) == nil && AccessToken.make(name: "a", scopes: []) == nil)
    }

    @Test func failuresAreForgottenAfterAMinuteAndBounded() {
        let clock = ManualClock(milliseconds: 0)
        let failures = AuthenticationFailures(perMinuteMax: 2, addressesMax: 100, clock: clock)
        #expect(failures.record("a") == nil && failures.record("a") == nil && failures.record("a") == 61)
        clock.advance(milliseconds: 59_000)
        #expect(failures.record("a") == 2)
        clock.advance(milliseconds: 1000)
        #expect(failures.record("a") == nil)
        for index in 0..<1000 { _ = failures.record("address \(index)") }
    }
}
