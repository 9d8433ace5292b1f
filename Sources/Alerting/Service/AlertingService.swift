import Foundations
import Logging
import Model

/// Evaluates rules, keeps the states of alerts and pages: the alerting part of a collector, or of an evaluator of its own.
///
/// Everything that must survive the process is in one SQLite file. Only one service can have it open.
public final class AlertingService: Sendable {
    let database: AlertDatabase
    let environment: RuleEnvironment
    let manager: RuleManager
    let heartbeats: HeartbeatWatch
    let desk: DeliveryDesk
    let clock: any WallClock
    let logger: Logger
    let options: AlertingOptions
    private let routing: Locked<RoutingSource>
    private let onCall: Locked<OnCallSource>
    let escalator: Escalator
    private let scheduleSignal = Signal()
    /// Raised when a group may be due sooner than was thought.
    let flushSignal = Signal()

    /// Opens the database. Nothing is evaluated before `run`.
    init(
        options: AlertingOptions, evaluator: any ExpressionEvaluator, logEvaluator: any ExpressionEvaluator = NoLogs(),
        write: @escaping @Sendable (MetricBatch) async throws -> Void, clock: any WallClock, machine: MachineTime = .system, logger: Logger, hooks: [any PipelineHook] = [],
        deliverer: @escaping @Sendable (Receiver) throws -> any Deliverer
    ) throws {
        self.clock = clock
        self.logger = logger
        self.options = options
        let database = try AlertDatabase(path: options.databasePath)
        self.database = database
        let source = RoutingSource(path: options.routingFile, route: options.route, receivers: options.receivers, inhibitions: options.inhibitions)
        for problem in source.problems { logger.critical("the routing file has an error; nobody is paged until it is mended", metadata: ["problem": "\(problem)"]) }
        routing = Locked(source)
        var onCallSource = OnCallSource(path: options.onCallFile)
        _ = onCallSource.update(isForced: true, receivers: source.inForce.receiverNames)
        for problem in onCallSource.problems { logger.critical("the on-call file has an error; nobody is escalated to until it is mended", metadata: ["problem": "\(problem)"]) }
        onCall = Locked(onCallSource)
        let flushSignal = flushSignal
        let escalator = Escalator(machine: machine) { flushSignal.raise() }
        escalator.put(inForce: onCallSource.inForce)
        self.escalator = escalator
        let context = NotificationContext(
            router: source.inForce.router, receivers: Escalator.receivers(source.inForce.receivers, onCallSource.inForce), externalURL: options.externalURL,
            stormGroupsPerMinuteMax: options.stormGroupsPerMinuteMax, hooks: hooks + [escalator])
        let desk = try DeliveryDesk(
            context: context, composer: RequestComposer(templates: source.inForce.templates), database: database, clock: clock, logger: logger
        ) { receiver in receiver.kind == .escalation ? EscalationStandIn() : try deliverer(receiver) }
        self.desk = desk
        environment = RuleEnvironment(
            evaluator: evaluator, logEvaluator: logEvaluator, database: database, write: write, desk: desk, unrecordedPager: UnrecordedPager(desk: desk, clock: clock, logger: logger),
            externalLabels: options.externalLabels, noDataHoldMilliseconds: Int64(options.noDataHoldSeconds * 1000), clock: clock, logger: logger,
            wake: { receivers in
                desk.wake(receivers)
                flushSignal.raise()
            })
        manager = RuleManager(
            globs: options.ruleGlobs, intervalMillisecondsDefault: max(Limits.groupIntervalMillisecondsMin, Int64(options.evaluationIntervalSeconds * 1000)),
            environment: environment)
        heartbeats = HeartbeatWatch(declared: options.heartbeats, environment: environment)
    }

