import Foundations
import Model
import Terminal

/// Log lines, newest first, under their query and a histogram; the selected one with its fields beside or below.
enum LogsScreen {
    static func areas(_ body: Rect, _ model: DashboardModel) -> (query: Rect, histogram: Rect, list: Rect, detail: Rect?) {
        let (query, below) = body.splitTop(1)
        let (histogram, rest) = below.splitTop(below.height >= 16 && model.logs.showsHistogram ? 3 : 0)
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
        if let context = model.logs.context { return renderContext(context, model, in: rect.splitTop(1).rest, to: &buffer) }
        let items = model.logs.visible
        if items.isEmpty {
            Paragraph(emptyText(model), model.theme.muted).render(in: areas.list.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        LogHistogram.render(items, model, in: areas.histogram, to: &buffer)
        let position = model.position(of: .logs)
        // Whoever follows looks at what comes: a mark on the newest line would move with every line.
        let isAtEnd = model.logs.isFollowing && position.selected == 0 && !model.logs.showsDetail
        List(count: items.count, selected: isAtEnd ? nil : position.selected, offset: position.offset, theme: model.theme) { line(items[$0], model) }.render(in: areas.list, to: &buffer)
        if let detail = areas.detail, items.indices.contains(position.selected) { renderDetail(items[position.selected], model, in: detail, to: &buffer) }
    }

    /// Lines around a hit, oldest first, as they stand in the file.
    private static func renderContext(_ context: LogContext, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let position = model.position(of: .logs)
        List(count: context.lines.count, selected: position.selected, offset: position.offset, theme: model.theme) { index in
            var line = line(context.lines[index], model)
            line.spans.insert(Span(index == context.hit ? model.theme.glyphs.marker + " " : "  ", model.theme.accent), at: 0)
            return line
        }.render(in: areas(Layout(model).body, model).list, to: &buffer)
    }

    private static func emptyText(_ model: DashboardModel) -> SafeText {
        switch model.logs.phase {
        case .failed(let reason): SafeText(reason)
        case .loading, .idle: "waiting for \(model.url)"
        case .loaded:
            model.logs.items.isEmpty ? "no line in the \(model.span.title(zoneOffsetSeconds: model.zoneOffsetSeconds, now: model.now).string) matches; - widens the range" : "no line passes the filters; I drops them"
        }
    }

    private static func renderQuery(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let logs = model.logs
        var right: [Span] = []
        if logs.skipped > 0 { right.append(Span("\(Text.count(Int64(logs.skipped))) skipped  ", model.theme.warning)) }
        if case .failed = logs.phase, !logs.items.isEmpty { right.append(Span("not refreshed  ", model.theme.warning)) }
        if !logs.isFollowing { right.append(Span("\(Text.count(Int64(logs.items.count))) lines  ", model.theme.muted)) }
        right.append(logs.isFollowing ? Span("FOLLOWING", model.theme.good) : Span(model.span.title(zoneOffsetSeconds: model.zoneOffsetSeconds, now: model.now), model.theme.accent))
        let query: Span = logs.query.isEmpty ? Span("all lines", model.theme.muted) : Span(SafeText(logs.query))
        var left = [Span(logs.context == nil ? "search: " : "context of a line of: ", model.theme.accent), query]
        for filter in logs.filters { left.append(Span("  keep " + SafeText(filter.title), model.theme.warning)) }
        if !logs.find.isEmpty { left.append(Span("  find " + SafeText(logs.find), model.theme.accent)) }
        StatusLine(left: TextLine(left), right: TextLine(right)).render(in: rect, to: &buffer, ellipsis: model.theme.glyphs.ellipsis)
    }

    /// `12:34:56 WARN host message`.
    static func line(_ item: LogItem, _ model: DashboardModel) -> TextLine {
        let isMatch = model.logs.isMatch(item)
        var spans = [
            Span(model.logs.bookmarks.contains(item) ? model.theme.glyphs.marker : "", model.theme.accent),
            Span(Text.time(item.timestamp.milliseconds, zoneOffsetSeconds: model.zoneOffsetSeconds) + " ", model.theme.muted), Span(item.levelWord + " ", item.style(model.theme)),
        ]
        if model.screen == .logs && model.size.columns >= 100, let instance = item.stream.first(where: { $0.name == "instance" })?.value {
            spans.append(Span(DisplayWidth.clip(SafeText(instance), to: 16, ellipsis: model.theme.glyphs.ellipsis) + " ", model.theme.accent))
        }
        let style = item.level >= .warn ? item.style(model.theme) : model.theme.text
        let text = model.logs.showsWholeLines ? item.line : LogEssence.text(of: item)
        spans += isMatch ? highlighted(text, model.logs.find, style) : [Span(text, style)]
        return TextLine(spans)
    }

    /// The line with what was found underlined.
    private static func highlighted(_ line: SafeText, _ find: String, _ style: Style) -> [Span] {
        var spans: [Span] = []
        var rest = Substring(line.string)
        let length = find.count
        while !rest.isEmpty, let mark = rest.lowercased().ranges(of: find).first {
            let lower = rest.lowercased()
            let start = lower.distance(from: lower.startIndex, to: mark.lowerBound)
            guard start + length <= rest.count else { break }
            spans.append(Span(SafeText(rest.prefix(start)), style))
            spans.append(Span(SafeText(rest.dropFirst(start).prefix(length)), style.with([.bold, .underline])))
            rest = rest.dropFirst(start + length)
        }
        return spans + [Span(SafeText(rest), style)]
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
