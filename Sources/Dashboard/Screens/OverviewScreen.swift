import Foundations
import Terminal

/// All hosts, worst first; on a wide screen with the selected one below.
enum OverviewScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (list: Rect, detail: Rect?) {
        guard model.isWide else { return (body, nil) }
        // Few hosts leave the detail more room, up to three fifths.
        let detailRows = max(12, body.height * 2 / 5, min(body.height * 3 / 5, body.height - model.visibleHosts.count - 2))
        let (list, detail) = body.splitBottom(detailRows)
        return (list, detail)
    }

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let (list, detail) = areas(rect, model)
        let hosts = model.visibleHosts
        if hosts.isEmpty {
            Paragraph(emptyText(model), model.theme.muted).render(in: list.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        let position = model.position(of: .overview)
        Table(columns: columns, rowCount: hosts.count, selected: position.selected, offset: position.offset, theme: model.theme) { row(hosts[$0], model.theme) }
            .render(in: list, to: &buffer)
        if let detail, hosts.indices.contains(position.selected) { renderDetail(hosts[position.selected], model, in: detail, to: &buffer) }
    }

    private static func emptyText(_ model: DashboardModel) -> SafeText {
        if !model.position(of: .overview).filter.isEmpty { return "no host matches the filter; Esc clears it" }
        if let reason = model.measuresReason { return "the hosts' data can't be read: \(reason)" }
        if model.measures == nil { return "waiting for \(model.url)" }
        return "no host has sent data yet; start an agent with `nightjar agent --collector URL`"
    }

    private static let columns = [
        Column("STATE", width: 7), Column("HOST", width: 14, isFlexible: true), Column("CPU", priority: 1, width: 4, alignment: .right),
        Column("", priority: 7, width: 12), Column("MEM", priority: 2, width: 4, alignment: .right), Column("", priority: 8, width: 12),
        Column("DISK", priority: 3, width: 4, alignment: .right), Column("LOAD", priority: 4, width: 5, alignment: .right),
        Column("RECV/s", priority: 5, width: 6, alignment: .right), Column("SENT/s", priority: 6, width: 6, alignment: .right),
        Column("", priority: 9, width: 12), Column("ALERTS", priority: 6, width: 6, alignment: .right), Column("AGE", width: 6, alignment: .right),
    ]

    private static func row(_ host: HostSummary, _ theme: Theme) -> [Table.Content] {
        func trend(_ values: [Double?], _ range: ClosedRange<Double>?) -> Table.Content {
            .drawn { Sparkline(values, range: range, style: theme.accent, glyphs: theme.glyphs).render(in: $0, to: &$1) }
        }
        return [
            .line(TextLine(host.state.spans(theme))), .text(SafeText(host.instance)), .text(Text.percent(host.cpu), level(host.cpu, theme)), trend(host.cpuTrend, 0...1),
            .text(Text.percent(host.memory), level(host.memory, theme)), trend(host.memoryTrend, 0...1), .text(Text.percent(host.disk), level(host.disk, theme)),
            .text(Text.number(host.load), loadLevel(host, theme)), .text(Text.bytes(host.receiveBytesPerSecond)), .text(Text.bytes(host.transmitBytesPerSecond)),
            trend(host.networkTrend, nil), .text(host.alertCount > 0 ? SafeText(String(host.alertCount)) : "", theme.warning),
            .text(Text.age(host.ageSeconds), host.state == .stale ? theme.critical : theme.muted),
        ]
    }

    /// Bold where little is left; what is an alert is for the rules to say.
    private static func level(_ fraction: Double?, _ theme: Theme) -> Style { (fraction ?? 0) >= 0.9 ? theme.text.with(.bold) : theme.text }
    private static func loadLevel(_ host: HostSummary, _ theme: Theme) -> Style {
        (host.load ?? 0) > (host.processors ?? .infinity) ? theme.text.with(.bold) : theme.text
    }

    private static func renderDetail(_ host: HostSummary, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let inside = Border(title: SafeText(host.instance), note: model.range.title, theme: model.theme).render(in: rect, to: &buffer)
        let (charts, side) = inside.splitRight(inside.width * 2 / 5)
        let halves = Rect(x: charts.x, y: charts.y, width: charts.width - 1, height: charts.height).columns(2)
        HostCharts.chart("CPU", [("cpu", host.cpuTrend)], 0...1, Text.percent, model, in: halves[0], to: &buffer)
        HostCharts.chart("Memory", [("memory", host.memoryTrend)], 0...1, Text.percent, model, in: halves[1], to: &buffer)
        let alerts = (model.alerts ?? []).filter { $0.instance == host.instance }
        if alerts.isEmpty {
            buffer.write("no alerts", x: side.x + 1, y: side.y, columnsMax: side.width - 1, style: model.theme.muted)
        }
        for (index, alert) in alerts.prefix(side.height).enumerated() {
            TextLine(AlertsScreen.severity(alert, model.theme) + [Span(" " + SafeText(alert.name) + " ", model.theme.title), Span(SafeText(alert.summary))])
                .render(in: Rect(x: side.x + 1, y: side.y + index, width: side.width - 1, height: 1), to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        }
    }
}
