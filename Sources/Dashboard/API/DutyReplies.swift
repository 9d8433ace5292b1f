import Foundations

/// `GET /api/v1/nightjar/alerts/NAME/events`.
struct StoryReply: Decodable {
    struct Event: Decodable {
        let at: String
        let step: String
        let text: String
    }

    let verdict: String
    let events: [Event]
}

/// `GET /api/v1/nightjar/oncall`.
struct OnCallReply: Decodable {
    struct Note: Decodable {
        let at: String
        let author: String
        let text: String
    }
    struct Override: Decodable {
        let person: String
        let startsAt: String
        let endsAt: String
        let comment: String?
    }
    struct Schedule: Decodable {
        let name: String
        let zone: String?
        let person: String?
        let fullName: String?
        let until: String?
        let next: String?
        let note: Note?
        let overrides: [Override]?

        var item: OnCallItem {
            OnCallItem(
                schedule: name, zone: zone ?? "", person: person, fullName: fullName ?? "", until: moment(until), next: next,
                note: note.map { OnCallItem.Note(at: moment($0.at) ?? Timestamp(milliseconds: 0), author: $0.author, text: $0.text) },
                overrides: (overrides ?? []).map { override in
                    OnCallItem.Override(
                        person: override.person, startsAt: moment(override.startsAt) ?? Timestamp(milliseconds: 0), endsAt: moment(override.endsAt) ?? Timestamp(milliseconds: 0),
                        comment: override.comment ?? "")
                })
        }
    }

    let schedules: [Schedule]
}

/// `GET /api/v1/nightjar/escalations`.
struct EscalationsReply: Decodable {
    struct Page: Decodable {
        let person: String
        let at: String
        let state: String
    }
    struct Escalation: Decodable {
        let id: Int64
        let policy: String
        let groupLabels: [String: String]?
        let state: String
        let openedAt: String
        let nextAt: String?
        let pages: [Page]?

        var item: EscalationItem {
            EscalationItem(
                id: id, policy: policy, group: pairs(groupLabels ?? [:]), state: state, openedAt: moment(openedAt) ?? Timestamp(milliseconds: 0), nextAt: moment(nextAt),
                pages: (pages ?? []).map { ($0.person, moment($0.at) ?? Timestamp(milliseconds: 0), $0.state) })
        }
    }

    let escalations: [Escalation]
}
