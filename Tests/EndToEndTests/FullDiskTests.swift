import Foundation
import Foundations
import Glibc
import Outbound
import TestSupport
import Testing

/// A disk without room: writes are refused and somebody is paged, reads go on, and all goes on by itself once there is room.
@Suite(.serialized) struct FullDiskTests {
    private static let rules = """
        groups:
          - name: own
            interval: 1s
            rules:
              - alert: CollectorRefusesWrites
                expr: nightjar_collector_ingest_accepting == 0
                labels: {severity: critical}

        """

    /// The collector is told to keep a reserve larger than the disk: to it, this disk is full from the start.
    @Test func aFullDiskRefusesWritesWithA503FiresAnAlertAndReadsGoOn() async throws {
        let sink = WebhookSink()
        let bench = try await Bench.start(
            logFiles: [],
            rules: Self.rules,
            receiver: sink.url)
        try await bench.push(metric: "before_full", labels: ["a": "b"], value: 7)
        bench.nightjar.kill(SIGTERM)
        _ = try await bench.nightjar.waitForExit(seconds: 10)
        try await bench.restart(adding: ["--disk-reserve", "1000000GiB"])
        let body = RemoteWriteBody.snappy(RemoteWriteBody.version1(metric: "after_full", labels: [:], value: 1, milliseconds: SystemClock().nowMilliseconds().milliseconds))
        let refused = try await bench.probe.send("POST", "/api/v1/write", headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")], body: body)
        #expect(refused.status == 503)
        #expect(refused.header("Retry-After") != nil)
        #expect(refused.header("Connection") == "close", "no further request is to be sent on a connection that is about to close")
        #expect(try await bench.probe.instant("before_full", by: "a")["b"] == 7, "reads go on")
        #expect(try await eventually { sink.bodies.first { $0.contains("CollectorRefusesWrites") } } != nil, "and somebody is paged")
    }

    @Test func aSmallDiskThatFillsUpAndIsEmptiedAgainLosesNothing() async throws {
        let sink = WebhookSink()
        let disk = try await SmallDisk(mebibytes: 48)
        let bench = try await Bench.start(logFiles: ["app.log"], rules: Self.rules, receiver: sink.url, arguments: ["--disk-reserve", "4MiB"], disk: disk)
        let pusher = Pusher(bench)
        func writeLines(_ range: Range<Int>) throws {
            for number in range { try bench.append("app.log", "level=info msg=agent-line seq=\(number) end\n") }
        }

        try writeLines(0..<100)
        try await pusher.push(50)
        #expect(pusher.answers(.metrics).refused.isEmpty && pusher.answers(.logs).refused.isEmpty)

        // Under the reserve: refused in time, while there is still room for the collector's own metrics and alerts.
        disk.fillUp(leaving: 2 << 20)
        try #require(try await eventually(everyMilliseconds: 200) { try await pusher.isAccepted() == false ? true : nil } == true)
        try writeLines(100..<200)
        #expect(try await eventually { sink.bodies.first { $0.contains("CollectorRefusesWrites") && $0.contains("firing") } } != nil, "\(bench.nightjar.output.suffix(3000))")

        // Really full: nothing can be written, the alert database neither. A rule that begins to fire now pages all the same.
        disk.fillUp()
        try RealFileSystem().replace(
            bench.directory.path("rules/more.yml"),
            with: Array("groups:\n  - name: more\n    interval: 1s\n    rules:\n      - alert: PagedWhileFull\n        expr: vector(1)\n".utf8))
        _ = try await bench.probe.send("POST", "/-/reload")
        let page = try await eventually { () -> String? in
            disk.fillUp()
            return sink.bodies.first { $0.contains("PagedWhileFull") }
        }
        #expect(page?.contains("nightjar_unrecorded") == true, "a page goes out without room: \(bench.nightjar.output.suffix(3000))")
        try await pusher.push(20)
        #expect(try await pusher.isAccepted() == false)
        #expect(disk.freeBytes < 1 << 20, "it was full: \(disk.freeBytes)")
        let first = try #require(pusher.answers(.metrics).acknowledged.first)
        #expect(try await bench.probe.instant("disk_test{number=\"\(first)\"}", by: "number")[String(first)] == Double(first), "reads of metrics go on")
        #expect(try await bench.probe.lines("{job=\"disk\"}", startNanoseconds: bench.startNanoseconds).count == pusher.answers(.logs).acknowledged.count, "reads of logs go on")
        #expect(bench.nightjar.pollExit() == nil)

        disk.makeRoom()
        try #require(try await eventually(everyMilliseconds: 200) { try await pusher.isAccepted() == true ? true : nil } == true, "\(bench.nightjar.output.suffix(3000))")
        try writeLines(200..<300)
        try await pusher.push(50)
        #expect(bench.nightjar.pollExit() == nil)
        try await pusher.expectEverythingOnce()
        try await expectAgentLinesOnce(bench, 300)
        #expect(try await eventually { sink.bodies.first { $0.contains("CollectorRefusesWrites") && $0.contains("\"status\":\"resolved\"") } } != nil, "the end of it is told too")
    }

    /// Within the second for which the collector believes its last look at the disk: the stores themselves meet the end of the room.
    @Test func aDiskThatIsFullAtOnceUnderLoadLosesNothing() async throws {
        let disk = try await SmallDisk(mebibytes: 48)
        let bench = try await Bench.start(logFiles: ["app.log"], rules: Self.rules, arguments: ["--disk-reserve", "1MiB"], disk: disk)
        let pusher = Pusher(bench)
        try await pusher.push(20)
        for round in 0..<5 {
            let isStopping = Locked(false)
            let load = Task {
                while !isStopping.withLock({ $0 }) { try await pusher.push(1, .load) }
            }
            for number in 0..<20 { try bench.append("app.log", "level=info msg=agent-line seq=\(round * 20 + number) end\n") }
            try await Task.sleep(nanoseconds: 300_000_000)
            disk.fillUp()
            try await Task.sleep(nanoseconds: 2_000_000_000)
            #expect(try await pusher.isAccepted() == false)
            disk.makeRoom()
            try #require(try await eventually(everyMilliseconds: 100) { try await pusher.isAccepted() == true ? true : nil } == true, "\(bench.nightjar.output.suffix(3000))")
            isStopping.withLock { $0 = true }
            try await load.value
            #expect(bench.nightjar.pollExit() == nil)
        }
        try await pusher.expectEverythingOnce()
        try await expectAgentLinesOnce(bench, 100)
        // And after a hard end: what was acknowledged is on the disk.
        try await bench.nightjar.killHard()
        try await bench.restart()
        try await pusher.expectEverythingOnce()
    }

    private func expectAgentLinesOnce(_ bench: Bench, _ count: Int) async throws {
        let numbers = try await eventually(seconds: 90, everyMilliseconds: 500) { () -> [Int]? in
            let lines = try await bench.probe.lines("{filename=~\".*app.log\"} |= `agent-line`", startNanoseconds: bench.startNanoseconds)
            return lines.count >= count ? lines.compactMap { $0.line.split(separator: "seq=").last.flatMap { Int($0.prefix { $0.isNumber }) } } : nil
        }
        #expect(numbers?.sorted() == Array(0..<count), "\(bench.nightjar.output.suffix(3000))")
    }
}
