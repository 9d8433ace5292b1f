import Foundation
import Foundations
import Model

/// Alertmanager's webhook body, version 4.
struct WebhookBody: Encodable {
    struct Alert: Encodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL: String
        var fingerprint: String
    }

    let version = "4"
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

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
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
