import ArgumentParser
import ConfigurationFile
import Foundation
import Foundations
import HTTPTypes
import Hummingbird
import Logging

/// `nightjar sink`: a receiver of webhooks that shows what comes, to try out paging without a paging tool.
struct Sink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Listens for webhooks and shows what comes, to try paging out.",
        discussion: """
            Point a receiver's webhook at it (Docs/nightjar.yml shows one) and watch pages and their resolves arrive.
            """)

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "host:port"))
    var listen = "127.0.0.1:9900"

    @Flag(help: "Prints each body as it came.")
    var raw = false

    /// A page with all its alerts is far smaller.
    private static let bodyBytesMax = 4 << 20

    func run() async throws {
        try await reportingFailures {
            guard let address = ListenAddress(listen) else { throw Failure("--listen must be an address such as 127.0.0.1:9900, not `\(listen)`", code: 64) }
            let isRaw = raw
            let router = Router()
            router.post("**") { request, _ -> HTTPResponse.Status in
                let body = try await request.body.collect(upTo: Self.bodyBytesMax)
                Self.show(Data(body.readableBytesView), isRaw: isRaw)
                return .ok
            }
            var logger = Logger(label: "sink") { _ in SwiftLogNoOpLogHandler() }
            logger.logLevel = .critical
            let server = Application(
                router: router, configuration: .init(address: .hostname(address.host, port: address.port)),
                onServerRunning: { _ in writeLine("Waiting for webhooks on http://\(address)/ — Ctrl-C ends it.") }, logger: logger)
            try await untilStopped {
                do { try await server.run() } catch let error where !(error is CancellationError) {
                    throw Failure("can't listen on \(address): \(error)")
                }
            }
        }
    }

    private static func show(_ body: Data, isRaw: Bool) {
        let time = TimestampText.rfc3339(SystemClock().now())
        guard !isRaw, let page = try? JSONDecoder().decode(WebhookPage.self, from: body) else {
            writeLine("\(time) \(SafeText(String(decoding: body, as: UTF8.self)).string)")
            return
        }
        writeLine("\(time) \(page.status.uppercased()) for \(SafeText(page.receiver).string): \(page.alerts.count) alert\(page.alerts.count == 1 ? "" : "s")")
        for alert in page.alerts {
            let severity = alert.labels["severity"].map { " [\($0)]" } ?? ""
            writeLine("  " + SafeText("\(alert.status)\(severity) \(alert.labels["alertname"] ?? "?") \(alert.labels["instance"] ?? "") — \(alert.annotations["summary"] ?? "")").string)
        }
    }
}

/// What `Sink` shows of Alertmanager's webhook body.
private struct WebhookPage: Decodable {
    struct Alert: Decodable {
        let status: String
        let labels: [String: String]
        let annotations: [String: String]
    }

    let status: String
    let receiver: String
    let alerts: [Alert]
}
