import Foundations

/// All alerts of a moment, as they are shown, with what filters search and what the header says of them.
struct AlertBoard: Sendable {
    /// Sorted as they are shown.
    let items: [AlertItem]
    let index: SearchIndex
    let tally: AlertTally
    /// Names this state of the collector; empty where it doesn't tell.
    let mark: String

    init(_ items: [AlertItem], mark: String = "") {
        self.items = items.sorted(by: AlertItem.precedes)
        self.mark = mark
        tally = AlertTally(self.items)
        index = SearchIndex(self.items) { alert, text in
            text += alert.severity.word.string
            text += " "
            text += alert.phase.rawValue
            if let acknowledgement = alert.acknowledgement { text += " acked by \(acknowledgement.actor)" }
            if !alert.silencedBy.isEmpty { text += " silenced" }
            if !alert.inhibitedBy.isEmpty { text += " inhibited" }
            text += " "
            text += alert.summary
            for pair in alert.labels {
                text += " "
                text += pair.name
                text += "="
                text += pair.value
            }
        }
    }

    func count(_ severity: AlertItem.Severity) -> Int { tally.counts[severity.rawValue] }
}

/// What a header says of all alerts, counted once when they come: with 100,000 of them a key or a second doesn't go through them again.
struct AlertTally: Hashable, Sendable {
    /// Those that count, by severity.
    fileprivate(set) var counts = [Int](repeating: 0, count: AlertItem.Severity.allCases.count)
    /// Those that fire and are held back by a silence or by another alert.
    private(set) var suppressed = 0
    /// Those that will fire if they stay as they are.
    private(set) var pending = 0
    /// Since when the oldest one fires that nobody has looked at.
    private(set) var oldestUnattended: Timestamp?
    private(set) var state = HealthState.ok

    init(_ alerts: [AlertItem]) {
        for alert in alerts {
            if alert.counts { counts[alert.severity.rawValue] += 1 }
            if alert.phase == .firing, alert.isSuppressed { suppressed += 1 }
            if alert.phase == .pending { pending += 1 }
            if alert.isUnattended { oldestUnattended = min(oldestUnattended ?? alert.activeAt, alert.activeAt) }
        }
        state = counts[AlertItem.Severity.critical.rawValue] > 0 ? .critical : counts[AlertItem.Severity.warning.rawValue] > 0 ? .warning : .ok
    }
}
