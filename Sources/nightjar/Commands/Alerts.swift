import ArgumentParser
import Foundation
import Foundations
import Model

/// `nightjar alerts`: what fires, worst first.
struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the alerts that are pending or firing, worst first.",
        discussion: """
            A line an alert: severity, state, name, since when, labels, summary, and what holds its pages back with the cause. Alerts \
            that other programs posted are among them.

            Exit codes: 0 nothing fires but what is of severity info or none, 1 a warning fires, 2 something critical, \
            3 the collector can't be reached or refuses. With --json 0 or 3.

            Examples:
              nightjar alerts
              nightjar alerts --json | jq -r '.data.alerts[].labels.alertname'
            """)

    @Flag(help: "Prints the collector's answer as it is.")
    var json = false

    @OptionGroup var collector: ConnectionFlags

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect()
            if json {
                Output.json(try await connection.envelope("/api/v1/alerts"))
                return
            }
            let answer = try await connection.decode(AlertsAnswer.self, "/api/v1/alerts")
            let routed = try await connection.decode(RoutedAnswer.self, "/api/v1/nightjar/alerts").alerts
            var all = answer.alerts
            for (index, alert) in all.enumerated() { all[index].mark = routed.first { $0.labels == alert.labels }?.mark ?? "" }
            for alert in routed where alert.rule == "api" && !all.contains(where: { $0.labels == alert.labels }) {
                all.append(
                    AlertsAnswer.Alert(labels: alert.labels, annotations: alert.annotations, state: "firing", activeAt: alert.startsAt, mark: alert.mark))
            }
            let alerts = all.sorted { ($0.rank, $0.firingFirst, $1.activeAt) < ($1.rank, $1.firingFirst, $0.activeAt) }
            Output.text(alerts.isEmpty ? "No alert is pending or firing.\n" : Self.table(alerts))
            let worst = alerts.filter { $0.state == "firing" }.map(\.rank).min() ?? 3
            if worst < 2 { throw ExitCode(worst == 0 ? 2 : 1) }
        }
    }

    /// A line an alert, in columns.
    private static func table(_ alerts: [AlertsAnswer.Alert]) -> String {
        let rows = alerts.map { alert in
            [word(alert), alert.state, alert.labels["alertname"] ?? "", age(alert), labels(alert)].map { SafeText($0).string }
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return zip(rows, alerts).map { row, alert in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            let line = (cells + [row[4], SafeText(alert.annotations["summary"] ?? "").string, SafeText(alert.mark).string].filter { !$0.isEmpty }).joined(separator: "  ")
            return (Output.isColored ? "\(color(alert))\(line)\u{1B}[0m" : line) + "\n"
        }.joined()
    }

    private static func word(_ alert: AlertsAnswer.Alert) -> String { ["✖ CRIT", "▲ WARN", "● INFO", "· none"][alert.rank] }

    private static func color(_ alert: AlertsAnswer.Alert) -> String {
        if alert.state != "firing" { return "\u{1B}[2m" }
        return ["\u{1B}[31m", "\u{1B}[33m", "\u{1B}[36m", ""][alert.rank]
    }

    private static func age(_ alert: AlertsAnswer.Alert) -> String {
        guard let start = TimestampText.parseRFC3339(alert.activeAt) else { return alert.activeAt }
        let seconds = max(0, (SystemClock().now().nanoseconds - start.nanoseconds) / 1_000_000_000)
        return "since \(DurationText.format(milliseconds: seconds * 1000))"
    }

    private static func labels(_ alert: AlertsAnswer.Alert) -> String {
        let rest = alert.labels.filter { !["alertname", "severity"].contains($0.key) }.map { (name: $0.key, value: $0.value) }
        return rest.isEmpty ? "" : Labels(rest).description
    }
}

/// The `data` of `/api/v1/alerts`.
struct AlertsAnswer: Decodable {
    struct Alert: Decodable {
        let labels: [String: String]
        let annotations: [String: String]
        let state: String
        let activeAt: String
        /// What holds its pages back.
        var mark = ""

        private enum CodingKeys: String, CodingKey { case labels, annotations, state, activeAt }

        /// 0 critical, 1 warning, 2 info, 3 none.
        var rank: Int { ["critical": 0, "page": 0, "warning": 1, "info": 2][labels["severity"] ?? "warning"] ?? 3 }

        var firingFirst: Int { state == "firing" ? 0 : 1 }
    }

    let alerts: [Alert]
}

/// The `data` of `/api/v1/nightjar/alerts`.
struct RoutedAnswer: Decodable {
    struct Alert: Decodable {
        struct Acknowledgement: Decodable {
            let kind: String
            let actor: String
            let comment: String
        }
        struct Group: Decodable {
            let receiver: String
            let isTold: Bool
            let mutedBy: String?
            let cause: String?
        }

        let fingerprint: String
        let labels: [String: String]
        let annotations: [String: String]
        let startsAt: String
        let rule: String
        let silencedBy: [String]
        let inhibitedBy: [String]
        let isFlapping: Bool
        let acknowledgement: Acknowledgement?
        let groups: [Group]

        /// `[acked by ann: on it] [silenced by 3f…]`
        var mark: String {
            var marks: [String] = []
            if let acknowledgement { marks.append("\(acknowledgement.kind) by \(acknowledgement.actor)" + (acknowledgement.comment.isEmpty ? "" : ": \(acknowledgement.comment)")) }
            if !silencedBy.isEmpty { marks.append("silenced by \(silencedBy.joined(separator: ", "))") }
            if !inhibitedBy.isEmpty { marks.append("inhibited by \(inhibitedBy.joined(separator: ", "))") }
            if isFlapping { marks.append("flapping") }
            for group in groups where group.mutedBy == "muted" { marks.append("muted at \(group.receiver) by \(group.cause ?? "")") }
            return marks.map { "[\($0)]" }.joined(separator: " ")
        }
    }

    let alerts: [Alert]
}
