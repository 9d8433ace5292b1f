import Foundations

/// The course of some hosts' processors and memory.
struct HostTrends: Hashable, Sendable {
    /// The hosts that were asked for.
    var instances: [String]
    var window: TimeWindow
    var cpu: [String: [Double?]] = [:]
    var memory: [String: [Double?]] = [:]
}

/// One host in detail: what one of its tabs shows.
struct HostDetail: Hashable, Sendable {
    /// One line of a chart.
    struct Course: Hashable, Sendable {
        var name: String
        var values: [Double?]
    }

    struct FileSystem: Hashable, Sendable {
        var mountPoint: String
        var device: String
        var sizeBytes: Double
        var availableBytes: Double

        var usedFraction: Double { sizeBytes > 0 ? 1 - availableBytes / sizeBytes : 0 }
    }

    var instance: String
    var tab: HostTab
    var window: TimeWindow
    /// In order of the tab's panels.
    var panels: [[Course]] = []
    var fileSystems: [FileSystem] = []
    var logs: [LogItem] = []

    init(instance: String, tab: HostTab, window: TimeWindow) {
        self.instance = instance
        self.tab = tab
        self.window = window
    }
}

/// A part of a host.
enum HostTab: Int, Hashable, Sendable, CaseIterable {
    case summary, cpu, memory, disks, network, processes, logs

    var title: SafeText {
        switch self {
        case .summary: "Summary"
        case .cpu: "CPU"
        case .memory: "Memory"
        case .disks: "Disks"
        case .network: "Network"
        case .processes: "Processes"
        case .logs: "Logs"
        }
    }

    /// The next one, or the one before, round and round.
    func next(_ step: Int) -> HostTab { Self.allCases[(rawValue + step + Self.allCases.count) % Self.allCases.count] }
}

/// A chart of a host: its lines and what their values are.
struct HostPanel: Sendable {
    enum Unit: Sendable { case fraction, bytes, bytesPerSecond, count, perSecond, seconds }

    /// A query with `HOST` for the matcher of the host and `RATE` for the window of rates.
    struct Line: Sendable {
        /// The line's name; where there is a label, what follows its value.
        var name: String
        /// A line for each value of this label; one line where nil.
        var label: String?
        var query: String

        func expression(host: String, rate: String) -> String { Self.replacing("RATE", rate, in: Self.replacing("HOST", host, in: query)) }

        private static func replacing(_ mark: String, _ text: String, in query: String) -> String { query.split(separator: mark, omittingEmptySubsequences: false).joined(separator: text) }
    }

    var title: SafeText
    var unit: Unit
    var lines: [Line]

    init(_ title: SafeText, _ unit: Unit, _ lines: [Line]) {
        self.title = title
        self.unit = unit
        self.lines = lines
    }

    func label(_ value: Double?) -> SafeText {
        switch unit {
        case .fraction: Text.percent(value)
        case .bytes, .bytesPerSecond: Text.bytes(value)
        case .count, .perSecond: Text.amount(value)
        case .seconds: Text.age(value)
        }
    }
}

extension HostTab {
    private static func line(_ name: String, _ query: String, by label: String? = nil) -> HostPanel.Line { HostPanel.Line(name: name, label: label, query: query) }

