import Foundation
import Foundations
import Model

/// Alertmanager's webhook body, version 4.
struct WebhookBody: Decodable {
    struct Alert: Decodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL: String
        var fingerprint: String
    }

    var groupKey: String
    var truncatedAlerts: Int
    var status: String
    var receiver: String
    var groupLabels: [String: String]
    var commonLabels: [String: String]
    var commonAnnotations: [String: String]
    var externalURL: String
    var alerts: [Alert]

    /// The end of an alert that hasn't ended.
    static let noEnd = "0001-01-01T00:00:00Z"

    /// `alerts` in the order of the message; beyond `alertsMax` they are only counted.
    init(receiver: String, groupKey: String, groupLabels: Labels, externalURL: String, alerts: [MessageAlert], alertsMax: Int) {
        let all = alerts.map(Self.alert)
        self.groupKey = groupKey
        self.groupLabels = Self.dictionary(groupLabels)
        truncatedAlerts = max(0, all.count - alertsMax)
        status = all.contains { $0.status == "firing" } ? "firing" : "resolved"
        self.receiver = receiver
        commonLabels = Self.common(all.map(\.labels))
        commonAnnotations = Self.common(all.map(\.annotations))
        self.externalURL = externalURL
        self.alerts = Array(all.prefix(alertsMax))
    }

    /// The body of a message that was queued.
    init(payload: [UInt8]) throws { self = try JSONDecoder().decode(WebhookBody.self, from: Data(payload)) }

    /// Says that this is the shared page of a storm, and how many alerts it stands for.
    mutating func addStormSummary(firing: Int) {
        commonAnnotations["summary"] = "\(firing) alert\(firing == 1 ? "" : "s") fire in a storm; further groups are listed here together"
    }

    /// As JSON with sorted names.
    func encoded() -> [UInt8] { json.encoded() }

    private var json: JSONValue {
        .object([
            ("alerts", .array(alerts.map(Self.json))), ("commonAnnotations", .texts(commonAnnotations)), ("commonLabels", .texts(commonLabels)),
            ("externalURL", .string(externalURL)), ("groupKey", .string(groupKey)), ("groupLabels", .texts(groupLabels)), ("receiver", .string(receiver)),
            ("status", .string(status)), ("truncatedAlerts", .integer(Int64(truncatedAlerts))), ("version", .string("4")),
        ])
    }

    private static func json(_ alert: Alert) -> JSONValue {
        .object([
            ("annotations", .texts(alert.annotations)), ("endsAt", .string(alert.endsAt)), ("fingerprint", .string(alert.fingerprint)),
            ("generatorURL", .string(alert.generatorURL)), ("labels", .texts(alert.labels)), ("startsAt", .string(alert.startsAt)),
            ("status", .string(alert.status)),
        ])
    }

    private static func alert(_ alert: MessageAlert) -> Alert {
        Alert(
            status: alert.endsAt == nil ? "firing" : "resolved", labels: dictionary(alert.labels),
            annotations: Dictionary(alert.annotations.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 }),
            startsAt: TimestampText.rfc3339(alert.startsAt), endsAt: alert.endsAt.map { TimestampText.rfc3339($0) } ?? noEnd,
            generatorURL: alert.generatorURL, fingerprint: alert.fingerprint)
    }

    private static func dictionary(_ labels: Labels) -> [String: String] {
        Dictionary(labels.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// The pairs that all have.
    private static func common(_ all: [[String: String]]) -> [String: String] {
        guard var common = all.first else { return [:] }
        for next in all.dropFirst() where !common.isEmpty { common = common.filter { next[$0.key] == $0.value } }
        return common
    }
}

/// An alert as a message says it.
struct MessageAlert: Sendable {
    var fingerprint: String
    var labels: Labels
    var annotations: [NamedText]
    var generatorURL: String
    var startsAt: Timestamp
    /// Nil while it fires.
    var endsAt: Timestamp?
}
