import Foundations
import Terminal

/// What stands over the screen: help, texts, the form of a silence, completions.
enum Overlays {
    static func render(_ model: DashboardModel, in body: Rect, to buffer: inout Buffer) {
        switch model.mode {
        case .help(let filter, let offset):
            let sections = model.keys.help(matching: filter.text)
            HelpOverlay(title: sections.isEmpty ? "Help: nothing matches" : "Help, type to filter", sections: sections, offset: offset, theme: model.theme).render(in: body, to: &buffer)
        case .message(let title, let text): renderMessage(SafeText(title), SafeText(text), model, in: body, to: &buffer)
        case .silence(let form): renderSilence(form, model, in: body, to: &buffer)
        case .prompt(let prompt): renderCompletions(prompt, model, in: body, to: &buffer)
        case .keys, .filter: break
        }
    }

    private static func frame(_ title: SafeText, columns: Int, rows: Int, _ model: DashboardModel, in body: Rect, to buffer: inout Buffer) -> Rect {
        let (width, height) = (min(body.width, columns), min(body.height, rows))
        let area = Rect(x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width: width, height: height)
        buffer.clear(area)
        return Border(title: title, theme: model.theme).render(in: area, to: &buffer).inset(columns: 1)
    }

    private static func renderMessage(_ title: SafeText, _ text: SafeText, _ model: DashboardModel, in body: Rect, to buffer: inout Buffer) {
        let width = min(body.width, 90)
        let lines = DisplayWidth.wrap(text, to: max(1, width - 4), rowsMax: max(1, body.height - 4))
        let inside = frame(title, columns: width, rows: lines.count + 4, model, in: body, to: &buffer)
        for (index, line) in lines.enumerated() { buffer.write(line, x: inside.x, y: inside.y + index, columnsMax: inside.width, style: model.theme.text) }
        buffer.write("any key closes this", x: inside.x, y: inside.bottom - 1, columnsMax: inside.width, style: model.theme.muted)
    }

    private static func renderSilence(_ form: SilenceForm, _ model: DashboardModel, in body: Rect, to buffer: inout Buffer) {
        let inside = frame("Silence", columns: 100, rows: 16, model, in: body, to: &buffer)
        for (index, field) in SilenceForm.Field.allCases.enumerated() {
            let row = inside.row(index)
            buffer.write(field.title, x: row.x, y: row.y, columnsMax: 9, style: field == form.field ? model.theme.accent : model.theme.muted)
            form[field].render(in: row.splitLeft(10).rest, to: &buffer, style: model.theme.text, showsCursor: field == form.field)
        }
        let rest = Rect(x: inside.x, y: inside.y + 4, width: inside.width, height: inside.height - 5)
        var draft: SilenceDraft?
        var problem: String?
        switch form.draft {
        case .success(let value): draft = value
        case .failure(let failure):
            problem = failure.reason
            // The preview needs the matchers alone.
            draft = MatcherEntry.parse(form.matchers.text).map { SilenceDraft(matchers: $0, durationMilliseconds: 0, comment: "") }
        }
        let alerts = draft.map { AlertDeeds.preview($0, model) } ?? []
        if draft != nil {
            TextLine("holds back \(String(alerts.count)) of \(String(model.alerts?.count ?? 0)) alerts:", model.theme.title).render(in: rest.row(0), to: &buffer)
        }
        for (index, alert) in alerts.prefix(max(0, rest.height - 1)).enumerated() {
            TextLine(AlertsScreen.severity(alert, model.theme) + [Span(" " + SafeText(alert.name) + " ", model.theme.title), Span(SafeText(alert.instance ?? ""))])
                .render(in: rest.row(index + 1), to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        }
        let end: SafeText = problem.map { SafeText($0) } ?? "Enter silences, Tab goes on, Esc leaves"
        buffer.write(end, x: inside.x, y: inside.bottom - 1, columnsMax: inside.width, style: problem == nil ? model.theme.muted : model.theme.warning)
    }

    /// What Tab goes through, above the line.
    private static func renderCompletions(_ prompt: Prompt, _ model: DashboardModel, in body: Rect, to buffer: inout Buffer) {
        let candidates = prompt.completions.isEmpty && prompt.kind == .command ? Completion.of(prompt.line.text, .command, model) : prompt.completions
        guard !candidates.isEmpty else { return }
        let rows = min(candidates.count, max(1, body.height / 2), 12)
        let first = min(max(0, prompt.completionIndex - rows + 1), candidates.count - rows)
        let width = min(body.width, (candidates.map(\.count).max() ?? 0) + 2)
        for index in 0..<rows {
            let area = Rect(x: body.x, y: body.bottom - rows + index, width: width, height: 1)
            let isSelected = !prompt.completions.isEmpty && first + index == prompt.completionIndex
            buffer.clear(area, style: isSelected ? model.theme.selected : model.theme.text)
            buffer.write(SafeText(candidates[first + index]), x: area.x + 1, y: area.y, columnsMax: max(0, width - 1), style: isSelected ? model.theme.selected : model.theme.text)
        }
    }
}
