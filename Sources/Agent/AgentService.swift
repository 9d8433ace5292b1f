import Foundations
import Glibc
import Logging
import Model
import Outbound

/// The agent: reads the host's metrics and log files into a spool on disk and sends them to every destination, each exactly once.
///
/// Metrics go out as remote write 2.0, logs as OTLP over HTTP, with the headers of `BatchOrigin`. Memory is bounded (see `Limits`).
public final class AgentService: Sendable {
    private let options: AgentOptions
    private let files: any FileSystem
    private let clock: any WallClock
    private let logger: Logger
    private let sources: [any MetricSource]
    private let spool: Spool
    private let destinations: [DestinationState]
    private let counters = Locked(AgentCounters())
    private let spoolProblem = Locked<String?>(nil)
    private let fileCount = Locked(0)

    /// Opens the spool. Throws where the options are wrong or another agent has the spool.
    /// `sources`: what is asked for metrics; by default this host.
    public init(
        options: AgentOptions, fileSystem: any FileSystem = RealFileSystem(), clock: any WallClock = SystemClock(), logger: Logger,
        sources: [any MetricSource]? = nil
    ) throws(AgentError) {
        try options.check()
        self.options = options
        files = fileSystem
        self.clock = clock
        self.logger = logger
        self.sources = sources ?? [HostSampler(textfileDirectory: options.textfileDirectory, clock: clock)]
        destinations = options.destinations.map(DestinationState.init)
        spool = try Spool(
            directory: options.spoolDirectory, destinations: options.destinations.map(\.name), bytesMax: options.spoolBytesMax, files: fileSystem, logger: logger)
    }

    /// 32 hexadecimal digits, made with the spool.
    public var agentId: String { spool.agentId }

    /// Works until the task is cancelled; then what was read is made durable in the spool, and it returns. Called once.
    public func run() async {
        logger.info("the agent starts", metadata: ["agent": "\(spool.agentId)", "instance": "\(SafeText(options.instance))", "spoolBytes": "\(spool.bytes)"])
        let (spool, logger) = (spool, logger)
        let logs = startLogs()
        let metrics = startMetrics()
        let worker = FileWorker(name: "agent-spool")
        let clients = destinations.map { HTTPClient(policy: .unrestricted, tls: tls($0.destination), userAgent: "nightjar-agent/\(options.version)") }
        await withDiscardingTaskGroup { group in
            for (state, client) in zip(destinations, clients) {
                for kind in SpoolKind.allCases {
                    let sender = Sender(
                        kind: kind, state: state, spool: spool, client: client, worker: worker, counters: counters, clock: clock, logger: logger,
                        instance: options.instance, version: options.version)
                    group.addTask { await sender.run() }
                }
            }
        }
        await logs.stop()
        await metrics.stop()
        for client in clients { client.close() }
        await worker.run {
            do throws(FileError) {
                try spool.close()
            } catch {
                logger.error("the spool can't be made durable", metadata: ["error": "\(error)"])
            }
        }
        logger.info("the agent has stopped")
    }

    public func status() -> AgentStatus {
        var counters = counters.withLock { $0 }
        let values = destinations.map { ($0.destination, $0.value.withLock { $0 }) }
        // What every destination has: the slowest one's figures.
        counters.logLinesAcknowledged = values.map(\.1.linesAcknowledged).min() ?? 0
        counters.logBytesAcknowledged = values.map(\.1.bytesAcknowledged).min() ?? 0
        counters.samplesDropped += spool.journal(.metrics).statistics.droppedItems
        counters.sendFailures = Dictionary(values.map { ($0.0.name, $0.1.failures) }) { first, _ in first }
        return AgentStatus(
            agentId: spool.agentId, instance: options.instance, version: options.version, spoolBytes: spool.bytes,
            destinations: values.map { destination, value in
                AgentStatus.Destination(
                    name: destination.name, url: destination.url, pendingMetricRecords: spool.pendingCount(.metrics, for: destination.name),
                    pendingLogRecords: spool.pendingCount(.logs, for: destination.name), lastSuccess: value.lastSuccess,
                    problem: value.problems[.logs] ?? value.problems[.metrics])
            },
            fileCount: fileCount.withLock { $0 }, counters: counters, spoolProblem: spoolProblem.withLock { $0 })
    }

    private func tls(_ destination: AgentDestination) -> OutboundTLS {
        OutboundTLS(caFile: destination.caFile, clientCertificateFile: destination.clientCertificateFile, clientKeyFile: destination.clientKeyFile)
    }

    /// `instance` goes before a label of the same name in the options.
    private var labels: Labels {
        Labels(options.labels.map { (name: $0.key, value: $0.value) } + [(name: "instance", value: options.instance)])
    }

    private func startLogs() -> WorkLoop {
        var sources = options.ownLogPath.map { [TailOptions.Source(glob: Glob($0), job: TailOptions.ownJob, isOwn: true)] } ?? []
        sources += options.logGlobs.map { TailOptions.Source(glob: Glob($0), job: "files", isOwn: false) }
        var tail = TailOptions(
            sources: sources, excludedDirectories: (options.excludedDirectories + [options.spoolDirectory]).map(Self.resolved), labels: labels, isFirstStart: spool.isNew,
            zoneOffsetSeconds: options.zoneOffsetSeconds ?? Self.zoneOffsetSeconds)
        tail.multiline = options.multiline
        tail.redaction = options.redaction
        let (tailing, spool, files, clock, logger, counters, problem, fileCount) = (tail, spool, files, clock, logger, counters, spoolProblem, fileCount)
        return WorkLoop(name: "agent-logs") { signal in
            let tailer = Tailer(options: tailing, files: files, clock: clock, logger: logger, counters: counters)
            LogInput(spool: spool, tailer: tailer, clock: clock, logger: logger, problem: problem).run(signal, fileCount: fileCount)
        }
    }

    private func startMetrics() -> WorkLoop {
        let own = SelfMetrics(clock: clock) { [self] in status() }
        let (spool, all, labels, clock, logger, counters) = (spool, sources + [own], labels, clock, logger, counters)
        let seconds = options.metricsIntervalSeconds
        return WorkLoop(name: "agent-metrics") { signal in
            MetricInput(spool: spool, sources: all, labels: labels, clock: clock, logger: logger, counters: counters, intervalSeconds: seconds).run(signal)
        }
    }

    /// A path without links and dots, as the globs find it; one that doesn't exist stays as it is.
    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// This machine's, now.
    private static var zoneOffsetSeconds: Int {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return parts.tm_gmtoff
    }
}
