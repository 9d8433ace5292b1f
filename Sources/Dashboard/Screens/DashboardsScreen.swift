import Boards
import Foundations
import Terminal

/// Dashboards from files: their list, or the one that is open.
enum DashboardsScreen {
    private static let columns = [
        Column("DASHBOARD", width: 20, isFlexible: true), Column("TAGS", priority: 2, width: 20), Column("FILE", priority: 1, width: 30, isFlexible: true),
    ]

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        if let view = model.boards.view { return BoardRenderer.render(view, zoneOffsetSeconds: model.zoneOffsetSeconds, in: rect, to: &buffer) }
        let position = model.position(of: .dashboards)
        let entries = model.boards.shown(position.filter)
        guard !entries.isEmpty else {
            let text: SafeText = model.boards.entries == nil
                ? "looking for files"
                : position.filter.isEmpty
                    ? "There is no file of a dashboard. Put short YAML or Grafana's JSON into the folder Dashboards, or name files with --dashboards." : "no dashboard matches the filter; Esc clears it"
            Paragraph(text, model.theme.muted).render(in: rect.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        Table(columns: columns, rowCount: entries.count, selected: position.selected, offset: position.offset, theme: model.theme) { index in
            let entry = entries[index]
            let file: Table.Content = entry.problem.map { .text(SafeText($0), model.theme.warning) } ?? .text(SafeText(entry.path), model.theme.muted)
            return [.text(SafeText(entry.title), entry.problem == nil ? model.theme.text : model.theme.muted), .text(SafeText(entry.tags.joined(separator: ", ")), model.theme.muted), file]
        }.render(in: rect, to: &buffer)
    }
}
