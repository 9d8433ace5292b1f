import Foundations
import Terminal

/// Dashboards from files.
enum DashboardsScreen {
    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        Paragraph("There is no dashboard yet.", model.theme.muted).render(in: rect.inset(columns: 2, rows: 1), to: &buffer)
    }
}
