import Foundations
import Model
import Terminal

/// How many log lines there were, over time.
enum LogHistogram {
    /// Counts of the lines that are loaded over their time, oldest left; a column's style is that of its gravest line.
    static func render(_ items: [LogItem], _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
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
}
