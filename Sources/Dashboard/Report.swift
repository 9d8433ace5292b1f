import FoundationEssentials
import Foundations

/// What the dashboard shows, as data. Fields are added, never changed, while `version` stays.
struct Report: Encodable {
    struct Host: Encodable {
        let instance: String
        let state: HealthState
        let dataAgeSeconds: Double?
        let cpuFraction: Double?
        let memoryFraction: Double?
        let fullestDiskFraction: Double?
        let load1: Double?
        let processors: Double?
        let receiveBytesPerSecond: Double?
        let transmitBytesPerSecond: Double?
        let alertsFiring: Int
    }
    struct Alert: Encodable {
        let name: String
        let severity: String
        let state: String
        let activeAt: String
        let summary: String
        let labels: [String: String]
        let annotations: [String: String]
    }
    struct Trouble: Encodable {
        let place: String
        let reason: String
    }
    struct Health: Encodable {
        let isReachable: Bool
        let reason: String?
        let version: String
        let isAccepting: Bool
        let refusingReason: String?
        let agents: Int
        let agentsMissing: Int
        let outboxPending: Int
        let outboxFailed: Int
        let rules: Int
        let ruleProblems: [Trouble]
    }

    let version = 1
    let generatedAt: String
    let url: String
    let state: HealthState
    let dataAgeSeconds: Double?
    let hosts: [Host]
    let alerts: [Alert]
    let health: Health

    private enum CodingKeys: String, CodingKey { case version, generatedAt, url, state, dataAgeSeconds, hosts, alerts, health }

    init(_ model: DashboardModel) {
        generatedAt = TimestampText.rfc3339(model.now)
        url = model.url
        state = model.state
        dataAgeSeconds = model.dataAgeSeconds
        hosts = model.hosts.map { host in
            Host(
                instance: host.instance, state: host.state, dataAgeSeconds: host.ageSeconds, cpuFraction: host.cpu, memoryFraction: host.memory,
                fullestDiskFraction: host.disk, load1: host.load, processors: host.processors, receiveBytesPerSecond: host.receiveBytesPerSecond,
                transmitBytesPerSecond: host.transmitBytesPerSecond, alertsFiring: host.alertCount)
        }
        alerts = (model.alerts ?? []).map { alert in
            Alert(
                name: alert.name, severity: alert.label("severity") ?? "", state: alert.phase.rawValue, activeAt: TimestampText.rfc3339(alert.activeAt),
                summary: alert.summary, labels: Self.dictionary(alert.labels), annotations: Self.dictionary(alert.annotations))
        }
        let status = model.status ?? CollectorStatus()
        health = Health(
            isReachable: model.link.lastAnswer != nil, reason: model.link.reason.isEmpty ? nil : model.link.reason, version: status.version,
            isAccepting: status.isAccepting, refusingReason: status.refusingReason, agents: status.agents.count,
            agentsMissing: status.agents.count { $0.state == "missing" }, outboxPending: status.outboxPending, outboxFailed: status.outboxFailed,
            rules: status.rules, ruleProblems: model.allRuleTroubles.map { Trouble(place: $0.place, reason: $0.reason) })
    }

    private static func dictionary(_ pairs: [AlertItem.LabelPair]) -> [String: String] {
        Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Pretty, with sorted keys and a line feed at the end.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        do {
            return SafeJSON.escaped(String(decoding: try encoder.encode(self), as: UTF8.self)) + "\n"
        } catch {
            preconditionFailure("a report of strings and numbers can always be written: \(error)")
        }
    }
}
