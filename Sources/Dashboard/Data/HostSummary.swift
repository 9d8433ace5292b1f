import Foundations

/// Measures of all hosts over one range of time, each a row of values at equal steps by instance.
struct HostMeasures: Hashable, Sendable {
    typealias Rows = [String: [Double?]]

    var start: Timestamp
    var end: Timestamp
    var cpu: Rows = [:]
    var memory: Rows = [:]
    var disk: Rows = [:]
    var load: Rows = [:]
    var receive: Rows = [:]
    var transmit: Rows = [:]
    /// Number of processors, and the moment of the newest sample in seconds since 1970.
    var processors: [String: Double] = [:]
    var sampledAt: [String: Double] = [:]

    init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }
}

/// One host at a glance.
struct HostSummary: Hashable, Sendable {
    var instance: String
    var state: HealthState
    /// Age of the newest sample in seconds; nil where none was seen.
    var ageSeconds: Double?
    /// Parts of the whole, 0 to 1.
    var cpu: Double?
    var memory: Double?
    /// The fullest file system.
    var disk: Double?
    var load: Double?
    var processors: Double?
    var receiveBytesPerSecond: Double?
    var transmitBytesPerSecond: Double?
    var cpuTrend: [Double?]
    var memoryTrend: [Double?]
    var networkTrend: [Double?]
    /// Alerts that fire for it.
    var alertCount: Int

    /// All hosts that have data, an agent or an alert, worst first.
    static func all(_ measures: HostMeasures?, alerts: [AlertItem], agents: [CollectorStatus.Agent], now: Timestamp) -> [HostSummary] {
        var names = Set(agents.map(\.instance))
        if let measures {
            for rows in [measures.cpu, measures.memory, measures.load] { names.formUnion(rows.keys) }
            names.formUnion(measures.sampledAt.keys)
        }
        names.remove("")
        let firing = Dictionary(grouping: alerts.filter { $0.counts && names.contains($0.instance ?? "") }) { $0.instance! }
        let seen = Dictionary(agents.map { ($0.instance, $0.secondsSinceSeen) }, uniquingKeysWith: min)
        return names.map { summary($0, measures, firing[$0] ?? [], seen[$0], now) }
            .sorted { ($0.state, $0.instance) < ($1.state, $1.instance) }
    }

    private static func summary(
        _ name: String, _ measures: HostMeasures?, _ alerts: [AlertItem], _ secondsSinceSeen: Double?, _ now: Timestamp
    ) -> HostSummary {
        let age = measures?.sampledAt[name].map { max(0, now.seconds - $0) } ?? secondsSinceSeen
        let receive = measures?.receive[name] ?? []
        let transmit = measures?.transmit[name] ?? []
        let network = receive.indices.map { index in
            receive[index].map { $0 + (index < transmit.count ? transmit[index] ?? 0 : 0) }
        }
        return HostSummary(
            instance: name, state: state(alerts, age: age), ageSeconds: age, cpu: latest(measures?.cpu[name]), memory: latest(measures?.memory[name]),
            disk: latest(measures?.disk[name]), load: latest(measures?.load[name]), processors: measures?.processors[name],
            receiveBytesPerSecond: latest(receive), transmitBytesPerSecond: latest(transmit), cpuTrend: measures?.cpu[name] ?? [],
            memoryTrend: measures?.memory[name] ?? [], networkTrend: network, alertCount: alerts.count)
    }

    private static func state(_ alerts: [AlertItem], age: Double?) -> HealthState {
        let alerting = alerts.state
        if alerting == .critical { return .critical }
        guard let age else { return .unknown }
        return age > Limits.staleSeconds ? .stale : alerting
    }

    /// The newest value, from the last steps: before that it says nothing about now.
    private static func latest(_ values: [Double?]?) -> Double? { values?.suffix(4).compactMap(\.self).last }
}

/// One host in detail.
struct HostDetail: Hashable, Sendable {
    struct FileSystem: Hashable, Sendable {
        var mountPoint: String
        var device: String
        var sizeBytes: Double
        var availableBytes: Double

        var usedFraction: Double { sizeBytes > 0 ? 1 - availableBytes / sizeBytes : 0 }
    }

    var instance: String
    var start: Timestamp
    var end: Timestamp
    var cpu: [Double?] = []
    var memory: [Double?] = []
    var diskRead: [Double?] = []
    var diskWrite: [Double?] = []
    var receive: [Double?] = []
    var transmit: [Double?] = []
    var fileSystems: [FileSystem] = []
    var logs: [LogItem] = []

    init(instance: String, start: Timestamp, end: Timestamp) {
        self.instance = instance
        self.start = start
        self.end = end
    }
}
