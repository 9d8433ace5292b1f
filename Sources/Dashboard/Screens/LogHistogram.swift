import Foundations
import Model
import Terminal

/// How many log lines there were, over time.
enum LogHistogram {
    /// Counts of the lines that are loaded over their time, oldest left; a column's style is that of its gravest line.
    static func render(_ items: [LogItem], _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard rect.height > 1, let first = items.first?.timestamp.nanoseconds else { return }
        let (plot, axis) = rect.splitBottom(1)
        var (oldest, newest) = (first, first)
        for item in items { (oldest, newest) = (min(oldest, item.timestamp.nanoseconds), max(newest, item.timestamp.nanoseconds)) }
        // Whoever follows sees bars come in free room at the right, which is made anew once it is used up.
        let room: Int64 = model.logs.isFollowing ? 10 : 1
        let stepSeconds = histogramStepSeconds(from: oldest, to: newest, columns: max(1, plot.width - Int(room)))
        let step = stepSeconds * 1_000_000_000
        // Columns stand on whole steps, so that a new line doesn't shift them.
        let firstColumn = (newest / step / room + 1) * room - Int64(plot.width)
        var counts = [Int](repeating: 0, count: plot.width)
        var gravest = [LogLevel](repeating: .unknown, count: plot.width)
        for item in items {
            let column = Int(max(0, min(Int64(plot.width - 1), item.timestamp.nanoseconds / step - firstColumn)))
            counts[column] += 1
            gravest[column] = max(gravest[column], item.level)
        }
        let full = roundedUp(counts.max() ?? 1)
        draw(counts, gravest, full, model.theme, in: plot, to: &buffer)
        renderAxis(firstColumn, stepSeconds, full, model, in: axis, to: &buffer)
    }

    private static func draw(_ counts: [Int], _ gravest: [LogLevel], _ full: Int, _ theme: Theme, in plot: Rect, to buffer: inout Buffer) {
        let levels = theme.glyphs.levels
        for (x, count) in counts.enumerated() where count > 0 {
            let style = gravest[x] >= .error ? theme.critical : gravest[x] >= .warn ? theme.warning : theme.accent
            let height = max(1, count * plot.height * levels.count / full)
            for row in 0..<plot.height {
                let part = min(levels.count, height - row * levels.count)
                if part > 0 { buffer.write(levels[part - 1], x: plot.x + x, y: plot.bottom - 1 - row, style: style) }
            }
        }
    }

    /// Times at whole steps below the bars, and what a full one stands for.
    private static func renderAxis(_ first: Int64, _ stepSeconds: Int64, _ full: Int, _ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        let scale = SafeText("full: \(full) in ") + SafeText(DurationText.format(milliseconds: stepSeconds * 1000))
        let scaleColumns = DisplayWidth.columns(of: scale)
        guard rect.width > scaleColumns else { return }
        buffer.write(scale, x: rect.right - scaleColumns, y: rect.y, style: model.theme.muted)
        let zone = model.zoneOffsetSeconds
        // Room for a time of eight columns and a gap.
        let tickSeconds = roundSeconds.first { $0 >= stepSeconds * 14 } ?? roundSeconds.last!
        var free = rect.x
        for column in 0..<rect.width {
            let seconds = (first + Int64(column)) * stepSeconds
            // The column in which the tick falls, where steps and ticks aren't multiples.
            guard (seconds + zone).remainder(tickSeconds) < stepSeconds else { continue }
            let tick = seconds - (seconds + zone).remainder(tickSeconds)
            let text = tickSeconds >= 86_400
                ? SafeText(Text.dateAndTime(Timestamp(seconds: tick), zoneOffsetSeconds: zone).string.dropFirst(5).prefix(5))
                : Text.time(Timestamp(seconds: tick), zoneOffsetSeconds: zone, hasSeconds: tickSeconds < 60)
            let columns = DisplayWidth.columns(of: text)
            let x = rect.x + column - columns / 2
            guard x >= free, x + columns < rect.right - scaleColumns - 1 else { continue }
            buffer.write(text, x: x, y: rect.y, style: model.theme.muted)
            free = x + columns + 2
        }
    }

    /// 1, 2 or 5 times a power of ten, at least `count` and the bars' steps: a line more doesn't change all bars.
    private static func roundedUp(_ count: Int) -> Int {
        var power = 1
        while power * 10 < count { power *= 10 }
        return [1, 2, 5, 10].first { $0 * power >= count }! * power
    }

    /// The least round step at which the time between two moments fits into the columns.
    private static func histogramStepSeconds(from oldest: Int64, to newest: Int64, columns: Int) -> Int64 {
        let seconds = newest / 1_000_000_000 - oldest / 1_000_000_000
        return roundSeconds.first { seconds / $0 < Int64(columns) - 1 } ?? roundSeconds.last!
    }

    private static let roundSeconds: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400, 604_800, 2_592_000, 31_536_000]
}

extension Int64 {
    /// What is left over the multiple of `divisor` below, before 1970 too.
    fileprivate func remainder(_ divisor: Int64) -> Int64 { (self % divisor + divisor) % divisor }
}
