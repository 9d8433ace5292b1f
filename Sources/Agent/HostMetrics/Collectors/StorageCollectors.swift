import Model

/// /proc/meminfo
struct MemoryCollector: HostCollector {
    let name: StaticString = "meminfo"
    private var spelled: [UInt8] = []

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read("proc/meminfo"))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let key = fields.next(), key.last == UInt8(ascii: ":"), let value = fields.nextNumber() else { continue }
            let isKilobytes = fields.next()?.equals("kB") ?? false
            spell(key)
            spelled.withUnsafeBytes { name in
                let metric = MetricName("node_memory_", name, isKilobytes ? "_bytes" : "")
                context.sink.add(metric, .gauge, "A line of /proc/meminfo.", isKilobytes ? value * 1024 : value)
            }
        }
    }

    /// `Active(anon):` is `Active_anon` in the metric's name.
    private mutating func spell(_ key: Bytes) {
        spelled.removeAll(keepingCapacity: true)
        for byte in key.dropLast() where byte != UInt8(ascii: ")") { spelled.append(byte == UInt8(ascii: "(") ? UInt8(ascii: "_") : byte) }
    }
}

/// /proc/diskstats, and what udev knows of each disk.
struct DiskCollector: HostCollector {
    let name: StaticString = "diskstats"

    /// What a column counts, in what unit, and its metric; in the columns' order.
    private static let columns: [(metric: StaticString, scale: Double, help: StaticString)] = [
        ("node_disk_reads_completed_total", 1, "Reads that succeeded."),
        ("node_disk_reads_merged_total", 1, "Reads that were merged with others."),
        ("node_disk_read_bytes_total", sectorBytes, "Bytes read."),
        ("node_disk_read_time_seconds_total", 1e-3, "Seconds spent by all reads."),
        ("node_disk_writes_completed_total", 1, "Writes that succeeded."),
        ("node_disk_writes_merged_total", 1, "Writes that were merged with others."),
        ("node_disk_written_bytes_total", sectorBytes, "Bytes written."),
        ("node_disk_write_time_seconds_total", 1e-3, "Seconds spent by all writes."),
        ("node_disk_io_now", 1, "Requests in progress."),
        ("node_disk_io_time_seconds_total", 1e-3, "Seconds in which some request was in progress."),
        ("node_disk_io_time_weighted_seconds_total", 1e-3, "Seconds spent by all requests, those in progress included."),
        ("node_disk_discards_completed_total", 1, "Discards that succeeded."),
        ("node_disk_discards_merged_total", 1, "Discards that were merged with others."),
        ("node_disk_discarded_sectors_total", 1, "Sectors discarded."),
        ("node_disk_discard_time_seconds_total", 1e-3, "Seconds spent by all discards."),
        ("node_disk_flush_requests_total", 1, "Flush requests that succeeded."),
        ("node_disk_flush_requests_time_seconds_total", 1e-3, "Seconds spent by all flush requests."),
    ]
    /// The kernel counts in these, whatever the disk's own sectors are.
    private static let sectorBytes = 512.0
    private static let inProgressColumn = 8

    private struct Disk: Hashable {
        let device: String
        let major: String
        let minor: String
    }

