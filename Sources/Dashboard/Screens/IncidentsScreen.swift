import Foundations
import Terminal

/// Incidents, open ones first, with the selected one's timeline.
enum IncidentsScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (list: Rect, detail: Rect?) {
        if model.isWide {
            let (list, detail) = body.splitRight(body.width / 2)
            return (Rect(x: list.x, y: list.y, width: list.width - 1, height: list.height), detail)
        }
        guard model.showsTimeline else { return (body, nil) }
        let (list, detail) = body.splitTop(max(4, body.height / 3))
        return (list, detail)
    }

    private static let columns = [
        Column("SEVERITY", width: 8), Column("SINCE", width: 6, alignment: .right), Column("STATE", priority: 2, width: 8), Column("ID", priority: 1, width: 5, alignment: .right),
        Column("INCIDENT", width: 16, isFlexible: true), Column("LEAD", priority: 4, width: 10), Column("ALERTS", priority: 3, width: 6, alignment: .right),
        Column("LASTED", priority: 5, width: 7, alignment: .right),
    ]

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let (list, detail) = areas(rect, model)
        let incidents = model.shownIncidents
        guard !incidents.isEmpty else {
            let text: SafeText = model.incidents == nil ? "waiting for the incidents" : model.position(of: .incidents).filter.isEmpty
                ? "there has been no incident; one opens when a group of alerts fires" : "no incident matches the filter; Esc clears it"
            Paragraph(text, model.theme.muted).render(in: rect.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        let position = model.position(of: .incidents)
        Table(columns: columns, rowCount: incidents.count, selected: position.selected, offset: position.offset, theme: model.theme) { row(incidents[$0], model) }.render(in: list, to: &buffer)
        if let detail, let incident = model.selectedIncident { renderDetail(incident, model, in: detail, to: &buffer) }
    }

    private static func row(_ incident: IncidentItem, _ model: DashboardModel) -> [Table.Content] {
        let theme = model.theme
        let isOpen = incident.state == "open"
        let style = isOpen ? theme.text : theme.muted
        let severity: Style = !isOpen ? theme.muted : incident.severity == .critical ? theme.critical : incident.severity == .warning ? theme.warning : theme.text
        let glyph = incident.severity == .critical ? theme.glyphs.critical : incident.severity == .warning ? theme.glyphs.warning : theme.glyphs.good
        let end = incident.resolvedAt ?? model.at
        return [
            .line(TextLine(glyph + " " + incident.severity.word, severity)), .text(Text.steadyAge(model.at.seconds - incident.openedAt.seconds), style), .text(SafeText(incident.state), style),
            .text(SafeText(String(incident.id)), style), .text(SafeText(incident.title), style), .text(SafeText(incident.roles.first { $0.name == "lead" }?.value ?? ""), style),
            .text(SafeText(String(incident.members.count { $0.resolvedAt == nil }) + "/" + String(incident.members.count)), style),
            .text(Text.steadyAge(end.seconds - incident.openedAt.seconds), style),
        ]
    }

    private static func renderDetail(_ incident: IncidentItem, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let inside = Border(title: SafeText("\(incident.id) \(incident.title)"), note: SafeText(incident.state), theme: model.theme).render(in: rect, to: &buffer).inset(columns: 1)
        var lines: [TextLine] = []
        let offset = model.zoneOffsetSeconds
        var head = [Span("opened ", model.theme.muted), Span(SafeText(Text.dateAndTime(incident.openedAt, zoneOffsetSeconds: offset).string.prefix(19)))]
        if let end = incident.resolvedAt { head += [Span("  ended ", model.theme.muted), Span(Text.time(end, zoneOffsetSeconds: offset)), Span(incident.resolvedBy.isEmpty ? "" : " by " + SafeText(incident.resolvedBy))] }
        lines.append(TextLine(head))
        for role in incident.roles { lines.append(TextLine([Span(SafeText(role.name) + " ", model.theme.muted), Span(SafeText(role.value))])) }
        if !incident.runbook.isEmpty { lines.append(TextLine([Span("runbook ", model.theme.muted), Span(SafeText(incident.runbook))])) }
        for member in incident.members.prefix(8) {
            let state: SafeText = member.resolvedAt == nil ? model.theme.glyphs.critical + " fires  " : model.theme.glyphs.good + " ended  "
            let names = ["alertname", "instance"].compactMap { name in member.labels.first { $0.name == name }?.value }
            lines.append(TextLine([Span(state, member.resolvedAt == nil ? model.theme.critical : model.theme.muted), Span(SafeText(names.joined(separator: " ")))]))
        }
        lines.append(TextLine("Timeline", model.theme.title))
        guard let timeline = model.timeline, timeline.id == incident.id else {
            lines.append(TextLine("waiting for the timeline", model.theme.muted))
            List(count: lines.count, theme: model.theme) { lines[$0] }.render(in: inside, to: &buffer)
            return
        }
        let entries = timeline.entries.filter { $0.at <= model.moment.past ?? .distantFuture }
        let room = max(0, inside.height - lines.count)
        if entries.count > room { lines.append(TextLine("\(String(entries.count - room + 1)) earlier", model.theme.muted)) }
        for entry in entries.suffix(entries.count > room ? max(0, room - 1) : room) {
            let words = SafeText(entry.actor.isEmpty ? entry.text : "\(entry.actor): \(entry.text)")
            lines.append(TextLine([Span(Text.time(entry.at, zoneOffsetSeconds: offset) + " ", model.theme.muted), Span(SafeText(entry.kind) + " ", model.theme.accent), Span(words)]))
        }
        List(count: lines.count, theme: model.theme) { lines[$0] }.render(in: inside, to: &buffer)
    }
}
