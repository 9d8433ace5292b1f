import Foundations

/// `GET /api/v1/nightjar/incidents`.
package struct IncidentsReply: Decodable {
    package let incidents: [IncidentReply]
}

/// `GET /api/v1/nightjar/incidents/ID`, and one of a list, which has no timeline.
package struct IncidentReply: Decodable {
    package struct Member: Decodable {
        package let fingerprint: String
        package let labels: [String: String]
        package let firedAt: String?
        package let resolvedAt: String?
    }
    package struct Entry: Decodable {
        package let at: String
        package let kind: String
        package let actor: String
        package let text: String
    }

    package let id: Int64
    package let state: String
    package let severity: String
    package let title: String
    package let runbook: String?
    package let openedAt: String
    package let resolvedAt: String?
    package let resolvedBy: String?
    /// The incident that it goes on as.
    package let mergedInto: Int64?
    package let roles: [String: String]?
    package let alerts: [Member]?
    package let timeline: [Entry]?

    var item: IncidentItem {
        IncidentItem(
            id: id, state: state, severity: AlertItem.Severity(label: severity), title: title, runbook: runbook ?? "",
            openedAt: moment(openedAt) ?? Timestamp(milliseconds: 0), resolvedAt: moment(resolvedAt), resolvedBy: resolvedBy ?? "", roles: pairs(roles ?? [:]),
            members: (alerts ?? []).map { member in
                IncidentItem.Member(
                    fingerprint: member.fingerprint, labels: pairs(member.labels), firedAt: moment(member.firedAt) ?? Timestamp(milliseconds: 0),
                    resolvedAt: moment(member.resolvedAt))
            })
    }

    var entries: [IncidentItem.Entry] {
        (timeline ?? []).map { IncidentItem.Entry(at: moment($0.at) ?? Timestamp(milliseconds: 0), kind: $0.kind, actor: $0.actor, text: $0.text) }
    }
}
