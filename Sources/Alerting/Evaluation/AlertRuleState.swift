import Foundations
import Model

/// The alerts of one rule and how they go from tick to tick. No clock, no disk: what happens is a function of what is passed in.
struct AlertRuleState: Sendable {
    /// The condition holds for these labels.
    struct Observation: Sendable {
        var labels: Labels
        var annotations: [NamedText]
        var value: Double
    }

    /// What the absence of an active alert from the results means.
    enum Absence: Sendable {
        /// The condition no longer holds.
        case ended
        /// Nothing is known: the data are missing.
        case noData
        /// Too early to say, after a restart.
        case tooEarly
    }

    struct Durations: Sendable {
        var forMilliseconds: Int64
        var keepFiringForMilliseconds: Int64
        /// How long an alert without data keeps firing.
        var noDataHoldMilliseconds: Int64
    }

    /// Pending and firing alerts.
    private(set) var alerts: [Labels: AlertInstance]

    init(alerts: [AlertInstance] = []) {
        self.alerts = Dictionary(alerts.filter { $0.phase != .resolved }.map { ($0.labels, $0) }, uniquingKeysWith: { $1 })
    }

    /// Active alerts that `observed` lacks: those whose absence has to be judged.
    func vanished(from observed: Set<Labels>) -> [AlertInstance] { alerts.values.filter { !observed.contains($0.labels) } }

    /// Takes in one tick's results and returns what changed, in order of labels.
    mutating func advance(
        _ observations: [Observation], at moment: Timestamp, durations: Durations, absence: (AlertInstance) -> Absence
    ) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        var observed: Set<Labels> = []
        for observation in observations {
            observed.insert(observation.labels)
            observe(observation, at: moment, durations, &transitions)
        }
        for alert in vanished(from: observed) { miss(alert, at: moment, durations, absence(alert), &transitions) }
        return transitions.sorted { $0.alert.labels < $1.alert.labels }
    }

    /// Ends all alerts, because the rule is gone.
    mutating func end(at moment: Timestamp, reason: String) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        for alert in alerts.values { finish(alert, at: moment, reason: reason, &transitions) }
        return transitions.sorted { $0.alert.labels < $1.alert.labels }
    }

    /// Starts `for` again where nobody looked for so long that it can't be told whether the condition held.
    mutating func restartPending(at moment: Timestamp) {
        for (labels, alert) in alerts where alert.phase == .pending { alerts[labels]?.activeAt = moment }
    }

    private mutating func observe(
        _ observation: Observation, at moment: Timestamp, _ durations: Durations, _ transitions: inout [AlertTransition]
    ) {
        let known = alerts[observation.labels]
        var alert =
            known
            ?? AlertInstance(labels: observation.labels, annotations: [], phase: .pending, activeAt: moment, value: observation.value)
        alert.annotations = observation.annotations
        alert.value = observation.value
        alert.keepFiringSince = nil
        if alert.dataMissingSince != nil {
            alert.dataMissingSince = nil
            transitions.append(AlertTransition(step: .regainedData, alert: alert, reason: ""))
        }
        let holdsSince = moment.milliseconds - alert.activeAt.milliseconds
        if alert.phase == .pending, holdsSince >= durations.forMilliseconds {
            alert.phase = .firing
            alert.firedAt = moment
            transitions.append(AlertTransition(step: .fired, alert: alert, reason: ""))
        } else if known == nil {
            transitions.append(AlertTransition(step: .becamePending, alert: alert, reason: ""))
        }
        alerts[observation.labels] = alert
    }

    private mutating func miss(
        _ alert: AlertInstance, at moment: Timestamp, _ durations: Durations, _ absence: Absence, _ transitions: inout [AlertTransition]
    ) {
        guard alert.phase == .firing else {
            // A pending alert has told nobody: it starts anew when its condition is seen again, unless it is only too early to see it.
            if absence != .tooEarly { finish(alert, at: moment, reason: "", &transitions) }
            return
        }
        switch absence {
        case .tooEarly: return
        case .noData:
            let since = alert.dataMissingSince ?? moment
            if moment.milliseconds - since.milliseconds >= durations.noDataHoldMilliseconds {
                let held = DurationText.format(milliseconds: durations.noDataHoldMilliseconds)
                finish(alert, at: moment, reason: "no data for \(held)", &transitions)
            } else if alert.dataMissingSince == nil {
                alerts[alert.labels]?.dataMissingSince = moment
                transitions.append(AlertTransition(step: .lostData, alert: alerts[alert.labels]!, reason: "its series have no samples"))
            }
        case .ended:
            let since = alert.keepFiringSince ?? moment
            if moment.milliseconds - since.milliseconds < durations.keepFiringForMilliseconds {
                alerts[alert.labels]?.keepFiringSince = since
            } else {
                finish(alert, at: moment, reason: "", &transitions)
            }
        }
    }

    private mutating func finish(_ alert: AlertInstance, at moment: Timestamp, reason: String, _ transitions: inout [AlertTransition]) {
        alerts[alert.labels] = nil
        var ended = alert
        let hadFired = alert.phase == .firing
        ended.phase = .resolved
        ended.resolvedAt = moment
        transitions.append(AlertTransition(step: hadFired ? .resolved : .dropped, alert: ended, reason: reason))
    }
}
