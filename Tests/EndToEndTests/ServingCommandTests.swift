import Foundation
import Foundations
import TestSupport
import Testing

/// The commands that go on until they are stopped: what they show, and how signals end them.
@Suite(.serialized) struct ServingCommandTests {
    @Test func withoutATerminalASnapshotIsPrintedOnceItHasRealValues() async throws {
        let bench = try await Bench.start(logFiles: [])
        let host = try await eventually(everyMilliseconds: 100) { bench.nightjar.output.split(separator: "\n").first { $0.contains("bench-host ") && $0.contains("%") } }
        let row = try #require(host, "\(bench.nightjar.output)")
        #expect(row.matches(of: /\d%/).count >= 3, "processor, memory and disk are there: \(row)")
        #expect(bench.nightjar.pollExit() == nil, "it goes on serving")
        bench.nightjar.kill(SIGTERM)
        #expect(try await bench.nightjar.waitForExit(seconds: 10) == 0, "\(bench.nightjar.output)")
        #expect(bench.nightjar.output.contains("msg=stopped"))
    }

    @Test func aHangUpReadsTheRulesAgain() async throws {
        let bench = try await Bench.start(logFiles: [])
        bench.nightjar.kill(SIGHUP)
        #expect(try await eventually { bench.nightjar.output.contains("rules and tokens were read again") ? true : nil } == true, "\(bench.nightjar.output)")
        try RealFileSystem().replace(bench.directory.path("rules/broken.yml"), with: Array("groups: 5\n".utf8))
        bench.nightjar.kill(SIGHUP)
        #expect(try await eventually { bench.nightjar.output.contains("not everything could be read again") ? true : nil } == true, "\(bench.nightjar.output)")
        #expect(bench.nightjar.pollExit() == nil)
    }

    @Test(arguments: ["q", "\u{3}", "SIGTERM", "SIGHUP"]) func theDashboardOfUpEndsEverythingAndGivesTheTerminalBack(_ how: String) async throws {
        let directory = TemporaryDirectory("terminal")
        let data = directory.path("data")
        let run = try TerminalRun(["up", "--data", data, "--listen", "127.0.0.1:\(freePort())", "--rules", directory.path("none")])
        try #require(try await eventually { run.output.contains("Overview") ? true : nil } == true, "\(run.output)")
        #expect(!run.isRestored, "keys come one by one while it's shown")
        switch how {
        case "SIGTERM": run.signal(SIGTERM)
        case "SIGHUP": run.signal(SIGHUP)
        default: run.type(how)
        }
        #expect(try await run.waitForExit(seconds: 10) == 0, "\(run.output)")
        #expect(run.isRestored)
        #expect(run.output.contains("\u{1B}[?1049h") && run.output.contains("\u{1B}[?1049l"), "the screen before is back")
        #expect(run.output.hasSuffix("Nightjar has stopped. Its data is in \(data), its log in \(data)/nightjar.log.\r\n"), "\(run.output.suffix(200))")
    }

    @Test func aTerminalThatCanNotShowTheDashboardGetsTheSnapshot() async throws {
        let directory = TemporaryDirectory("dumb")
        let run = try TerminalRun(["up", "--data", directory.path("data"), "--listen", "127.0.0.1:\(freePort())"], variables: ["TERM": "dumb"])
        try #require(try await eventually { run.output.contains("msg=listening") ? true : nil } == true, "\(run.output)")
        run.signal(SIGINT)
        #expect(try await run.waitForExit(seconds: 10) == 0)
        #expect(!run.output.contains("\u{1B}"), "\(run.output)")
    }

    @Test func anOpenAddressIsServedWithTokensAndTLS() async throws {
        let directory = TemporaryDirectory("tls")
        let port = freePort()
        for (name, text) in [("key.pem", Self.key), ("cert.pem", Self.certificate)] { try RealFileSystem().replace(directory.path(name), with: Array(text.utf8)) }
        let made = try await CommandRun.shell(
            "umask 077; $NIGHTJAR token create agents --scope ingest > tokens 2> agents.token && $NIGHTJAR token create anna --scope read >> tokens 2> anna.token; cat anna.token tokens; chmod 600 key.pem",
            in: directory.path)
        #expect(made.code == 0 && made.data.contains(/nj_[0-9a-f]{64}\nagents ingest [0-9a-f]{64}\nanna read [0-9a-f]{64}\n/), "\(made)")
        let up = NightjarProcess(
            ["up", "--data", directory.path("data"), "--listen", "0.0.0.0:\(port)", "--token-file", directory.path("tokens"), "--tls-cert", directory.path("cert.pem"),
             "--tls-key", directory.path("key.pem"), "--instance", "safe", "--rules", directory.path("none")], output: directory.path("output"))
        try #require(try await eventually { up.output.contains("msg=listening") ? true : nil } == true, "\(up.output)")
        let url = "--url https://127.0.0.1:\(port)"
        let trusted = "\(url) --ca-file cert.pem --token-file anna.token"
        let load = try await eventually { () -> CommandRun? in
            let run = try await CommandRun.shell("$NIGHTJAR query node_load1 \(trusted)", in: directory.path)
            return run.code == 0 ? run : nil
        }
        #expect(load?.data.hasPrefix("node_load1{instance=\"safe\"}") == true, "its own agent gets through: \(up.output)")
        #expect(try await CommandRun.shell("$NIGHTJAR dash --once \(trusted)", in: directory.path).data.contains("safe"))
        let refusals = [
            (url, "self-signed certificate"), ("\(url) --ca-file cert.pem", "wants a token"), ("\(url) --ca-file missing.pem", "can't read the certificates missing.pem"),
            ("\(url) --ca-file cert.pem --token-file agents.token", "lacks the scope"), ("\(url) --ca-file cert.pem --token-file missing", "missing"),
            ("--url http://127.0.0.1:\(port) --token-file anna.token", "https://"),
        ]
        for (flags, words) in refusals {
            let run = try await CommandRun.shell("$NIGHTJAR query 1 \(flags)", in: directory.path)
            #expect(run.code == 3 && run.data.isEmpty && run.messages.contains(words), "\(flags): \(run)")
        }
        up.kill(SIGTERM)
        #expect(try await up.waitForExit(seconds: 10) == 0)
    }

