import Alerting
import Foundations
import Hummingbird
import LogStore
import Logging
import MetricStore
import Model
import PromQL
import Wire

/// What all routes share.
final class Edge: Sendable {
    let options: CollectorOptions
    let limits: CollectorLimits
    let tenants: Tenants
    let alerting: AlertingService
    let clock: any WallClock
    let logger: Logger
    let access: AccessControl
    let disk: DiskGuard
    let counters = Counters()
    /// What the socket inputs take and lose.
    let inputs = InputCounters()
    let redactor: Redactor
    let agents: AgentRegistry
    let bodies: BodyReader
    let ingestGate: AdmissionGate
    let queryGate: AdmissionGate
    /// Nil where no results are kept.
    let resultCache: ResultCache?
    /// One import at a time: each holds some 100 MiB.
    let importGate = AdmissionGate(runningMax: 1, waitingMax: 0)
    let tails: TailLimit
    let startedAt: NanoTimestamp
    /// Set when the server stops: readiness ends and live tails close.
    let stopping = Signal()
    private let deletions: [TenantName: LogDeletions]
    private let refusalLog: RefusalLog

    init(
        options: CollectorOptions, tenants: Tenants, alerting: AlertingService, fileSystem: any FileSystem, clock: any WallClock, logger: Logger
    ) throws(CollectorError) {
        self.options = options
        limits = options.limits
        self.tenants = tenants
        self.alerting = alerting
        self.clock = clock
        self.logger = logger
        access = try AccessControl(options, clock: clock)
        redactor = Redactor(options.redaction)
        disk = DiskGuard(options, fileSystem: fileSystem, clock: clock)
        agents = AgentRegistry(directory: options.dataDirectory, agentsMax: limits.agentsMax, fileSystem: fileSystem)
        bodies = BodyReader(limits: limits, budget: ByteBudget(bytesMax: limits.bytesInFlightMax), clock: clock)
        ingestGate = AdmissionGate(runningMax: limits.ingestConcurrentMax, waitingMax: limits.ingestWaitingMax)
        queryGate = AdmissionGate(runningMax: limits.queriesConcurrentMax, waitingMax: limits.queriesWaitingMax)
        resultCache = limits.resultCacheBytesMax > 0 ? ResultCache(bytesMax: limits.resultCacheBytesMax) : nil
        tails = TailLimit(countMax: limits.tailsMax)
        startedAt = clock.now()
        deletions = Dictionary(
            uniqueKeysWithValues: tenants.all.map { tenant in
                (tenant.name, LogDeletions(tenant: tenant, clock: clock, fileSystem: fileSystem) { Self.note($0, of: tenant.name, in: logger) })
            })
        refusalLog = RefusalLog(intervalSeconds: limits.refusalLogIntervalSeconds, clock: clock, logger: logger)
    }

    /// The default tenant's stores. A route that serves each tenant takes those of its context's.
    var metrics: MetricStore { tenants.standard.metrics }
    var logs: LogStore { tenants.standard.logs }

    /// Requests to erase log lines.
    func deletions(of tenant: Tenant) -> LogDeletions {
        guard let deletions = deletions[tenant.name] else { preconditionFailure("a tenant came after the start") }
        return deletions
    }

    /// Goes on with deletions that a stop cut off, until the server stops.
    func runDeletions() async {
        for deletions in deletions.values { await deletions.resume() }
        do {
            while true { try await Task.sleep(for: .seconds(3600)) }
        } catch {
            // The server stops.
        }
        for deletions in deletions.values { await deletions.stop() }
    }

    /// Whose token a request came with; `local` on loopback without tokens.
    func actor(of request: Request, _ context: CollectorContext, _ scope: AccessScope) throws(Refusal) -> String {
        try access.authorize(AccessRequest(request.head, address: context.remoteAddress), scope).name
    }

    private static func note(_ deletion: LogDeletion, of tenant: TenantName, in logger: Logger) {
        logger.notice(
            "a deletion of log lines is \(deletion.state.rawValue)",
            metadata: [
                "id": "\(deletion.id)", "tenant": "\(tenant)", "actor": "\(deletion.actor)", "query": "\(SafeText(deletion.query.prefix(300)).string)",
                "start": "\(TimestampText.rfc3339(NanoTimestamp(nanoseconds: deletion.start)))", "end": "\(TimestampText.rfc3339(NanoTimestamp(nanoseconds: deletion.end)))",
                "lines": "\(deletion.linesErased)", "failure": "\(deletion.failure ?? "")",
            ])
    }

    /// Reads the tokens and the rule files again. Throws with what is wrong in them; what was in force before stays so.
    func reload() async throws(Refusal) {
        do throws(CollectorError) {
            try access.reload()
        } catch {
            throw .internalError("\(error); the tokens before stay valid")
        }
        let problems = await alerting.reload()
        guard problems.isEmpty else {
            throw .internalError("there are errors, and what was in force before stays: " + problems.map { "\($0)" }.joined(separator: "; "))
        }
    }

    /// Counts a refusal and, sparingly, logs it.
    func note(_ refusal: Refusal, route: String, address: String) {
        counters.refused(refusal.reason)
        refusalLog.note(refusal, route: route, address: address)
    }
}

/// How many live tails are open.
final class TailLimit: Sendable {
    private let open = Locked(0)
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    var count: Int { open.withLock { $0 } }

    func enter() throws(Refusal) {
        let isFull = open.withLock { open in
            if open >= countMax { return true }
            open += 1
            return false
        }
        if isFull { throw .unavailable(.overload, "\(countMax) live tails are open already; close one", retryAfterSeconds: 10) }
    }

    func leave() { open.withLock { $0 -= 1 } }
}

/// Logs refusals: the first of a reason, then at most one per interval with how many there were.
private final class RefusalLog: Sendable {
    private struct Last {
        var atNanoseconds: Int64
        var suppressed: Int
    }
    private let last = Locked<[RefusalReason: Last]>([:])
    private let intervalSeconds: Int64
    private let clock: any WallClock
    private let logger: Logger

    init(intervalSeconds: Int64, clock: any WallClock, logger: Logger) {
        self.intervalSeconds = intervalSeconds
        self.clock = clock
        self.logger = logger
    }

    func note(_ refusal: Refusal, route: String, address: String) {
        // Clients that leave, unknown paths and mistyped queries are the client's own business.
        switch refusal.reason {
        case .clientLeft, .notFound, .methodNotAllowed, .badParameter, .queryFailed: return
        default: break
        }
        let now = clock.monotonicNanoseconds()
        let suppressed = last.withLock { last -> Int? in
            if let previous = last[refusal.reason], now - previous.atNanoseconds < intervalSeconds * 1_000_000_000 {
                last[refusal.reason]!.suppressed += 1
                return nil
            }
            defer { last[refusal.reason] = Last(atNanoseconds: now, suppressed: 0) }
            return last[refusal.reason]?.suppressed ?? 0
        }
        guard let suppressed else { return }
        logger.warning(
            "request refused",
            metadata: [
                "reason": "\(refusal.reason.rawValue)", "status": "\(refusal.status.code)", "route": "\(route)",
                "client": "\(address)", "detail": "\(SafeText(refusal.message.prefix(300)).string)", "suppressed": "\(suppressed)",
            ])
    }
}
