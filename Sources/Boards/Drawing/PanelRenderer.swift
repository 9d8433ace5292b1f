import Foundations
import Terminal

/// Draws one panel: its title with the age of its data, and its content. Pure.
public struct PanelRenderer {
    public var theme: Theme
    public var now: Timestamp
    public var zoneOffsetSeconds: Int64
    public var refreshSeconds: Double
    /// What stands on the axes of time of charts, and the annotations that it comes from.
    var marks: [BoardMark] = []
    var annotations: [BoardAnnotation] = []
    /// Says below a chart what its marks are.
    var listsMarks = false

    public init(theme: Theme, now: Timestamp, zoneOffsetSeconds: Int64 = 0, refreshSeconds: Double = 15) {
        self.theme = theme
        self.now = now
        self.zoneOffsetSeconds = zoneOffsetSeconds
        self.refreshSeconds = refreshSeconds
    }

    /// How the data of a panel are.
    enum Freshness: Hashable {
        case waiting, fresh, stale(seconds: Double), outdated, empty, failed
        case none
    }

    /// `title` has its variables filled in.
    public func render(_ panel: Panel, title: SafeText, result: PanelResult?, isFocused: Bool, in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        let freshness = freshness(panel, result)
        renderTitle(title, freshness, isFocused: isFocused, in: rect.row(0), to: &buffer)
        let body = rect.splitTop(1).rest
        guard !body.isEmpty else { return }
        if let failure = result?.failure {
            // What is still known stays below the reason.
            let rows = result?.content == nil ? body.height : min(2, body.height / 3)
            let (top, rest) = body.splitTop(rows)
            Paragraph("\(theme.glyphs.critical) \(SafeText(failure))", theme.critical).render(in: top, to: &buffer)
            if let content = result?.content { render(content, panel, in: rest, to: &buffer) }
            return
        }
        guard let content = result?.content ?? Self.fixedContent(panel) else {
            note("waiting for data", in: body, &buffer)
            return
        }
        if content.isEmpty { note("no data", in: body, &buffer) } else { render(content, panel, in: body, to: &buffer) }
    }

    /// What needs no data.
    private static func fixedContent(_ panel: Panel) -> PanelContent? {
        switch panel.kind {
        case .unsupported(let type): .placeholder("panels of the type \(type) aren't drawn")
        case .text: .text(panel.options.text, isPlain: panel.options.isPlainText)
        default: panel.queries.isEmpty ? .placeholder("the panel has no query that can be asked") : nil
        }
    }

    func freshness(_ panel: Panel, _ result: PanelResult?) -> Freshness {
        if panel.kind == .text || !panel.kind.isSupported || panel.queries.isEmpty { return .none }
        guard let result else { return .waiting }
        if result.failure != nil { return .failed }
        if result.isOutdated { return .outdated }
        if result.content?.isEmpty ?? true { return .empty }
        let age = max(0, now.seconds - result.evaluatedAt.seconds)
        return age > max(BoardRunner.reuseSeconds, refreshSeconds) * Limits.staleIntervals ? .stale(seconds: age) : .fresh
    }

    private func renderTitle(_ title: SafeText, _ freshness: Freshness, isFocused: Bool, in rect: Rect, to buffer: inout Buffer) {
        let glyphs = theme.glyphs
        buffer.fill(rect, glyphs.horizontal, style: theme.border)
        let note = note(freshness)
        let noteColumns = note.map { DisplayWidth.columns(of: $0.text) + 2 } ?? 0
        let room = rect.width - 1 - (noteColumns < rect.width / 2 ? noteColumns : 0)
        let mark: SafeText = isFocused ? glyphs.marker : glyphs.horizontal
        buffer.write(mark, x: rect.x, y: rect.y, style: isFocused ? theme.accent : theme.border)
        if !title.isEmpty, room > 3 {
            let text = DisplayWidth.clip(" " + title + " ", to: room, ellipsis: glyphs.ellipsis)
            buffer.write(text, x: rect.x + 1, y: rect.y, style: isFocused ? theme.selected : theme.title)
        }
        if let note, noteColumns < rect.width / 2 { buffer.write(" " + note.text + " ", x: rect.right - noteColumns, y: rect.y, style: note.style) }
    }

