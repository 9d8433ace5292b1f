import Foundations
import Terminal

/// Alerts that fire or are pending; with the selected one's detail beside the list, or below it on a small screen.
enum AlertsScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (list: Rect, detail: Rect?) {
        if model.isWide {
            let (list, detail) = body.splitRight(body.width * 2 / 5)
            return (Rect(x: list.x, y: list.y, width: list.width - 1, height: list.height), detail)
        }
        guard model.showsAlertDetail else { return (body, nil) }
        let (list, detail) = body.splitTop(max(4, body.height / 3))
        return (list, detail)
    }

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let (list, detail) = areas(rect, model)
        renderList(model, in: list, to: &buffer)
        if let detail, let alert = model.selectedAlert { AlertDetail.render(alert, model, in: detail, to: &buffer) }
    }

    static func renderList(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let position = model.position(of: .alerts)
        guard let board = model.board, !model.alertRows.isEmpty else {
            let text: SafeText = model.board == nil ? "waiting for \(model.url)" : position.filter.isEmpty ? "no alert fires or is pending" : "no alert matches the filter; Esc clears it"
            Paragraph(text, model.theme.muted).render(in: rect.inset(columns: 2, rows: rect.height > 2 ? 1 : 0), to: &buffer)
            return
        }
        let shown = model.alertRows.dropFirst(position.offset).prefix(max(0, rect.height - 1)).map { board.items[Int($0)] }
        renderTable(model, in: rect, alerts: shown, selected: position.selected - position.offset, to: &buffer)
    }

    private static let columns = [
        Column("SEVERITY", width: 8), Column("SINCE", width: 6, alignment: .right), Column("ALERT", width: 16, isFlexible: true), Column("WHO", priority: 2, width: 14),
        Column("INSTANCE", priority: 1, width: 14, isFlexible: true), Column("STATE", priority: 4, width: 7), Column("SUMMARY", priority: 3, width: 20, isFlexible: true),
    ]

    static func renderTable(_ model: DashboardModel, in rect: Rect, alerts: [AlertItem], selected: Int?, to buffer: inout Buffer) {
        Table(columns: columns, rowCount: alerts.count, selected: selected, theme: model.theme) { row(alerts[$0], model) }.render(in: rect, to: &buffer)
    }

    static func severity(_ alert: AlertItem, _ theme: Theme) -> [Span] {
        let (glyph, style): (SafeText, Style) =
            switch alert.severity {
            case .critical: (theme.glyphs.critical, theme.critical)
            case .warning: (theme.glyphs.warning, theme.warning)
            case .info: (theme.glyphs.good, theme.text)
            case .none: (theme.glyphs.good, theme.muted)
            }
        if alert.phase == .pending { return [Span(theme.glyphs.pending + " " + alert.severity.word, theme.muted)] }
        return [Span(glyph + " " + alert.severity.word, alert.isSuppressed ? theme.muted : style)]
    }

    /// Who has it, or what holds it back, or that it doesn't fire yet; what is on its way ends in an ellipsis.
    static func who(_ alert: AlertItem, _ model: DashboardModel) -> Span {
        if let word = model.deeds.pending[alert.fingerprint] { return Span(SafeText(word) + model.theme.glyphs.ellipsis, model.theme.accent) }
        if let acknowledgement = alert.acknowledgement { return Span((acknowledgement.kind == .acked ? "ack " : "over ") + SafeText(acknowledgement.actor), model.theme.good) }
        if !alert.silencedBy.isEmpty { return Span("silenced", model.theme.muted) }
        if !alert.inhibitedBy.isEmpty { return Span("inhibited", model.theme.muted) }
        if alert.phase == .pending { return Span(wait(alert, model), model.theme.muted) }
        if alert.isFlapping { return Span("flapping", model.theme.muted) }
        return alert.isUnattended ? Span("nobody", model.theme.critical) : Span("")
    }

    /// How long a pending one will wait: in whole minutes, so that a list of them doesn't change every second.
    private static func wait(_ alert: AlertItem, _ model: DashboardModel) -> SafeText {
        guard let firesAt = alert.firesAt else { return "pending" }
        let minutes = ((firesAt.seconds - model.at.seconds) / 60).rounded(.up)
        return minutes > 1 ? "fires in " + Text.age(minutes * 60) : "fires soon"
    }

    private static func row(_ alert: AlertItem, _ model: DashboardModel) -> [Table.Content] {
        let theme = model.theme
        let style = alert.phase == .firing && !alert.isSuppressed ? theme.text : theme.muted
        let mark: SafeText = model.marked.contains(alert.fingerprint) ? theme.glyphs.marker : ""
        return [
            .line(TextLine(severity(alert, theme))), .text(Text.steadyAge(model.at.seconds - alert.activeAt.seconds), style), .text(mark + SafeText(alert.name), style),
            .line(TextLine([who(alert, model)])), .text(SafeText(alert.instance ?? ""), style), .text(SafeText(alert.phase.rawValue), style), .text(SafeText(alert.summary), style),
        ]
    }
}
