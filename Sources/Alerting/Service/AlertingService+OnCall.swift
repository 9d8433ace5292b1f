import Foundations
import Model

/// A schedule at a moment: who is on call, until when, and who is next.
public struct ScheduleStatus: Sendable, Hashable {
    public var name: String
    public var zone: String
    public var description: String
    /// Nil where nobody is.
    public var duty: OnCallSchedule.Duty?
    /// When that changes next; nil where it doesn't within 90 days.
    public var until: Timestamp?
    public var next: OnCallSchedule.Duty?
    /// The last note for those who take over.
    public var note: OnCallNote?
    /// Overrides that hold or will.
    public var overrides: [OnCallSchedule.Override]
}

extension AlertingService {
    private var now: Timestamp { clock.nowMilliseconds() }

    /// Who is on call at a moment, by schedule in order of the file.
    public func onCall(at moment: Timestamp? = nil) async throws -> [ScheduleStatus] {
        let moment = moment ?? now
        var statuses: [ScheduleStatus] = []
        for schedule in escalator.schedules {
            let shifts = schedule.shifts(from: moment, to: moment.advanced(byMilliseconds: 8 * 86_400_000))
            let longer = shifts.count > 1 ? shifts : schedule.shifts(from: moment, to: moment.advanced(byMilliseconds: Limits.gapCheckMilliseconds))
            let change = longer.count > 1 ? longer[1] : nil
            statuses.append(
                ScheduleStatus(
                    name: schedule.name, zone: schedule.zone.name, description: schedule.description, duty: longer.first?.duty, until: change?.start, next: change?.duty,
                    note: try await database.notes(schedule: schedule.name, limit: 1).first, overrides: schedule.overrides.filter { $0.end > moment }))
        }
        return statuses
    }

    /// The people of the file in force.
    public var onCallPeople: [Person] { escalator.inForce.people }

    /// A schedule's shifts of a time, with the overrides that were made since.
    public func shifts(schedule name: String, from start: Timestamp, to end: Timestamp) throws -> [OnCallSchedule.Shift] {
        try checked(start, end)
        return try schedule(name).shifts(from: start, to: end)
    }

    /// A schedule's shifts as iCalendar.
    public func calendar(schedule name: String, from start: Timestamp, to end: Timestamp) throws -> String {
        try checked(start, end)
        let names = Dictionary(onCallPeople.map { ($0.name, $0.fullName) }, uniquingKeysWith: { $1 })
        return CalendarExport.text(try schedule(name), from: start, to: end, names: names, now: now)
    }

    private func checked(_ start: Timestamp, _ end: Timestamp) throws {
        guard start < end, end.milliseconds - start.milliseconds <= Limits.shiftsMillisecondsMax, (0...253_402_300_799_000).contains(start.milliseconds) else {
            throw ActionError.invalid("the time must begin before it ends and have at most \(Limits.shiftsMillisecondsMax / 86_400_000) days")
        }
    }

    private func schedule(_ name: String) throws -> OnCallSchedule {
        if let schedule = escalator.schedule(name) { return schedule }
        throw ActionError.invalid("there is no schedule \(quoted(SafeText(name).string)); known are \(escalator.inForce.schedules.map(\.name).joined(separator: ", "))")
    }

    /// Puts somebody in place of whom a schedule says. Returns the override's id.
    public func addOverride(schedule name: String, person: String, from start: Timestamp, to end: Timestamp, _ action: Action) async throws -> Int64 {
        try check(action)
        let schedule = try schedule(name)
        if escalator.inForce.person(person) == nil {
            throw ActionError.invalid("there is no person \(quoted(SafeText(person).string)); known are \(onCallPeople.map(\.name).joined(separator: ", "))")
        }
        try checked(start, end)
        if end <= now { throw ActionError.invalid("the override ends before now") }
        if schedule.overrides.count >= Limits.onCallOverridesMax { throw ActionError.invalid("the schedule has \(Limits.onCallOverridesMax) overrides; end some") }
        let id = try await database.addOverride(schedule: name, person: person, from: start, to: end, action, now: now)
        try await loadOverrides()
        changes.note()
        return id
    }

    /// Ends an override, or takes back one that hasn't begun.
    public func endOverride(_ id: Int64, _ action: Action) async throws {
        try check(action)
        if try await !database.endOverride(id, now: now) { throw ActionError.invalid("there is no override \(id) that holds or will; the file's own are changed in the file") }
        try await loadOverrides()
        changes.note()
        logger.notice("an override was ended", metadata: ["override": "\(id)", "by": "\(SafeText(action.actor))"])
    }

    func loadOverrides() async throws { escalator.set(overrides: try await database.overrides(now: now)) }

    /// Writes something down for those who take over a schedule.
    public func addNote(schedule name: String, _ action: Action) async throws {
        try check(action)
        if action.comment.isEmpty { throw ActionError.invalid("a note needs words") }
        _ = try schedule(name)
        try await database.addNote(schedule: name, action, now: now)
    }

    /// The last notes of a schedule, newest first.
    public func notes(schedule name: String) async throws -> [OnCallNote] {
        _ = try schedule(name)
        return try await database.notes(schedule: name, limit: Limits.onCallNotesListedMax)
    }

    /// The last escalations, newest first.
    public func escalations(openOnly: Bool = true, limit: Int = 100) async throws -> [EscalationStatus] {
        try await database.escalations(openOnly: openOnly, limit: min(max(0, limit), Limits.escalationsListedMax))
    }

    /// Pages the next step of the alerts' policy now, whatever its delay; by the policy of a name where one is given. Returns the fingerprints.
    @discardableResult
    public func escalate(_ name: String, policy: String? = nil, _ action: Action) async throws -> [String] {
        try check(action)
        var chosen: EscalationPolicy?
        if let policy {
            chosen = escalator.inForce.policy(policy)
            if chosen == nil {
                throw ActionError.invalid("there is no policy \(quoted(SafeText(policy).string)); known are \(escalator.inForce.policies.map(\.name).joined(separator: ", "))")
            }
        }
        let fingerprints = try await database.escalateNow(name, policy: chosen, action, escalator, now: now, environment.context).get()
        flushSignal.raise()
        return fingerprints
    }
}
