import Glibc
import Model

/// /proc/net/netstat, snmp and snmp6: the counters of IP, ICMP, TCP and UDP that dashboards read.
struct NetworkStatCollector: HostCollector {
    let name: StaticString = "netstat"
    private var spelled: [UInt8] = []

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        try pairs("proc/net/netstat", context)
        try pairs("proc/net/snmp", context)
        if context.files.exists("proc/net/snmp6") { try lines("proc/net/snmp6", context) }
    }

    /// A line of names and a line of values, both behind the protocol: `Tcp: RtoAlgorithm …`.
    private mutating func pairs(_ path: String, _ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read(path))
        while let header = lines.nextLine(), let row = lines.nextLine() {
            var (names, values) = (ByteFields(header), ByteFields(row))
            guard let proto = names.next(), proto.last == UInt8(ascii: ":"), let again = values.next(), again.elementsEqual(proto) else {
                throw .unexpected(path: path, what: "a line of names without its line of values")
            }
            while let name = names.next(), let value = values.nextNumber() { add(Bytes(rebasing: proto.dropLast()), name, value, context) }
        }
    }

    /// A counter a line, the protocol up to its 6: `Ip6InReceives 7`.
    private mutating func lines(_ path: String, _ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read(path))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let name = fields.next(), let six = name.firstIndex(of: UInt8(ascii: "6")), let value = fields.nextNumber() else { continue }
            add(Bytes(rebasing: name[...six]), name.dropping(six + 1), value, context)
        }
    }

    private mutating func add(_ proto: Bytes, _ name: Bytes, _ value: Double, _ context: HostContext) {
        guard Self.isWanted(proto, name) else { return }
        spelled.removeAll(keepingCapacity: true)
        spelled.append(contentsOf: proto)
        spelled.append(UInt8(ascii: "_"))
        spelled.append(contentsOf: name)
        spelled.withUnsafeBytes { context.sink.add(MetricName("node_netstat_", $0), .unknown, "A counter of the network stack.", value) }
    }

    private static let tcp: Set<String> = ["ActiveOpens", "InSegs", "OutSegs", "OutRsts", "PassiveOpens", "RetransSegs", "CurrEstab"]
    private static let udp: Set<String> = ["InDatagrams", "OutDatagrams", "NoPorts", "RcvbufErrors", "SndbufErrors"]

    /// node_exporter's default fields.
    static func isWanted(_ proto: Bytes, _ name: Bytes) -> Bool {
        if name.equals("InErrors") || name.equals("InErrs") { return true }
        if proto.equals("Ip") { return name.equals("Forwarding") }
        if proto.equals("Ip6") || proto.equals("IpExt") { return name.equals("InOctets") || name.equals("OutOctets") }
        if proto.equals("Icmp") || proto.equals("Icmp6") { return name.equals("InMsgs") || name.equals("OutMsgs") }
        if proto.equals("Tcp") { return tcp.contains(name.text) }
        if proto.equals("Udp") || proto.equals("Udp6") { return udp.contains(name.text) }
        guard proto.equals("TcpExt") else { return false }
        return name.hasPrefix("Listen") || name.hasPrefix("Syncookies") || name.equals("TCPSynRetrans") || name.equals("TCPTimeouts")
            || name.equals("TCPOFOQueue") || name.equals("TCPRcvQDrop")
    }
}

/// /proc/net/sockstat and sockstat6
struct SocketCollector: HostCollector {
    let name: StaticString = "sockstat"
    private static let pageBytes = Double(max(1, sysconf(Int32(_SC_PAGESIZE))))
    private var spelled: [UInt8] = []

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        try table("proc/net/sockstat", context)
        if context.files.exists("proc/net/sockstat6") { try table("proc/net/sockstat6", context) }
    }

    /// `TCP: inuse 4 orphan 0 tw 1 alloc 4 mem 233`
    private mutating func table(_ path: String, _ context: HostContext) throws(HostMetricsError) {
        var lines = ByteFields(try context.files.read(path))
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            guard let proto = fields.next(), proto.last == UInt8(ascii: ":") else { continue }
            while let key = fields.next(), let value = fields.nextNumber() {
                spelled.removeAll(keepingCapacity: true)
                spelled.append(contentsOf: proto.dropLast())
                spelled.append(UInt8(ascii: "_"))
                spelled.append(contentsOf: key)
                spelled.withUnsafeBytes { name in
                    context.sink.add(MetricName("node_sockstat_", name), .gauge, "Sockets, or the pages they use, by protocol and state.", value)
                    if key.equals("mem") {
                        context.sink.add(MetricName("node_sockstat_", name, "_bytes"), .gauge, "Memory used by sockets.", value * Self.pageBytes)
                    }
                }
            }
        }
    }
}

/// /proc/net/udp and udp6: bytes in the queues of all sockets.
struct UDPQueueCollector: HostCollector {
    let name: StaticString = "udp_queues"

    func collect(_ context: HostContext) throws(HostMetricsError) {
        try queues("proc/net/udp", "v4", context)
        if context.files.exists("proc/net/udp6") { try queues("proc/net/udp6", "v6", context) }
    }

