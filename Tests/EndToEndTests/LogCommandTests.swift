import Foundation
import Foundations
import TestSupport
import Testing

/// `nightjar logs` and what is beside it, against the real binary.
@Suite(.serialized) struct LogCommandTests {
    private func push(_ bench: Bench, _ lines: [String], minutesAgo: Int64 = 0, app: String = "shop") async throws {
        let now = SystemClock().now().nanoseconds - minutesAgo * 60_000_000_000
        let values = lines.enumerated().map { "[\"\(now + Int64($0) * 1_000_000)\",\"\($1)\"]" }.joined(separator: ",")
        let reply = try await bench.probe.send(
            "POST", "/loki/api/v1/push", headers: [("Content-Type", "application/json")], body: Array("{\"streams\":[{\"stream\":{\"app\":\"\(app)\"},\"values\":[\(values)]}]}".utf8))
        try #require(reply.status == 204, "\(reply.excerpt())")
    }

    private func lines(_ bench: Bench) async throws -> [String] {
        try await bench.probe.lines(#"{app="shop"}"#, startNanoseconds: bench.startNanoseconds - 3 * 86_400_000_000_000).map(\.line)
    }

    @Test func aDayIsBackedUpErasedFromAndRestoredWhileTheCollectorRuns() async throws {
        let bench = try await Bench.start(logFiles: [])
        let url = "--url \(bench.probe.base)"
        // Two days ago: nothing else writes there.
        try await push(bench, ["of alice", "of bob", "of alice again"], minutesAgo: 2880)
        try await push(bench, ["today"])
        let backup = bench.directory.path("backup")
        let copied = try await CommandRun.shell("$NIGHTJAR logs backup '\(backup)' \(url)")
        let files = copied.data.split(separator: "\n")
        #expect(copied.code == 0 && files.count == 2 && files.allSatisfy { $0.hasPrefix(backup) && $0.hasSuffix(".sqlite") }, "\(copied)")
        let again = try await CommandRun.shell("$NIGHTJAR logs backup '\(backup)' \(url)")
        #expect(again.code == 2 && again.messages.contains("is there already"), "\(again)")
        let erase = "$NIGHTJAR logs delete --stream app=shop --contains alice --since 3d \(url)"
        #expect(try await CommandRun.shell(erase).data == "2 lines would be erased; say --yes to do it\n")
        #expect(try await lines(bench).count == 4)
        let erased = try await CommandRun.shell(erase + " --yes")
        #expect(erased.code == 0 && erased.data == "erased 2 lines\n", "\(erased)")
        #expect(try await lines(bench) == ["of bob", "today"])
        let refused = try await CommandRun.shell("$NIGHTJAR logs restore '\(backup)' \(url)")
        #expect(refused.code == 2 && refused.messages.contains("--replace"), "\(refused)")
        let restored = try await CommandRun.shell("$NIGHTJAR logs restore '\(backup)' --replace \(url)")
        #expect(restored.code == 0 && restored.data.hasPrefix("restored 2 files, "), "\(restored)")
        #expect(try await lines(bench) == ["of alice", "of bob", "of alice again", "today"])
        let noted = try await CommandRun.shell("cat '\(bench.directory.path("data/nightjar.log"))'")
        for words in ["a deletion of log lines is processed", "a day of logs is copied out by request", "a day of logs is restored by request"] { #expect(noted.data.contains(words), "\(words) in \(noted)") }
    }

    @Test func aFolderIsWorkedOnWhereNoCollectorRuns() async throws {
        let bench = try await Bench.start(logFiles: [])
        let data = "--data '\(bench.directory.path("data"))'"
        try await push(bench, ["of alice", "of bob"])
        for command in ["delete --contains alice --since 1h --yes", "restore '\(bench.directory.path("backup"))' --replace"] {
            let copied = try await CommandRun.shell("rm -rf backup; $NIGHTJAR logs backup backup \(data)", in: bench.directory.path)
            #expect(copied.code == 0, "\(copied)")
            let locked = try await CommandRun.shell("$NIGHTJAR logs \(command) \(data)")
            #expect(locked.code == 3 && locked.messages.contains("leave --data out"), "\(locked)")
        }
        bench.nightjar.kill(SIGTERM)
        #expect(try await bench.nightjar.waitForExit(seconds: 15) == 0)
        let unreachable = try await CommandRun.shell("$NIGHTJAR logs delete --contains alice --since 1h --url \(bench.probe.base)")
        #expect(unreachable.code == 3 && unreachable.messages.contains("name its data folder with --data"), "\(unreachable)")
        let erased = try await CommandRun.shell("$NIGHTJAR logs delete --contains 'of alice' --since 1h --yes \(data)")
        #expect(erased.code == 0 && erased.data == "erased 1 lines\n", "\(erased)")
        let restored = try await CommandRun.shell("$NIGHTJAR logs restore backup --replace \(data)", in: bench.directory.path)
        #expect(restored.code == 0, "\(restored)")
        try await bench.restart()
        #expect(try await lines(bench) == ["of alice", "of bob"])
    }

    @Test func linesArePipedAsJSONWithTheirSurroundingsAndAsTheyCome() async throws {
        let bench = try await Bench.start(logFiles: [])
        let url = "--url \(bench.probe.base)"
        try await push(bench, ["before", "the needle", "after"])
        let context = try await CommandRun.shell("$NIGHTJAR logs needle --context 1 --json \(url) | cat")
        let objects = try context.data.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
        let texts = objects.compactMap { $0["line"] as? String }
        #expect(context.code == 0 && texts == ["before", "the needle", "after"], "\(context)")
        async let following = CommandRun.shell("timeout 20 $NIGHTJAR logs live --follow --json \(url) | head -n 3")
        // Until the tail is there, what is pushed may be taken by the search that comes first, or by none.
        for number in 0..<40 {
            try await push(bench, ["live \(number)", "other"])
            try await Task.sleep(for: .milliseconds(100))
        }
        let followed = try await following
        let live = try followed.data.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])["line"] as? String }
        #expect(followed.code == 0 && live.count == 3 && live.allSatisfy { $0?.hasPrefix("live ") == true }, "\(followed)")
        #expect(!followed.data.utf8.contains(0x1B), "no colours in a pipe")
    }

    @Test func aDamagedDayIsPutAsideAndTheRestIsServed() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await push(bench, (0..<200).map { "old \($0)" }, minutesAgo: 2880)
        try await push(bench, ["today"])
        bench.nightjar.kill(SIGTERM)
        #expect(try await bench.nightjar.waitForExit(seconds: 15) == 0)
        let logs = bench.directory.path("data/logs")
        let files = RealFileSystem()
        let old = try #require(try files.list(logs).filter { $0.hasSuffix(".sqlite") }.sorted().first)
        var bytes = try files.readAll(Paths.join(logs, old), bytesMax: 1 << 24)
        for index in bytes.indices where index >= 100 { bytes[index] = 0xAB }
        try files.replace(Paths.join(logs, old), with: bytes)
        try await bench.restart()
        #expect(try await lines(bench) == ["today"])
        try await push(bench, ["still taken"], minutesAgo: 2880)
        #expect(try await lines(bench) == ["still taken", "today"], "a new file takes the day's place")
        #expect(try files.list(logs).contains { $0.hasPrefix(old + ".damaged") }, "its bytes are kept")
        let metrics = String(decoding: try await bench.probe.get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains("nightjar_store_quarantined_files{store=\"logs\"} 1\n"), "\(metrics.split(separator: "\n").filter { $0.contains("quarantined") })")
    }
}
