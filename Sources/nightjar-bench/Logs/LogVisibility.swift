import Foundation
import Foundations

/// How soon a line can be found and is tailed once it was acknowledged, while others are pushed at a steady rate.
struct LogVisibility {
    let server: LogServer
    let format: LogPushFormat
    let megabytesPerSecond: Double
    let seconds: Double
    let pushBytes: Int
    let folder: String

    private static let marker = "visible-marker-"
    private static let pauseMilliseconds = 50
    private static let waitSecondsMax = 30.0

    /// Milliseconds from each line's acknowledgement, ascending.
    struct Delays: Sendable {
        var search: [Double] = []
        var tail: [Double] = []
    }

    func run() async throws -> [LogBenchRow] {
        let bytes = Int(megabytesPerSecond * seconds * 1.3e6)
        let corpus = LogCorpus(bytes: bytes, start: SystemClock().now().nanoseconds, seed: 21, spanNanoseconds: Int64(seconds * 1.3e9))
        let bodies = try await LogBodies.write(corpus, as: format, pushBytes: pushBytes, to: folder + "/steady.bodies")
        let isOver = Flag()
        var pushing = LogPushing(port: server.port, format: format, connections: 1)
        pushing.bodiesPerSecond = megabytesPerSecond * 1e6 / Double(pushBytes)
        let steady = pushing
        async let pushed = steady.run(bodies.list, until: { isOver.isSet })
        let delays: Delays
        do {
            delays = try await measure()
        } catch {
            isOver.set()
            _ = try await pushed
            throw error
        }
        isOver.set()
        _ = try await pushed
        try RealFileSystem().remove(folder + "/steady.bodies")
        let beside = ", \(decimal(megabytesPerSecond, 0)) MB/s beside it (\(delays.search.count) lines)"
        return [
            LogBenchRow("a line acknowledged to found by query_range, median\(beside)", Self.percentile(delays.search, 50), "ms"),
            LogBenchRow("the same, 99th percentile", Self.percentile(delays.search, 99), "ms", goal: LogGoal(250, "")),
            LogBenchRow("a line acknowledged to seen in a live tail over a WebSocket, median", Self.percentile(delays.tail, 50), "ms"),
            LogBenchRow("the same, 99th percentile", Self.percentile(delays.tail, 99), "ms", goal: LogGoal(250, "")),
        ]
    }

    private static func percentile(_ ascending: [Double], _ percent: Int) -> Double { ascending.isEmpty ? .nan : ascending[min(ascending.count - 1, ascending.count * percent / 100)] }

    private func measure() async throws -> Delays {
        let listener = try TailListener(port: server.port, query: #"{job="app"} |= "\#(Self.marker)""#, marker: Self.marker)
        defer { listener.close() }
        let connection = try LoopbackConnection(port: server.port)
        let pushing = LogPushing(port: server.port, format: format, connections: 1)
        var delays = Delays()
        let end = ContinuousClock.now + .seconds(seconds)
        var number = 1_000_000
        while ContinuousClock.now < end {
            number += 1
            let text = Self.marker + "\(number)"
            let line = LogCorpus.Line(stream: 0, nanoseconds: SystemClock().now().nanoseconds, text: "\(text) was pushed alone")
            _ = try format.body([line]).withUnsafeBytes { try pushing.send($0, connection) }
            let acknowledged = ContinuousClock.now
            delays.search.append(try await waitUntilFound(text, from: line.nanoseconds, acknowledged))
            delays.tail.append(try await waitUntilTailed(text, listener, acknowledged))
            try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))
        }
        delays.search.sort()
        delays.tail.sort()
        return delays
    }

    private func waitUntilFound(_ text: String, from nanoseconds: Int64, _ acknowledged: ContinuousClock.Instant) async throws -> Double {
        let window = [("start", String(nanoseconds - 60_000_000_000)), ("end", String(nanoseconds + 60_000_000_000))]
        while true {
            let answer = try await server.get("/loki/api/v1/query_range", window + [("query", #"{job="app"} |= "\#(text)""#), ("limit", "1")])
            let waited = (ContinuousClock.now - acknowledged).seconds
            if String(decoding: answer, as: UTF8.self).contains("\(text) was") { return waited * 1000 }
            guard waited < Self.waitSecondsMax else { throw BenchError("a line that was acknowledged isn't found after \(Int(waited)) s") }
        }
    }

    private func waitUntilTailed(_ text: String, _ listener: TailListener, _ acknowledged: ContinuousClock.Instant) async throws -> Double {
        while true {
            // It may have come before the acknowledgement did.
            if let moment = try listener.moment(of: text) { return max(0, (moment - acknowledged).seconds * 1000) }
            guard (ContinuousClock.now - acknowledged).seconds < Self.waitSecondsMax else { throw BenchError("a line that was acknowledged didn't come in a live tail") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

private final class Flag: Sendable {
    private let value = Locked(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
