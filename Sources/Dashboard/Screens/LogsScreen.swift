import Foundations
import Model
import Terminal

/// Log lines, newest first, under their query and a histogram; the selected one with its fields beside or below.
enum LogsScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (query: Rect, histogram: Rect, list: Rect, detail: Rect?) {
        let (query, below) = body.splitTop(1)
        let (histogram, rest) = below.splitTop(below.height >= 16 ? 3 : 0)
        guard model.logs.showsDetail else { return (query, histogram, rest, nil) }
        if model.isWide {
            let (list, detail) = rest.splitRight(rest.width * 2 / 5)
            return (query, histogram, Rect(x: list.x, y: list.y, width: list.width - 1, height: list.height), detail)
        }
        let (list, detail) = rest.splitTop(max(3, rest.height / 3))
        return (query, histogram, list, detail)
    }

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let areas = areas(rect, model)
        renderQuery(model, in: areas.query, to: &buffer)
        let items = model.visibleLogs
        if items.isEmpty {
            Paragraph(emptyText(model), model.theme.muted).render(in: areas.list.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        renderHistogram(items, model, in: areas.histogram, to: &buffer)
        let position = model.position(of: .logs)
        List(count: items.count, selected: position.selected, offset: position.offset, theme: model.theme) { line(items[$0], model) }.render(in: areas.list, to: &buffer)
        if let detail = areas.detail, items.indices.contains(position.selected) { renderDetail(items[position.selected], model, in: detail, to: &buffer) }
    }

    private static func emptyText(_ model: DashboardModel) -> SafeText {
        switch model.logs.phase {
        case .failed(let reason): SafeText(reason)
        case .loading, .idle: "waiting for \(model.url)"
        case .loaded: model.position(of: .logs).filter.isEmpty ? "no line within \(model.range.title.string) matches; t widens the range" : "no line matches the filter; Esc clears it"
        }
    }

    private static func renderQuery(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let logs = model.logs
        var right: [Span] = []
        if logs.skipped > 0 { right.append(Span("\(Text.count(Int64(logs.skipped))) skipped  ", model.theme.warning)) }
        if case .failed = logs.phase, !logs.items.isEmpty { right.append(Span("not refreshed  ", model.theme.warning)) }
        right.append(Span("\(Text.count(Int64(logs.items.count))) lines  ", model.theme.muted))
        right.append(logs.isFollowing ? Span("FOLLOWING", model.theme.good) : Span(model.range.title, model.theme.accent))
        let query: Span = logs.query.isEmpty ? Span("all lines", model.theme.muted) : Span(SafeText(logs.query))
        StatusLine(left: TextLine([Span("search: ", model.theme.accent), query]), right: TextLine(right)).render(in: rect, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
    }

    /// `12:34:56 WARN host message`.
    static func line(_ item: LogItem, _ model: DashboardModel) -> TextLine {
        var spans = [
            Span(Text.time(item.timestamp.milliseconds, zoneOffsetSeconds: model.zoneOffsetSeconds) + " ", model.theme.muted), Span(item.levelWord + " ", item.style(model.theme)),
        ]
        if model.screen == .logs && model.size.columns >= 100, let instance = item.stream.first(where: { $0.name == "instance" })?.value {
            spans.append(Span(DisplayWidth.clip(SafeText(instance), to: 16, ellipsis: model.theme.glyphs.ellipsis) + " ", model.theme.accent))
        }
        spans.append(Span(item.line, item.level >= .warn ? item.style(model.theme) : model.theme.text))
        return TextLine(spans)
    }

    /// Counts of the lines that are loaded over their time, oldest left; a column's style is that of its gravest line.
    private static func renderHistogram(_ items: [LogItem], _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard rect.height > 1, let newest = items.map(\.timestamp).max()?.nanoseconds, let oldest = items.map(\.timestamp).min()?.nanoseconds else { return }
        let (plot, axis) = rect.splitBottom(1)
        let step = histogramStepSeconds(from: oldest, to: newest, columns: plot.width) * 1_000_000_000
        // Columns stand on whole steps, so that a new line doesn't shift them.
        let first = newest / step - Int64(plot.width - 1)
        var counts = [Int](repeating: 0, count: plot.width)
        var gravest = [LogLevel](repeating: .unknown, count: plot.width)
        for item in items {
            let column = Int(max(0, min(Int64(plot.width - 1), item.timestamp.nanoseconds / step - first)))
            counts[column] += 1
            gravest[column] = max(gravest[column], item.level)
        }
        let most = counts.max() ?? 1
        let levels = model.theme.glyphs.levels
        for (x, count) in counts.enumerated() where count > 0 {
            let style = gravest[x] >= .error ? model.theme.critical : gravest[x] >= .warn ? model.theme.warning : model.theme.accent
            let height = max(1, count * plot.height * levels.count / max(1, most))
            for row in 0..<plot.height {
                let part = min(levels.count, height - row * levels.count)
                if part > 0 { buffer.write(levels[part - 1], x: plot.x + x, y: plot.bottom - 1 - row, style: style) }
            }
        }
        let zone = model.zoneOffsetSeconds
        StatusLine(
            left: TextLine(Text.time(Timestamp(seconds: first * (step / 1_000_000_000)), zoneOffsetSeconds: zone), model.theme.muted),
            right: TextLine("most \(String(most)) in " + SafeText(DurationText.format(milliseconds: step / 1_000_000)) + "  " + Text.time(Timestamp(seconds: newest / step * (step / 1_000_000_000)), zoneOffsetSeconds: zone), model.theme.muted)
        ).render(in: axis, to: &buffer)
    }

    /// The least round step at which the time between two moments fits into the columns.
    private static func histogramStepSeconds(from oldest: Int64, to newest: Int64, columns: Int) -> Int64 {
        let round: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400, 604_800]
        let seconds = newest / 1_000_000_000 - oldest / 1_000_000_000
        return round.first { seconds / $0 < Int64(columns) - 1 } ?? 604_800
    }

    private static func renderDetail(_ item: LogItem, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let title = Text.dateAndTime(item.timestamp.milliseconds, zoneOffsetSeconds: model.zoneOffsetSeconds)
        var rest = Border(title: title, note: item.levelWord, theme: model.theme).render(in: rect, to: &buffer).inset(columns: 1)
        let lineArea = Rect(x: rest.x, y: rest.y, width: rest.width, height: max(1, rest.height / 2))
        rest = rest.splitTop(Paragraph(item.line, item.style(model.theme)).render(in: rest.intersection(lineArea), to: &buffer)).rest
        if item.cutBytes > 0 { rest = rest.splitTop(TextLine("\(Text.count(Int64(item.cutBytes))) bytes more", model.theme.muted).render(in: rest, to: &buffer) > 0 ? 1 : 0).rest }
        for pair in item.stream + item.fields where rest.height > 0 {
            TextLine([Span(SafeText(pair.name) + " ", model.theme.muted), Span(SafeText(pair.value))]).render(in: rest, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
            rest = rest.splitTop(1).rest
        }
    }
}
