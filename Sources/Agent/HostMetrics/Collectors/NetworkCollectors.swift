import Model

/// /proc/net/dev: traffic by interface.
struct NetworkDeviceCollector: HostCollector {
    let name: StaticString = "netdev"

    private static let columns: [(metric: StaticString, help: StaticString)] = [
        ("node_network_receive_bytes_total", "Bytes received."), ("node_network_receive_packets_total", "Packets received."),
        ("node_network_receive_errs_total", "Packets received with errors."), ("node_network_receive_drop_total", "Received packets that were dropped."),
        ("node_network_receive_fifo_total", "Packets lost to a full receive queue."), ("node_network_receive_frame_total", "Frames received that were misaligned."),
        ("node_network_receive_compressed_total", "Compressed packets received."), ("node_network_receive_multicast_total", "Multicast packets received."),
        ("node_network_transmit_bytes_total", "Bytes sent."), ("node_network_transmit_packets_total", "Packets sent."),
        ("node_network_transmit_errs_total", "Packets that failed to be sent."), ("node_network_transmit_drop_total", "Packets dropped instead of sent."),
        ("node_network_transmit_fifo_total", "Packets lost to a full send queue."), ("node_network_transmit_colls_total", "Collisions."),
        ("node_network_transmit_carrier_total", "Packets lost to a missing carrier."), ("node_network_transmit_compressed_total", "Compressed packets sent."),
    ]

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var devices: [String] = []
        var lines = ByteFields(try context.files.read("proc/net/dev"))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            // The header's two lines have no colon.
            guard let device = fields.next(upTo: UInt8(ascii: ":"))?.trimmed else { continue }
            for column in Self.columns { context.sink.add(MetricName(column.metric), .counter, column.help, fields.nextNumber(), HostLabel("device", device)) }
            devices.append(device.text)
        }
        for var device in devices {
            guard let count = context.files.readIfPresent("sys/class/net/\(device)/statistics/rx_nohandler")?.trimmed.number else { continue }
            device.withUTF8 {
                context.sink.add(
                    "node_network_receive_nohandler_total", .counter, "Packets received that nobody handled.", count, HostLabel("device", Bytes($0)))
            }
        }
    }
}

/// /sys/class/net: state and settings by interface.
struct NetworkClassCollector: HostCollector {
    let name: StaticString = "netclass"

    private static let numbers: [(file: String, metric: StaticString, kind: Metadata.Kind, help: StaticString)] = [
        ("addr_assign_type", "node_network_address_assign_type", .gauge, "How the address was chosen."),
        ("carrier", "node_network_carrier", .gauge, "Whether there is a carrier."),
        ("carrier_changes", "node_network_carrier_changes_total", .counter, "Changes of the carrier."),
        ("carrier_up_count", "node_network_carrier_up_changes_total", .counter, "Times that the carrier came."),
        ("carrier_down_count", "node_network_carrier_down_changes_total", .counter, "Times that the carrier went."),
        ("dev_id", "node_network_device_id", .gauge, "The device's id among those that share an address."),
        ("dormant", "node_network_dormant", .gauge, "Whether the interface is dormant."),
        ("flags", "node_network_flags", .gauge, "The interface's flags."),
        ("ifindex", "node_network_iface_id", .gauge, "The interface's number."),
        ("iflink", "node_network_iface_link", .gauge, "The number of the interface that it is linked to."),
        ("link_mode", "node_network_iface_link_mode", .gauge, "The link's mode."),
        ("mtu", "node_network_mtu_bytes", .gauge, "The largest packet."),
        ("name_assign_type", "node_network_name_assign_type", .gauge, "How the name was chosen."),
        ("netdev_group", "node_network_net_dev_group", .gauge, "The interface's group."),
        ("tx_queue_len", "node_network_transmit_queue_length", .gauge, "Packets that the send queue holds."),
        ("type", "node_network_protocol_type", .gauge, "The kind of interface, an ARPHRD number."),
    ]
    private static let bytesPerMegabit = 125_000.0

    func collect(_ context: HostContext) throws(HostMetricsError) {
        for device in context.files.names(in: "sys/class/net") where context.files.exists("sys/class/net/\(device)/ifindex") {
            interface(device, context)
        }
    }

