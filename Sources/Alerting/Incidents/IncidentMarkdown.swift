import Foundations
import Model

/// An incident as Markdown: what is known is filled in, and what people have to write has a heading.
struct IncidentMarkdown {
    let incident: Incident
    let timeline: [IncidentEntry]

    var text: String {
        let lines = head + alerts + moments + questions
        return lines.joined(separator: "\n") + "\n"
    }

    private var head: [String] {
        var rows = [("Severity", incident.severity.isEmpty ? "none given" : incident.severity), ("Opened", moment(incident.openedAt))]
        if let end = incident.resolvedAt {
            let by = incident.resolvedBy.isEmpty ? "" : " by \(incident.resolvedBy)"
            rows.append((incident.state == .merged ? "Merged" : "Resolved", moment(end) + by + " (after \(span(incident.openedAt, end)))"))
        } else {
            rows.append(("Resolved", "not yet"))
        }
        if let into = incident.mergedInto { rows.append(("Goes on as", "incident \(into)")) }
        for name in Incident.roleNames { rows.append((name.prefix(1).uppercased() + name.dropFirst(), incident.roles.first { $0.role == name }?.person ?? "nobody")) }
        if let page = timeline.first(where: { $0.kind == "attempt" }) { rows.append(("First page", after(page.at))) }
        if let seen = timeline.first(where: { $0.kind == "acknowledged" }) { rows.append(("Acknowledged", "\(after(seen.at)) by \(seen.actor)")) }
        if !incident.runbook.isEmpty { rows.append(("Runbook", incident.runbook)) }
        return ["# Incident \(incident.id): \(cell(incident.title))", "", "| | |", "|---|---|"] + rows.map { "| \($0.0) | \(cell($0.1)) |" }
    }

    private var alerts: [String] {
        ["", "## Alerts", "", "| fired | ended | labels |", "|---|---|---|"]
            + incident.alerts.map { "| \(moment($0.firedAt)) | \($0.resolvedAt.map(moment) ?? "still fires") | \(cell("\($0.labels)")) |" }
    }

    private var moments: [String] {
        ["", "## Timeline (UTC)", ""]
            + timeline.map { entry in
                "- \(moment(entry.at)) **\(cell(entry.kind.replacing("_", with: " ")))**\(entry.actor.isEmpty ? "" : " by \(cell(entry.actor))")"
                    + (entry.text.isEmpty ? "" : ": \(cell(entry.text))")
            }
    }

    private var questions: [String] {
        let asked = [
            ("Impact", "Who noticed what, for how long?"), ("Cause", "What led to it, and why then?"),
            ("What went well", ""), ("What went badly", ""), ("What will be done", "| what | who | until |\n|---|---|---|"),
        ]
        return asked.flatMap { ["", "## \($0.0)"] + ($0.1.isEmpty ? [] : ["", $0.1.hasPrefix("|") ? $0.1 : "_\($0.1)_"]) }
    }

    private func after(_ at: Timestamp) -> String { "\(moment(at)) (after \(span(incident.openedAt, at)))" }

    private func moment(_ moment: Timestamp) -> String { TimestampText.rfc3339(moment) }

    /// To the second: more says nothing here.
    private func span(_ start: Timestamp, _ end: Timestamp) -> String {
        DurationText.format(milliseconds: max(0, end.milliseconds - start.milliseconds) / 1000 * 1000)
    }

    /// Text of alerts and people: no control characters, and nothing that Markdown or HTML would take for its own.
    private func cell(_ text: String) -> String {
        SafeText(text).string.replacing("\\", with: "\\\\").replacing("|", with: "\\|").replacing("<", with: "&lt;").replacing("`", with: "\\`")
            .replacing("*", with: "\\*").replacing("[", with: "\\[")
    }
}
