import Glibc
import Model

/// /proc/stat: the CPUs' time by mode, and the kernel's own counters.
struct StatCollector: HostCollector {
    let name: StaticString = "stat"

    private static let modes: [StaticString] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    private static let idleMode = 3
    /// The kernel's idle and iowait counters may jump back a little; a jump of more than this means that the CPU was switched off and on.
    private static let idleJumpBackSeconds = 3.0

    private let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    /// By number of CPU: what was reported last, so that counters don't fall.
    private var previous: [Int: [Double]] = [:]

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        let sink = context.sink
        var lines = ByteFields(try context.files.read("proc/stat"))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let key = fields.next() else { continue }
            if key.hasPrefix("cpu") {
                if key.count > 3 { try cpu(key.dropping(3), &fields, sink) }
            } else if key.equals("intr") {
                sink.add("node_intr_total", .counter, "Interrupts served.", fields.nextNumber())
            } else if key.equals("ctxt") {
                sink.add("node_context_switches_total", .counter, "Context switches.", fields.nextNumber())
            } else if key.equals("btime") {
                sink.add("node_boot_time_seconds", .gauge, "When the host started, in seconds since 1970.", fields.nextNumber())
            } else if key.equals("processes") {
                sink.add("node_forks_total", .counter, "Processes and threads started.", fields.nextNumber())
            } else if key.equals("procs_running") {
                sink.add("node_procs_running", .gauge, "Processes that could run now.", fields.nextNumber())
            } else if key.equals("procs_blocked") {
                sink.add("node_procs_blocked", .gauge, "Processes that wait for I/O.", fields.nextNumber())
            }
        }
    }

    private mutating func cpu(_ number: Bytes, _ fields: inout ByteFields, _ sink: SeriesSink) throws(HostMetricsError) {
        guard let cpu = number.number.flatMap({ Int(exactly: $0) }) else { throw .unexpected(path: "proc/stat", what: "a CPU without a number") }
        var seconds: [Double] = []
        // Eight modes, then the guests' time as user and as nice.
        while seconds.count < 10, let ticks = fields.nextNumber() { seconds.append(ticks / ticksPerSecond) }
        guard seconds.count > Self.idleMode else { throw .unexpected(path: "proc/stat", what: "a CPU with \(seconds.count) counters") }
        if let before = previous[cpu], before.count == seconds.count, before[Self.idleMode] - seconds[Self.idleMode] < Self.idleJumpBackSeconds {
            for index in seconds.indices { seconds[index] = max(seconds[index], before[index]) }
        }
        previous[cpu] = seconds
        for (mode, value) in zip(Self.modes, seconds) {
            sink.add("node_cpu_seconds_total", .counter, "Seconds that the CPU spent in each mode.", value, HostLabel("cpu", number), HostLabel("mode", mode))
        }
        guard seconds.count == 10 else { return }
        let help: StaticString = "Seconds that the CPU spent running guests, which its other modes contain as well."
        sink.add("node_cpu_guest_seconds_total", .counter, help, seconds[8], HostLabel("cpu", number), HostLabel("mode", "user"))
        sink.add("node_cpu_guest_seconds_total", .counter, help, seconds[9], HostLabel("cpu", number), HostLabel("mode", "nice"))
    }
}

/// /sys/devices/system/cpu/*/cpufreq, in kHz there.
struct CPUFrequencyCollector: HostCollector {
    let name: StaticString = "cpufreq"

