import Foundation
import Foundations
import Outbound
import TestSupport
import Testing

/// Wrong calls and broken surroundings are answered with one clear sentence, and an exit code that is not 0.
@Suite(.serialized) struct TroubleTests {
    @Test func aPortInUseIsOneClearSentence() async throws {
        let bench = try await Bench.start(logFiles: [])
        let other = TemporaryDirectory("other")
        let (code, output) = try await NightjarProcess.run(["collector", "--data", other.path("data"), "--listen", "127.0.0.1:\(bench.port)"])
        #expect(code != 0 && code != nil)
        #expect(output.contains("\(bench.port)") && output.contains("already listens"), "\(output)")
    }

    @Test func aDataFolderThatAnotherProcessHasIsOneClearSentence() async throws {
        let bench = try await Bench.start(logFiles: [])
        let (code, output) = try await NightjarProcess.run(["collector", "--data", bench.directory.path("data"), "--listen", "127.0.0.1:\(freePort())"])
        #expect(code != 0 && code != nil)
        #expect(output.contains(bench.directory.path("data")) && output.contains("another"), "\(output)")
    }

    @Test func aDataFolderThatCanNotBeMadeIsOneClearSentence() async throws {
        let directory = TemporaryDirectory("blocked")
        try RealFileSystem().replace(directory.path("file"), with: [1])
        let (code, output) = try await NightjarProcess.run(["collector", "--data", directory.path("file/data"), "--listen", "127.0.0.1:\(freePort())"])
        #expect(code != 0 && code != nil)
        #expect(output.contains(directory.path("file")), "\(output)")
        #expect(output.split(separator: "\n").count <= 3, "\(output)")
    }

    @Test func anOpenAddressWithoutTokensIsRefused() async throws {
        let directory = TemporaryDirectory("open")
        let (code, output) = try await NightjarProcess.run(["collector", "--data", directory.path("data"), "--listen", "0.0.0.0:\(freePort())"])
        #expect(code != 0 && code != nil)
        #expect(output.contains("--token-file"), "\(output)")
    }

    @Test func aRuleFileWithAnErrorIsShownByCheckWithItsLine() async throws {
        let directory = TemporaryDirectory("rules")
        let rules = "groups:\n  - name: a\n    rules:\n      - alert: Broken\n        expr: rate(x[5m]\n"
        try RealFileSystem().replace(directory.path("bad.yml"), with: Array(rules.utf8))
        let (code, output) = try await NightjarProcess.run(["check", directory.path("bad.yml")])
        #expect(code == 1, "\(output)")
        #expect(output.contains("bad.yml:5"), "\(output)")
    }

    @Test func aBrokenRuleFileLeavesTheOldRulesInForce() async throws {
        let good = "groups:\n  - name: a\n    interval: 1s\n    rules:\n      - alert: Steady\n        expr: vector(1)\n"
        let bench = try await Bench.start(logFiles: [], rules: good)
        try #require(try await eventually { try await bench.activeAt("Steady") } != nil)
        try RealFileSystem().replace(bench.directory.path("rules/bench.yml"), with: Array((good + "      - alert: Broken\n        expr: rate(x[\n").utf8))
        _ = try await bench.probe.send("POST", "/-/reload")
        let problem = try await eventually { () -> String? in
            let status = String(decoding: try await bench.probe.get("/api/v1/nightjar/status").body, as: UTF8.self)
            return status.contains("bench.yml") && status.contains("\"problems\":[{") ? status : nil
        }
        #expect(problem != nil)
        #expect(try await bench.activeAt("Steady") != nil, "the old rule is still in force")
    }

    @Test func malformedBodiesGetA400ThatSaysWhere() async throws {
        let bench = try await Bench.start(logFiles: [])
        let whole = RemoteWriteBody.version1(metric: "torn_metric", labels: ["a": "b"], value: 1, milliseconds: SystemClock().nowMilliseconds().milliseconds)
        let headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")]
        let torn = try await bench.probe.send("POST", "/api/v1/write", headers: headers, body: RemoteWriteBody.snappy(Array(whole.dropLast(3))))
        #expect(torn.status == 400)
        #expect(String(decoding: torn.body, as: UTF8.self).contains("byte"), "\(String(decoding: torn.body, as: UTF8.self))")
        let form = try await bench.probe.send("POST", "/api/v1/write", headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array("a=b".utf8))
        #expect(form.status == 415)
        let large = try await bench.probe.send("POST", "/api/v1/write", headers: headers, body: [UInt8](repeating: 0x55, count: 5 << 20))
        #expect(large.status == 413)
        #expect(try await bench.probe.instant("torn_metric", by: "a").isEmpty)
    }
}