    /// Read once a disk: it doesn't change while the disk is there.
    private var known: [Disk: [(name: StaticString, value: String)]] = [:]

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        var found: [Disk] = []
        var lines = ByteFields(try context.files.read("proc/diskstats"))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let major = fields.next(), let minor = fields.next(), let device = fields.next() else { continue }
            if Self.isPartOrRAM(device) { continue }
            let label = HostLabel("device", device)
            for (index, column) in Self.columns.enumerated() {
                guard let value = fields.nextNumber() else { break }
                // Dividing by 1000 is exact where multiplying by 0.001 is not.
                let scaled = column.scale == 1e-3 ? value / 1000 : value * column.scale
                context.sink.add(MetricName(column.metric), index == Self.inProgressColumn ? .gauge : .counter, column.help, scaled, label)
            }
            found.append(Disk(device: device.text, major: major.text, minor: minor.text))
        }
        for disk in found { information(disk, context) }
        // Device mapper makes and unmakes disks all the time on some hosts.
        if known.count > 2 * found.count + 16 { known = known.filter { found.contains($0.key) } }
    }

    /// `^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`: partitions and disks in memory.
    static func isPartOrRAM(_ device: Bytes) -> Bool {
        var end = device.count
        while end > 0, (0x30...0x39).contains(device[end - 1]) { end -= 1 }
        guard end < device.count else { return false }
        let stem = Bytes(rebasing: device[..<end])
        if stem.equals("ram") || stem.equals("loop") || stem.equals("fd") { return true }
        if stem.hasPrefix("nvme") { return stem.last == UInt8(ascii: "p") && stem.count > 6 }
        guard let letter = stem.last, (0x61...0x7A).contains(letter) else { return false }
        let family = Bytes(rebasing: stem.dropLast())
        return family.equals("hd") || family.equals("sd") || family.equals("vd") || family.equals("xvd")
    }

    private mutating func information(_ disk: Disk, _ context: HostContext) {
        let labels = known[disk] ?? Self.labels(disk, context)
        known[disk] = labels
        context.sink.add("node_disk_info", .gauge, "What is known of the disk; always 1.", 1, labels: labels)
    }

    private static let udevKeys: [(key: String, label: StaticString)] = [
        ("E:ID_MODEL=", "model"), ("E:ID_PATH=", "path"), ("E:ID_REVISION=", "revision"), ("E:ID_SERIAL_SHORT=", "serial"), ("E:ID_WWN=", "wwn"),
    ]

    private static func labels(_ disk: Disk, _ context: HostContext) -> [(name: StaticString, value: String)] {
        var labels: [(name: StaticString, value: String)] = [("device", disk.device), ("major", disk.major), ("minor", disk.minor)]
        guard let bytes = context.files.readIfPresent("run/udev/data/b\(disk.major):\(disk.minor)") else { return labels }
        var lines = ByteFields(bytes)
        while let line = lines.nextLine() {
            let text = line.text
            for (key, label) in udevKeys where text.hasPrefix(key) { labels.append((label, String(text.dropFirst(key.count)))) }
        }
        return labels
    }
}

/// /proc/mdstat: software RAID arrays.
struct MDCollector: HostCollector {
    let name: StaticString = "mdadm"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read("proc/mdstat"))
        while let line = lines.nextLine() {
            // md0 : active raid1 sdb1[1] sda1[0](F)
            var fields = ByteFields(line)
            guard let device = fields.next(), device.hasPrefix("md"), let colon = fields.next(), colon.equals(":"), let state = fields.next() else { continue }
            var (failed, spare, active) = (0.0, 0.0, 0.0)
            while let field = fields.next() {
                guard field.contains("[") else { continue }
                if field.hasSuffix("(F)") { failed += 1 } else if field.hasSuffix("(S)") { spare += 1 } else { active += 1 }
            }
            guard let status = lines.nextLine() else { break }
            let action = lines.nextLine()
            array(device, state, status, action, failed: failed, spare: spare, active: active, context.sink)
        }
    }

    private func array(
        _ device: Bytes, _ state: Bytes, _ status: Bytes, _ action: Bytes?, failed: Double, spare: Double, active: Double, _ sink: SeriesSink
    ) {
        let label = HostLabel("device", device)
        // 1046528 blocks super 1.2 [2/2] [UU]
        var fields = ByteFields(status)
        let blocks = fields.nextNumber()
        var required: Double?
        while let field = fields.next() {
            guard field.hasPrefix("["), field.contains("/") else { continue }
            var counts = ByteFields(field.dropping(1))
            required = counts.next(upTo: UInt8(ascii: "/"))?.number
            break
        }
        let isRecovering = action.map { $0.contains("recovery") || $0.contains("resync =") } ?? false
        let isChecking = action.map { $0.contains("check =") } ?? false
        let isActive = state.equals("active") && !isRecovering && !isChecking
        let help: StaticString = "Whether the array is in the state."
        sink.add("node_md_state", .gauge, help, isActive ? 1 : 0, label, HostLabel("state", "active"))
        sink.add("node_md_state", .gauge, help, state.equals("inactive") ? 1 : 0, label, HostLabel("state", "inactive"))
        sink.add("node_md_state", .gauge, help, isRecovering ? 1 : 0, label, HostLabel("state", "recovering"))
        sink.add("node_md_state", .gauge, help, isChecking ? 1 : 0, label, HostLabel("state", "check"))
        sink.add("node_md_disks", .gauge, "Disks of the array by state.", active, label, HostLabel("state", "active"))
        sink.add("node_md_disks", .gauge, "Disks of the array by state.", failed, label, HostLabel("state", "failed"))
        sink.add("node_md_disks", .gauge, "Disks of the array by state.", spare, label, HostLabel("state", "spare"))
        sink.add("node_md_disks_required", .gauge, "Disks that the array should have.", required, label)
        sink.add("node_md_blocks", .gauge, "Blocks of the array.", blocks, label)
    }
}
