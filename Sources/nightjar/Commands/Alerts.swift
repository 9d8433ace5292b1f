import ArgumentParser
import Foundation
import Foundations
import Model

/// `nightjar alerts`: what fires, worst first.
struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the alerts that are pending or firing, worst first.",
        discussion: """
            Exit codes: 0 none fires (or only those of severity info and none), 1 a warning fires, 2 a critical one, 3 the collector can't be reached.
            """)

    @Flag(help: "Prints the collector's answer as it is.")
    var json = false

    @OptionGroup var collector: ConnectionFlags

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect()
            if json {
                FileHandle.standardOutput.write(Data(try await connection.get("/api/v1/alerts", [])))
                print()
                return
            }
            let answer = try await connection.decode(AlertsAnswer.self, "/api/v1/alerts")
            let alerts = answer.alerts.sorted { ($0.rank, $0.activeAt) < ($1.rank, $1.activeAt) }
            for alert in alerts { print(Self.line(alert)) }
            if alerts.isEmpty { print("No alert is pending or firing.") }
            let worst = alerts.filter { $0.state == "firing" }.map(\.rank).min() ?? 3
            if worst < 2 { throw ExitCode(worst == 0 ? 2 : 1) }
        }
    }

    private static func line(_ alert: AlertsAnswer.Alert) -> String {
        let word = ["✖ CRIT", "▲ WARN", "● INFO", "  none"][alert.rank]
        let since = TimestampText.parseRFC3339(alert.activeAt).map { DurationText.format(milliseconds: max(0, (SystemClock().now().nanoseconds - $0.nanoseconds) / 1_000_000_000 * 1000)) }
        let labels = Labels(alert.labels.filter { !["alertname", "severity"].contains($0.key) }.map { (name: $0.key, value: $0.value) })
        let text = "\(word)  \(alert.state)  \(alert.labels["alertname"] ?? "")  since \(since ?? alert.activeAt)  \(labels)  \(alert.annotations["summary"] ?? "")"
        return SafeText(text).string
    }
}

/// The `data` of `/api/v1/alerts`.
struct AlertsAnswer: Decodable {
    struct Alert: Decodable {
        let labels: [String: String]
        let annotations: [String: String]
        let state: String
        let activeAt: String

        /// 0 critical, 1 warning, 2 info, 3 none.
        var rank: Int { ["critical": 0, "page": 0, "warning": 1, "info": 2][labels["severity"] ?? "warning"] ?? 3 }
    }

    let alerts: [Alert]
}
