import CPlatform
import Foundations
import Glibc
import Model

/// The clock, and the kernel's clock sources.
struct TimeCollector: HostCollector {
    let name: StaticString = "time"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let now = context.clock.now().nanoseconds
        context.sink.add("node_time_seconds", .gauge, "The host's time in seconds since 1970.", Double(now) / 1e9)
        var moment = time_t(now / 1_000_000_000)
        var parts = tm()
        if localtime_r(&moment, &parts) != nil, parts.tm_zone != nil {
            context.sink.add(
                "node_time_zone_offset_seconds", .gauge, "Seconds east of UTC.", Double(parts.tm_gmtoff),
                labels: [("time_zone", String(cString: parts.tm_zone))])
        }
        let folder = "sys/devices/system/clocksource"
        for entry in context.files.names(in: folder) where entry.hasPrefix("clocksource") {
            let device = String(entry.dropFirst("clocksource".count))
            guard let available = context.files.readIfPresent("\(folder)/\(entry)/available_clocksource")?.text,
                let current = context.files.readIfPresent("\(folder)/\(entry)/current_clocksource")?.trimmed.text
            else { continue }
            for source in available.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
                context.sink.add(
                    "node_time_clocksource_available_info", .gauge, "A clock source that could be used; always 1.", 1,
                    labels: [("device", device), ("clocksource", String(source))])
            }
            context.sink.add(
                "node_time_clocksource_current_info", .gauge, "The clock source in use; always 1.", 1, labels: [("device", device), ("clocksource", current)])
        }
    }
}

/// adjtimex(2): how well the clock is kept.
struct TimexCollector: HostCollector {
    let name: StaticString = "timex"

    private static let nanosecondStatus: Int32 = 0x2000
    private static let unsynchronized: Int32 = 5
    /// Frequencies are parts per million with 16 bits of fraction.
    private static let frequencyScale = 65_536.0 * 1e6

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var time = timex()
        let state = adjtimex(&time)
        guard state >= 0 else { throw .file(FileError(operation: "ask for the state of", path: "the clock (adjtimex)", code: errno)) }
        let division = time.status & Self.nanosecondStatus != 0 ? 1e9 : 1e6
        let sink = context.sink
        sink.add("node_timex_sync_status", .gauge, "Whether the clock is kept in step with a reliable server.", state == Self.unsynchronized ? 0 : 1)
        sink.add("node_timex_offset_seconds", .gauge, "Offset between the host's clock and its reference.", Double(time.offset) / division)
        sink.add("node_timex_frequency_adjustment_ratio", .gauge, "Adjustment of the clock's frequency.", 1 + Double(time.freq) / Self.frequencyScale)
        sink.add("node_timex_maxerror_seconds", .gauge, "The largest error that the clock may have.", Double(time.maxerror) / 1e6)
        sink.add("node_timex_estimated_error_seconds", .gauge, "The error that the clock is thought to have.", Double(time.esterror) / 1e6)
        sink.add("node_timex_status", .gauge, "The bits of the clock's status.", Double(time.status))
        sink.add("node_timex_loop_time_constant", .gauge, "The time constant of the phase-locked loop.", Double(time.constant))
        sink.add("node_timex_tick_seconds", .gauge, "Seconds between ticks.", Double(time.tick) / 1e6)
        sink.add("node_timex_pps_frequency_hertz", .gauge, "The frequency of the pulse per second.", Double(time.ppsfreq) / Self.frequencyScale)
        sink.add("node_timex_pps_jitter_seconds", .gauge, "The jitter of the pulse per second.", Double(time.jitter) / division)
        sink.add("node_timex_pps_shift_seconds", .gauge, "The length of the pulse's interval.", Double(time.shift))
        sink.add("node_timex_pps_stability_hertz", .gauge, "The stability of the pulse per second.", Double(time.stabil) / Self.frequencyScale)
        sink.add("node_timex_pps_jitter_total", .counter, "Times that the jitter's limit was exceeded.", Double(time.jitcnt))
        sink.add("node_timex_pps_calibration_total", .counter, "Calibration intervals.", Double(time.calcnt))
        sink.add("node_timex_pps_error_total", .counter, "Calibration errors.", Double(time.errcnt))
        sink.add("node_timex_pps_stability_exceeded_total", .counter, "Times that the stability's limit was exceeded.", Double(time.stbcnt))
        sink.add("node_timex_tai_offset_seconds", .gauge, "Seconds between UTC and atomic time.", Double(time.tai))
    }
}

