import ArgumentParser
import Foundation
import Foundations
import Model
import Outbound
import Wire

/// `nightjar-bench scrape`: real scrapes of a node_exporter, for the node-like data set.
struct ScrapeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrape", abstract: "Collects scrapes of prometheus-node-exporter into a file, for the node-like data set.",
        discussion: "The machine should have something to do meanwhile, or most series stand still.")

    @Option(help: "Scrapes.") var count = 1260
    @Option(help: "Milliseconds between two.") var interval = 1000
    @Option(name: .shortAndLong, help: "The file to write.") var output: String
    @Option(help: "An exporter that runs already; without it one is started.") var url: String?
    @Option(help: "The exporter to start.") var exporter = "prometheus-node-exporter"
    @Option(help: "The port of the exporter that is started.") var port = 9949

    func run() async throws {
        try await Scraper(count: count, intervalMilliseconds: interval, url: url, exporter: exporter, port: port).run().write(to: output)
    }
}

/// Scrapes an exporter on loopback again and again.
struct Scraper {
    var count = 1260
    var intervalMilliseconds = 1000
    /// Of an exporter that runs; nil starts one.
    var url: String?
    var exporter = "prometheus-node-exporter"
    var port = 9949

    /// Keeps the series that are in every scrape.
    func run() async throws -> Scrapes {
        let process = try url == nil ? ServerProcess.start([exporter, "--web.listen-address=127.0.0.1:\(port)"], log: nil) : nil
        defer { process?.kill() }
        let address = url ?? "http://127.0.0.1:\(port)/metrics"
        let client = HTTPClient(policy: .unrestricted)
        defer { client.close() }
        var columns: [Labels: [Double]] = [:]
        var progress = Progress("scraping \(address)")
        var due = ContinuousClock.now
        for number in 0..<count {
            for entry in try await Self.scrape(address, client, retries: number == 0 ? 50 : 3) where columns[entry.labels]?.count ?? 0 == number {
                columns[entry.labels, default: []].append(entry.samples[0].value)
            }
            progress.advance(number + 1, of: count)
            due += .milliseconds(intervalMilliseconds)
            try await Task.sleep(until: due)
        }
        let whole = columns.filter { $0.value.count == count }.sorted { $0.key < $1.key }
        progress.end("\(count) scrapes of \(whole.count) series")
        return Scrapes(intervalMilliseconds: Int64(intervalMilliseconds), series: whole.map(\.key), columns: whole.map(\.value))
    }

    private static func scrape(_ url: String, _ client: HTTPClient, retries: Int) async throws -> [MetricBatch.Entry] {
        for retry in 0... {
            do {
                let reply = try await client.send(HTTPRequest(method: "GET", url: url))
                guard reply.status == 200 else { throw BenchError("\(url) answered \(reply.status)") }
                return try reply.body.withUnsafeBytes { try Exposition.parse($0, defaultTimestamp: Timestamp(milliseconds: 0)).entries }
            } catch {
                if retry >= retries { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        throw BenchError("\(url) doesn't answer")
    }
}
