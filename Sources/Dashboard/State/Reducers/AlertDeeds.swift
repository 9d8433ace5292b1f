import Foundations
import Terminal

/// What people do to alerts. Each shows as pending until the collector confirms it.
enum AlertDeeds {
    /// The marked alerts, or the selected one.
    static func targets(_ model: DashboardModel) -> [AlertItem] {
        if model.marked.isEmpty { return model.selectedAlert.map { [$0] } ?? [] }
        return (model.alerts ?? []).filter { model.marked.contains($0.fingerprint) }
    }

    static func run(_ command: Command, _ model: inout DashboardModel) -> [Effect] {
        if command == .undo { return undo(&model) }
        let targets = targets(model)
        guard let first = targets.first else {
            model.notice = "no alert is selected"
            return []
        }
        if model.moment != .live, command != .runbook {
            model.notice = "this is the past; . goes back to now"
            return []
        }
        switch command {
        case .acknowledge: return acknowledge(&model, comment: "")
        case .acknowledgeWithComment: model.mode = .prompt(Prompt(.acknowledge))
        case .escalate: model.mode = .prompt(Prompt(.escalate))
        case .comment: model.mode = .prompt(Prompt(.comment))
        case .silence: model.mode = .silence(SilenceForm(matchers: MatcherEntry.text(commonLabels(targets))))
        default: showRunbook(first.runbook, first.name, &model)
        }
        return []
    }

    static func showRunbook(_ runbook: String?, _ name: String, _ model: inout DashboardModel) {
        guard let runbook, !runbook.isEmpty else {
            model.notice = "\(name) names no runbook (annotation runbook_url)"
            return
        }
        model.mode = .message(title: "Runbook of \(name)", text: runbook)
    }

    /// What a silence begins with: name and instance of one alert, what several have in common.
    private static func commonLabels(_ alerts: [AlertItem]) -> [AlertItem.LabelPair] {
        if alerts.count == 1 {
            let named = alerts[0].labels.filter { ["alertname", "instance"].contains($0.name) }
            return named.isEmpty ? alerts[0].labels : named
        }
        return alerts.dropFirst().reduce(alerts[0].labels) { common, alert in common.filter { alert.labels.contains($0) } }
    }

    static func acknowledge(_ model: inout DashboardModel, comment: String) -> [Effect] {
        let targets = targets(model).filter { $0.phase == .firing && $0.acknowledgement == nil }
        guard !targets.isEmpty else {
            model.notice = "nothing here fires without an acknowledgement"
            return []
        }
        return begin(targets.map { .acknowledge(fingerprint: $0.fingerprint, comment: comment, by: model.actor) }, touching: targets, as: "acknowledging", &model)
    }

    static func escalate(_ model: inout DashboardModel, comment: String) -> [Effect] {
        let targets = targets(model)
        return begin(targets.map { .escalate(fingerprint: $0.fingerprint, comment: comment, by: model.actor) }, touching: targets, as: "escalating", &model)
    }

    static func comment(_ model: inout DashboardModel, _ text: String) -> [Effect] {
        targets(model).map { .perform(.comment(fingerprint: $0.fingerprint, text: text, by: model.actor)) }
    }

    private static func begin(_ deeds: [Deed], touching alerts: [AlertItem], as word: String, _ model: inout DashboardModel) -> [Effect] {
        model.deeds.begin(touching: alerts.map(\.fingerprint), as: word)
        model.marked = []
        return deeds.map { .perform($0) }
    }

    private static func undo(_ model: inout DashboardModel) -> [Effect] {
        guard let deeds = model.deeds.takeUndo() else {
            model.notice = "there is nothing to take back"
            return []
        }
        model.deeds.begin(touching: deeds.compactMap(\.fingerprint), as: "taking back")
        return deeds.map { .perform($0) }
    }

    // The silence's form

    /// Alerts that a silence being written would hold back.
    static func preview(_ draft: SilenceDraft, _ model: DashboardModel) -> [AlertItem] { (model.alerts ?? []).filter { draft.takes($0) } }

    static func reduce(_ model: inout DashboardModel, _ event: InputEvent, _ form: SilenceForm) -> [Effect] {
        var form = form
        let fields = SilenceForm.Field.allCases
        func field(_ step: Int) -> SilenceForm.Field { fields[(form.field.rawValue + step + fields.count) % fields.count] }
        switch event {
        case .key(.escape, _): model.mode = .keys
        case .key(.tab, let modifiers): form.field = field(modifiers.contains(.shift) ? -1 : 1); model.mode = .silence(form)
        case .key(.down, _): form.field = field(1); model.mode = .silence(form)
        case .key(.up, _): form.field = field(-1); model.mode = .silence(form)
        case .key(.enter, _):
            switch form.draft {
            case .failure(let problem): model.notice = SafeText(problem.reason)
            case .success(let draft):
                model.mode = .keys
                return begin([.silence(draft, from: model.now, by: model.actor)], touching: preview(draft, model).filter { $0.phase == .firing && $0.silencedBy.isEmpty }, as: "silencing", &model)
            }
        default:
            if form[form.field].handle(event) { model.mode = .silence(form) }
        }
        return []
    }
}

/// What people do to incidents and schedules.
enum DutyDeeds {
    static func run(_ command: Command, _ model: inout DashboardModel) {
        if command == .handOver {
            if model.onCall?.schedules.isEmpty ?? true { model.notice = "there is no schedule to hand over" } else { model.mode = .prompt(Prompt(.handOver)) }
            return
        }
        guard let incident = model.selectedIncident else {
            model.notice = "no incident is selected"
            return
        }
        switch command {
        case .note: model.mode = .prompt(Prompt(.incidentNote))
        case .resolve: model.mode = .prompt(Prompt(.resolveIncident))
        default: model.mode = .prompt(Prompt(.exportIncident, "incident-\(incident.id).md"))
        }
    }

    static func handOver(_ text: String, _ model: DashboardModel) -> [Effect] {
        let schedules = model.onCall?.schedules ?? []
        let selected = model.position(of: .onCall).selected
        return schedules.indices.contains(selected) ? [.perform(.handOver(schedule: schedules[selected].schedule, text: text, by: model.actor))] : []
    }
}
