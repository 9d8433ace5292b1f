import Foundations
import Terminal

/// Log lines, newest first, a row each: time, level, line.
struct LogDrawing {
    let theme: Theme
    let zoneOffsetSeconds: Int64

    func render(_ lines: [BoardLogLine], in rect: Rect, to buffer: inout Buffer) {
        for (index, line) in lines.prefix(rect.height).enumerated() {
            let moment = TimestampText.rfc3339(line.timestamp.milliseconds.advanced(byMilliseconds: zoneOffsetSeconds * 1000))
            let (glyph, style) = look(line.level)
            let time = Span(SafeText(moment.dropFirst(11).prefix(8)) + " ", theme.muted)
            let level = Span(glyph + " " + SafeText(line.level.uppercased().prefix(5).padded(to: 5)) + " ", style)
            TextLine([time, level, Span(SafeText(line.line), theme.text)]).render(in: rect.row(index), to: &buffer, ellipsis: theme.glyphs.ellipsis)
        }
    }

    private func look(_ level: String) -> (SafeText, Style) {
        switch level.lowercased() {
        case "fatal", "critical", "error", "emergency", "alert": (theme.glyphs.critical, theme.critical)
        case "warn", "warning": (theme.glyphs.warning, theme.warning)
        case "": (" ", theme.muted)
        default: (theme.glyphs.separator, theme.muted)
        }
    }
}

extension StringProtocol {
    /// With blanks behind it.
    func padded(to count: Int) -> String { self.count >= count ? String(self) : String(self) + String(repeating: " ", count: count - self.count) }
}
