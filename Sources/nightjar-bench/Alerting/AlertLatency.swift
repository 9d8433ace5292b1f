import Foundation
import Foundations
import TestSupport

/// How long pages take: one at a time, from a sample, in a storm, and while another receiver is sick.
struct AlertLatency {
    /// Median and 99th percentile, in milliseconds.
    struct Spread {
        var median: Double
        var p99: Double
        var text: String { "\(decimal(median, 1)) ms, \(decimal(p99, 1)) ms" }

        init(_ milliseconds: [Double]) {
            let sorted = milliseconds.sorted()
            median = sorted.median
            p99 = sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        }
    }

    let kind: AlertServer.Kind
    let place: AlertServer.Place

    /// From a POST to the page at the sink.
    func single(count: Int) async throws -> Spread {
        let sink = AlertSink()
        let server = try await AlertServer(kind, place, routes: AlertServer.routes(sink.url, isKeyed: false))
        return try await pages(server, sink, "L", count: count, labels: "")
    }

    private func pages(_ server: AlertServer, _ sink: AlertSink, _ prefix: String, count: Int, labels: String) async throws -> Spread {
        var milliseconds: [Double] = []
        for number in 0..<count {
            let start = SystemClock().monotonicNanoseconds()
            _ = await server.post(["\(prefix)\(number)"], labels: labels)
            for _ in 0..<2000 {
                if let page = sink.firstPage(of: "\(prefix)\(number)") {
                    milliseconds.append(Double(page - start) / 1e6)
                    break
                }
                try await Task.sleep(nanoseconds: 1_000_000)
            }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
        return Spread(milliseconds)
    }

    /// From the answer to a sample that makes a rule fire to the page at the sink; rules are evaluated once a second.
    func samples(count: Int) async throws -> Spread {
        let sink = AlertSink()
        let server = try await AlertServer(kind, place, routes: AlertServer.routes(sink.url, isKeyed: false), AlertServer.Setting(hasRules: true))
        // The first evaluations come after the start, and Prometheus finds its Alertmanager after 5 s.
        try await Task.sleep(nanoseconds: 8_000_000_000)
        var accepted: [String: Int64] = [:]
        for number in 0..<count {
            if await server.sample("P\(number)", 1) { accepted["P\(number)"] = SystemClock().monotonicNanoseconds() }
            // No multiple of the interval, so that samples come at all times between evaluations.
            try await Task.sleep(nanoseconds: 37_000_000)
        }
        for _ in 0..<100 where accepted.keys.contains(where: { sink.firstPage(of: $0) == nil }) { try await Task.sleep(nanoseconds: 100_000_000) }
        return Spread(accepted.compactMap { name, moment in sink.firstPage(of: name).map { Double($0 - moment) / 1e6 } })
    }

    struct Storm {
        /// Seconds until all were acknowledged, until the first page, and until all were listed.
        var durable: Double
        var first: Double
        var all: Double
        var pages: Int
        var listed: Int
        /// The program's processor time, in seconds.
        var cpu: Double
    }

    /// A storm of alerts in as many groups.
    func storm(count: Int) async throws -> Storm {
        let sink = AlertSink()
        let server = try await AlertServer(
            kind, place, routes: AlertServer.routes(sink.url, isKeyed: false), AlertServer.Setting(joinsStorms: true))
        let before = server.process.cpuSeconds
        let start = SystemClock().monotonicNanoseconds()
        func seconds(_ moment: Int64) -> Double { Double(moment - start) / 1e9 }
        for begin in stride(from: 0, to: count, by: 1000) { _ = await server.post((begin..<min(begin + 1000, count)).map { "S\($0)" }) }
        let durable = seconds(SystemClock().monotonicNanoseconds())
        var all = Double.nan
        for _ in 0..<900 {
            if sink.count >= count {
                all = seconds(SystemClock().monotonicNanoseconds())
                break
            }
            try await Task.sleep(nanoseconds: 100_000_000)
        }
        let first = sink.tallies.values.compactMap(\.firstPageAt).min().map(seconds) ?? .nan
        return Storm(durable: durable, first: first, all: all, pages: sink.requests, listed: sink.count, cpu: server.process.cpuSeconds - before)
    }

    /// The same pages as `single`, while one of twenty receivers hangs, drips, resets or refuses and has pages waiting.
    func besideASickOne(_ answer: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Answer, count: Int) async throws -> Spread {
        let sink = AlertSink()
        let sick = LoopbackServer(answer)
        defer { sick.stop() }
        let others = [sick.url] + (1..<20).map { _ in sink.url + "/hook" }
        let server = try await AlertServer(kind, place, routes: AlertServer.routes(sink.url, isKeyed: false, others: others))
        _ = await server.post((0..<50).map { "Sick\($0)" }, labels: #","to":"0""#)
        return try await pages(server, sink, "W", count: count, labels: #","to":"7""#)
    }
}
