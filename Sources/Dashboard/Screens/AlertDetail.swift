import Foundations
import Terminal

/// One alert: what is said about it, its labels, and why it did or didn't page.
enum AlertDetail {
    static func render(_ alert: AlertItem, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let theme = model.theme
        let inside = Border(title: SafeText(alert.name), note: SafeText(alert.phase.rawValue), theme: theme).render(in: rect, to: &buffer).inset(columns: 1)
        let story = model.story.flatMap { $0.fingerprint == alert.fingerprint ? $0 : nil }
        let storyRows = story.map { min(max(3, $0.lines.count + 2), max(0, inside.height / 3)) } ?? 0
        let parts = inside.splitBottom(storyRows)
        var rest = parts.rest
        func paragraph(_ text: SafeText, _ style: Style) { rest = rest.splitTop(Paragraph(text, style).render(in: rest, to: &buffer)).rest }
        func pair(_ name: String, _ value: SafeText, _ style: Style = .plain) {
            guard rest.height > 0 else { return }
            let used = min(rest.width, buffer.write(SafeText(name) + " ", x: rest.x, y: rest.y, columnsMax: rest.width, style: theme.muted))
            let area = Rect(x: rest.x + used, y: rest.y, width: rest.width - used, height: min(rest.height, 4))
            rest = rest.splitTop(max(1, Paragraph(value, style).render(in: area, to: &buffer))).rest
        }
        if !alert.summary.isEmpty { paragraph(SafeText(alert.summary), theme.title) }
        if let description = alert.annotation("description"), description != alert.summary { paragraph(SafeText(description), theme.text) }
        pair("since", Text.dateAndTime(alert.activeAt, zoneOffsetSeconds: model.zoneOffsetSeconds) + " (" + Text.steadyAge(model.at.seconds - alert.activeAt.seconds) + ")")
        if let firesAt = alert.firesAt { pair("fires", "at " + Text.time(firesAt, zoneOffsetSeconds: model.zoneOffsetSeconds) + " if it stays so") }
        if let value = alert.value { pair("value", Text.number(value)) }
        if let word = model.deeds.pending[alert.fingerprint] { pair("pending", SafeText(word) + ", not confirmed yet", theme.accent) }
        if let acknowledgement = alert.acknowledgement {
            let words = SafeText(acknowledgement.actor) + " at " + Text.time(acknowledgement.at, zoneOffsetSeconds: model.zoneOffsetSeconds)
            pair(acknowledgement.kind == .acked ? "acked by" : "over, says", words + (acknowledgement.comment.isEmpty ? "" : ": " + SafeText(acknowledgement.comment)), theme.good)
        }
        if !alert.silencedBy.isEmpty { pair("silenced by", SafeText(alert.silencedBy.joined(separator: ", "))) }
        if !alert.inhibitedBy.isEmpty { pair("inhibited by", SafeText(alert.inhibitedBy.joined(separator: ", "))) }
        if !alert.receivers.isEmpty { pair("receivers", SafeText(alert.receivers.joined(separator: ", ")) + (alert.isTold ? ", told" : "")) }
        if let runbook = alert.runbook { pair("runbook", SafeText(runbook)) }
        if rest.height > 1 { rest = rest.splitTop(1).rest }
        for label in alert.labels where label.name != "alertname" { pair(label.name, SafeText(label.value)) }
        for annotation in alert.annotations where !["summary", "description", "runbook_url", "runbook"].contains(annotation.name) { pair(annotation.name, SafeText(annotation.value)) }
        if let story { renderStory(story, model, in: parts.bottom, to: &buffer) }
    }

    /// The newest steps that fit, oldest first.
    private static func renderStory(_ story: AlertStory, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard rect.height > 1 else { return }
        TextLine(SafeText(story.verdict), model.theme.title).render(in: rect.row(0), to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        for (index, line) in story.lines.suffix(rect.height - 1).enumerated() {
            let time = Text.time(line.at, zoneOffsetSeconds: model.zoneOffsetSeconds)
            TextLine([Span(time + " ", model.theme.muted), Span(SafeText(line.text))]).render(in: rect.row(index + 1), to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        }
    }
}
