import Foundations
import Model

/// What a job told.
public enum HeartbeatPing: Sendable, Hashable {
    case start
    /// It ended well, or is alive.
    case success
    case failure(exitCode: Int?)

    /// The last part of a ping's path: nothing, `start`, `fail` or an exit code. Nil where it is none of them.
    public init?(path: String) {
        switch path {
        case "": self = .success
        case "start": self = .start
        case "fail": self = .failure(exitCode: nil)
        default:
            guard let code = Int(path), (0...255).contains(code) else { return nil }
            self = code == 0 ? .success : .failure(exitCode: code)
        }
    }
}

/// What is known of a job's runs.
struct HeartbeatState: Sendable, Hashable {
    /// Since when it is watched.
    var createdAt: Timestamp
    var startedAt: Timestamp?
    var endedAt: Timestamp?
    var succeededAt: Timestamp?
    /// Of the last run that ended; nil where it said `fail` without one.
    var exitCode: Int?
    var hasFailed = false
    var durationMilliseconds: Int64?
    /// Who told it last.
    var sender = ""

    init(createdAt: Timestamp) { self.createdAt = createdAt }

    /// When it was last heard of.
    var seenAt: Timestamp? { [startedAt, endedAt].compactMap(\.self).max() }

    var isRunning: Bool { startedAt.map { start in endedAt.map { $0 < start } ?? true } ?? false }

    mutating func take(_ ping: HeartbeatPing, durationMilliseconds: Int64?, sender: String, at now: Timestamp) {
        self.sender = sender
        if ping == .start {
            // A run that never told its end is given up for the new one.
            startedAt = max(now, endedAt.map { $0.advanced(byMilliseconds: 1) } ?? now)
            return
        }
        self.durationMilliseconds = durationMilliseconds ?? (isRunning ? startedAt.map { now.milliseconds - $0.milliseconds } : nil)
        endedAt = max(now, startedAt ?? now)
        if case .failure(let code) = ping {
            hasFailed = true
            exitCode = code
        } else {
            hasFailed = false
            exitCode = 0
            succeededAt = now
        }
    }
}

/// Says what is wrong with a job, from its declaration and what it told. No clock, no disk.
struct HeartbeatJudge: Sendable {
    /// The last moment before this start at which pings were taken, and the start: what was due between can't be held against a job.
    var down: Range<Timestamp>?

    /// When the job is to be heard of next; nil without a schedule.
    func due(_ heartbeat: Heartbeat, _ state: HeartbeatState) -> Timestamp? {
        guard let due = heartbeat.due(after: state.seenAt ?? state.createdAt) else { return nil }
        guard let down, due <= down.upperBound, due.advanced(byMilliseconds: heartbeat.graceMilliseconds) > down.lowerBound else { return due }
        return heartbeat.due(after: down.upperBound)
    }

    func verdicts(_ heartbeat: Heartbeat, _ state: HeartbeatState, at now: Timestamp) -> Set<HeartbeatVerdict> {
        var verdicts: Set<HeartbeatVerdict> = []
        if state.hasFailed { verdicts.insert(.failed) }
        let isOver = heartbeat.durationMillisecondsMax.map { longest in state.startedAt.map { now.milliseconds - $0.milliseconds > longest } ?? false } ?? false
        if state.isRunning, isOver { verdicts.insert(.overrun) }
        let isWithinRun = state.isRunning && heartbeat.durationMillisecondsMax != nil && !isOver
        if !isWithinRun, let due = due(heartbeat, state), now > due.advanced(byMilliseconds: heartbeat.graceMilliseconds) {
            verdicts.insert(state.seenAt == nil ? .never : .late)
        }
        return verdicts
    }

    /// What the verdicts are as alerts.
    func observations(_ heartbeat: Heartbeat, _ state: HeartbeatState, at now: Timestamp) -> [AlertRuleState.Observation] {
        verdicts(heartbeat, state, at: now).map { verdict in
            var labels = LabelsBuilder(Labels(heartbeat.labels.map { (name: $0.key, value: $0.value) }))
            labels.set(AlertLabel.name, to: verdict.alertName)
            labels.set("job", to: heartbeat.name)
            labels.set(AlertLabel.severity, to: heartbeat.severity)
            let since = (verdict == .overrun ? state.startedAt : state.seenAt) ?? state.createdAt
            return AlertRuleState.Observation(
                labels: labels.build(),
                annotations: [
                    NamedText(name: "summary", text: verdict.summary(heartbeat, state)),
                    NamedText(name: "description", text: verdict.description(heartbeat, state)),
                    NamedText(name: "runbook", text: "Docs/Operations.md#heartbeats"),
                ], value: Double(now.milliseconds - since.milliseconds) / 1000)
        }
    }
}

/// What is wrong with a job.
enum HeartbeatVerdict: String, Sendable, CaseIterable {
    case late, failed, overrun, never

    var alertName: String {
        switch self {
        case .late: "HeartbeatLate"
        case .failed: "HeartbeatFailed"
        case .overrun: "HeartbeatOverrun"
        case .never: "HeartbeatNever"
        }
    }

    func summary(_ heartbeat: Heartbeat, _ state: HeartbeatState) -> String {
        switch self {
        case .late: "The job \(heartbeat.name) is late"
        case .failed: "The job \(heartbeat.name) failed" + (state.exitCode.map { " with exit code \($0)" } ?? "")
        case .overrun: "The job \(heartbeat.name) runs too long"
        case .never: "The job \(heartbeat.name) never ran"
        }
    }

    /// Steady texts: moments, not ages.
    func description(_ heartbeat: Heartbeat, _ state: HeartbeatState) -> String {
        func moment(_ moment: Timestamp?) -> String { moment.map { TimestampText.rfc3339($0) } ?? "never" }
        switch self {
        case .late: return "It was last heard of at \(moment(state.seenAt)) and is expected \(heartbeat.scheduleText)."
        case .failed: return "It ended at \(moment(state.endedAt)); it last succeeded at \(moment(state.succeededAt))."
        case .overrun:
            return "It began at \(moment(state.startedAt)) and may take \(DurationText.format(milliseconds: heartbeat.durationMillisecondsMax ?? 0))."
        case .never: return "It is expected \(heartbeat.scheduleText) since \(moment(state.createdAt))."
        }
    }
}
