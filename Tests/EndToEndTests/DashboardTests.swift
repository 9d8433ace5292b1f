import Foundation
import Foundations
import Glibc
import TestSupport
import Testing

/// The real dashboard in a real terminal.
@Suite(.serialized) struct DashboardTests {
    private func alert(_ probe: CollectorProbe, _ name: String, _ summary: String, severity: String = "critical") async throws {
        let body = try JSONSerialization.data(withJSONObject: [["labels": ["alertname": name, "severity": severity, "instance": "web1"], "annotations": ["summary": summary]]])
        let reply = try await probe.send("POST", "/api/v2/alerts", body: Array(body))
        try #require(reply.status == 200)
    }

    private func open(_ terminal: Tmux, _ probe: CollectorProbe, _ more: String = "") async throws {
        try await terminal.run("\(NightjarProcess.executable) dash --url \(probe.base) \(more)")
        _ = try #require(try await terminal.shows("LIVE"))
    }

    @Test func everyScreenOpensAndResizeStormsLeaveOneWholeFrame() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await alert(bench.probe, "HostDown", "web1 is down")
        let terminal = try await Tmux(columns: 120, rows: 40)
        try await open(terminal, bench.probe)
        let words = [("2", "HostDown"), ("3", "Timeline"), ("4", "HOST"), ("5", "search:"), ("6", "dashboard"), ("7", "There is no service level objective yet"), ("8", "Hand-over"), ("9", "AGENT"), ("0", "Collector"), ("1", "ENVIRONMENT")]
        for (key, word) in words {
            try await terminal.type(key)
            let found = try await terminal.shows(word)
            #expect(found != nil, "\(key) shows no \(word)")
        }
        for size in stride(from: 40, through: 200, by: 10) { try await terminal.resize(columns: size, rows: 10 + size / 4) }
        try await terminal.resize(columns: 100, rows: 30)
        try await terminal.type("2")
        let screen = try #require(try await eventually { () -> String? in
            let screen = try await terminal.screen()
            let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.first?.contains("LIVE") == true && lines.dropLast().last?.contains("q quit") == true ? screen : nil
        })
        #expect(screen.contains("HostDown"), "\(screen)")
        try await terminal.end()
    }

    @Test(arguments: ["TERM", "HUP", "INT", "TRAP", "q"]) func howeverItEndsTheTerminalIsAsItWas(way: String) async throws {
        let bench = try await Bench.start(logFiles: [])
        let terminal = try await Tmux(columns: 80, rows: 24)
        let before = try await terminal.state()
        try await open(terminal, bench.probe)
        try await terminal.press("F6")
        let dashboard = try await terminal.child()
        if way == "q" { try await terminal.type("q") } else { _ = try await CommandRun.shell("kill -\(way) \(dashboard)") }
        try #require(try await terminal.ends(dashboard), "\(way)")
        #expect(try await terminal.state() == before, "\(way)")
        try await terminal.end()
    }

    @Test(.enabled(if: access("/usr/bin/screen", X_OK) == 0)) func insideScreenFramesAreWholeAndTheTerminalIsAsItWas() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await alert(bench.probe, "HostDown", "web1 is down, 漢字")
        let terminal = try await Tmux(columns: 120, rows: 40)
        let session = "nightjar-\(UInt32.random(in: 0 ... .max))"
        // It is a server of its own.
        terminal.endBefore("screen -S \(session) -X quit")
        try await terminal.run("screen -c /dev/null -S \(session) -U -T screen-256color bash --norc --noprofile")
        _ = try #require(try await terminal.shows("READY:"))
        let before = try await terminal.state()
        try await open(terminal, bench.probe)
        for key in ["4", "0", "5", "7", "1", "2"] {
            try await terminal.type(key)
            try await Task.sleep(for: .milliseconds(150))
        }
        let screen = try #require(try await terminal.shows("web1 is down, 漢字"))
        // Beside the alert's detail there is one alert, and nothing that other screens left behind.
        let lists = screen.split(separator: "\n", omittingEmptySubsequences: false).map { $0.prefix(70).split(separator: " ").joined(separator: " ") }
        #expect(lists[2].hasPrefix("SEVERITY SINCE ALERT") && lists[3].contains("HostDown") && lists[4...37].allSatisfy(\.isEmpty), "\(screen)")
        try await terminal.type("q")
        _ = try #require(try await terminal.shows("READY:"))
        #expect(try await terminal.state() == before)
        try await terminal.end()
    }

    @Test func itIsSuspendedAndGoesOn() async throws {
        let bench = try await Bench.start(logFiles: [])
        let terminal = try await Tmux(columns: 80, rows: 24)
        let before = try await terminal.state()
        try await open(terminal, bench.probe)
        try await terminal.press("C-z")
        _ = try #require(try await terminal.shows("Stopped"))
        #expect(try await terminal.state() == before)
        try await terminal.run("fg")
        #expect(try await terminal.shows("LIVE") != nil)
        let dashboard = try await terminal.child()
        try await terminal.type("q")
        #expect(try await terminal.ends(dashboard))
        try await terminal.end()
    }

    @Test func hostileTextsLeaveTheTerminalUntouched() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await alert(bench.probe, "Evil", "\u{1B}[2J\u{1B}]0;owned\u{7}\u{202E}gnirts \u{9B}31m")
        let line = "\u{1B}[?1049l\u{1B}c\u{202E}evil " + String(repeating: "x", count: 1 << 20)
        let push = ["streams": [["stream": ["instance": "web1", "job": "evil"], "values": [[String(SystemClock().now().nanoseconds), line]]]]]
        let pushed = try await bench.probe.send(
            "POST", "/loki/api/v1/push", headers: [("Content-Type", "application/json")], body: Array(try JSONSerialization.data(withJSONObject: push)))
        #expect([200, 204, 400, 413].contains(pushed.status))
        let terminal = try await Tmux(columns: 100, rows: 30)
        let before = try await terminal.state()
        try await open(terminal, bench.probe)
        try await terminal.type("2")
        let alerts = try #require(try await terminal.shows("Evil"))
        #expect(alerts.contains("␛[2J") && alerts.contains("LIVE") && !alerts.contains("\u{202E}"))
        try await terminal.type("5")
        _ = try #require(try await terminal.shows("lines"))
        try await terminal.press("Enter")
        try await terminal.type("2")
        #expect(try await terminal.shows("Evil")?.contains("q quit") == true)
        let dashboard = try await terminal.child()
        try await terminal.type("q")
        try #require(try await terminal.ends(dashboard))
        #expect(try await terminal.state() == before)
        try await terminal.end()
    }

    @Test func whatOneAcknowledgesTheOtherShows() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await alert(bench.probe, "HostDown", "web1 is down")
        let (first, second) = (try await Tmux(columns: 120, rows: 40), try await Tmux(columns: 120, rows: 40))
        for terminal in [first, second] {
            try await open(terminal, bench.probe)
            try await terminal.type("2")
            _ = try #require(try await terminal.shows("nobody"))
        }
        try await first.type("a")
        // Within a second by a push; a slow machine is given longer.
        let shown = try #require(try await second.shows("acked by"))
        #expect(!shown.contains("nobody"))
        try await second.type("u")
        #expect(try await second.shows("nothing to take back") != nil, "only what was done here is taken back here")
        try await first.type("u")
        #expect(try await second.shows("nobody") != nil)
        for terminal in [first, second] { try await terminal.end() }
    }

    @Test func aLostCollectorIsSaidInTheWholeFrameAndExitCodesTellTheState() async throws {
        let bench = try await Bench.start(logFiles: [])
        let url = bench.probe.base
        try await alert(bench.probe, "HostDown", "web1 is down", severity: "warning")
        let warned = try await CommandRun.shell("$NIGHTJAR dash --once --screen alerts --size 100x20 --url \(url)")
        #expect(warned.code == 1 && warned.data.contains("HostDown"), "\(warned)")
        let followed = try await CommandRun.shell("timeout 20 $NIGHTJAR dash --json --follow --url \(url) | head -1 | tr -d ' '")
        #expect(followed.data.contains("\"version\":1"), "\(followed)")
        let spoken = try await CommandRun.shell("(sleep 2; echo alerts; sleep 1; echo quit) | timeout 20 $NIGHTJAR dash --accessible --url \(url)")
        #expect(spoken.code == 0 && spoken.data.contains("1. Warning, firing") && !spoken.data.contains("\u{1B}"), "\(spoken)")
        let terminal = try await Tmux(columns: 80, rows: 24)
        try await open(terminal, bench.probe)
        bench.nightjar.kill(9)
        let lost = try #require(try await terminal.shows("DISCONNECTED"))
        #expect(lost.contains("STALE: as of"), "\(lost)")
        try await terminal.end()
    }
}
