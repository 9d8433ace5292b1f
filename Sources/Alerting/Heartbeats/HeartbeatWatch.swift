import Foundations
import Logging
import Model

/// Watches the jobs: takes their pings, and lets alerts fire for what is late, failed, overrun or never ran.
actor HeartbeatWatch {
    private struct Job {
        var heartbeat: Heartbeat
        var stored: StoredHeartbeat
    }

    private static let key = "heartbeats"
    private let environment: RuleEnvironment
    private let declared: [Heartbeat]
    private var jobs: [String: Job] = [:]
    private var alerts = AlertRuleState()
    private var judge = HeartbeatJudge()
    private var writtenSeries: Set<Labels> = []
    private var writtenAt: Timestamp?
    private var aliveStoredAt: Timestamp?
    private enum Work {
        case idle, running, wantedAgain
    }
    private var work = Work.idle

    init(declared: [Heartbeat], environment: RuleEnvironment) {
        self.declared = declared
        self.environment = environment
    }

    private var reference: RuleReference {
        RuleReference(identity: AlertDatabase.heartbeatRule, file: "", generatorURL: "\(environment.context.externalURL)\(HeartbeatPath.base)")
    }

    /// Takes up what was stored. Jobs that nightjar.yml declares go before what pings taught of them.
    func start() async throws(AlertingError) {
        let now = environment.clock.nowMilliseconds()
        let stored = try await environment.database.heartbeats()
        let known = Dictionary(stored.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        jobs = [:]
        for one in stored {
            do throws(HeartbeatProblem) {
                if let heartbeat = try one.learnt?.heartbeat(named: one.name) { jobs[one.name] = Job(heartbeat: heartbeat, stored: one) }
            } catch {
                environment.logger.error("a heartbeat that was learnt can't be read; it is watched again from its next ping", metadata: ["job": "\(one.name)", "reason": "\(error)"])
            }
        }
        for heartbeat in declared {
            var one = known[heartbeat.name] ?? StoredHeartbeat(name: heartbeat.name, learnt: nil, state: HeartbeatState(createdAt: now))
            one.learnt = nil
            jobs[heartbeat.name] = Job(heartbeat: heartbeat, stored: one)
        }
        try await environment.database.store(declared.compactMap { known[$0.name]?.learnt == nil && known[$0.name] != nil ? nil : jobs[$0.name]?.stored })
        alerts = AlertRuleState(alerts: try await environment.database.heartbeatAlerts())
        if let alive = try await environment.database.lastEvaluations()[Self.key], now.milliseconds - alive.milliseconds > Limits.restartHoldMilliseconds {
            judge.down = alive..<now
        }
    }

    /// Takes a ping in; durable when it returns. `learnt` is what the ping says of its schedule.
    func ping(_ name: String, _ ping: HeartbeatPing, learnt: HeartbeatText, durationMilliseconds: Int64?, sender: String) async throws {
        let now = environment.clock.nowMilliseconds()
        var job = try job(name, learnt, now)
        job.stored.state.take(ping, durationMilliseconds: durationMilliseconds, sender: sender, at: now)
        // Known before it is stored, so that another ping that comes meanwhile builds on it; one that isn't stored isn't answered as taken.
        jobs[name] = job
        try await environment.database.store([job.stored])
        await tick()
    }

    private func job(_ name: String, _ learnt: HeartbeatText, _ now: Timestamp) throws -> Job {
        let known = jobs[name]
        if let known, known.stored.learnt == nil || learnt == HeartbeatText() { return known }
        if learnt == HeartbeatText() {
            throw ActionError.invalid("there is no heartbeat \(quoted(SafeText(name).string)); declare it in nightjar.yml, or say its schedule with the ping (?every=1h or ?cron=30 4 * * *)")
        }
        if known == nil, jobs.count >= Limits.heartbeatsMax { throw ActionError.invalid("there are \(jobs.count) heartbeats already; remove some") }
        let heartbeat: Heartbeat
        do throws(HeartbeatProblem) {
            heartbeat = try learnt.heartbeat(named: name)
        } catch {
            throw ActionError.invalid(error.description)
        }
        var stored = known?.stored ?? StoredHeartbeat(name: name, learnt: learnt, state: HeartbeatState(createdAt: now))
        stored.learnt = learnt
        return Job(heartbeat: heartbeat, stored: stored)
    }

    /// Forgets a job that was learnt; its alerts end.
    func remove(_ name: String) async throws {
        guard let job = jobs[name] else { throw ActionError.invalid("there is no heartbeat \(quoted(SafeText(name).string))") }
        if job.stored.learnt == nil { throw ActionError.invalid("nightjar.yml declares \(quoted(name)); remove it there") }
        try await environment.database.removeHeartbeat(name)
        jobs[name] = nil
        await tick()
    }

    /// Judges all jobs, and stores and tells what changed. One at a time: a second call that comes while the first waits is made up for at its end.
    func tick() async {
        if work != .idle {
            work = .wantedAgain
            return
        }
        repeat {
            work = .running
            await tickOnce()
        } while work == .wantedAgain
        work = .idle
    }

    private func tickOnce() async {
        let now = environment.clock.nowMilliseconds()
        let observations = jobs.values.flatMap { judge.observations($0.heartbeat, $0.stored.state, at: now) }
        var next = alerts
        let durations = AlertRuleState.Durations(forMilliseconds: 0, keepFiringForMilliseconds: 0, noDataHoldMilliseconds: 0)
        let transitions = next.advance(observations, at: now, durations: durations) { _ in .ended }
        do {
            if !transitions.isEmpty {
                let receivers = try await environment.database.record(transitions, rule: reference, at: now, now: now, notifying: environment.context)
                environment.wake(receivers)
            }
            alerts = next
            if aliveStoredAt.map({ now.milliseconds - $0.milliseconds >= Limits.fileCheckSeconds * 1000 }) ?? true {
                aliveStoredAt = now
                try await environment.database.setLastEvaluations([Self.key: now])
            }
        } catch {
            environment.logger.error("alerts of heartbeats weren't stored", metadata: ["reason": "\(error)"])
            await environment.unrecordedPager.page(transitions.filter { $0.step == .fired }.map(\.alert), generatorURL: reference.generatorURL)
        }
        await writeSeries(at: now)
    }

    /// `ALERTS` of what fires, at the pace of ordinary rules.
    private func writeSeries(at now: Timestamp) async {
        if let writtenAt, now.milliseconds - writtenAt.milliseconds < Limits.heartbeatSeriesMilliseconds { return }
        writtenAt = now
        let entries = RuleEvaluation.alertSeries(alerts.alerts.values, at: now)
        let series = Set(entries.map(\.labels))
        let ended = RuleEvaluation.staleMarkers(writtenSeries.subtracting(series), at: now)
        writtenSeries = series
        if entries.isEmpty, ended.isEmpty { return }
        do {
            try await environment.write(MetricBatch(entries: entries + ended))
        } catch {
            environment.logger.warning("ALERTS weren't stored", metadata: ["group": "\(Self.key)", "reason": "\(error)"])
        }
    }

    // What others see

    func activeAlerts() -> [ActiveAlert] {
        alerts.alerts.values.sorted { $0.labels < $1.labels }.map { alert in
            ActiveAlert(
                labels: alert.labels, annotations: alert.annotations, phase: alert.phase, activeAt: alert.activeAt, firedAt: alert.firedAt, keepFiringSince: nil,
                dataMissingSince: nil, value: alert.value, valueText: NumberText.exponential(alert.value), fingerprint: alert.fingerprint.text, group: Self.key,
                file: "")
        }
    }

    func statuses() -> [HeartbeatStatus] {
        let now = environment.clock.nowMilliseconds()
        return jobs.values.sorted { $0.heartbeat.name < $1.heartbeat.name }.map { job in
            let state = job.stored.state
            let verdicts = judge.verdicts(job.heartbeat, state, at: now)
            let word = [HeartbeatVerdict.failed, .overrun, .late, .never].first { verdicts.contains($0) }?.rawValue
            return HeartbeatStatus(
                name: job.heartbeat.name, isDeclared: job.stored.learnt == nil, schedule: job.heartbeat.scheduleText,
                state: word ?? (state.isRunning ? "running" : state.seenAt == nil ? "waiting" : "ok"), startedAt: state.startedAt, endedAt: state.endedAt,
                succeededAt: state.succeededAt, exitCode: state.exitCode, durationMilliseconds: state.durationMilliseconds,
                dueAt: judge.due(job.heartbeat, state), sender: state.sender, severity: job.heartbeat.severity)
        }
    }
}
