import Foundations
import Terminal

/// Alerts that fire or are pending; with the selected one's detail beside the list, or in its place on a small screen.
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
        let alerts = model.visibleAlerts
        let selected = model.position(of: .alerts).selected
        if let detail, alerts.indices.contains(selected) { renderDetail(alerts[selected], model, in: detail, to: &buffer) }
    }

    static func renderList(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let alerts = model.visibleAlerts
        let position = model.position(of: .alerts)
        guard !alerts.isEmpty else {
            let text: SafeText = model.alerts == nil ? "waiting for \(model.url)" : position.filter.isEmpty ? "no alert fires or is pending" : "no alert matches the filter; Esc clears it"
            Paragraph(text, model.theme.muted).render(in: rect.inset(columns: 2, rows: rect.height > 2 ? 1 : 0), to: &buffer)
            return
        }
        Table(columns: columns, rowCount: alerts.count, selected: position.selected, offset: position.offset, theme: model.theme) { row(alerts[$0], model) }
            .render(in: rect, to: &buffer)
    }

    private static let columns = [
        Column("SEVERITY", width: 8), Column("STATE", priority: 3, width: 7), Column("SINCE", width: 6, alignment: .right),
        Column("ALERT", width: 12, isFlexible: true), Column("INSTANCE", priority: 1, width: 14), Column("SUMMARY", priority: 2, width: 20, isFlexible: true),
    ]

    static func severity(_ alert: AlertItem, _ theme: Theme) -> [Span] {
        let (glyph, style): (SafeText, Style) =
            switch alert.severity {
            case .critical: (theme.glyphs.critical, theme.critical)
            case .warning: (theme.glyphs.warning, theme.warning)
            case .info: (theme.glyphs.good, theme.text)
            case .none: (theme.glyphs.good, theme.muted)
            }
        return [Span(glyph + " " + alert.severity.word, alert.phase == .firing ? style : theme.muted)]
    }

    private static func row(_ alert: AlertItem, _ model: DashboardModel) -> [Table.Content] {
        let style = alert.phase == .firing ? model.theme.text : model.theme.muted
        return [
            .line(TextLine(severity(alert, model.theme))), .text(SafeText(alert.phase.rawValue), style), .text(Text.age(model.now.seconds - alert.activeAt.seconds), style),
            .text(SafeText(alert.name), style), .text(SafeText(alert.instance ?? ""), style), .text(SafeText(alert.summary), style),
        ]
    }

    private static func renderDetail(_ alert: AlertItem, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let theme = model.theme
        let inside = Border(title: SafeText(alert.name), note: SafeText(alert.phase.rawValue), theme: theme).render(in: rect, to: &buffer).inset(columns: 1)
        var rest = inside
        func paragraph(_ text: SafeText, _ style: Style) { rest = rest.splitTop(Paragraph(text, style).render(in: rest, to: &buffer)).rest }
        func pair(_ name: String, _ value: SafeText) {
            let used = min(rest.width, buffer.write(SafeText(name) + " ", x: rest.x, y: rest.y, columnsMax: rest.height > 0 ? rest.width : 0, style: theme.muted))
            let area = Rect(x: rest.x + used, y: rest.y, width: rest.width - used, height: min(rest.height, 4))
            rest = rest.splitTop(max(1, Paragraph(value).render(in: area, to: &buffer))).rest
        }
        if !alert.summary.isEmpty { paragraph(SafeText(alert.summary), theme.title) }
        if let description = alert.annotation("description"), description != alert.summary { paragraph(SafeText(description), theme.text) }
        pair("since", Text.dateAndTime(alert.activeAt, zoneOffsetSeconds: model.zoneOffsetSeconds) + " (" + Text.age(model.now.seconds - alert.activeAt.seconds) + ")")
        pair("value", Double(alert.value).map { Text.number($0) } ?? SafeText(alert.value))
        if let runbook = alert.annotation("runbook_url") ?? alert.annotation("runbook") { pair("runbook", SafeText(runbook)) }
        if rest.height > 1 { rest = rest.splitTop(1).rest }
        for label in alert.labels where rest.height > 0 && label.name != "alertname" { pair(label.name, SafeText(label.value)) }
        for annotation in alert.annotations where rest.height > 0 && !["summary", "description", "runbook_url", "runbook"].contains(annotation.name) {
            pair(annotation.name, SafeText(annotation.value))
        }
    }
}
