import Foundations
import Terminal

/// All hosts, worst first.
enum HostsScreen {
    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let position = model.position(of: .hosts)
        guard !model.hostRows.isEmpty else {
            Paragraph(emptyText(model), model.theme.muted).render(in: rect.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        let shown = model.hostRows.dropFirst(position.offset).prefix(max(0, rect.height - 1)).map { model.hosts.items[Int($0)] }
        renderTable(model, in: rect, rows: shown, selected: position.selected - position.offset, to: &buffer)
    }

    private static func emptyText(_ model: DashboardModel) -> SafeText {
        if !model.position(of: .hosts).filter.isEmpty { return "no host matches the filter; Esc clears it" }
        if let reason = model.failures["the hosts' data"] { return "the hosts' data can't be read: \(reason)" }
        if model.measures == nil { return "waiting for \(model.url)" }
        return "no host has sent data yet; start an agent with `nightjar agent --collector URL`"
    }

    private static let columns = [
        Column("STATE", width: 7), Column("HOST", width: 14, isFlexible: true), Column("CPU", priority: 1, width: 4, alignment: .right),
        Column("", priority: 7, width: 12), Column("MEM", priority: 2, width: 4, alignment: .right), Column("", priority: 8, width: 12),
        Column("DISK", priority: 3, width: 4, alignment: .right), Column("LOAD", priority: 4, width: 5, alignment: .right),
        Column("RECV/s", priority: 6, width: 6, alignment: .right), Column("SENT/s", priority: 6, width: 6, alignment: .right),
        Column("PLACE", priority: 9, width: 18), Column("ALERTS", priority: 5, width: 6, alignment: .right), Column("AGE", width: 6, alignment: .right),
    ]

    static func renderTable(_ model: DashboardModel, in rect: Rect, rows: [HostSummary], selected: Int?, to buffer: inout Buffer) {
        Table(columns: columns, rowCount: rows.count, selected: selected, theme: model.theme) { row(rows[$0], model) }.render(in: rect, to: &buffer)
    }

    private static func row(_ host: HostSummary, _ model: DashboardModel) -> [Table.Content] {
        let theme = model.theme
        func trend(_ values: [Double?]?) -> Table.Content {
            .drawn { Sparkline(values ?? [], range: 0...1, style: theme.accent, glyphs: theme.glyphs).render(in: $0, to: &$1) }
        }
        let place = [host.place.environment, host.place.region, host.place.tier].filter { !$0.isEmpty }.joined(separator: " ")
        return [
            .line(TextLine(host.state.spans(theme))), .text(SafeText(host.instance)), .text(Text.percent(host.cpu), level(host.cpu, theme)), trend(model.trends?.cpu[host.instance]),
            .text(Text.percent(host.memory), level(host.memory, theme)), trend(model.trends?.memory[host.instance]), .text(Text.percent(host.disk), level(host.disk, theme)),
            .text(Text.number(host.load), loadLevel(host, theme)), .text(Text.bytes(host.receiveBytesPerSecond)), .text(Text.bytes(host.transmitBytesPerSecond)),
            .text(SafeText(place), theme.muted), .text(host.alertCount > 0 ? SafeText(String(host.alertCount)) : "", theme.warning),
            .text(Text.freshAge(host.ageSeconds), host.state == .stale ? theme.critical : theme.muted),
        ]
    }

    /// Bold where little is left; what is an alert is for the rules to say.
    private static func level(_ fraction: Double?, _ theme: Theme) -> Style { (fraction ?? 0) >= 0.9 ? theme.text.with(.bold) : theme.text }
    private static func loadLevel(_ host: HostSummary, _ theme: Theme) -> Style {
        (host.load ?? 0) > (host.processors ?? .infinity) ? theme.text.with(.bold) : theme.text
    }
}