/// uname(2)
struct UnameCollector: HostCollector {
    let name: StaticString = "uname"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var names = utsname()
        guard uname(&names) == 0 else { throw .file(FileError(operation: "ask for", path: "the kernel's name (uname)", code: errno)) }
        func text<Tuple>(_ tuple: Tuple) -> String { withUnsafeBytes(of: tuple) { Bytes(rebasing: $0.prefix { $0 != 0 }).text } }
        context.sink.add(
            "node_uname_info", .gauge, "The kernel's names; always 1.", 1,
            labels: [
                ("sysname", text(names.sysname)), ("release", text(names.release)), ("version", text(names.version)), ("machine", text(names.machine)),
                ("nodename", text(names.nodename)), ("domainname", text(names.__domainname)),
            ])
    }
}

/// /etc/os-release or /usr/lib/os-release
struct OSReleaseCollector: HostCollector {
    let name: StaticString = "os"

    private static let keys: [(key: String, label: StaticString)] = [
        ("BUILD_ID", "build_id"), ("ID", "id"), ("ID_LIKE", "id_like"), ("IMAGE_ID", "image_id"), ("IMAGE_VERSION", "image_version"), ("NAME", "name"),
        ("PRETTY_NAME", "pretty_name"), ("VARIANT", "variant"), ("VARIANT_ID", "variant_id"), ("VERSION", "version"),
        ("VERSION_CODENAME", "version_codename"), ("VERSION_ID", "version_id"),
    ]
    /// Read once: it changes with an upgrade, and then the next start tells.
    private var values: [String: String]?

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        if values == nil { values = Self.parse(try context.files.read(context.files.exists("etc/os-release") ? "etc/os-release" : "usr/lib/os-release")) }
        let values = values ?? [:]
        let labels = Self.keys.compactMap { key, label in values[key].map { (name: label, value: $0) } }
        context.sink.add("node_os_info", .gauge, "What the distribution says of itself; always 1.", 1, labels: labels)
        let parts = (values["VERSION_ID"] ?? "").split(separator: ".").prefix(2).joined(separator: ".")
        guard let version = Double(parts) else { return }
        let named = labels.filter { ["id", "id_like", "name"].contains($0.name.description) }
        context.sink.add("node_os_version", .gauge, "The distribution's version as a number.", version, labels: named)
    }

    /// Lines of `KEY=value`, values in quotes of either kind or none.
    static func parse(_ bytes: Bytes) -> [String: String] {
        var values: [String: String] = [:]
        var lines = ByteFields(bytes)
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let key = fields.next(upTo: UInt8(ascii: "=")), !key.hasPrefix("#") else { continue }
            var value = fields.rest.trimmed
            if value.count >= 2, let quote = value.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), value.last == quote {
                value = Bytes(rebasing: value[1..<value.count - 1])
            }
            values[key.text] = value.text
        }
        return values
    }
}

/// Whether SELinux is there, and what it does.
struct SELinuxCollector: HostCollector {
    let name: StaticString = "selinux"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let enforcing = context.files.readIfPresent("sys/fs/selinux/enforce")?.trimmed.number
        context.sink.add("node_selinux_enabled", .gauge, "Whether SELinux is in use.", enforcing == nil ? 0 : 1)
        context.sink.add("node_selinux_current_mode", .gauge, "Whether SELinux enforces its rules.", enforcing)
    }
}
