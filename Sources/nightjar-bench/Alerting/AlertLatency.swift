import Foundation
import Foundations
import TestSupport

/// How long pages take: one at a time, in a storm, and while another receiver is sick.
struct AlertLatency {
    let program: String
    let kind: AlertServer.Kind
    let folder: String
    let port: Int

    /// Milliseconds from a POST to the page at the sink: median and 99th percentile.
    func single(count: Int) async throws -> (median: Double, p99: Double) {
        let sink = AlertSink()
        let server = try await AlertServer(kind, program: program, folder: folder, port: port, routes: AlertServer.routes(sink.url, kind, isKeyed: false))
        return try await pages(server, sink, "L", count: count, labels: "")
    }

    private func pages(_ server: AlertServer, _ sink: AlertSink, _ prefix: String, count: Int, labels: String) async throws -> (median: Double, p99: Double) {
        var milliseconds: [Double] = []
        for number in 0..<count {
            let start = SystemClock().monotonicNanoseconds()
            _ = await server.post(["\(prefix)\(number)"], labels: labels)
            for _ in 0..<2000 {
                if let page = sink.tallies["\(prefix)\(number)"]?.firstPageAt {
                    milliseconds.append(Double(page - start) / 1e6)
                    break
                }
                try await Task.sleep(nanoseconds: 1_000_000)
            }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
        milliseconds.sort()
        guard !milliseconds.isEmpty else { return (.nan, .nan) }
        return (milliseconds[milliseconds.count / 2], milliseconds[min(milliseconds.count - 1, milliseconds.count * 99 / 100)])
    }

    /// A storm of alerts in as many groups: seconds until all were acknowledged, until the first page, and until all were listed; and the pages.
    func storm(count: Int) async throws -> (durable: Double, first: Double, all: Double, pages: Int, listed: Int) {
        let sink = AlertSink()
        let server = try await AlertServer(
            kind, program: program, folder: folder, port: port, routes: AlertServer.routes(sink.url, kind, isKeyed: false),
            joinsStorms: true)
        let start = SystemClock().monotonicNanoseconds()
        func seconds(_ moment: Int64) -> Double { Double(moment - start) / 1e9 }
        for begin in stride(from: 0, to: count, by: 1000) { _ = await server.post((begin..<min(begin + 1000, count)).map { "S\($0)" }) }
        let durable = seconds(SystemClock().monotonicNanoseconds())
        var all = Double.nan
        for _ in 0..<900 {
            if sink.tallies.count >= count {
                all = seconds(SystemClock().monotonicNanoseconds())
                break
            }
            try await Task.sleep(nanoseconds: 100_000_000)
        }
        let first = sink.tallies.values.compactMap(\.firstPageAt).min().map(seconds) ?? .nan
        return (durable, first, all, sink.requests, sink.tallies.count)
    }

    /// The same pages as `single`, while one of twenty receivers hangs, drips, resets or refuses and has pages waiting.
    func besideASickOne(_ answer: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Answer, count: Int) async throws -> (median: Double, p99: Double) {
        let sink = AlertSink()
        let sick = LoopbackServer(answer)
        defer { sick.stop() }
        let others = [sick.url] + (1..<20).map { _ in sink.url + "/hook" }
        let server = try await AlertServer(
            kind, program: program, folder: folder, port: port, routes: AlertServer.routes(sink.url, kind, isKeyed: false, others: others))
        _ = await server.post((0..<50).map { "Sick\($0)" }, labels: #","to":"0""#)
        return try await pages(server, sink, "W", count: count, labels: #","to":"7""#)
    }
}