    private static let files: [(file: String, metric: StaticString, help: StaticString)] = [
        ("scaling_cur_freq", "node_cpu_scaling_frequency_hertz", "The CPU's frequency now, as its governor sees it."),
        ("scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", "The lowest frequency that the governor may choose."),
        ("scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", "The highest frequency that the governor may choose."),
        ("cpuinfo_cur_freq", "node_cpu_frequency_hertz", "The CPU's frequency now, as the hardware tells it."),
        ("cpuinfo_min_freq", "node_cpu_frequency_min_hertz", "The lowest frequency that the CPU can run at."),
        ("cpuinfo_max_freq", "node_cpu_frequency_max_hertz", "The highest frequency that the CPU can run at."),
    ]

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let folder = "sys/devices/system/cpu"
        for cpu in context.files.names(in: folder) where cpu.hasPrefix("cpu") && cpu.utf8.dropFirst(3).allSatisfy({ (0x30...0x39).contains($0) }) {
            guard context.files.exists("\(folder)/\(cpu)/cpufreq") else { continue }
            var number = String(cpu.dropFirst(3))
            for (file, metric, help) in Self.files {
                guard let kilohertz = context.files.readIfPresent("\(folder)/\(cpu)/cpufreq/\(file)")?.trimmed.number else { continue }
                number.withUTF8 { context.sink.add(MetricName(metric), .gauge, help, kilohertz * 1000, HostLabel("cpu", Bytes($0))) }
            }
        }
    }
}

/// /proc/loadavg
struct LoadCollector: HostCollector {
    let name: StaticString = "loadavg"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var fields = ByteFields(try context.files.read("proc/loadavg"))
        context.sink.add("node_load1", .gauge, "Load average over 1 minute.", fields.nextNumber())
        context.sink.add("node_load5", .gauge, "Load average over 5 minutes.", fields.nextNumber())
        context.sink.add("node_load15", .gauge, "Load average over 15 minutes.", fields.nextNumber())
    }
}

/// /proc/vmstat: what dashboards read of its hundred counters.
struct VMStatCollector: HostCollector {
    let name: StaticString = "vmstat"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read("proc/vmstat"))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let key = fields.next(), Self.isWanted(key) else { continue }
            context.sink.add(MetricName("node_vmstat_", key), .unknown, "A counter of /proc/vmstat.", fields.nextNumber())
        }
    }

    /// `^(oom_kill|pgpg|pswp|pg.*fault)`
    static func isWanted(_ key: Bytes) -> Bool {
        key.hasPrefix("oom_kill") || key.hasPrefix("pgpg") || key.hasPrefix("pswp") || (key.hasPrefix("pg") && key.contains("fault"))
    }
}

/// /proc/pressure/*: microseconds that tasks waited for a resource.
struct PressureCollector: HostCollector {
    let name: StaticString = "pressure"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        try resource("cpu", context, waiting: "node_pressure_cpu_waiting_seconds_total", stalled: nil)
        try resource("io", context, waiting: "node_pressure_io_waiting_seconds_total", stalled: "node_pressure_io_stalled_seconds_total")
        try resource("memory", context, waiting: "node_pressure_memory_waiting_seconds_total", stalled: "node_pressure_memory_stalled_seconds_total")
        if context.files.exists("proc/pressure/irq") {
            try resource("irq", context, waiting: nil, stalled: "node_pressure_irq_stalled_seconds_total")
        }
    }

    private func resource(_ file: String, _ context: HostContext, waiting: MetricName?, stalled: MetricName?) throws(HostMetricsError) {
        let bytes: Bytes
        do throws(HostMetricsError) {
            bytes = try context.files.read("proc/pressure/\(file)")
        } catch .file(let error) where error.code == EOPNOTSUPP {
            throw .absent(path: "proc/pressure")
        }
        var lines = ByteFields(bytes)
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let kind = fields.next() else { continue }
            while let field = fields.next() {
                guard field.hasPrefix("total="), let microseconds = field.dropping(6).number else { continue }
                if kind.equals("some"), let waiting {
                    context.sink.add(waiting, .counter, "Seconds in which some task waited for it.", microseconds / 1e6)
                } else if kind.equals("full"), let stalled {
                    context.sink.add(stalled, .counter, "Seconds in which all tasks waited for it at once.", microseconds / 1e6)
                }
            }
        }
    }
}

