import Foundation
import Foundations
import Glibc
import Outbound

/// What the release binary costs at a terminal, beside a collector of its own on the loopback.
struct ProgramFigures {
    let program: String
    let port: Int

    private static let starts = 20
    private static let idleSeconds = 20.0
    /// No more than a screen has rows: new ones come last.
    private static let alertCount = 20
    private static let keyCount = 100
    private static let tailSeconds = 10.0
    private static let tailLinesPerSecond = 50_000
    /// No wait is worth more.
    private static let secondsMax = 20.0

    private var url: String { "http://127.0.0.1:\(port)" }

    /// Calls `report` with the figures as they come.
    func measure(_ report: ([DashboardFigure]) -> Void) async throws {
        guard access(program, X_OK) == 0 else { throw BenchError("there is no \(program); build it with `swift build -c release --product nightjar`") }
        try await withTemporaryFolder { folder in
            let files = RealFileSystem()
            try files.createDirectory(folder)
            try files.replace(folder + "/board.yml", with: Array(Self.board.utf8))
            let collector = try ServerProcess.start(
                [program, "collector", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)", "--rules", folder + "/none", "--log-level", "warning"], log: folder + "/log")
            defer { collector.kill() }
            let client = HTTPClient(policy: .unrestricted)
            try await waitUntilReady(client)
            guard try await post(client, alert: "BenchFirst") else { throw BenchError("the collector takes no alert") }
            report(try start())
            report(try idle(folder))
            report(try await alerts(client))
            report(try await tail(client))
        }
    }

    private func dashboard(_ folder: String? = nil) throws -> TerminalProgram {
        try TerminalProgram([program, "dash", "--url", url] + (folder.map { ["--dashboards", $0 + "/*.yml"] } ?? []))
    }

    private func start() throws -> [DashboardFigure] {
        var (frames, processor, data): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<Self.starts {
            let dashboard = try dashboard()
            // Behind the first frame it asks what the terminal is.
            guard dashboard.read(seconds: Self.secondsMax, untilText: "\u{1B}[c") else { throw BenchError("the dashboard draws no frame") }
            frames.append(dashboard.elapsedMilliseconds)
            processor.append(dashboard.process.cpuSeconds * 1000)
            guard dashboard.read(seconds: Self.secondsMax, untilText: "BenchFirst") else { throw BenchError("the dashboard shows no alert") }
            data.append(dashboard.elapsedMilliseconds)
        }
        return [
            DashboardFigure("start to first frame, median of \(Self.starts)", .milliseconds, frames.sorted().median, goal: 15),
            DashboardFigure("processor time of that, median", .milliseconds, processor.sorted().median),
            DashboardFigure("start to first data, median of \(Self.starts)", .milliseconds, data.sorted().median, goal: 150),
        ]
    }

    private func idle(_ folder: String) throws -> [DashboardFigure] {
        let quiet = try watched(try dashboard(), keys: "2")
        let live = try watched(try dashboard(folder), keys: "6\r")
        return [
            DashboardFigure("bytes of the program while nothing changes", .bytesPerSecond, quiet.bytes, goal: 20),
            DashboardFigure("CPU while nothing changes", .percent, quiet.cpu, goal: 0.1), DashboardFigure("RSS after that", .megabytes, quiet.resident, goal: 40),
            DashboardFigure("bytes of 12 live panels at 1 Hz", .bytesPerSecond, live.bytes, goal: 8000), DashboardFigure("CPU of 12 live panels at 1 Hz", .percent, live.cpu, goal: 1),
            DashboardFigure("RSS after that", .megabytes, live.resident, goal: 40),
        ]
    }

    /// What a dashboard costs for a while after keys were pressed.
    private func watched(_ dashboard: TerminalProgram, keys: String) throws -> (bytes: Double, cpu: Double, resident: Double) {
        try press(keys.map(String.init), dashboard)
        dashboard.read(seconds: 5)
        let (bytes, cpu) = (dashboard.output.count, dashboard.process.cpuSeconds)
        dashboard.read(seconds: Self.idleSeconds)
        return (
            Double(dashboard.output.count - bytes) / Self.idleSeconds, (dashboard.process.cpuSeconds - cpu) / Self.idleSeconds * 100,
            Double(dashboard.process.residentBytes) / 1e6
        )
    }

    /// Presses keys one by one, once the dashboard is live: what is typed before it has taken the terminal is dropped.
    private func press(_ keys: [String], _ dashboard: TerminalProgram) throws {
        guard dashboard.read(seconds: Self.secondsMax, untilText: "LIVE") else { throw BenchError("the dashboard isn't live") }
        for key in keys {
            dashboard.type(key)
            dashboard.read(seconds: 1)
        }
    }

    /// From the answer to an alert to the bytes that show it.
    private func alerts(_ client: HTTPClient) async throws -> [DashboardFigure] {
        let dashboard = try dashboard()
        try press(["2"], dashboard)
        var milliseconds: [Double] = []
        for number in 0..<Self.alertCount {
            // A letter of its own all through, so that nothing of it stands there already and all is written in one piece.
            let name = String(repeating: Self.letters[number], count: 8)
            guard try await post(client, alert: name) else { throw BenchError("the collector takes no alert") }
            let start = dashboard.elapsedMilliseconds
            guard dashboard.read(seconds: Self.secondsMax, untilText: name) else { throw BenchError("the dashboard doesn't show \(name)") }
            milliseconds.append(dashboard.elapsedMilliseconds - start)
            dashboard.read(seconds: 0.02)
        }
        return [DashboardFigure("alert committed to screen, p99 of \(Self.alertCount)", .milliseconds, milliseconds.p99, goal: 150)]
    }

    private static let signs = ["\u{A7}", "\u{A4}", "\u{A5}", "\u{A6}", "\u{A9}", "\u{AC}", "\u{AE}"]
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// Keys are pressed while lines pour in; a sign that no line has shows when the screen has it.
    private func tail(_ client: HTTPClient) async throws -> [DashboardFigure] {
        let dashboard = try dashboard()
        try press(["5", "f", "/"], dashboard)
        let pushing = Task { try await push(client) }
        dashboard.read(seconds: 1)
        var milliseconds: [Double] = []
        for number in 0..<Self.keyCount {
            // Another one than before, which shows where the prompt is full and moves on too.
            let sign = Self.signs[number % Self.signs.count]
            let start = dashboard.elapsedMilliseconds
            dashboard.type(sign)
            guard dashboard.read(seconds: Self.secondsMax, untilText: sign) else { throw BenchError("the dashboard doesn't show a key") }
            milliseconds.append(dashboard.elapsedMilliseconds - start)
            dashboard.read(seconds: 0.05)
        }
        let rate = try await pushing.value
        return [
            DashboardFigure("lines pushed into the collector and tailed meanwhile", .linesPerSecond, rate, goal: Double(Self.tailLinesPerSecond)),
            DashboardFigure("key to screen meanwhile, p99 of \(Self.keyCount)", .milliseconds, milliseconds.p99, goal: 16),
        ]
    }

    /// Lines a second that were taken.
    private func push(_ client: HTTPClient) async throws -> Double {
        let clock = SystemClock()
        let (start, batch) = (clock.monotonicNanoseconds(), 2500)
        var lines = 0
        while Double(clock.monotonicNanoseconds() - start) < Self.tailSeconds * 1e9 {
            let now = clock.now().nanoseconds
            var body = #"{"streams":[{"stream":{"job":"bench","instance":"web1"},"values":["#
            for line in 0..<batch {
                body += line > 0 ? "," : ""
                body += "[\"\(now + Int64(line))\",\"GET /cart/\(lines + line) 200 of somebody who buys a thing or two and comes back for more\"]"
            }
            body += "]}]}"
            let reply = try await client.send(
                HTTPRequest(method: "POST", url: url + "/loki/api/v1/push", headers: [("Content-Type", "application/json")], body: Array(body.utf8), timeoutSeconds: 10))
            guard reply.isSuccess else { throw BenchError("the collector answered a push with \(reply.status)") }
            lines += batch
            // A little more than is asked for: the last push is part of the time.
            let ahead = Double(lines) / (Double(Self.tailLinesPerSecond) * 1.01) - Double(clock.monotonicNanoseconds() - start) / 1e9
            if ahead > 0 { try await Task.sleep(for: .seconds(ahead)) }
        }
        return Double(lines) / (Double(clock.monotonicNanoseconds() - start) / 1e9)
    }

    private func post(_ client: HTTPClient, alert name: String) async throws -> Bool {
        let body = #"[{"labels":{"alertname":"\#(name)","severity":"critical","instance":"web1"},"annotations":{"summary":"a bench"}}]"#
        let request = HTTPRequest(method: "POST", url: url + "/api/v2/alerts", headers: [("Content-Type", "application/json")], body: Array(body.utf8), timeoutSeconds: 10)
        return try await client.send(request).status == 200
    }

    private func waitUntilReady(_ client: HTTPClient) async throws {
        for _ in 0..<Int(Self.secondsMax * 50) {
            do {
                if try await client.send(HTTPRequest(method: "GET", url: url + "/-/ready", timeoutSeconds: 2)).status == 200 { return }
            } catch {
                // Not listening yet.
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BenchError("the collector isn't ready after \(Int(Self.secondsMax)) s")
    }

    /// Twelve panels over what the collector says of itself.
    private static let board = """
        title: Bench
        range: 15m
        refresh: 1s
        panels:
        """ + [
            "rate(nightjar_collector_received_bytes_total[1m])", "nightjar_metric_store_head_bytes", "rate(nightjar_collector_samples_stored_total[1m])",
            "rate(nightjar_metric_store_samples_appended_total[1m])",
        ].enumerated().flatMap { row, query in (1...3).map { "\n  - {title: 'Panel \(row * 3 + $0)', query: '\(query) * \($0)', size: 8x10}" }
        }.joined() + "\n"
}

extension Collection<UInt8> {
    /// Whether some bytes stand in it, one behind the other.
    func contains(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, bytes.count <= count else { return false }
        let found: Bool? = withContiguousStorageIfAvailable { all in
            var next = 0
            while next + bytes.count <= all.count, let place = memchr(all.baseAddress! + next, Int32(first), all.count - bytes.count - next + 1) {
                if memcmp(place, bytes, bytes.count) == 0 { return true }
                next = UnsafeRawPointer(place) - UnsafeRawPointer(all.baseAddress!) + 1
            }
            return false
        }
        return found ?? Array(self).contains(bytes)
    }
}