    /// Evaluates and delivers until the task is cancelled, then closes the database.
    public func run() async {
        await startAgainUntilDone()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.desk.run() }
            group.addTask { await self.evaluate() }
            group.addTask { await self.flush() }
            group.addTask { await self.maintain() }
            group.addTask { await self.watchHeartbeats() }
            group.addTask { await self.writePostedSeries() }
            group.addTask { await self.followIncidents() }
        }
        await storeEvaluations()
        do {
            try database.close()
        } catch {
            logger.error("the alert database wasn't closed", metadata: ["reason": "\(error)"])
        }
    }

    /// A database that can't be read now, because the disk is full or slow, may be read later: nobody would be paged otherwise.
    private func startAgainUntilDone() async {
        while !Task.isCancelled {
            do {
                return try await start()
            } catch {
                logger.critical("alerting can't start and tries again", metadata: ["reason": "\(error)"])
            }
            await scheduleSignal.wait(atMostMilliseconds: Limits.startAgainMilliseconds)
        }
    }

    /// Takes up what was stored, reads the rules and makes up for what changed meanwhile.
    func start() async throws {
        try await database.loadSilences(into: environment.context.silences, now: clock.nowMilliseconds())
        try await loadOverrides()
        try await manager.start()
        try await heartbeats.start()
        environment.wake(try await database.reconcile(now: clock.nowMilliseconds(), environment.context))
    }

    private func evaluate() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for due in await manager.takeDue(now: clock.nowMilliseconds()) {
                    group.addTask {
                        await due.runner.tick(at: due.tick, intervalMilliseconds: due.intervalMilliseconds)
                        await self.manager.finished(due)
                        self.scheduleSignal.raise()
                    }
                }
                let longest: Int64 = 1000
                let wait = await manager.nextDue().map { $0.milliseconds - clock.nowMilliseconds().milliseconds } ?? longest
                // Due but without room: the end of a running group raises the signal.
                await scheduleSignal.wait(atMostMilliseconds: wait <= 0 ? longest : min(wait, longest))
            }
        }
    }

    /// Runs the groups that are due now, once, one after another.
    func evaluateDue() async {
        for due in await manager.takeDue(now: clock.nowMilliseconds()) {
            await due.runner.tick(at: due.tick, intervalMilliseconds: due.intervalMilliseconds)
            await manager.finished(due)
        }
    }

    /// Makes the attempts that are due now, once.
    func deliverDue() async {
        await flushDue()
        await desk.deliverDue()
    }

    private func writePostedSeries() async {
        let series = PostedSeries(environment: environment)
        while !Task.isCancelled {
            await series.write(at: clock.nowMilliseconds())
            do {
                try await Task.sleep(nanoseconds: UInt64(Limits.postedSeriesMilliseconds) * 1_000_000)
            } catch {
                return  // Cancelled.
            }
        }
    }

    // Maintenance

    private func maintain() async {
        var lastPrune: Int64?
        while !Task.isCancelled {
            do {
                try await Task.sleep(nanoseconds: UInt64(Limits.fileCheckSeconds) * 1_000_000_000)
            } catch {
                return  // Cancelled.
            }
            await manager.update(isForced: false)
            scheduleSignal.raise()
            await storeEvaluations()
            await updateRouting(isForced: false)
            let now = clock.monotonicNanoseconds()
            if lastPrune.map({ now - $0 >= Limits.pruneSeconds * 1_000_000_000 }) ?? true {
                lastPrune = now
                await prune()
            }
        }
    }

    /// Makes the messages that are due, until the task is cancelled.
    private func flush() async {
        while !Task.isCancelled {
            let next = await flushDue()
            let now = clock.nowMilliseconds()
            let wait = next.map { $0.milliseconds - now.milliseconds } ?? Limits.expiryCheckMilliseconds
            await flushSignal.wait(atMostMilliseconds: min(max(wait, 1), Limits.expiryCheckMilliseconds))
        }
    }

    /// Ends posted alerts whose time is over and makes the messages of the groups that are due. Returns when the next one is.
    @discardableResult
    func flushDue() async -> Timestamp? {
        do {
            let now = clock.nowMilliseconds()
            var receivers = try await database.expirePosted(now: now, environment.context)
            if try await database.hasRepeats(now: now) { try await manager.refreshTexts() }
            while true {
                let (found, next) = try await database.flushDue(now: now, environment.context)
                receivers.formUnion(found)
                if let next, next <= now, !Task.isCancelled { continue }
                let turn = try await database.escalate(escalator, now: now, environment.context)
                desk.wake(receivers.union(turn.receivers))
                let nextStep = turn.nextMilliseconds.map { now.advanced(byMilliseconds: $0) }
                return [next, nextStep].compactMap { $0 }.min()
            }
        } catch {
            logger.error("pages that are due weren't queued", metadata: ["reason": "\(error)"])
            return clock.nowMilliseconds().advanced(byMilliseconds: Limits.databaseRetryMilliseconds)
        }
    }

    func storeEvaluations() async {
        do {
            try await database.setLastEvaluations(await manager.lastEvaluations())
        } catch {
            logger.error("the times of evaluations weren't stored", metadata: ["reason": "\(error)"])
        }
    }

    private func prune() async {
        do {
            try await database.prune(now: clock.nowMilliseconds())
            try await database.pruneIncidents(now: clock.nowMilliseconds())
        } catch {
            logger.error("old alerts weren't removed", metadata: ["reason": "\(error)"])
        }
    }

    // What others see and do

    /// Counts what changes for people, for those who wait for it.
    public var changes: AlertingChanges { database.changes }

    /// Reads all rule files anew, each as a whole or not at all; a file with a fault leaves its old rules in force. Returns what is wrong.
    @discardableResult
    public func reload() async -> [RuleProblem] {
        await manager.update(isForced: true)
        await updateRouting(isForced: true)
        scheduleSignal.raise()
        return await problems()
    }

    /// Reads the routing file where it changed, and puts it in force whole; one with a fault leaves what was in force.
    func updateRouting(isForced: Bool) async {
        let before = routing.withLock { $0.problems } + onCall.withLock { $0.problems }
        var source = routing.withLock { $0 }
        var onCallSource = onCall.withLock { $0 }
        let hasRoutes = source.update(isForced: isForced)
        let hasOnCall = onCallSource.update(isForced: isForced || hasRoutes, receivers: source.inForce.receiverNames)
        if hasRoutes || hasOnCall {
            let inForce = source.inForce
            let context = NotificationContext(
                router: inForce.router, receivers: Escalator.receivers(inForce.receivers, onCallSource.inForce), externalURL: options.externalURL, silences: environment.context.silences,
                stormGroupsPerMinuteMax: options.stormGroupsPerMinuteMax, hooks: environment.context.hooks)
            do {
                try desk.apply(context, RequestComposer(templates: inForce.templates))
                escalator.put(inForce: onCallSource.inForce)
                environment.wake(try await database.reconcile(now: clock.nowMilliseconds(), context))
                logger.notice("routes and receivers were taken up", metadata: ["file": "\(options.routingFile ?? "")"])
            } catch {
                logger.error("routes and receivers weren't taken up", metadata: ["reason": "\(error)"])
                return
            }
        }
        for problem in source.problems + onCallSource.problems where !before.contains(problem) {
            logger.error("the file has an error; what was in force before stays", metadata: ["problem": "\(problem)"])
        }
        let (updated, updatedOnCall) = (source, onCallSource)
        routing.withLock { $0 = updated }
        onCall.withLock { $0 = updatedOnCall }
    }

    /// The routing in force.
    var routingInForce: RoutingSource.InForce { routing.withLock { $0.inForce } }

    /// The groups in force, in order of file.
    public func groups() async -> [RuleGroupStatus] { await manager.groups() }

    /// Pending and firing alerts.
    public func activeAlerts() async -> [ActiveAlert] {
        let ofRules = await manager.activeAlerts()
        return ofRules + (await heartbeats.activeAlerts())
    }

    /// What is wrong in the rule files and the routing file now.
    public func problems() async -> [RuleProblem] { await manager.problems() + routing.withLock { $0.problems } + onCall.withLock { $0.problems } }

    /// The outbox with its last deliveries. Where it can't be read, everything is 0 and the status says why.
    public func outbox(deliveriesMax: Int = 100) async -> OutboxStatus {
        do {
            return try await database.outboxStatus(now: clock.nowMilliseconds(), deliveriesMax: min(max(0, deliveriesMax), Limits.recentDeliveriesMax))
        } catch {
            logger.error("the outbox can't be read", metadata: ["reason": "\(error)"])
            return OutboxStatus(unreadableReason: error.description)
        }
    }

    /// The last steps of all alerts or of one, newest first.
    public func events(fingerprint: String? = nil, limit: Int = 100) async throws -> [AlertEvent] {
        try await database.events(fingerprint: fingerprint, limit: min(max(0, limit), Limits.eventsMax))
    }

    /// Counters and counts, for the service's own metrics.
    public func statistics() async -> AlertingStatistics {
        var statistics = await manager.statistics()
        for alert in await activeAlerts() {
            if alert.phase == .pending { statistics.alertsPending += 1 }
            if alert.phase == .firing {
                statistics.alertsFiring += 1
                statistics.firingBySeverity[alert.severity, default: 0] += 1
            }
        }
        let counters = desk.counters
        statistics.attemptsTotal = counters.attempts
        statistics.attemptFailuresTotal = counters.failures
        statistics.deliveredTotal = counters.delivered
        statistics.failedTotal = counters.refused
        let outbox = await outbox(deliveriesMax: 0)
        statistics.outboxPending = outbox.pending
        statistics.outboxFailed = outbox.failed
        statistics.outboxOldestPendingSeconds = outbox.oldestPendingSeconds
        if outbox.unreadableReason != nil { statistics.databaseFailuresTotal += 1 }
        return statistics
    }

    /// All that is wrong in rule files (paths or patterns), for a check before they are put in force.
    static func check(_ files: [String], evaluator: any ExpressionEvaluator) -> [RuleProblem] {
        var library = RuleLibrary(globs: files, evaluator: evaluator)
        _ = library.update(isForced: true)
        return library.problems
    }
}
