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
        let environment: String
        let region: String
        let tier: String

        init(_ host: HostSummary) {
            instance = host.instance
            state = host.state
            dataAgeSeconds = host.ageSeconds
            cpuFraction = host.cpu
            memoryFraction = host.memory
            fullestDiskFraction = host.disk
            load1 = host.load
            processors = host.processors
            receiveBytesPerSecond = host.receiveBytesPerSecond
            transmitBytesPerSecond = host.transmitBytesPerSecond
            alertsFiring = host.alertCount
            environment = host.place.environment
            region = host.place.region
            tier = host.place.tier
        }
    }
    struct Alert: Encodable {
        let name: String
        let severity: String
        let state: String
        let activeAt: String
        let firesAt: String?
        let summary: String
        let labels: [String: String]
        let annotations: [String: String]
        let fingerprint: String
        let acknowledgedBy: String?
        let silencedBy: [String]
        let inhibitedBy: [String]

        init(_ alert: AlertItem) {
            name = alert.name
            severity = alert.label("severity") ?? ""
            state = alert.phase.rawValue
            activeAt = TimestampText.rfc3339(alert.activeAt)
            firesAt = alert.firesAt.map { TimestampText.rfc3339($0) }
            summary = alert.summary
            labels = Report.dictionary(alert.labels)
            annotations = Report.dictionary(alert.annotations)
            fingerprint = alert.fingerprint
            acknowledgedBy = alert.acknowledgement?.actor
            silencedBy = alert.silencedBy
            inhibitedBy = alert.inhibitedBy
        }
    }
    struct Incident: Encodable {
        let id: Int64
        let title: String
        let severity: String
        let openedAt: String
        let alertsFiring: Int

        init(_ incident: IncidentItem) {
            id = incident.id
            title = incident.title
            severity = incident.severity.word.string
            openedAt = TimestampText.rfc3339(incident.openedAt)
            alertsFiring = incident.members.count { $0.resolvedAt == nil }
        }
    }
    struct Duty: Encodable {
        let schedule: String
        let person: String?
        let until: String?

        init(_ item: OnCallItem) {
            schedule = item.schedule
            person = item.person
            until = item.until.map { TimestampText.rfc3339($0) }
        }
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
    let incidents: [Incident]
    let onCall: [Duty]
    /// Since when an alert pages that nobody acknowledged; missing where there is none.
    let oldestUnattendedSeconds: Double?
    let health: Health

    private enum CodingKeys: String, CodingKey { case version, generatedAt, url, state, dataAgeSeconds, oldestUnattendedSeconds, hosts, alerts, incidents, onCall, health }

    init(_ model: DashboardModel) {
        generatedAt = TimestampText.rfc3339(model.now)
        url = model.url
        state = model.state
        dataAgeSeconds = model.dataAgeSeconds
        oldestUnattendedSeconds = model.alerts?.lazy.filter(\.isUnattended).map(\.activeAt).min().map { model.now.seconds - $0.seconds }
        hosts = model.hosts.items.map(Host.init)
        alerts = (model.alerts ?? []).map(Alert.init)
        incidents = model.shownIncidents.filter { $0.state == "open" }.map(Incident.init)
        onCall = (model.onCall?.schedules ?? []).map(Duty.init)
        let status = model.status ?? CollectorStatus()
        health = Health(
            isReachable: model.link.lastAnswer != nil, reason: model.link.reason.isEmpty ? nil : model.link.reason, version: status.version,
            isAccepting: status.isAccepting, refusingReason: status.refusingReason, agents: status.agents.count,
            agentsMissing: status.agents.count { $0.state == "missing" }, outboxPending: status.outboxPending, outboxFailed: status.outboxFailed,
            rules: status.rules, ruleProblems: model.allRuleTroubles.map { Trouble(place: $0.place, reason: $0.reason) })
    }

    fileprivate static func dictionary(_ pairs: [AlertItem.LabelPair]) -> [String: String] {
        Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Pretty, with sorted keys and a line feed at the end.
    var text: String { encoded([.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]) }

    /// On one line.
    var line: String { encoded([.sortedKeys, .withoutEscapingSlashes]) }

    private func encoded(_ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        do {
            return SafeJSON.escaped(String(decoding: try encoder.encode(self), as: UTF8.self)) + "\n"
        } catch {
            preconditionFailure("a report of strings and numbers can always be written: \(error)")
        }
    }
}