    private static let processor = line("busy", #"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle",HOST}[RATE]))"#)
    private static let memoryUsed = line(
        "used", "1 - sum by (instance) (node_memory_MemAvailable_bytes{HOST}) / sum by (instance) (node_memory_MemTotal_bytes{HOST})")
    private static let transfer = HostPanel(
        "Disk/s", .bytesPerSecond,
        [
            line("read", "sum by (instance) (rate(node_disk_read_bytes_total{HOST}[RATE]))"),
            line("written", "sum by (instance) (rate(node_disk_written_bytes_total{HOST}[RATE]))"),
        ])
    private static let traffic = HostPanel(
        "Network/s", .bytesPerSecond,
        [
            line("received", #"sum by (instance) (rate(node_network_receive_bytes_total{device!="lo",HOST}[RATE]))"#),
            line("sent", #"sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo",HOST}[RATE]))"#),
        ])

    /// The charts of the tab, under the names of node_exporter, and of process-exporter for the processes.
    var panels: [HostPanel] {
        switch self {
        case .summary: [HostPanel("CPU", .fraction, [Self.processor]), HostPanel("Memory", .fraction, [Self.memoryUsed]), Self.transfer, Self.traffic]
        case .cpu:
            [
                HostPanel("Modes", .fraction, [Self.line("", #"avg by (mode) (rate(node_cpu_seconds_total{mode!="idle",HOST}[RATE]))"#, by: "mode")]),
                HostPanel("Processors", .fraction, [Self.line("", #"1 - sum by (cpu) (rate(node_cpu_seconds_total{mode="idle",HOST}[RATE]))"#, by: "cpu")]),
                HostPanel(
                    "Load", .count,
                    [Self.line("1m", "max by (instance) (node_load1{HOST})"), Self.line("5m", "max by (instance) (node_load5{HOST})"), Self.line("15m", "max by (instance) (node_load15{HOST})")]),
                HostPanel("Waiting for a processor", .fraction, [Self.line("waiting", "max by (instance) (rate(node_pressure_cpu_waiting_seconds_total{HOST}[RATE]))")]),
            ]
        case .memory:
            [
                HostPanel("Used", .fraction, [Self.memoryUsed]),
                HostPanel(
                    "Kinds", .bytes,
                    [
                        Self.line("available", "max by (instance) (node_memory_MemAvailable_bytes{HOST})"), Self.line("cached", "max by (instance) (node_memory_Cached_bytes{HOST})"),
                        Self.line("buffers", "max by (instance) (node_memory_Buffers_bytes{HOST})"), Self.line("dirty", "max by (instance) (node_memory_Dirty_bytes{HOST})"),
                    ]),
                HostPanel(
                    "Swap/s", .perSecond,
                    [Self.line("pages in", "sum by (instance) (rate(node_vmstat_pswpin{HOST}[RATE]))"), Self.line("pages out", "sum by (instance) (rate(node_vmstat_pswpout{HOST}[RATE]))")]),
                HostPanel("Waiting for memory", .fraction, [Self.line("waiting", "max by (instance) (rate(node_pressure_memory_waiting_seconds_total{HOST}[RATE]))")]),
            ]
        case .disks:
            [
                Self.transfer, HostPanel("Busy", .fraction, [Self.line("", "sum by (device) (rate(node_disk_io_time_seconds_total{HOST}[RATE]))", by: "device")]),
                HostPanel(
                    "Operations/s", .perSecond,
                    [Self.line("reads", "sum by (instance) (rate(node_disk_reads_completed_total{HOST}[RATE]))"), Self.line("writes", "sum by (instance) (rate(node_disk_writes_completed_total{HOST}[RATE]))")]),
                HostPanel("Waiting for disks", .fraction, [Self.line("waiting", "max by (instance) (rate(node_pressure_io_waiting_seconds_total{HOST}[RATE]))")]),
            ]
        case .network:
            [
                HostPanel("Received/s", .bytesPerSecond, [Self.line("", #"sum by (device) (rate(node_network_receive_bytes_total{device!="lo",HOST}[RATE]))"#, by: "device")]),
                HostPanel("Sent/s", .bytesPerSecond, [Self.line("", #"sum by (device) (rate(node_network_transmit_bytes_total{device!="lo",HOST}[RATE]))"#, by: "device")]),
                HostPanel(
                    "Errors and drops/s", .perSecond,
                    [
                        Self.line("errors", "sum by (instance) (rate(node_network_receive_errs_total{HOST}[RATE]) + rate(node_network_transmit_errs_total{HOST}[RATE]))"),
                        Self.line("drops", "sum by (instance) (rate(node_network_receive_drop_total{HOST}[RATE]) + rate(node_network_transmit_drop_total{HOST}[RATE]))"),
                    ]),
                HostPanel("TCP connections", .count, [Self.line("established", "max by (instance) (node_netstat_Tcp_CurrEstab{HOST})")]),
            ]
        case .processes:
            [
                HostPanel("Running and blocked", .count, [Self.line("running", "max by (instance) (node_procs_running{HOST})"), Self.line("blocked", "max by (instance) (node_procs_blocked{HOST})")]),
                HostPanel("Processes and threads", .count, [Self.line("processes", "max by (instance) (node_processes_pids{HOST})"), Self.line("threads", "max by (instance) (node_processes_threads{HOST})")]),
                HostPanel("Processor by group", .fraction, [Self.line("", "topk(5, sum by (groupname) (rate(namedprocess_namegroup_cpu_seconds_total{HOST}[RATE])))", by: "groupname")]),
                HostPanel("Memory by group", .bytes, [Self.line("", #"topk(5, sum by (groupname) (namedprocess_namegroup_memory_bytes{memtype="resident",HOST}))"#, by: "groupname")]),
            ]
        case .logs: []
        }
    }
}
