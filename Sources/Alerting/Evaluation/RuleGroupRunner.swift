import Foundations
import Model

/// A group of rules in force: evaluates them at each tick, one after another.
actor RuleGroupRunner {
    /// Counters since the start.
    struct Counters: Sendable {
        var evaluations: Int64 = 0
        var failures: Int64 = 0
        var missed: Int64 = 0
        var seconds = 0.0
        var writeFailures: Int64 = 0
        var databaseFailures: Int64 = 0
    }

    /// `AlertRules/host.yml;cpu`, the same through restarts.
    nonisolated let key: String
    private let environment: RuleEnvironment
    private var group: RuleGroup
    private var runtimes: [RuleRuntime]
    private var counters = Counters()
    private var lastTick: Timestamp?
    private var evaluationSeconds = 0.0
    /// Set by a reload during a tick, and taken up at its end.
    private var waitingGroup: RuleGroup?
    private var isTicking = false
    /// Absent series mean nothing before this, after a gap.
    private var trustsAbsenceFrom = Timestamp.distantPast
    /// Missed ticks at which recording rules are still to be evaluated, and from when on.
    private var missed: (ticks: [Timestamp], dueFrom: Timestamp)?

    init(
        group: RuleGroup, key: String, environment: RuleEnvironment, stored: [RuleIdentity: StoredRule], lastTick: Timestamp?
    ) {
        self.group = group
        self.key = key
        self.environment = environment
        self.lastTick = lastTick
        runtimes = Self.runtimes(of: group, previous: [:], stored: stored, environment)
    }

    private static func runtimes(
        of group: RuleGroup, previous: [RuleIdentity: RuleRuntime], stored: [RuleIdentity: StoredRule], _ environment: RuleEnvironment
    ) -> [RuleRuntime] {
        zip(group.rules, RuleIdentity.all(of: group)).map { rule, identity in
            RuleRuntime(
                rule: rule,
                reference: RuleReference(identity: identity, file: group.file, generatorURL: environment.generatorURL(of: rule.expression, source: group.source)),
                dataExpression: rule.kind == .record ? nil : environment.evaluator(of: group.source).dataExpression(of: rule.expression),
                previous: previous[identity], stored: stored[identity])
        }
    }

    // What others see

    func status(intervalMilliseconds: Int64) -> RuleGroupStatus {
        RuleGroupStatus(
            name: group.name, file: group.file, intervalSeconds: Double(intervalMilliseconds) / 1000, limit: group.limit, lastEvaluation: lastTick,
            evaluationSeconds: evaluationSeconds, missedEvaluations: counters.missed,
            rules: runtimes.map { $0.status(group: group.name, file: group.file) })
    }

    func activeAlerts() -> [ActiveAlert] { runtimes.flatMap { $0.activeAlerts(group: group.name, file: group.file) } }

    func statistics() -> (counters: Counters, lastTick: Timestamp?, rules: Int) { (counters, lastTick, runtimes.count) }

    /// Stores the alerts' present texts.
    func refresh() async throws(AlertingError) {
        for runtime in runtimes { try await environment.database.refresh(Array(runtime.state.alerts.values), rule: runtime.reference) }
    }

    // Reload

    /// Takes up a changed group; at the end of the tick where one is under way.
    func replace(with group: RuleGroup) async {
        waitingGroup = group
        if !isTicking { await takeUpWaitingGroup() }
    }

    private func takeUpWaitingGroup() async {
        guard let next = waitingGroup else { return }
        waitingGroup = nil
        let old = Dictionary(runtimes.map { ($0.reference.identity, $0) }, uniquingKeysWith: { $1 })
        runtimes = Self.runtimes(of: next, previous: old, stored: [:], environment)
        group = next
        let kept = Set(runtimes.map(\.reference.identity))
        await end(old.values.filter { !kept.contains($0.reference.identity) }, reason: "the rule was removed")
    }

    /// Ends all alerts and series, because the group is gone.
    func retire() async {
        var empty = group
        empty.rules = []
        await replace(with: empty)
    }

    private func end(_ ended: some Sequence<RuleRuntime>, reason: String) async {
        let now = environment.clock.nowMilliseconds()
        var entries: [MetricBatch.Entry] = []
        for var runtime in ended {
            entries += RuleEvaluation.staleMarkers(runtime.writtenSeries, at: now)
            let transitions = runtime.state.end(at: now, reason: reason)
            if transitions.isEmpty { continue }
            do {
                environment.wake(
                    try await environment.database.record(transitions, rule: runtime.reference, at: now, now: now, notifying: environment.context))
            } catch {
                // What isn't ended here is found and ended at the next start.
                counters.databaseFailures += 1
                environment.logger.error(
                    "the alerts of a removed rule weren't ended", metadata: ["rule": "\(runtime.reference.identity)", "reason": "\(error)"])
            }
        }
        await write(entries)
    }

    // Ticks

    /// Evaluates all rules at a tick.
    func tick(at moment: Timestamp, intervalMilliseconds: Int64) async {
        guard !isTicking else { return }
        isTicking = true
        await noteGap(before: moment, intervalMilliseconds: intervalMilliseconds)
        let started = environment.clock.monotonicNanoseconds()
        var entries: [MetricBatch.Entry] = []
        for index in runtimes.indices {
            if runtimes[index].rule.kind == .record, !entries.isEmpty {
                await write(entries)
                entries = []
            }
            entries += await evaluate(index, at: moment)
        }
        await write(entries)
        evaluationSeconds = Double(environment.clock.monotonicNanoseconds() - started) / 1e9
        counters.seconds += evaluationSeconds
        lastTick = moment
        await catchUp(at: moment, until: started + intervalMilliseconds * 500_000)
        isTicking = false
        await takeUpWaitingGroup()
    }

    private func noteGap(before moment: Timestamp, intervalMilliseconds: Int64) async {
        guard let lastTick, moment > lastTick else { return }
        let gap = moment.milliseconds - lastTick.milliseconds
        let found = MissedEvaluations(between: lastTick, and: moment, intervalMilliseconds: intervalMilliseconds)
        guard found.count >= Limits.missedTicksNoted else { return }
        counters.missed += found.count
        environment.logger.notice(
            "evaluations were missed", metadata: ["group": "\(key)", "missed": "\(found.count)", "gap": "\(DurationText.format(milliseconds: gap))"])
        await note(found, from: lastTick, at: moment)
        if gap > Limits.restartHoldMilliseconds {
            trustsAbsenceFrom = moment.advanced(byMilliseconds: max(Limits.restartHoldMilliseconds, 2 * intervalMilliseconds))
        }
        if hasRecordingRules { missed = (found.caughtUp, gap > Limits.restartHoldMilliseconds ? trustsAbsenceFrom : moment) }
        guard gap > Limits.outageToleranceMilliseconds else { return }
        for index in runtimes.indices { runtimes[index].state.restartPending(at: moment) }
        do {
            try await refresh()
        } catch {
            counters.databaseFailures += 1
            environment.logger.warning("pending alerts weren't stored", metadata: ["group": "\(key)", "reason": "\(error)"])
        }
    }

    private var hasRecordingRules: Bool { runtimes.contains { $0.rule.kind == .record } }

    /// The gap stands in the event log.
    private func note(_ found: MissedEvaluations, from last: Timestamp, at moment: Timestamp) async {
        do {
            try await environment.database.noteMissed(
                group: key, text: "\(found.text(hasRecordingRules: hasRecordingRules)), from \(TimestampText.rfc3339(last)) to \(TimestampText.rfc3339(moment))", at: moment)
        } catch {
            counters.databaseFailures += 1
            environment.logger.warning("missed evaluations weren't noted", metadata: ["group": "\(key)", "reason": "\(error)"])
        }
    }

    /// Evaluates recording rules at missed ticks, once agents had time to deliver what they kept. What isn't done by the deadline, on the
    /// monotonic clock, waits for the next tick, so that the rules of now are never late for those of then.
    private func catchUp(at moment: Timestamp, until deadline: Int64) async {
        guard let missed, moment >= missed.dueFrom else { return }
        self.missed = nil
        for (index, tick) in missed.ticks.enumerated() where !Task.isCancelled {
            if environment.clock.monotonicNanoseconds() >= deadline {
                self.missed = (Array(missed.ticks[index...]), missed.dueFrom)
                return
            }
            for runtime in runtimes where runtime.rule.kind == .record {
                do {
                    let entries = try RuleEvaluation.recorded(await results(of: runtime.rule, at: tick), rule: runtime.rule, at: queryMoment(tick))
                    if !entries.isEmpty { try await environment.write(MetricBatch(entries: entries)) }
                    counters.evaluations += 1
                } catch {
                    counters.failures += 1
                    environment.logger.warning(
                        "a missed evaluation wasn't made up for", metadata: ["group": "\(key)", "rule": "\(runtime.rule.name)", "tick": "\(TimestampText.rfc3339(tick))", "reason": "\(error)"])
                    return
                }
            }
        }
    }

    /// Evaluates one rule and returns the samples it makes.
    private func evaluate(_ index: Int, at moment: Timestamp) async -> [MetricBatch.Entry] {
        var runtime = runtimes[index]
        let started = environment.clock.monotonicNanoseconds()
        var entries: [MetricBatch.Entry] = []
        counters.evaluations += 1
        do {
            entries = try await (runtime.rule.kind == .record ? record(&runtime, at: moment) : alert(&runtime, at: moment))
            runtime.health = .ok
            runtime.lastError = ""
        } catch {
            counters.failures += 1
            runtime.health = .error
            runtime.lastError = "\(error)"
            environment.logger.warning(
                "a rule failed", metadata: ["group": "\(key)", "rule": "\(runtime.rule.name)", "reason": "\(runtime.lastError)"])
        }
        runtime.lastEvaluation = moment
        runtime.evaluationSeconds = Double(environment.clock.monotonicNanoseconds() - started) / 1e9
        runtimes[index] = runtime
        return entries
    }

    private func queryMoment(_ moment: Timestamp) -> Timestamp { moment.advanced(byMilliseconds: -(group.queryOffsetMilliseconds ?? 0)) }

    private func results(of rule: Rule, at moment: Timestamp) async throws -> [ResultElement] {
        let results = try await environment.evaluator(of: group.source).evaluate(rule.expression, at: queryMoment(moment))
        let limit = group.limit > 0 ? group.limit : Limits.alertsPerRuleMax
        if rule.kind != .record || group.limit > 0, results.count > limit {
            throw RuleFailure("the rule has \(results.count) results, more than its limit of \(limit)")
        }
        return results
    }

    private func record(_ runtime: inout RuleRuntime, at moment: Timestamp) async throws -> [MetricBatch.Entry] {
        let entries = try RuleEvaluation.recorded(await results(of: runtime.rule, at: moment), rule: runtime.rule, at: queryMoment(moment))
        return try await writeNow(ending(&runtime, entries, at: queryMoment(moment)))
    }

    private func alert(_ runtime: inout RuleRuntime, at moment: Timestamp) async throws -> [MetricBatch.Entry] {
        guard case .alert(let holds, let keeps, _) = runtime.rule.kind else { return [] }
        let results = try await results(of: runtime.rule, at: moment)
        let observations = try await RuleEvaluation.observations(of: results, rule: runtime.rule, at: queryMoment(moment), environment.texts)
        let firing = runtime.state.vanished(from: Set(observations.map(\.labels))).filter { $0.phase == .firing }
        let absences = try await RuleEvaluation.absences(
            of: firing, rule: runtime.rule, dataExpression: runtime.dataExpression, at: queryMoment(moment), environment.evaluator(of: group.source))
        let isEarly = moment < trustsAbsenceFrom
        let durations = AlertRuleState.Durations(
            forMilliseconds: holds, keepFiringForMilliseconds: keeps, noDataHoldMilliseconds: environment.noDataHoldMilliseconds)
        var state = runtime.state
        let transitions = state.advance(observations, at: moment, durations: durations) { alert in
            absences[alert.labels] ?? (isEarly ? .tooEarly : .ended)
        }
        try await store(transitions, of: runtime, at: moment)
        // Only what is stored is so: after a failure the same transitions are found again at the next tick.
        runtime.state = state
        return ending(&runtime, RuleEvaluation.alertSeries(state.alerts.values, at: queryMoment(moment)), at: queryMoment(moment))
    }

    /// Stores what changed. Where the database doesn't take it, what fires is paged all the same.
    private func store(_ transitions: [AlertTransition], of runtime: RuleRuntime, at moment: Timestamp) async throws {
        if transitions.isEmpty { return }
        let fired = transitions.filter { $0.step == .fired }.map(\.alert)
        do {
            environment.wake(
                try await environment.database.record(
                    transitions, rule: runtime.reference, at: moment, now: environment.clock.nowMilliseconds(), notifying: environment.context))
            await environment.unrecordedPager.recorded(fired)
        } catch {
            counters.databaseFailures += 1
            await environment.unrecordedPager.page(fired, generatorURL: runtime.reference.generatorURL)
            throw error
        }
    }

    /// Adds the ends of series that the rule wrote at its last tick and no longer does.
    private func ending(_ runtime: inout RuleRuntime, _ entries: [MetricBatch.Entry], at moment: Timestamp) -> [MetricBatch.Entry] {
        let series = Set(entries.map(\.labels))
        defer { runtime.writtenSeries = series }
        return entries + RuleEvaluation.staleMarkers(runtime.writtenSeries.subtracting(series), at: moment)
    }

    /// Recorded series are there for the rules that follow; a failure is the rule's.
    private func writeNow(_ entries: [MetricBatch.Entry]) async throws -> [MetricBatch.Entry] {
        if entries.isEmpty { return [] }
        do {
            try await environment.write(MetricBatch(entries: entries))
        } catch {
            counters.writeFailures += 1
            throw error
        }
        return []
    }

    private func write(_ entries: [MetricBatch.Entry]) async {
        if entries.isEmpty { return }
        do {
            try await environment.write(MetricBatch(entries: entries))
        } catch {
            counters.writeFailures += 1
            environment.logger.warning("ALERTS weren't stored", metadata: ["group": "\(key)", "reason": "\(error)"])
        }
    }
}
