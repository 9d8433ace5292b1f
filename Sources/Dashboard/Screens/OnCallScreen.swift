import Foundations
import Terminal

/// Who is on call until when, what was handed over, and what is climbing; below, what the next one has to know.
enum OnCallScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (list: Rect, rest: Rect) {
        let (list, rest) = body.splitTop(min(max(2, (model.onCall?.schedules.count ?? 0) + 2), max(3, body.height / 2)))
        return (list, rest)
    }

    private static let columns = [
        Column("SCHEDULE", width: 12, isFlexible: true), Column("ON CALL", width: 16), Column("UNTIL", width: 16), Column("NEXT", priority: 1, width: 12), Column("ZONE", priority: 2, width: 14),
    ]

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let areas = areas(rect, model)
        guard let state = model.onCall, !state.schedules.isEmpty else {
            let text: SafeText = model.onCall == nil ? "waiting for who is on call" : "Nobody is on call: there is no schedule yet. Write schedules to a file and name it with the key `oncall` in nightjar.yml."
            Paragraph(text, model.theme.muted).render(in: areas.list.inset(columns: 2), to: &buffer)
            renderHandOver(model, in: areas.rest, to: &buffer)
            return
        }
        let position = model.position(of: .onCall)
        Table(columns: columns, rowCount: state.schedules.count, selected: position.selected, offset: position.offset, theme: model.theme) { index in
            let item = state.schedules[index]
            let person = item.person.map { item.fullName.isEmpty ? $0 : item.fullName }
            let until = item.until.map { SafeText(Text.dateAndTime($0, zoneOffsetSeconds: model.zoneOffsetSeconds).string.prefix(16)) } ?? "-"
            return [
                .text(SafeText(item.schedule), model.theme.title), .text(SafeText(person ?? "nobody"), person == nil ? model.theme.warning : model.theme.text), .text(until),
                .text(SafeText(item.next ?? "-")), .text(SafeText(item.zone), model.theme.muted),
            ]
        }.render(in: areas.list, to: &buffer)
        renderHandOver(model, in: areas.rest, to: &buffer)
    }

    private static func renderHandOver(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let lines = handOver(model)
        List(count: lines.count, theme: model.theme) { lines[$0] }.render(in: rect.inset(columns: 1), to: &buffer)
    }

    /// Notes, overrides, escalations, and what is open: what one tells the next.
    private static func handOver(_ model: DashboardModel) -> [TextLine] {
        let theme = model.theme
        let offset = model.zoneOffsetSeconds
        func time(_ moment: Timestamp) -> SafeText { SafeText(Text.dateAndTime(moment, zoneOffsetSeconds: offset).string.prefix(16)) }
        var lines = [TextLine("Hand-over", theme.title)]
        for item in model.onCall?.schedules ?? [] {
            if let note = item.note { lines.append(TextLine([Span("  " + SafeText(item.schedule) + "  ", theme.accent), Span(time(note.at) + " " + SafeText(note.author) + ": ", theme.muted), Span(SafeText(note.text))])) }
            for override in item.overrides {
                lines.append(TextLine([Span("  " + SafeText(item.schedule) + "  ", theme.accent), Span(SafeText(override.person) + " stands in ", theme.text), Span(time(override.startsAt) + " to " + time(override.endsAt) + " " + SafeText(override.comment), theme.muted)]))
            }
        }
        if lines.count == 1 { lines.append(TextLine("  no note; n writes one", theme.muted)) }
        lines += [TextLine(), TextLine("Escalations under way", theme.title)]
        for item in model.onCall?.escalations ?? [] {
            let pages = item.pages.map { "\($0.person) \($0.state)" }.joined(separator: ", ")
            let next = item.nextAt.map { ", next " + Text.time($0, zoneOffsetSeconds: offset).string } ?? ""
            lines.append(TextLine([Span("  " + SafeText(item.policy) + "  ", theme.accent), Span(SafeText(MatcherEntry.text(item.group)) + "  "), Span(SafeText(pages + next), theme.muted)]))
        }
        if model.onCall?.escalations.isEmpty ?? true { lines.append(TextLine("  none", theme.muted)) }
        let open = (model.alerts ?? []).filter { $0.counts && $0.severity <= .warning }
        lines += [TextLine(), TextLine("Open now: \(String(open.count)), of which \(String(open.count { $0.acknowledgement == nil })) without an acknowledgement", theme.title)]
        for alert in open {
            lines.append(TextLine([Span("  ")] + AlertsScreen.severity(alert, theme) + [Span(" " + Text.steadyAge(model.at.seconds - alert.activeAt.seconds) + " ", theme.muted), Span(SafeText(alert.name) + " " + SafeText(alert.instance ?? "") + " "), AlertsScreen.who(alert, model)]))
        }
        return lines
    }
}
