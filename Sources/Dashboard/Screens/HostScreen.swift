import Foundations
import Terminal

/// One host: charts, file systems and its newest log lines.
enum HostScreen {
    static func areas(_ body: Rect) -> (title: Rect, charts: [Rect], fileSystems: Rect, logs: Rect) {
        let (title, rest) = body.splitTop(1)
        let (charts, below) = rest.splitTop(max(8, rest.height / 2))
        let rows = charts.rows(2).map { $0.columns(2) }
        let (fileSystems, logs) = below.splitTop(min(6, max(3, below.height / 3)))
        return (title, rows.flatMap { $0 }, fileSystems, logs)
    }

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let areas = areas(rect)
        let name = model.selectedHost ?? ""
        let summary = model.hosts.first { $0.instance == name }
        var title = summary.map { $0.state.spans(model.theme) + [Span("  ")] } ?? []
        title.append(Span(SafeText(name), model.theme.title))
        if let summary {
            title.append(Span("  load " + Text.number(summary.load) + "  processors " + Text.number(summary.processors) + "  data " + Text.age(summary.ageSeconds), model.theme.muted))
        }
        TextLine(title).render(in: areas.title, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        guard let detail = model.detail, detail.instance == name else {
            let text: SafeText = model.detailReason.map { "the host's data can't be read: \($0)" } ?? "waiting for the host's data"
            Paragraph(text, model.theme.muted).render(in: areas.charts[0].inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        renderCharts(detail, model, areas.charts, to: &buffer)
        renderFileSystems(detail, model, in: areas.fileSystems, to: &buffer)
        renderLogs(detail, model, in: areas.logs, to: &buffer)
    }

    private static func renderCharts(_ detail: HostDetail, _ model: DashboardModel, _ areas: [Rect], to buffer: inout Buffer) {
        let places = areas.map { Rect(x: $0.x, y: $0.y, width: $0.width - 1, height: $0.height) }
        HostCharts.chart("CPU", [("cpu", detail.cpu)], 0...1, Text.percent, model, in: places[0], to: &buffer)
        HostCharts.chart("Memory", [("memory", detail.memory)], 0...1, Text.percent, model, in: places[1], to: &buffer)
        HostCharts.chart("Disk/s", [("read", detail.diskRead), ("written", detail.diskWrite)], nil, Text.bytes, model, in: places[2], to: &buffer)
        HostCharts.chart("Network/s", [("received", detail.receive), ("sent", detail.transmit)], nil, Text.bytes, model, in: places[3], to: &buffer)
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
        let position = model.position(of: .host)
        List(count: detail.logs.count, selected: position.selected, offset: position.offset, theme: model.theme) { LogsScreen.line(detail.logs[$0], model) }
            .render(in: list, to: &buffer)
    }
}

/// A chart with its title and what its lines stand at now.
enum HostCharts {
    static func chart(
        _ title: SafeText, _ lines: [(name: SafeText, values: [Double?])], _ range: ClosedRange<Double>?, _ label: @escaping (Double?) -> SafeText,
        _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer
    ) {
        let (top, plot) = rect.splitTop(1)
        var spans = [Span(title + "  ", model.theme.title)]
        for (index, line) in lines.enumerated() {
            let style = model.theme.lines[index % model.theme.lines.count]
            let now = label(line.values.suffix(4).compactMap(\.self).last)
            spans.append(Span((lines.count > 1 ? line.name + " " : "") + now + "  ", style))
        }
        TextLine(spans).render(in: top, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
        guard lines.contains(where: { $0.values.contains { $0 != nil } }) else {
            buffer.write("no data", x: plot.x + 1, y: plot.y, columnsMax: plot.height > 0 ? plot.width - 1 : 0, style: model.theme.muted)
            return
        }
        let window = (start: model.detail?.start ?? model.measures?.start, end: model.detail?.end ?? model.measures?.end)
        LineChart(
            lines.enumerated().map { ChartLine($1.name, $1.values, style: model.theme.lines[$0 % model.theme.lines.count]) }, range: range,
            startLabel: window.start.map { Text.time($0, zoneOffsetSeconds: model.zoneOffsetSeconds, hasSeconds: false) } ?? "",
            endLabel: window.end.map { Text.time($0, zoneOffsetSeconds: model.zoneOffsetSeconds, hasSeconds: false) } ?? "", theme: model.theme, label: { label($0) }
        ).render(in: plot, to: &buffer)
    }
}
