import Foundations
import Terminal

/// One host by parts: summary, processors, memory, disks, network, processes and logs.
enum HostScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (title: Rect, tabs: Rect, charts: [Rect], fileSystems: Rect, logs: Rect) {
        let (title, below) = body.splitTop(1)
        let (tabs, rest) = below.splitTop(1)
        let none = Rect(x: rest.x, y: rest.bottom, width: rest.width, height: 0)
        switch model.hostTab {
        case .logs: return (title, tabs, [], none, rest)
        case .summary:
            let (charts, lower) = rest.splitTop(max(8, rest.height / 2))
            let (fileSystems, logs) = lower.splitTop(min(6, max(3, lower.height / 3)))
            return (title, tabs, grid(charts, 4), fileSystems, logs)
        case .disks:
            let (charts, fileSystems) = rest.splitBottom(min(8, rest.height / 3))
            return (title, tabs, grid(charts, 4), fileSystems, none)
        default: return (title, tabs, grid(rest, model.hostTab.panels.count), none, none)
        }
    }

    /// Two in a row.
    private static func grid(_ rect: Rect, _ count: Int) -> [Rect] {
        rect.rows((count + 1) / 2).flatMap { $0.columns(2) }.prefix(count).map { Rect(x: $0.x, y: $0.y, width: $0.width - 1, height: $0.height) }
    }

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let areas = areas(rect, model)
        renderTitle(model, in: areas.title, tabs: areas.tabs, to: &buffer)
        guard let detail = model.detail, detail.instance == model.openHost, detail.tab == model.hostTab else {
            let text: SafeText = model.failures["the host's data"].map { "the host's data can't be read: \($0)" } ?? "waiting for the host's data"
            buffer.write(text, x: areas.tabs.x + 2, y: areas.tabs.y + 2, columnsMax: max(0, rect.width - 2), style: model.theme.muted)
            return
        }
        for (index, panel) in model.hostTab.panels.enumerated() where index < areas.charts.count {
            ChartPanel.render(panel, index < detail.panels.count ? detail.panels[index] : [], detail.window, model, in: areas.charts[index], to: &buffer)
        }
        if areas.fileSystems.height > 0 { renderFileSystems(detail, model, in: areas.fileSystems, to: &buffer) }
        if areas.logs.height > 0 { renderLogs(detail, model, in: areas.logs, to: &buffer) }
    }

    private static func renderTitle(_ model: DashboardModel, in rect: Rect, tabs: Rect, to buffer: inout Buffer) {
        let name = model.openHost ?? ""
        let summary = model.hosts.items.first { $0.instance == name }
        var title = summary.map { $0.state.spans(model.theme) + [Span("  ")] } ?? []
        title.append(Span(SafeText(name), model.theme.title))
        if let summary {
            let place = [summary.place.environment, summary.place.region, summary.place.tier].filter { !$0.isEmpty }.joined(separator: " ")
            let age = Text.steadyAge(summary.ageSeconds)
            title.append(Span("  load " + Text.number(summary.load) + "  processors " + Text.number(summary.processors) + "  data " + age + "  " + SafeText(place), model.theme.muted))
            if summary.alertCount > 0 { title.append(Span("  \(String(summary.alertCount)) alert\(summary.alertCount == 1 ? "" : "s")", model.theme.warning)) }
        }
        TextLine(title).render(in: rect, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        TextLine(HostTab.allCases.map { Span(" " + $0.title + " ", $0 == model.hostTab ? model.theme.selected : model.theme.muted) }).render(in: tabs, to: &buffer)
    }

    private static func renderFileSystems(_ detail: HostDetail, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard !detail.fileSystems.isEmpty else {
            buffer.write("no file systems", x: rect.x, y: rect.y, columnsMax: rect.width, style: model.theme.muted)
            return
        }
        let columns = [
            Column("FILE SYSTEM", width: 12, isFlexible: true), Column("USED", width: 4, alignment: .right), Column("", priority: 1, width: 20),
            Column("FREE", priority: 2, width: 6, alignment: .right), Column("SIZE", priority: 3, width: 6, alignment: .right),
        ]
        Table(columns: columns, rowCount: detail.fileSystems.count, theme: model.theme) { index in
            let system = detail.fileSystems[index]
            return [
                .text(SafeText(system.mountPoint)), .text(Text.percent(system.usedFraction), system.usedFraction >= 0.9 ? model.theme.text.with(.bold) : model.theme.text),
                .drawn { Gauge(system.usedFraction, style: model.theme.accent, empty: model.theme.border, glyphs: model.theme.glyphs).render(in: $0, to: &$1) },
                .text(Text.bytes(system.availableBytes)), .text(Text.bytes(system.sizeBytes)),
            ]
        }.render(in: rect, to: &buffer)
    }

    private static func renderLogs(_ detail: HostDetail, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let (title, list) = rect.splitTop(1)
        TextLine(detail.logs.isEmpty ? "no log lines in this range" : "LOGS, newest first", model.theme.muted).render(in: title, to: &buffer)
        let position = model.position(of: .hosts)
        List(count: detail.logs.count, selected: position.selected, offset: position.offset, theme: model.theme) { LogsScreen.line(detail.logs[$0], model) }
            .render(in: list, to: &buffer)
    }
}

/// A chart with its title and what its lines stand at now.
enum ChartPanel {
    static func render(_ panel: HostPanel, _ courses: [HostDetail.Course], _ window: TimeWindow, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let theme = model.theme
        let (title, plot) = rect.splitTop(1)
        var spans = [Span(panel.title, theme.title)]
        for (index, course) in courses.enumerated() {
            let newest = course.values.suffix(4).compactMap(\.self).last
            spans.append(Span("  " + (courses.count > 1 ? SafeText(course.name) + " " : "") + panel.label(newest), theme.lines[index % theme.lines.count]))
        }
        TextLine(spans).render(in: title, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        guard courses.contains(where: { $0.values.contains { $0 != nil } }) else {
            buffer.write("no data", x: plot.x + 2, y: plot.y + plot.height / 2, columnsMax: max(0, plot.width - 2), style: theme.muted)
            return
        }
        LineChart(
            courses.enumerated().map { ChartLine(SafeText($1.name), $1.values, style: theme.lines[$0 % theme.lines.count]) }, range: panel.unit == .fraction ? 0...1 : nil,
            startLabel: Text.time(window.start, zoneOffsetSeconds: model.zoneOffsetSeconds, hasSeconds: false),
            endLabel: Text.time(window.end, zoneOffsetSeconds: model.zoneOffsetSeconds, hasSeconds: false),
            grid: TimeGrid(startMilliseconds: window.start.milliseconds, stepMilliseconds: window.stepSeconds * 1000, count: window.count), theme: theme, label: { panel.label($0) }
        ).render(in: plot, to: &buffer)
    }
}