    private func queues(_ path: String, _ version: StaticString, _ context: HostContext) throws(HostMetricsError) {
        var (sent, received) = (0.0, 0.0)
        try context.files.forEachLine(path) { line in
            guard let queues = SocketTable.queues(line) else { return }
            sent += queues.sent
            received += queues.received
        }
        let help: StaticString = "Bytes that wait in the queues of UDP sockets."
        context.sink.add("node_udp_queues", .gauge, help, sent, HostLabel("queue", "tx"), HostLabel("ip", version))
        context.sink.add("node_udp_queues", .gauge, help, received, HostLabel("queue", "rx"), HostLabel("ip", version))
    }
}

/// /proc/net/tcp and tcp6: sockets by state.
struct TCPStateCollector: HostCollector {
    let name: StaticString = "tcpstat"

    /// By the kernel's number, from 1.
    private static let states: [StaticString] = [
        "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close", "close_wait", "last_ack", "listen", "closing",
    ]

    func collect(_ context: HostContext) throws(HostMetricsError) {
        var counts = [Double](repeating: 0, count: Self.states.count)
        var (sent, received) = (0.0, 0.0)
        for path in ["proc/net/tcp", "proc/net/tcp6"] where path == "proc/net/tcp" || context.files.exists(path) {
            try context.files.forEachLine(path) { line in
                guard let state = SocketTable.state(line), let queues = SocketTable.queues(line) else { return }
                if (1...counts.count).contains(state) { counts[state - 1] += 1 }
                sent += queues.sent
                received += queues.received
            }
        }
        let help: StaticString = "TCP sockets by state, and the bytes in their queues."
        for (state, count) in zip(Self.states, counts) { context.sink.add("node_tcp_connection_states", .gauge, help, count, HostLabel("state", state)) }
        context.sink.add("node_tcp_connection_states", .gauge, help, received, HostLabel("state", "rx_queued_bytes"))
        context.sink.add("node_tcp_connection_states", .gauge, help, sent, HostLabel("state", "tx_queued_bytes"))
    }
}

/// A line of /proc/net/tcp or udp: `0: 0100007F:0016 00000000:0000 0A 00000000:00000000 …`; nil for the header.
enum SocketTable {
    static func state(_ line: Bytes) -> Int? {
        var fields = ByteFields(line)
        guard let first = fields.next(), first.last == UInt8(ascii: ":") else { return nil }
        fields.skip(2)
        return fields.next()?.hexadecimal.flatMap { Int(exactly: $0) }
    }

    static func queues(_ line: Bytes) -> (sent: Double, received: Double)? {
        var fields = ByteFields(line)
        guard let first = fields.next(), first.last == UInt8(ascii: ":") else { return nil }
        fields.skip(3)
        guard let both = fields.next(), both.count == 17, let sent = Bytes(rebasing: both[..<8]).hexadecimal, let received = both.dropping(9).hexadecimal else {
            return nil
        }
        return (Double(sent), Double(received))
    }
}

/// /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack
struct ConntrackCollector: HostCollector {
    let name: StaticString = "conntrack"

    private static let counters: [(column: StaticString, metric: StaticString, help: StaticString)] = [
        ("found", "node_nf_conntrack_stat_found", "Entries searched for and found."),
        ("invalid", "node_nf_conntrack_stat_invalid", "Packets that can't be tracked."),
        ("ignore", "node_nf_conntrack_stat_ignore", "Packets of connections that are tracked already."),
        ("insert", "node_nf_conntrack_stat_insert", "Entries inserted."),
        ("insert_failed", "node_nf_conntrack_stat_insert_failed", "Entries that couldn't be inserted."),
        ("drop", "node_nf_conntrack_stat_drop", "Packets dropped because tracking failed."),
        ("early_drop", "node_nf_conntrack_stat_early_drop", "Entries dropped to make room."),
        ("search_restart", "node_nf_conntrack_stat_search_restart", "Searches begun again because the table was resized."),
    ]

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let entries = try context.files.read("proc/sys/net/netfilter/nf_conntrack_count").trimmed.number
        context.sink.add("node_nf_conntrack_entries", .gauge, "Connections that are tracked.", entries)
        let limit = try context.files.read("proc/sys/net/netfilter/nf_conntrack_max").trimmed.number
        context.sink.add("node_nf_conntrack_entries_limit", .gauge, "Connections that can be tracked.", limit)
        guard let bytes = context.files.readIfPresent("proc/net/stat/nf_conntrack") else { return }
        var lines = ByteFields(bytes)
        guard let header = lines.nextLine() else { return }
        // A row per CPU, in hexadecimal.
        var sums: [Double] = []
        while let line = lines.nextLine() {
            var fields = ByteFields(line)
            var column = 0
            while let value = fields.next()?.hexadecimal {
                if column == sums.count { sums.append(0) }
                sums[column] += Double(value)
                column += 1
            }
        }
        var names = ByteFields(header)
        for sum in sums {
            guard let name = names.next() else { return }
            for counter in Self.counters where name.equals(counter.column) { context.sink.add(MetricName(counter.metric), .counter, counter.help, sum) }
        }
    }
}
