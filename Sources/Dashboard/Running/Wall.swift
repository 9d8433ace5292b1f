import Foundations

/// A wall shows its screens in turn, and jumps to what fires.
struct Wall {
    private static let screens: [ScreenKind] = [.overview, .alerts, .hosts, .incidents, .agents]
    private var nextTurn: Timestamp
    /// Critical alerts that were seen.
    private var seen: Set<String>?

    init(now: Timestamp) { nextTurn = now.advanced(byMilliseconds: Int64(Limits.wallSeconds * 1000)) }

    /// Shows the next screen once it is time. True where it did.
    mutating func turn(_ model: inout DashboardModel) -> Bool {
        guard model.now >= nextTurn else { return false }
        let index = Self.screens.firstIndex(of: model.screen) ?? -1
        model.screen = Self.screens[(index + 1) % Self.screens.count]
        nextTurn = model.now.advanced(byMilliseconds: Int64(Limits.wallSeconds * 1000))
        return true
    }

    /// Shows the alerts where one is critical that wasn't before, and stays with them for a while. True where it does.
    mutating func alarm(_ model: inout DashboardModel) -> Bool {
        let critical = (model.alerts ?? []).filter(\.isUnattended)
        let fingerprints = Set(critical.map(\.fingerprint))
        defer { seen = fingerprints }
        guard let seen, let fresh = critical.first(where: { !seen.contains($0.fingerprint) }) else { return false }
        model.screen = .alerts
        model.positions[.alerts] = ListPosition()
        Reducer.narrow(&model, .alerts)
        if let row = model.alertRows.firstIndex(where: { model.board?.items[Int($0)].fingerprint == fresh.fingerprint }) { model.positions[.alerts]?.selected = row }
        nextTurn = model.now.advanced(byMilliseconds: Int64(Limits.wallAlarmSeconds * 1000))
        return true
    }
}
