import Glibc
import Model

/// /sys/class/hwmon: temperatures, fans, voltages, currents and power.
struct HardwareMonitorCollector: HostCollector {
    let name: StaticString = "hwmon"

    /// Kinds of sensor by the start of their files' names, with what one unit of the file is.
    private static let kinds: [(prefix: String, unit: StaticString, scale: Double)] = [
        ("temp", "_celsius", 1000), ("fan", "_rpm", 1), ("in", "_volts", 1000), ("curr", "_amps", 1000), ("power", "_watt", 1_000_000),
    ]
    private static let readings: Set<String> = ["input", "max", "min", "crit", "alarm"]

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let devices = context.files.names(in: "sys/class/hwmon")
        guard !devices.isEmpty else { throw .absent(path: "sys/class/hwmon") }
        for device in devices {
            let folder = "sys/class/hwmon/\(device)"
            let kind = context.files.readIfPresent("\(folder)/name")?.trimmed.text ?? device
            let chip = Self.chip(folder, root: context.files.root) ?? device
            context.sink.add("node_hwmon_chip_names", .gauge, "The name of each chip; always 1.", 1, labels: [("chip", chip), ("chip_name", kind)])
            for file in context.files.names(in: folder) { sensor(file, folder, chip, context) }
        }
    }

    /// `temp1_input` is sensor `temp1`; the metric is `node_hwmon_temp_celsius`, and `node_hwmon_temp_crit_celsius` for `temp1_crit`.
    private func sensor(_ file: String, _ folder: String, _ chip: String, _ context: HostContext) {
        let parts = file.split(separator: "_", maxSplits: 1)
        guard parts.count == 2 else { return }
        let (sensor, reading) = (String(parts[0]), String(parts[1]))
        guard let kind = Self.kinds.first(where: { sensor.hasPrefix($0.prefix) && Int(sensor.dropFirst($0.prefix.count)) != nil }) else { return }
        if reading == "label" {
            let label = context.files.readIfPresent("\(folder)/\(file)")?.trimmed.text ?? ""
            context.sink.add("node_hwmon_sensor_label", .gauge, "What each sensor measures; always 1.", 1, labels: [("chip", chip), ("sensor", sensor), ("label", label)])
        }
        guard Self.readings.contains(reading), let value = context.files.readIfPresent("\(folder)/\(file)")?.trimmed.number else { return }
        var middle = reading == "input" ? kind.prefix : "\(kind.prefix)_\(reading)"
        middle.withUTF8 { middle in
            let name = MetricName("node_hwmon_", Bytes(middle), reading == "alarm" ? "" : kind.unit)
            let scaled = reading == "alarm" ? value : value / kind.scale
            context.sink.add(name, .gauge, "A reading of a hardware sensor.", scaled, labels: [("chip", chip), ("sensor", sensor)])
        }
    }

    /// `platform_coretemp_0` from the device that the chip's link leads to: its bus and its name.
    private static func chip(_ folder: String, root: String) -> String? {
        guard let resolved = realpath("\(root)\(folder)/device", nil) else { return nil }
        defer { free(resolved) }
        let parts = String(cString: resolved).split(separator: "/").suffix(2).map { part in
            String(decoding: part.lowercased().utf8.map { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x3A) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        }
        return parts.joined(separator: "_")
    }
}

/// /sys/class/thermal: zones and cooling devices.
struct ThermalCollector: HostCollector {
    let name: StaticString = "thermal_zone"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let folder = "sys/class/thermal"
        guard context.files.exists(folder) else { throw .absent(path: folder) }
        for entry in context.files.names(in: folder) {
            func number(_ file: String) -> Double? { context.files.readIfPresent("\(folder)/\(entry)/\(file)")?.trimmed.number }
            let type = context.files.readIfPresent("\(folder)/\(entry)/type")?.trimmed.text ?? ""
            if entry.hasPrefix("thermal_zone"), let temperature = number("temp") {
                context.sink.add(
                    "node_thermal_zone_temp", .gauge, "The zone's temperature in degrees Celsius.", temperature / 1000,
                    labels: [("zone", String(entry.dropFirst("thermal_zone".count))), ("type", type)])
            } else if entry.hasPrefix("cooling_device") {
                let labels: [(name: StaticString, value: String)] = [("name", String(entry.dropFirst("cooling_device".count))), ("type", type)]
                if let state = number("cur_state") {
                    context.sink.add("node_cooling_device_cur_state", .gauge, "The device's cooling state.", state, labels: labels)
                }
                if let state = number("max_state") {
                    context.sink.add("node_cooling_device_max_state", .gauge, "The device's highest cooling state.", state, labels: labels)
                }
            }
        }
    }
}

/// /sys/devices/system/edac/mc: errors of the memory.
struct EDACCollector: HostCollector {
    let name: StaticString = "edac"

    private static let files: [(file: String, metric: StaticString, help: StaticString)] = [
        ("ce_count", "node_edac_correctable_errors_total", "Memory errors that were corrected."),
        ("ue_count", "node_edac_uncorrectable_errors_total", "Memory errors that couldn't be corrected."),
    ]

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let folder = "sys/devices/system/edac/mc"
        guard context.files.exists(folder) else { throw .absent(path: folder) }
        for entry in context.files.names(in: folder) where entry.hasPrefix("mc") && Int(entry.dropFirst(2)) != nil {
            for (file, metric, help) in Self.files {
                guard let count = context.files.readIfPresent("\(folder)/\(entry)/\(file)")?.trimmed.number else { continue }
                context.sink.add(MetricName(metric), .counter, help, count, labels: [("controller", String(entry.dropFirst(2)))])
            }
        }
    }
}

/// /sys/class/power_supply: batteries and mains, in micro-units there.
struct PowerSupplyCollector: HostCollector {
    let name: StaticString = "powersupplyclass"

    private static let files: [(file: String, metric: StaticString, scale: Double, help: StaticString)] = [
        ("online", "node_power_supply_online", 1, "Whether the supply is connected."),
        ("present", "node_power_supply_present", 1, "Whether the battery is there."),
        ("capacity", "node_power_supply_capacity", 1, "The charge in percent."),
        ("cycle_count", "node_power_supply_cyclecount", 1, "Charging cycles."),
        ("energy_now", "node_power_supply_energy_watthour", 1e6, "The energy held."),
        ("energy_full", "node_power_supply_energy_full", 1e6, "The energy held when full."),
        ("power_now", "node_power_supply_power_watt", 1e6, "The power drawn."),
        ("voltage_now", "node_power_supply_voltage_volt", 1e6, "The voltage."),
        ("current_now", "node_power_supply_current_ampere", 1e6, "The current."),
    ]

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let folder = "sys/class/power_supply"
        guard context.files.exists(folder) else { throw .absent(path: folder) }
        for supply in context.files.names(in: folder) {
            for (file, metric, scale, help) in Self.files {
                guard let value = context.files.readIfPresent("\(folder)/\(supply)/\(file)")?.trimmed.number else { continue }
                context.sink.add(MetricName(metric), .gauge, help, value / scale, labels: [("power_supply", supply)])
            }
        }
    }
}
