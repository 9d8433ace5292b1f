import Foundations
import Terminal

/// Counts by bucket and time: a row a bucket, darker glyphs for more.
struct HeatmapDrawing {
    let theme: Theme
    let zoneOffsetSeconds: Int64

    /// From few to many; told apart without colour.
    private var shades: [SafeText] { theme.glyphs.horizontal == "-" ? [".", ":", "+", "#", "@"] : ["░", "▒", "▓", "█"] }

    func render(_ heatmap: HeatmapContent, in rect: Rect, to buffer: inout Buffer) {
        guard !heatmap.rows.isEmpty, rect.height > 1 else { return }
        let labels = heatmap.rows.map { SafeText($0.label) }
        let margin = min(rect.width / 3, labels.map { DisplayWidth.columns(of: $0) }.max() ?? 0)
        let plot = Rect(x: rect.x + margin + 1, y: rect.y, width: rect.width - margin - 1, height: rect.height - 1)
        guard !plot.isEmpty else { return }
        // More buckets than rows: neighbours are added up.
        let rows = min(plot.height, heatmap.rows.count)
        let merged = (0..<rows).map { row in Array(heatmap.rows[(row * heatmap.rows.count / rows)..<((row + 1) * heatmap.rows.count / rows)]) }
        let columns = merged.map { group in self.columns(group, plot.width) }
        let most = columns.lazy.flatMap(\.self).filter(\.isFinite).max() ?? 0
        let shades = shades
        for (row, values) in columns.enumerated() {
            // Fewer buckets than rows: together they fill the height.
            let top = plot.bottom - (row + 1) * plot.height / rows
            let height = plot.bottom - row * plot.height / rows - top
            let y = top + height / 2
            let label = DisplayWidth.clip(labels[(row + 1) * heatmap.rows.count / rows - 1], to: margin, ellipsis: theme.glyphs.ellipsis)
            buffer.write(label, x: rect.x + margin - DisplayWidth.columns(of: label), y: y, style: theme.muted)
            for (x, value) in values.enumerated() where value > 0 && most > 0 {
                // By the square root, so that what is rare is seen beside what is common.
                let part = (value / most).squareRoot()
                let shade = min(shades.count - 1, Int(part * Double(shades.count)))
                buffer.fill(Rect(x: plot.x + x, y: top, width: 1, height: height), shades[shade], style: theme.lines[0])
            }
        }
        TimeLabels.draw(heatmap.window, plot, zoneOffsetSeconds: zoneOffsetSeconds, theme: theme, to: &buffer)
    }

    /// The sum of some buckets, by column: the mean of the steps that fall into one.
    private func columns(_ group: [HeatmapContent.Row], _ width: Int) -> [Double] {
        let count = group.map(\.values.count).max() ?? 0
        guard count > 0 else { return [] }
        return (0..<width).map { column in
            let from = column * count / width, to = max(from + 1, (column + 1) * count / width)
            var sum = 0.0, known = 0
            for row in group {
                for step in from..<min(to, row.values.count) where row.values[step].isFinite {
                    sum += row.values[step]
                    known += 1
                }
            }
            return known == 0 ? .nan : sum / Double(to - from)
        }
    }
}

/// Times below what is drawn over time.
enum TimeLabels {
    static func draw(_ window: QueryWindow, _ plot: Rect, zoneOffsetSeconds: Int64, theme: Theme, to buffer: inout Buffer) {
        var free = plot.x
        for label in AxisTicks.times(window, columns: plot.width, zoneOffsetSeconds: zoneOffsetSeconds) {
            let columns = DisplayWidth.columns(of: label.text)
            let middle = plot.x + Int((label.fraction * Double(plot.width - 1)).rounded())
            let x = min(max(plot.x, middle - columns / 2), plot.right - columns)
            guard x >= free else { continue }
            buffer.write(label.text, x: x, y: plot.bottom, style: theme.muted)
            free = x + columns + 2
        }
    }
}
