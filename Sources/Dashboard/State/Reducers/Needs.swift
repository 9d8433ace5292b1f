import Foundations
import Terminal

/// What the screen needs from the collector, by the state of the model alone.
enum Needs {
    static func of(_ model: DashboardModel) -> Set<Need> {
        if model.isPaused { return [.status] }
        let past = model.moment.past
        // Queries of the past are on whole steps, so that playing doesn't ask for each second.
        let steady = past.map { Timestamp(milliseconds: $0.milliseconds / (Limits.playStepSeconds * 1000) * (Limits.playStepSeconds * 1000)) }
        let mark = model.board?.mark ?? ""
        var needs: Set<Need> = [.status, .rules, past.map { .boardAt($0) } ?? .board, .hosts(at: steady), .onCall(at: steady, mark: mark)]
        switch model.activeScreen {
        case .overview:
            if let trends = trends(model, steady) { needs.insert(trends) }
        case .alerts:
            if model.isWide || model.showsAlertDetail, let alert = model.selectedAlert, past == nil { needs.insert(.story(fingerprint: alert.fingerprint, mark: mark)) }
        case .incidents:
            needs.insert(.incidents(mark: mark))
            if let incident = model.selectedIncident { needs.insert(.timeline(incident.id, mark: mark)) }
        case .hosts:
            if let host = model.openHost { needs.insert(.host(host, model.hostTab, model.span, at: steady)) } else if let trends = trends(model, steady) { needs.insert(trends) }
        case .logs:
            needs.insert(.logs(LogSearch(query: model.logs.query, span: model.span, at: steady)))
            if model.logs.labels.isEmpty { needs.insert(.logLabels) }
            if model.logs.isFollowing, past == nil { needs.insert(.tail(query: model.logs.query)) }
        case .objectives: needs.insert(.objectives(at: steady))
        case .agents: needs.insert(.losses(at: steady))
        case .dashboards: needs.insert(.boardFiles(open: model.boards.path))
        case .onCall, .health: break
        }
        return needs
    }

    /// The courses of the hosts that are on the screen.
    private static func trends(_ model: DashboardModel, _ at: Timestamp?) -> Need? {
        let rows = model.screen == .hosts ? Layout.listRows(.hosts, model) : Limits.overviewHosts
        let offset = model.screen == .hosts ? model.position(of: .hosts).offset : 0
        let shown = (offset..<offset + max(0, rows)).compactMap { model.screen == .hosts ? model.host($0)?.instance : model.hosts.items.indices.contains($0) ? model.hosts.items[$0].instance : nil }
        return shown.isEmpty || model.size.columns < Limits.trendColumnsMin ? nil : .trends(shown.sorted(), model.span, at: at)
    }
}
