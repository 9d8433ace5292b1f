import Foundations
import Terminal

/// What the marks on the axes of time are: a line each, the newest first, below a chart in full or as a list over the board; the newest one in the board's header.
struct MarkDrawing {
    let theme: Theme
    let zoneOffsetSeconds: Int64
    let annotations: [BoardAnnotation]

    /// Rows that the list takes below a chart of so many.
    static func rows(_ count: Int, of height: Int) -> Int { min(count, max(0, height / 4), 8) }

    func events(_ marks: [BoardMark]) -> [TimeChartEvent] {
        marks.map { TimeChartEvent(fromMilliseconds: $0.from, toMilliseconds: $0.to, letter: $0.letter, style: style($0)) }
    }

    /// `marks` in order of time.
    func render(_ marks: [BoardMark], in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        let shown = marks.count > rect.height ? rect.height - 1 : marks.count
        for (row, mark) in marks.suffix(shown).reversed().enumerated() {
            TextLine(spans(mark)).render(in: rect.row(row), to: &buffer, ellipsis: theme.glyphs.ellipsis)
        }
        if marks.count > shown { TextLine("+\(String(marks.count - shown)) earlier", theme.muted).render(in: rect.row(shown), to: &buffer, ellipsis: theme.glyphs.ellipsis) }
    }

    /// The list over the board.
    func render(_ picker: MarkPicker, in rect: Rect, to buffer: inout Buffer) {
        let shown = picker.shown
        let frame = PickerFrame(theme: theme, title: "What happened", typed: picker.typing.text, keys: "Enter: look at the time around it  Esc: close")
        let list = frame.render(Size(columns: 100, rows: max(6, min(30, picker.marks.count + 4))), in: rect, to: &buffer)
        frame.renderRows(shown.count, picker.typing, none: picker.marks.isEmpty ? "nothing is marked in this range" : "nothing matches", in: list, to: &buffer) { TextLine(spans(shown[$0])) }
    }

    /// Time of day and title, in so many columns.
    func short(_ mark: BoardMark, columns: Int) -> [Span] {
        let when = time(mark.from, isDated: false)
        let title = DisplayWidth.clip(SafeText(mark.title), to: max(4, columns), ellipsis: theme.glyphs.ellipsis)
        return [letter(mark), Span(SafeText(when.string.prefix(5)) + " ", theme.muted), Span(title, theme.text)]
    }

    private func letter(_ mark: BoardMark) -> Span { Span(theme.glyphs.event + SafeText(String(UnicodeScalar(mark.letter))) + " ", style(mark)) }

    private func spans(_ mark: BoardMark) -> [Span] {
        let when = mark.to > mark.from ? time(mark.from) + theme.glyphs.dash + time(mark.to, isDated: false) : time(mark.from)
        var spans = [letter(mark), Span(when + "  ", theme.muted), Span(SafeText(mark.title), theme.text)]
        if !mark.text.isEmpty { spans.append(Span("  " + SafeText(mark.text), theme.muted)) }
        if !mark.tags.isEmpty { spans.append(Span("  [\(SafeText(mark.tags.joined(separator: ", ")))]", theme.muted)) }
        return spans
    }

    private func style(_ mark: BoardMark) -> Style { annotations.indices.contains(mark.annotation) && annotations[mark.annotation].isAlerts ? theme.warning : theme.accent }

    /// `11-21 14:02:10` in the zone that is shown.
    private func time(_ milliseconds: Int64, isDated: Bool = true) -> SafeText {
        let text = TimestampText.rfc3339(Timestamp(milliseconds: milliseconds + zoneOffsetSeconds * 1000))
        return SafeText(String(text.dropFirst(isDated ? 5 : 11).prefix(isDated ? 14 : 8).map { $0 == "T" ? " " : $0 }))
    }
}
