import ArgumentParser
import Compression
import Foundation
import Foundations
import Model
import Outbound
import Wire

/// Sends remote-write requests to a running server, and decodes the same bodies in this process.
struct RemoteWriteBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "write", abstract: "Sends remote-write 2.0 requests to a running server.")

    @Option(help: "The server's remote-write address; none measures decoding alone.") var url: String?
    @Option(help: "Hosts.") var hosts = 20
    @Option(help: "Series of each host.") var series = 500
    @Option(help: "Requests, each with one sample of every series.") var requests = 200

    func run() async throws {
        var data = HostLikeData(hosts: hosts, seriesPerHost: series)
        let start = SystemClock().nowMilliseconds().milliseconds - Int64(requests) * 1000
        let plain = (0..<requests).map { RemoteWrite.encodeV2(data.step(at: start + Int64($0) * 1000)) }
        let total = data.labels.count * requests
        print("\(requests) requests of \(data.labels.count) samples, \(ByteSizeText.format(bytes: Int64(plain[0].count))) each\n")
        let (_, decoding) = try await Cost.of {
            for body in plain { _ = try body.withUnsafeBytes { try RemoteWrite.decode($0, version: .v2, limits: WireLimits()) } }
        }
        row("decode, samples a CPU second", perSecond(total, decoding.cpuSeconds))
        guard let url else { return }
        let bodies = plain.map { Snappy.compress($0) }
        let client = HTTPClient(policy: .unrestricted)
        let (_, sending) = try await Cost.of {
            for body in bodies {
                let reply = try await client.send(HTTPRequest(method: "POST", url: url, headers: [
                    ("Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"), ("Content-Encoding", "snappy"),
                    ("X-Prometheus-Remote-Write-Version", "2.0.0"),
                ], body: body))
                guard (200...299).contains(reply.status) else {
                    throw ValidationError("the server answered \(reply.status): \(String(decoding: reply.body.prefix(300), as: UTF8.self))")
                }
            }
        }
        row("sent, samples a second", perSecond(total, sending.wallSeconds))
    }
}
