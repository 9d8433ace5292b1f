import Foundations

/// The newest measures of all hosts, by instance.
struct HostMeasures: Hashable, Sendable {
    var cpu: [String: Double] = [:]
    var memory: [String: Double] = [:]
    /// The fullest file system.
    var disk: [String: Double] = [:]
    var load: [String: Double] = [:]
    var receive: [String: Double] = [:]
    var transmit: [String: Double] = [:]
    var processors: [String: Double] = [:]
    /// When the newest sample was taken, in seconds since 1970.
    var sampledAt: [String: Double] = [:]
    var places: [String: HostPlace] = [:]
}

/// Where a host stands: labels that routing, health and access understand. Empty where there is none.
struct HostPlace: Hashable, Sendable, Comparable {
    var environment = ""
    var region = ""
    var tier = ""

    init(environment: String = "", region: String = "", tier: String = "") {
        self.environment = environment
        self.region = region
        self.tier = tier
    }

    /// By the usual names of the labels.
    init(_ label: (String) -> String?) {
        func first(_ names: [String]) -> String { names.lazy.compactMap(label).first { !$0.isEmpty } ?? "" }
        environment = first(["environment", "env"])
        region = first(["region", "datacenter", "dc", "zone"])
        tier = first(["tier", "role", "service"])
    }

    static let labelNames = ["environment", "env", "region", "datacenter", "dc", "zone", "tier", "role", "service"]

    static func < (left: HostPlace, right: HostPlace) -> Bool {
        (left.environment, left.region, left.tier) < (right.environment, right.region, right.tier)
    }
}

/// One host at a glance.
struct HostSummary: Hashable, Sendable {
    var instance: String
    var place = HostPlace()
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
    /// Alerts that fire for it.
    var alertCount = 0

    /// All hosts that have data, an agent or an alert, worst first.
    static func all(_ measures: HostMeasures?, alerts: [AlertItem], agents: [CollectorStatus.Agent], now: Timestamp) -> [HostSummary] {
        var names = Set(agents.map(\.instance))
        if let measures {
            for rows in [measures.cpu, measures.memory, measures.load, measures.sampledAt] { names.formUnion(rows.keys) }
        }
        names.remove("")
        var firing: [String: [AlertItem]] = [:]
        for alert in alerts where alert.counts {
            if let instance = alert.instance, names.contains(instance) { firing[instance, default: []].append(alert) }
        }
        let seen = Dictionary(agents.map { ($0.instance, $0.secondsSinceSeen) }, uniquingKeysWith: min)
        return names.map { summary($0, measures, firing[$0] ?? [], seen[$0], now) }
            .sorted { ($0.state, $0.instance) < ($1.state, $1.instance) }
    }

    private static func summary(
        _ name: String, _ measures: HostMeasures?, _ alerts: [AlertItem], _ secondsSinceSeen: Double?, _ now: Timestamp
    ) -> HostSummary {
        let age = measures?.sampledAt[name].map { max(0, now.seconds - $0) } ?? secondsSinceSeen
        return HostSummary(
            instance: name, place: measures?.places[name] ?? HostPlace { label in alerts.lazy.compactMap { $0.label(label) }.first }, state: state(alerts, age: age),
            ageSeconds: age, cpu: measures?.cpu[name], memory: measures?.memory[name], disk: measures?.disk[name], load: measures?.load[name],
            processors: measures?.processors[name], receiveBytesPerSecond: measures?.receive[name], transmitBytesPerSecond: measures?.transmit[name],
            alertCount: alerts.count)
    }

    private static func state(_ alerts: [AlertItem], age: Double?) -> HealthState {
        let alerting = alerts.state
        if alerting == .critical { return .critical }
        guard let age else { return .unknown }
        return age > Limits.staleSeconds ? .stale : alerting
    }
}

/// All hosts, worst first, with what filters search.
struct HostTable: Sendable {
    private(set) var items: [HostSummary]
    let index: SearchIndex
    /// Age of the newest data of all; nil where none has any.
    private(set) var leastAgeSeconds: Double?

    init(_ items: [HostSummary] = []) {
        self.items = items
        leastAgeSeconds = items.lazy.compactMap(\.ageSeconds).min()
        index = SearchIndex(items) { host, text in
            text += "\(host.instance) \(host.state.word.string) environment=\(host.place.environment) region=\(host.place.region) tier=\(host.place.tier)"
        }
    }

    /// Lets the data grow older; returns whether a host becomes stale by it.
    mutating func age(bySeconds passedSeconds: Double) -> Bool {
        var hasBecomeStale = false
        for index in items.indices {
            guard let age = items[index].ageSeconds else { continue }
            items[index].ageSeconds = max(0, age + passedSeconds)
            if age <= Limits.staleSeconds && age + passedSeconds > Limits.staleSeconds { hasBecomeStale = true }
        }
        leastAgeSeconds = leastAgeSeconds.map { max(0, $0 + passedSeconds) }
        return hasBecomeStale
    }
}
