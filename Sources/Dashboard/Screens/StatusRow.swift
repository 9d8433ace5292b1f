import Boards
import Foundations
import Terminal

/// The last line: what is typed, what was done, or the keys that are of use here.
enum StatusRow {
    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        if renderMode(model, in: rect, to: &buffer) { return }
        var left = TextLine(model.notice, model.theme.title)
        if model.notice.isEmpty, let (name, reason) = model.failures.min(by: { $0.key < $1.key }) {
            left = TextLine(model.theme.glyphs.warning + " \(name) can't be read: " + SafeText(reason), model.theme.warning)
        } else if model.notice.isEmpty, !model.marked.isEmpty {
            left = TextLine("\(String(model.marked.count)) marked: a acknowledge, s silence, x escalate, Esc none", model.theme.accent)
        } else if model.notice.isEmpty {
            let filter = model.position.filter
            left = filter.isEmpty ? TextLine(hints(model), model.theme.muted) : TextLine([Span("filter: ", model.theme.accent), Span(SafeText(filter)), Span("  Esc clears", model.theme.muted)])
        }
        let right: SafeText = model.access == .readOnly ? "read-only  ? help  q quit" : "? help  q quit"
        StatusLine(left: left, right: TextLine(right, model.theme.muted)).render(in: rect, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
    }

    /// The line that is being typed; false where none is.
    @discardableResult
    static func renderMode(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) -> Bool {
        func edit(_ prompt: SafeText, _ line: InputLine) {
            buffer.clear(rect)
            let rest = rect.splitLeft(buffer.write(prompt, x: rect.x, y: rect.y, columnsMax: rect.width, style: model.theme.accent)).rest
            line.render(in: rest, to: &buffer, style: model.theme.text, showsCursor: true)
        }
        switch model.mode {
        case .filter(let line): edit("/", line)
        case .help(let filter, _): edit("help on: ", filter)
        case .prompt(let prompt): edit(prompt.kind.label, prompt.line)
        case .keys, .silence, .message: return false
        }
        return true
    }

    /// Of an open dashboard; what it has none of isn't offered.
    private static func ofBoard(_ view: BoardView) -> [(Command, String)] {
        let lists: [(Command, String)] = (view.hasLinks ? [(.links, "links")] : []) + (view.hasMarks ? [(.marks, "events")] : [])
        return [(.nextTab, "next panel"), (.open, "full")] + lists + [(.variables, "variables"), (.zoomIn, "zoom in"), (.zoomOut, "out"), (.earlier, "rewind"), (.back, "back")]
    }

    /// The keys of a screen by the key map, so that they are right after any change.
    private static func hints(_ model: DashboardModel) -> SafeText {
        let wanted: [(Command, String)] =
            switch model.activeScreen {
            case .overview: [(.open, "hosts"), (.time, "time"), (.earlier, "rewind"), (.command, "command")]
            case .alerts:
                [(.acknowledge, "ack"), (.silence, "silence"), (.escalate, "escalate"), (.runbook, "runbook"), (.dashboard, "dashboard"), (.logs, "logs"), (.mark, "mark"), (.undo, "undo"), (.filter, "filter")]
            case .incidents: [(.open, "timeline"), (.note, "note"), (.resolve, "resolve"), (.export, "export"), (.runbook, "runbook"), (.logs, "logs"), (.filter, "filter")]
            case .hosts:
                model.openHost == nil
                    ? [(.open, "open"), (.logs, "logs"), (.filter, "filter"), (.time, "time")]
                    : [(.nextTab, "next part"), (.logs, "logs"), (.zoomIn, "zoom in"), (.zoomOut, "out"), (.time, "time"), (.back, "back")]
            case .logs:
                [(.query, "search"), (.follow, "follow"), (.context, "context"), (.logFilter, "keep"), (.filter, "find"), (.nextError, "error"), (.nextWarning, "warning"), (.bookmark, "mark"), (.histogram, "histogram")]
            case .dashboards:
                model.boards.view.map(ofBoard) ?? [(.open, "open"), (.filter, "filter"), (.time, "time")]
            case .objectives: [(.time, "time")]
            case .onCall: [(.handOver, "hand over")]
            case .agents: [(.open, "host"), (.filter, "filter")]
            case .health: [(.down, "scroll"), (.refresh, "refresh")]
            }
        let shown = wanted.filter { !$0.0.isDeed || model.access == .full }.compactMap { command, title in
            model.keys.key(of: command, on: model.activeScreen).map { "\($0) \(title)" }
        }
        return SafeText(shown.joined(separator: "  "))
    }
}