/// /proc/schedstat: nanoseconds that tasks ran and waited on each CPU.
struct ScheduleCollector: HostCollector {
    let name: StaticString = "schedstat"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read("proc/schedstat"))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let key = fields.next(), key.hasPrefix("cpu"), key.count > 3 else { continue }
            let cpu = HostLabel("cpu", key.dropping(3))
            fields.skip(6)
            guard let running = fields.nextNumber(), let waiting = fields.nextNumber(), let slices = fields.nextNumber() else {
                throw .unexpected(path: "proc/schedstat", what: "a CPU with less than 9 counters")
            }
            context.sink.add("node_schedstat_running_seconds_total", .counter, "Seconds that tasks ran on the CPU.", running / 1e9, cpu)
            context.sink.add("node_schedstat_waiting_seconds_total", .counter, "Seconds that tasks waited for the CPU.", waiting / 1e9, cpu)
            context.sink.add("node_schedstat_timeslices_total", .counter, "Time slices run on the CPU.", slices, cpu)
        }
    }
}

/// /proc/sys/fs/file-nr
struct FileDescriptorCollector: HostCollector {
    let name: StaticString = "filefd"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var fields = ByteFields(try context.files.read("proc/sys/fs/file-nr"))
        context.sink.add("node_filefd_allocated", .gauge, "Open files of all processes.", fields.nextNumber())
        fields.skip(1)
        context.sink.add("node_filefd_maximum", .gauge, "Files that may be open at once.", fields.nextNumber())
    }
}

/// /proc/sys/kernel/random
struct EntropyCollector: HostCollector {
    let name: StaticString = "entropy"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let available = try context.files.read("proc/sys/kernel/random/entropy_avail").trimmed.number
        context.sink.add("node_entropy_available_bits", .gauge, "Bits of entropy at hand.", available)
        let size = try context.files.read("proc/sys/kernel/random/poolsize").trimmed.number
        context.sink.add("node_entropy_pool_size_bits", .gauge, "Bits that the entropy pool holds.", size)
    }
}

/// /proc/interrupts: a counter per line and CPU.
struct InterruptCollector: HostCollector {
    let name: StaticString = "interrupts"
    private var devices: [UInt8] = []

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        let bytes = try context.files.read("proc/interrupts")
        var lines = ByteFields(bytes)
        guard let header = lines.nextLine() else { throw .unexpected(path: "proc/interrupts", what: "it is empty") }
        var cpus: [Bytes] = []
        var columns = ByteFields(header)
        // CPU0, CPU1, …
        while let column = columns.next() { cpus.append(column.dropping(min(3, column.count))) }
        let lineCount = bytes.count { $0 == 0x0A }
        guard cpus.count * lineCount <= HostLimits.interruptSeriesMax else { return }
        while let line = lines.nextLine() { interrupt(line, cpus, context.sink) }
    }

    /// Numbered lines end in the controller and the devices; named ones in a description.
    private mutating func interrupt(_ line: Bytes, _ cpus: [Bytes], _ sink: SeriesSink) {
        var fields = ByteFields(line)
        guard let type = fields.next(), type.last == UInt8(ascii: ":") else { return }
        let label = HostLabel("type", Bytes(rebasing: type.dropLast()))
        var behind = fields
        for _ in cpus { guard behind.nextNumber() != nil else { return } }
        let isNumbered = label.value.number != nil
        let info = isNumbered ? (behind.next() ?? Bytes(start: nil, count: 0)) : behind.rest.trimmed
        devices.removeAll(keepingCapacity: true)
        while isNumbered, let word = behind.next() {
            if !devices.isEmpty { devices.append(0x20) }
            devices.append(contentsOf: word)
        }
        devices.withUnsafeBytes { devices in
            for cpu in cpus {
                sink.add(
                    "node_interrupts_total", .counter, "Interrupts by line and CPU.", fields.nextNumber(), label, HostLabel("cpu", cpu),
                    HostLabel("info", info), HostLabel("devices", devices))
            }
        }
    }
}
