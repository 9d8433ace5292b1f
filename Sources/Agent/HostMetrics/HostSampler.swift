import Foundations
import Glibc
import Model

/// What a collector works with.
final class HostContext {
    let files: HostFiles
    let sink: SeriesSink
    let clock: any WallClock

    init(files: HostFiles, sink: SeriesSink, clock: any WallClock) {
        self.files = files
        self.sink = sink
        self.clock = clock
    }
}

/// One subject of the host's metrics.
protocol HostCollector {
    /// As in node_exporter's label `collector`.
    var name: StaticString { get }
    mutating func collect(_ context: HostContext) throws(HostMetricsError)
}

/// Reads the host's metrics under the names of Prometheus's node_exporter, without an `instance` label.
///
/// One call reads the kernel's files on the calling thread and blocks for some milliseconds; file systems are asked on a thread of their own,
/// which may add up to two seconds where one hangs. A collector that fails is reported (`node_scrape_collector_success` 0) and the rest goes on;
/// one whose source this machine doesn't have is left out. Safe to call from any thread, one call at a time is run.
public final class HostSampler: Sendable {
    private struct State {
        var context: HostContext
        var collectors: [any HostCollector]
        var failures: [(collector: String, reason: String)] = []
    }

    private let state: Locked<State>

    /// `root` stands before `proc`, `sys`, `etc` and `run`: `/` on a host. `textfileDirectory` holds `*.prom` files in the text exposition format.
    public init(root: String = "/", textfileDirectory: String? = nil, clock: any WallClock = SystemClock()) {
        let context = HostContext(files: HostFiles(root: root), sink: SeriesSink(), clock: clock)
        state = Locked(State(context: context, collectors: Self.collectors(textfileDirectory: textfileDirectory)))
    }

    private static func collectors(textfileDirectory: String?) -> [any HostCollector] {
        var collectors: [any HostCollector] = [
            StatCollector(), CPUFrequencyCollector(), LoadCollector(), MemoryCollector(), VMStatCollector(), PressureCollector(), ScheduleCollector(),
            DiskCollector(), FilesystemCollector(), NetworkDeviceCollector(), NetworkClassCollector(), NetworkStatCollector(), SocketCollector(),
            SoftnetCollector(), ARPCollector(), ConntrackCollector(), UDPQueueCollector(), TCPStateCollector(), BondingCollector(), FileDescriptorCollector(),
            EntropyCollector(), ProcessCollector(), InterruptCollector(), TimeCollector(), TimexCollector(), UnameCollector(), OSReleaseCollector(),
            HardwareMonitorCollector(), ThermalCollector(), EDACCollector(), PowerSupplyCollector(), SELinuxCollector(), MDCollector(),
        ]
        if let textfileDirectory { collectors.append(TextfileCollector(directory: textfileDirectory)) }
        return collectors
    }

    /// The host's metrics now.
    public func sample() -> MetricBatch {
        state.withLock { state in
            let context = state.context
            context.sink.begin(context.clock.nowMilliseconds())
            state.failures = []
            for index in state.collectors.indices {
                let start = context.clock.monotonicNanoseconds()
                let name = state.collectors[index].name
                var hasFailed = false
                do throws(HostMetricsError) {
                    try state.collectors[index].collect(context)
                } catch .absent {
                    continue
                } catch {
                    hasFailed = true
                    state.failures.append((name.description, error.description))
                }
                let seconds = Double(context.clock.monotonicNanoseconds() - start) / 1e9
                let label = HostLabel("collector", name)
                context.sink.add("node_scrape_collector_success", .gauge, "Whether the collector could read its source.", hasFailed ? 0 : 1, label)
                context.sink.add("node_scrape_collector_duration_seconds", .gauge, "How long the collector took.", seconds, label)
            }
            return context.sink.finish()
        }
    }

    /// The collectors that failed in the last round, and why; for the log.
    public func failures() -> [(collector: String, reason: String)] { state.withLock { $0.failures } }
}
