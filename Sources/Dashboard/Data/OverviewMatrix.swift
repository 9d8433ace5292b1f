import Foundations

/// Environment and region by tier: how each group of hosts is, worst row first.
struct OverviewMatrix: Hashable, Sendable {
    struct Cell: Hashable, Sendable {
        var state = HealthState.ok
        var hosts = 0
        /// Hosts that aren't ok.
        var hostsInTrouble = 0
        /// Alerts that count, of hosts and of what has no host.
        var alerts = 0

        mutating func add(_ host: HostSummary) {
            state = hosts == 0 && alerts == 0 ? host.state : min(state, host.state)
            hosts += 1
            if host.state != .ok { hostsInTrouble += 1 }
        }

        mutating func add(_ alert: AlertItem) {
            alerts += 1
            let own: HealthState = alert.severity == .critical ? .critical : alert.severity == .warning ? .warning : .ok
            state = min(state, own)
        }
    }

    struct Row: Hashable, Sendable {
        var environment: String
        var region: String
        /// By tier.
        var cells: [String: Cell]
        /// All tiers together.
        var whole: Cell
    }

    /// Worst first, then by name.
    private(set) var rows: [Row]
    /// Worst first, then by name.
    private(set) var tiers: [String]

    init(hosts: [HostSummary] = [], alerts: [AlertItem] = []) {
        struct Place: Hashable { let environment, region: String }
        var rows: [Place: Row] = [:]
        var tiers: [String: HealthState] = [:]
        func change(_ place: HostPlace, _ body: (inout Cell) -> Void) {
            let key = Place(environment: place.environment, region: place.region)
            body(&rows[key, default: Row(environment: place.environment, region: place.region, cells: [:], whole: Cell())].cells[place.tier, default: Cell()])
            body(&rows[key]!.whole)
            tiers[place.tier] = min(tiers[place.tier] ?? .ok, rows[key]!.cells[place.tier]!.state)
        }
        for host in hosts { change(host.place) { $0.add(host) } }
        let places = Dictionary(hosts.map { ($0.instance, $0.place) }, uniquingKeysWith: { first, _ in first })
        for alert in alerts where alert.counts {
            change(alert.instance.flatMap { places[$0] } ?? HostPlace { alert.label($0) }) { $0.add(alert) }
        }
        self.rows = rows.values.sorted { ($0.whole.state, $0.environment, $0.region) < ($1.whole.state, $1.environment, $1.region) }
        self.tiers = tiers.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
    }
}