    private func note(_ freshness: Freshness) -> (text: SafeText, style: Style)? {
        let glyphs = theme.glyphs
        switch freshness {
        // What is fresh leaves its room to the title; the header says how old the data are.
        case .none, .fresh: return nil
        case .waiting, .outdated: return (glyphs.ellipsis, theme.muted)
        case .stale(let seconds): return (glyphs.stale + " stale " + Self.age(seconds), theme.warning)
        case .empty: return (glyphs.unknown + " no data", theme.unknown)
        case .failed: return (glyphs.critical + " error", theme.critical)
        }
    }

    private static func age(_ seconds: Double) -> SafeText { SafeText(seconds < 1 ? "now" : ValueText(unit: "s", decimals: 0).text(seconds.rounded(.down)).replacing(" ", with: "")) }

    func note(_ text: SafeText, in rect: Rect, _ buffer: inout Buffer) {
        let columns = DisplayWidth.columns(of: text)
        buffer.write(DisplayWidth.clip(text, to: rect.width, ellipsis: theme.glyphs.ellipsis), x: rect.x + max(0, (rect.width - columns) / 2), y: rect.y + (rect.height - 1) / 2, columnsMax: rect.width, style: theme.muted)
    }

    func render(_ content: PanelContent, _ panel: Panel, in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        switch content {
        case .chart(let chart): renderChart(chart, in: rect, to: &buffer)
        case .values(let items, let style): ValueDrawing(theme: theme).render(items, style, in: rect, to: &buffer)
        case .table(let table): TableDrawing(theme: theme).render(table, in: rect, to: &buffer)
        case .heatmap(let heatmap): HeatmapDrawing(theme: theme, zoneOffsetSeconds: zoneOffsetSeconds).render(heatmap, in: rect, to: &buffer)
        case .timeline(let timeline): TimelineDrawing(theme: theme, zoneOffsetSeconds: zoneOffsetSeconds).render(timeline, in: rect, to: &buffer)
        case .logs(let lines): LogDrawing(theme: theme, zoneOffsetSeconds: zoneOffsetSeconds).render(lines, in: rect, to: &buffer)
        case .text(let text, let isPlain): MarkdownDrawing(theme: theme).render(text, isPlain: isPlain, in: rect, to: &buffer)
        case .placeholder(let reason):
            buffer.fill(Rect(x: rect.x, y: rect.y, width: rect.width, height: rect.height), theme.glyphs.barEmpty, style: theme.border)
            let text: SafeText = " \(SafeText(reason)) "
            let rows = DisplayWidth.wrap(text, to: rect.width, rowsMax: rect.height)
            for (index, row) in rows.enumerated() { buffer.write(row, x: rect.x, y: rect.y + (rect.height - rows.count) / 2 + index, columnsMax: rect.width, style: theme.unknown) }
        }
    }
}

extension PanelRenderer {
    /// A chart with its marks, which a panel in full has listed below.
    private func renderChart(_ chart: ChartContent, in rect: Rect, to buffer: inout Buffer) {
        let (first, last) = (chart.window.start.milliseconds, chart.window.end.milliseconds)
        let shown = marks.isEmpty ? [] : marks.filter { $0.to >= first && $0.from <= last }
        let drawing = MarkDrawing(theme: theme, zoneOffsetSeconds: zoneOffsetSeconds, annotations: annotations)
        var chartDrawing = ChartDrawing(theme: theme, zoneOffsetSeconds: zoneOffsetSeconds)
        chartDrawing.events = drawing.events(shown)
        let (top, list) = rect.splitBottom(listsMarks ? MarkDrawing.rows(shown.count, of: rect.height) : 0)
        chartDrawing.render(chart, in: top, to: &buffer)
        drawing.render(shown, in: list, to: &buffer)
    }
}

/// How tones look: a style and a glyph, never a colour alone.
struct ToneLook {
    let theme: Theme

    func style(_ tone: Tone) -> Style {
        switch tone {
        case .neutral: theme.text
        case .good: theme.good
        case .warning: theme.warning
        case .critical: theme.critical
        }
    }

    /// Nothing for a neutral tone.
    func glyph(_ tone: Tone) -> SafeText {
        switch tone {
        case .neutral: ""
        case .good: theme.glyphs.good
        case .warning: theme.glyphs.warning
        case .critical: theme.glyphs.critical
        }
    }

    func text(_ shown: ShownValue) -> SafeText {
        let glyph = glyph(shown.tone)
        return glyph.isEmpty ? SafeText(shown.text) : glyph + " " + SafeText(shown.text)
    }
}