    @Test func anAgentWithoutACollectorKeepsItsSpoolAndDeliversLater() async throws {
        let directory = TemporaryDirectory("apart")
        let ports = [freePort(), freePort()]
        try RealFileSystem().replace(directory.path("app.log"), with: Array("kept for later\n".utf8))
        let agent = NightjarProcess(
            ["agent", "--spool", directory.path("spool"), "--interval", "1s", "--logs", directory.path("app.log"), "--instance", "apart"] + ports.flatMap { ["--collector", "http://127.0.0.1:\($0)"] },
            output: directory.path("agent"))
        try #require(try await eventually { agent.output.contains("sending failed, it is tried again") ? true : nil } == true, "\(agent.output)")
        let collectors = ports.map { NightjarProcess(["collector", "--data", directory.path("data\($0)"), "--listen", "127.0.0.1:\($0)", "--rules", "none"], output: directory.path("collector\($0)")) }
        for port in ports {
            let found = try await eventually { try await CommandRun.nightjar("logs", "kept", "--url", "http://127.0.0.1:\(port)").code == 0 ? true : nil }
            #expect(found == true, "\(agent.output)")
        }
        for process in collectors + [agent] {
            process.kill(SIGINT)
            #expect(try await process.waitForExit(seconds: 10) == 0, "\(process.output)")
        }
    }

    @Test func theSinkShowsPagesAndSaysWhenItsPortIsTaken() async throws {
        let directory = TemporaryDirectory("sink")
        let address = "127.0.0.1:\(freePort())"
        let sink = NightjarProcess(["sink", "--listen", address], output: directory.path("output"))
        try #require(try await eventually { sink.output.contains("Waiting for webhooks on http://\(address)/") ? true : nil } == true)
        let taken = try await CommandRun.nightjar("sink", "--listen", address)
        #expect(taken.code == 1 && taken.messages == "nightjar: another process already listens on \(address); choose another address with --listen\n", "\(taken)")
        let body = #"{"status":"firing","receiver":"r","alerts":[{"status":"firing","labels":{"alertname":"A","severity":"critical","instance":"i"},"annotations":{"summary":"it \u001b[31mburns"}}]}"#
        let probe = CollectorProbe(port: Int(address.split(separator: ":")[1])!)
        #expect(try await probe.send("POST", "/hook", headers: [("Content-Type", "application/json")], body: Array(body.utf8)).status == 200)
        #expect(try await eventually { sink.output.contains("firing [critical] A i — it ␛[31mburns") ? true : nil } == true, "\(sink.output)")
        sink.kill(SIGINT)
        #expect(try await sink.waitForExit(seconds: 10) == 0)
    }

    @Test func anAddressThatHangsIsLeftAtOnceOnASignal() async throws {
        let silent = LoopbackServer { _ in .raw([(pauseMilliseconds: 120_000, bytes: [])]) }
        defer { silent.stop() }
        let directory = TemporaryDirectory("hang")
        let query = NightjarProcess(["query", "up", "--url", silent.url], output: directory.path("output"))
        try await Task.sleep(nanoseconds: 300_000_000)
        query.kill(SIGINT)
        #expect(try await query.waitForExit(seconds: 2) == 130)
        #expect(query.output.isEmpty)
    }

    // For localhost and 127.0.0.1, until 2120; made for these tests alone.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9kQQqjyxkbFRsBkC
        WqvnTZssPVJm4cjgnNuKHzTM8WyhRANCAAQ0qFTHeclWgZUOR1Gn3OQV8boP/Sdn
        Rba+gN4agDBNWpB6p2+1ksuIALXdXUsLuXbQXH/lIGdFNWauJm8bbnWR
        -----END PRIVATE KEY-----

        """

    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDSoVMd5yVaBlQ5H
        Uafc5BXxug/9J2dFtr6A3hqAME1akHqnb7WSy4gAtd1dSwu5dtBcf+UgZ0U1Zq4m
        bxtudZGjTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
        BTADAQH/MB0GA1UdDgQWBBREAN/fUzvtgEte1P4VYuAXvMa4NDAKBggqhkjOPQQD
        AgNIADBFAiEA2wnUNg5s8U0pGcARE3lV5L2+0fFmukPKocyW8K51BloCIC2ZmsLX
        UnRlpZR++hn1QVi8/BAfNnzQRYxOlR+rKy+V
        -----END CERTIFICATE-----

        """
}