    private func interface(_ device: String, _ context: HostContext) {
        let folder = "sys/class/net/\(device)/"
        var spelled = device
        spelled.withUTF8 { device in
            let label = HostLabel("device", Bytes(device))
            for (file, metric, kind, help) in Self.numbers {
                guard let text = context.files.readIfPresent(folder + file)?.trimmed else { continue }
                context.sink.add(MetricName(metric), kind, help, text.hasPrefix("0x") ? text.hexadecimal.map { Double($0) } : text.number, label)
            }
            if let megabits = context.files.readIfPresent(folder + "speed")?.trimmed.number, megabits >= 0 {
                context.sink.add("node_network_speed_bytes", .gauge, "The link's speed in bytes a second.", megabits * Self.bytesPerMegabit, label)
            }
        }
        func text(_ file: String) -> String { context.files.readIfPresent(folder + file)?.trimmed.text ?? "" }
        let state = text("operstate")
        spelled.withUTF8 {
            context.sink.add("node_network_up", .gauge, "Whether the interface is up.", state == "up" ? 1 : 0, HostLabel("device", Bytes($0)))
        }
        context.sink.add(
            "node_network_info", .gauge, "What is known of the interface; always 1.", 1,
            labels: [
                ("device", device), ("address", text("address")), ("broadcast", text("broadcast")), ("duplex", text("duplex")),
                ("operstate", state), ("ifalias", text("ifalias")),
            ])
    }
}

/// /proc/net/arp: neighbours by interface.
struct ARPCollector: HostCollector {
    let name: StaticString = "arp"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var counts: [String: Double] = [:]
        var isHeader = true
        try context.files.forEachLine("proc/net/arp") { line in
            defer { isHeader = false }
            var fields = ByteFields(line)
            fields.skip(5)
            if !isHeader, let device = fields.next() { counts[device.text, default: 0] += 1 }
        }
        for (var device, count) in counts {
            device.withUTF8 { context.sink.add("node_arp_entries", .gauge, "Neighbours known.", count, HostLabel("device", Bytes($0))) }
        }
    }
}

/// /proc/net/softnet_stat: a line of hexadecimal numbers per CPU.
struct SoftnetCollector: HostCollector {
    let name: StaticString = "softnet"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read("proc/net/softnet_stat"))
        var lineNumber = 0
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            var columns: [Double] = []
            while let value = fields.next()?.hexadecimal { columns.append(Double(value)) }
            guard columns.count >= 3 else { throw .unexpected(path: "proc/net/softnet_stat", what: "a line with \(columns.count) numbers") }
            // Offline CPUs have no line; since Linux 5.14 the 13th number says whose line it is.
            let cpu = columns.count >= 13 ? Int(exactly: columns[12]) ?? lineNumber : lineNumber
            lineNumber += 1
            var number = String(cpu)
            number.withUTF8 { cpu in
                let label = HostLabel("cpu", Bytes(cpu))
                context.sink.add("node_softnet_processed_total", .counter, "Packets processed.", columns[0], label)
                context.sink.add("node_softnet_dropped_total", .counter, "Packets dropped because the backlog was full.", columns[1], label)
                context.sink.add("node_softnet_times_squeezed_total", .counter, "Times that the budget ended before the packets.", columns[2], label)
            }
        }
    }
}

/// /sys/class/net/bonding_masters: interfaces of each bond.
struct BondingCollector: HostCollector {
    let name: StaticString = "bonding"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let masters = try context.files.read("sys/class/net/bonding_masters").text.split { $0 == " " || $0 == "\n" }.map(String.init)
        for var master in masters {
            let members = try context.files.read("sys/class/net/\(master)/bonding/slaves").text.split { $0 == " " || $0 == "\n" }.map(String.init)
            var active = 0.0
            for member in members where context.files.readIfPresent("sys/class/net/\(member)/bonding_slave/mii_status")?.trimmed.equals("up") ?? false {
                active += 1
            }
            master.withUTF8 { master in
                let label = HostLabel("master", Bytes(master))
                context.sink.add("node_bonding_slaves", .gauge, "Interfaces in the bond.", Double(members.count), label)
                context.sink.add("node_bonding_active", .gauge, "Interfaces of the bond that are up.", active, label)
            }
        }
    }
}
