import Foundations
import Terminal

/// Environment by region and tier, worst first; below it what is broken, and where there is room courses and logs.
enum OverviewScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (matrix: Rect, alerts: Rect, hosts: Rect?, logs: Rect?) {
        let rows = max(1, model.matrix.rows.count) + 2
        if model.isVast {
            let (top, rest) = body.splitTop(max(min(rows, body.height / 3), body.height / 4))
            let (middle, logs) = rest.splitTop(rest.height * 3 / 5)
            let (left, right) = middle.splitRight(middle.width / 2)
            return (top, Rect(x: left.x, y: left.y, width: left.width - 1, height: left.height), right, logs)
        }
        if model.isWide {
            let (left, right) = body.splitRight(body.width * 2 / 5)
            let (matrix, hosts) = Rect(x: left.x, y: left.y, width: left.width - 1, height: left.height).splitTop(min(rows, left.height / 2))
            return (matrix, right, hosts, nil)
        }
        let (matrix, alerts) = body.splitTop(min(rows, max(4, body.height / 2)))
        return (matrix, alerts, nil, nil)
    }

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let areas = areas(rect, model)
        renderMatrix(model, in: areas.matrix, to: &buffer)
        renderAlerts(model, in: areas.alerts, to: &buffer)
        if let hosts = areas.hosts { HostsScreen.renderTable(model, in: hosts, rows: Array(model.hosts.items.prefix(max(0, hosts.height - 1))), selected: nil, to: &buffer) }
        if let logs = areas.logs { renderLogs(model, in: logs, to: &buffer) }
    }

    private static func renderMatrix(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard !model.matrix.rows.isEmpty else {
            Paragraph(emptyText(model), model.theme.muted).render(in: rect.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        let tiers = model.matrix.tiers
        var columns = [
            Column("STATE", width: 7), Column("ENVIRONMENT", width: 12), Column("REGION", priority: 1, width: 12), Column("HOSTS", width: 9, alignment: .right),
            Column("ALERTS", width: 6, alignment: .right),
        ]
        for (index, tier) in tiers.enumerated() { columns.append(Column(tier.isEmpty ? "(no tier)" : SafeText(tier), priority: 2 + index, width: 14)) }
        let position = model.position(of: .overview)
        Table(columns: columns, rowCount: model.matrix.rows.count, selected: position.selected, offset: position.offset, theme: model.theme) { index in
            let row = model.matrix.rows[index]
            func name(_ text: String) -> Table.Content { text.isEmpty ? .text(model.theme.glyphs.dash, model.theme.muted) : .text(SafeText(text)) }
            return [
                .line(TextLine(row.whole.state.spans(model.theme))), name(row.environment), name(row.region), .text(part(row.whole), model.theme.text),
                .text(row.whole.alerts > 0 ? SafeText(String(row.whole.alerts)) : "", model.theme.warning),
            ] + tiers.map { tier in row.cells[tier].map { cell in .line(TextLine(cell.state.spans(model.theme) + [Span(" " + part(cell))])) } ?? .text("") }
        }.render(in: rect, to: &buffer)
    }

    /// `2/14`: hosts in trouble of all.
    private static func part(_ cell: OverviewMatrix.Cell) -> SafeText {
        cell.hosts == 0 ? "" : cell.hostsInTrouble == 0 ? SafeText(String(cell.hosts)) : SafeText("\(cell.hostsInTrouble)/\(cell.hosts)")
    }

    private static func emptyText(_ model: DashboardModel) -> SafeText {
        if model.measures == nil && model.board == nil { return "waiting for \(model.url)" }
        return "no host has sent data yet; start an agent with `nightjar agent --collector URL`"
    }

    private static func renderAlerts(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard let board = model.board else { return }
        let shown = board.items.lazy.filter { $0.severity != .none || $0.phase == .pending }.prefix(max(0, rect.height - 1))
        if shown.isEmpty {
            buffer.write(board.items.isEmpty ? "no alert fires or is pending" : "nothing but the Watchdog fires", x: rect.x, y: rect.y, columnsMax: rect.width, style: model.theme.muted)
            return
        }
        AlertsScreen.renderTable(model, in: rect, alerts: Array(shown), selected: nil, to: &buffer)
    }

    private static func renderLogs(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let (title, list) = rect.splitTop(1)
        TextLine("LOGS, newest first" + (model.logs.query.isEmpty ? "" : ": " + SafeText(model.logs.query)), model.theme.muted).render(in: title, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        List(count: model.logs.visible.count, theme: model.theme) { LogsScreen.line(model.logs.visible[$0], model) }.render(in: list, to: &buffer)
    }
}
