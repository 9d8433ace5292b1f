import ArgumentParser
import ConfigurationFile
import Foundation
import Foundations
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// `nightjar sink`: a receiver of webhooks that shows what comes, to try out paging without a paging tool.
struct Sink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Listens for webhooks and shows what comes, to try paging out.",
        discussion: """
            Point a receiver's webhook at it (Docs/nightjar.yml shows one) and watch pages and their resolves arrive. \
            Every body is answered with 200.

            Exit codes: 0 it was stopped, 1 the address can't be listened on.

            Example:
              nightjar sink --listen 127.0.0.1:9900
            """)

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "host:port"))
    var listen = "127.0.0.1:9900"

    @Flag(help: "Prints each body as it came, on one line.")
    var raw = false

    /// A page with all its alerts is far smaller.
    private static let bodyBytesMax = 4 << 20

    func validate() throws {
        if ListenAddress(listen) == nil { throw ValidationError("--listen must be an address such as 127.0.0.1:9900, not `\(SafeText(listen))`") }
    }

    func run() async throws {
        try await reportingFailures {
            let address = ListenAddress(listen)!
            let isRaw = raw
            let router = Router()
            // `**` stands for one name at least, so the address without a path is a route of its own.
            for path in ["/", "**"] as [RouterPath] {
                router.post(path) { request, _ -> HTTPResponse.Status in
                    let body = try await request.body.collect(upTo: Self.bodyBytesMax)
                    Self.show(Data(body.readableBytesView), isRaw: isRaw)
                    return .ok
                }
            }
            var logger = Logger(label: "sink") { _ in SwiftLogNoOpLogHandler() }
            logger.logLevel = .critical
            let server = Application(
                router: router, configuration: .init(address: .hostname(address.host, port: address.port)),
                onServerRunning: { _ in Output.message("Waiting for webhooks on http://\(address)/ (Ctrl-C ends it)") }, logger: logger)
            try await untilStopped {
                do { try await server.run() } catch let error where !isCancellation(error) { throw Failure(Self.reason(error, address)) }
            }
        }
    }

    private static func reason(_ error: any Error, _ address: ListenAddress) -> String {
        if error is SocketAddressError.UnknownHost { return "can't listen on \(address): the host's name can't be resolved" }
        guard let error = error as? IOError else { return "can't listen on \(address): \(error)" }
        if error.errnoCode == EADDRINUSE { return "another process already listens on \(address); choose another address with --listen" }
        return "can't listen on \(address): \(String(cString: strerror(error.errnoCode)))"
    }

    private static func show(_ body: Data, isRaw: Bool) {
        let time = TimestampText.rfc3339(SystemClock().now())
        guard !isRaw, let page = try? JSONDecoder().decode(WebhookPage.self, from: body) else {
            Output.line("\(time) \(SafeText(String(decoding: body, as: UTF8.self)).string)")
            return
        }
        Output.line("\(time) \(page.status.uppercased()) for \(SafeText(page.receiver).string): \(page.alerts.count) alert\(page.alerts.count == 1 ? "" : "s")")
        for alert in page.alerts {
            let severity = alert.labels["severity"].map { " [\($0)]" } ?? ""
            Output.line("  " + SafeText("\(alert.status)\(severity) \(alert.labels["alertname"] ?? "?") \(alert.labels["instance"] ?? "") — \(alert.annotations["summary"] ?? "")").string)
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
