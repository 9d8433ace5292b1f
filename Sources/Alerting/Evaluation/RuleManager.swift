import Foundations
import Logging

/// The groups in force: follows the rule files and says which groups are due.
actor RuleManager {
    private struct Scheduled {
        var group: RuleGroup
        let runner: RuleGroupRunner
        var schedule: GroupSchedule
        var nextDue: Timestamp
        var isRunning = false
    }

    /// A group's tick that is to be run now; `finished` says when it is done.
    struct Due: Sendable {
        var key: String
        var runner: RuleGroupRunner
        var tick: Timestamp
        var intervalMilliseconds: Int64
    }

    private let environment: RuleEnvironment
    private let intervalMillisecondsDefault: Int64
    private var library: RuleLibrary
    private var scheduled: [String: Scheduled] = [:]
    /// Alerts from before the start whose rules aren't in force: of files with faults.
    private var stored: [RuleIdentity: StoredRule] = [:]
    private var lastTicks: [String: Timestamp] = [:]
    private var retiredCounters = RuleGroupRunner.Counters()
    private var logged: Set<RuleProblem> = []

    private enum Application {
        case idle, running, wantedAgain
    }
    private var application = Application.idle

    init(globs: [String], intervalMillisecondsDefault: Int64, environment: RuleEnvironment) {
        library = RuleLibrary(globs: globs, evaluator: environment.evaluator)
        self.environment = environment
        self.intervalMillisecondsDefault = intervalMillisecondsDefault
    }

    /// Takes up what the database knows and reads the rule files.
    func start() async throws(AlertingError) {
        stored = try await environment.database.activeAlerts()
        lastTicks = try await environment.database.lastEvaluations()
        _ = library.update(isForced: true)
        await apply(removalReason: "the rule was removed while the program was down")
    }

    /// Reads changed files. Groups that didn't change go on as they are.
    func update(isForced: Bool) async {
        if library.update(isForced: isForced) || isForced { await apply(removalReason: "the rule was removed") }
    }

    /// One at a time: a second call that comes while the first waits is made up for at its end.
    private func apply(removalReason: String) async {
        if application != .idle {
            application = .wantedAgain
            return
        }
        repeat {
            application = .running
            await applyOnce(removalReason: removalReason)
        } while application == .wantedAgain
        application = .idle
    }

    private func applyOnce(removalReason: String) async {
        let groups = library.groups
        let now = environment.clock.nowMilliseconds()
        for group in groups {
            let key = "\(group.file);\(group.name)"
            if var known = scheduled[key] {
                guard known.group != group else { continue }
                known.group = group
                known.schedule = schedule(of: group, key: key)
                known.nextDue = known.schedule.tick(after: now)
                scheduled[key] = known
                await known.runner.replace(with: group)
            } else {
                let schedule = schedule(of: group, key: key)
                let runner = RuleGroupRunner(group: group, key: key, environment: environment, stored: stored, lastTick: lastTicks[key])
                for identity in RuleIdentity.all(of: group) { stored[identity] = nil }
                scheduled[key] = Scheduled(group: group, runner: runner, schedule: schedule, nextDue: schedule.tick(after: now))
            }
        }
        let kept = Set(groups.map { "\($0.file);\($0.name)" })
        for (key, gone) in scheduled where !kept.contains(key) {
            scheduled[key] = nil
            await gone.runner.retire()
            retiredCounters.add(await gone.runner.statistics().counters)
        }
        await endOrphans(reason: removalReason)
        logProblems()
    }

    /// Ends alerts whose rule is gone. Of files with faults nothing is known: their alerts stay.
    private func endOrphans(reason: String) async {
        let faulty = library.faultyFiles
        let now = environment.clock.nowMilliseconds()
        for (identity, orphan) in stored where !faulty.contains(orphan.reference.file) {
            var state = AlertRuleState(alerts: orphan.alerts)
            do {
                environment.wake(
                    try await environment.database.record(
                        state.end(at: now, reason: reason), rule: orphan.reference, at: now, now: now, notifying: environment.context))
                stored[identity] = nil
            } catch {
                environment.logger.error("the alerts of a removed rule weren't ended", metadata: ["rule": "\(identity)", "reason": "\(error)"])
            }
        }
    }

    private func logProblems() {
        let problems = Set(library.problems)
        for problem in library.problems where !logged.contains(problem) {
            environment.logger.error("a rule file has an error; the rules it had before stay in force", metadata: ["problem": "\(problem)"])
        }
        logged = problems
    }

    private func schedule(of group: RuleGroup, key: String) -> GroupSchedule {
        GroupSchedule(key: key, intervalMilliseconds: group.intervalMilliseconds ?? intervalMillisecondsDefault)
    }

    // Ticks

    /// The groups that are due, no more than may run at once together with those that do.
    func takeDue(now: Timestamp) -> [Due] {
        var room = Limits.groupsAtOnceMax - scheduled.values.count(where: \.isRunning)
        var due: [Due] = []
        for (key, var entry) in scheduled.sorted(by: { $0.value.nextDue < $1.value.nextDue }) where !entry.isRunning && room > 0 {
            // The clock was set back: the next tick by the new time counts.
            if entry.nextDue.milliseconds - now.milliseconds > entry.schedule.intervalMilliseconds { entry.nextDue = entry.schedule.tick(after: now) }
            if entry.nextDue <= now {
                due.append(
                    Due(
                        key: key, runner: entry.runner, tick: entry.schedule.tick(atOrBefore: now),
                        intervalMilliseconds: entry.schedule.intervalMilliseconds))
                entry.isRunning = true
                entry.nextDue = entry.schedule.tick(after: now)
                room -= 1
            }
            scheduled[key] = entry
        }
        return due
    }

    func finished(_ due: Due) {
        lastTicks[due.key] = due.tick
        if scheduled[due.key]?.runner === due.runner { scheduled[due.key]?.isRunning = false }
    }

    /// When the next group is due; nil where none is.
    func nextDue() -> Timestamp? { scheduled.values.filter { !$0.isRunning }.map(\.nextDue).min() }

    /// When each group was last evaluated, to be stored.
    func lastEvaluations() -> [String: Timestamp] { lastTicks.filter { scheduled[$0.key] != nil } }

    // What others see

    func problems() -> [RuleProblem] { library.problems }

    func groups() async -> [RuleGroupStatus] {
        var statuses: [RuleGroupStatus] = []
        for (_, entry) in ordered() { statuses.append(await entry.runner.status(intervalMilliseconds: entry.schedule.intervalMilliseconds)) }
        return statuses
    }

    func activeAlerts() async -> [ActiveAlert] {
        var alerts: [ActiveAlert] = []
        for (_, entry) in ordered() { alerts += await entry.runner.activeAlerts() }
        return alerts
    }

    /// For how many milliseconds the condition of each alerting rule has to hold before it fires.
    func holds() -> [RuleIdentity: Int64] {
        var holds: [RuleIdentity: Int64] = [:]
        for entry in scheduled.values {
            for (rule, identity) in zip(entry.group.rules, RuleIdentity.all(of: entry.group)) {
                if case .alert(let hold, _, _) = rule.kind { holds[identity] = hold }
            }
        }
        return holds
    }

    /// Counts of groups, rules and evaluations.
    func statistics() async -> AlertingStatistics {
        var statistics = AlertingStatistics()
        var total = retiredCounters
        statistics.groups = scheduled.count
        statistics.problems = library.problems.count
        for entry in scheduled.values {
            let (counters, lastTick, rules) = await entry.runner.statistics()
            total.add(counters)
            statistics.rules += rules
            statistics.lastEvaluation = [statistics.lastEvaluation, lastTick].compactMap(\.self).max()
        }
        statistics.evaluationsTotal = total.evaluations
        statistics.evaluationFailuresTotal = total.failures
        statistics.evaluationsMissedTotal = total.missed
        statistics.evaluationSecondsTotal = total.seconds
        statistics.writeFailuresTotal = total.writeFailures
        statistics.databaseFailuresTotal = total.databaseFailures
        return statistics
    }

    /// Stores the texts of all alerts as they are now.
    func refreshTexts() async throws(AlertingError) {
        for (_, entry) in ordered() { try await entry.runner.refresh() }
    }

    private func ordered() -> [(key: String, value: Scheduled)] { scheduled.sorted { ($0.value.group.file, $0.key) < ($1.value.group.file, $1.key) } }
}

extension RuleGroupRunner.Counters {
    mutating func add(_ other: Self) {
        evaluations += other.evaluations
        failures += other.failures
        missed += other.missed
        seconds += other.seconds
        writeFailures += other.writeFailures
        databaseFailures += other.databaseFailures
    }
}
