import Foundations
import Terminal

/// A chart over time with its legend.
struct ChartDrawing {
    let theme: Theme
    let zoneOffsetSeconds: Int64
    /// What happened, on the axis of time.
    var events: [TimeChartEvent] = []

    init(theme: Theme, zoneOffsetSeconds: Int64) {
        self.theme = theme
        self.zoneOffsetSeconds = zoneOffsetSeconds
    }

    /// Letters that tell lines apart without their colours.
    private static let marks = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    func render(_ chart: ChartContent, in rect: Rect, to buffer: inout Buffer) {
        let legend = legendRows(chart, rect)
        let (plot, below) = rect.splitBottom(legend)
        let isStacked = chart.lines.contains { $0.base != nil }
        let look = ToneLook(theme: theme)
        let lines = chart.lines.enumerated().map { index, line in
            let base = line.isOnRightAxis ? chart.right?.logarithmBase ?? 1 : chart.left.logarithmBase
            return TimeChartLine(
                AxisTicks.scaled(line.values, base), base: line.base.map { AxisTicks.scaled($0, base) }, drawing: line.drawing == .bars ? .bars : line.drawing == .points ? .points : .line, isFilled: line.isFilled && (chart.lines.count == 1 || line.base != nil),
                isOnRightAxis: line.isOnRightAxis, style: style(index), mark: mark(index))
        }
        var view = TimeChart(
            lines, left: AxisTicks.axis(chart.left, isStacked: isStacked, rows: plot.height),
            right: chart.right.map { AxisTicks.axis($0, isStacked: false, rows: plot.height) },
            thresholds: chart.thresholds.map { (AxisTicks.scaled($0.value, chart.left.logarithmBase), look.style($0.tone)) }, showsMarks: chart.lines.count > 1, theme: theme)
        view.grid = TimeGrid(startMilliseconds: chart.window.start.milliseconds, stepMilliseconds: chart.window.stepMilliseconds, count: chart.window.count)
        view.timeLabels = AxisTicks.times(chart.window, columns: plot.width - view.marginColumns, zoneOffsetSeconds: zoneOffsetSeconds)
        view.events = events
        view.render(in: plot, to: &buffer)
        if legend > 0 { renderLegend(chart, isTable: isTable(chart, rect.height), in: below, to: &buffer) }
    }

    private func style(_ index: Int) -> Style { theme.lines[index % theme.lines.count] }
    private func mark(_ index: Int) -> UInt8 { Self.marks[index % Self.marks.count] }

    /// A line alone needs no legend where the title says what it is; a table takes a third at most.
    private func legendRows(_ chart: ChartContent, _ rect: Rect) -> Int {
        let shown = chart.lines.count { $0.isInLegend }
        if chart.legend == .hidden || shown == 0 || rect.height < 6 { return 0 }
        if isTable(chart, rect.height) { return min(shown + 1, Self.tableRowsMax(rect.height)) }
        let columns = chart.lines.filter(\.isInLegend).reduce(0) { $0 + min(figures($1).count, rect.width) + 4 }
        return min(rect.height > 8 ? 2 : 1, (columns + rect.width - 1) / max(1, rect.width))
    }

    private static func tableRowsMax(_ height: Int) -> Int { max(2, height * 2 / 5) }

    /// A table where it shows all lines, or at least four; else the names beside each other.
    private func isTable(_ chart: ChartContent, _ height: Int) -> Bool {
        guard chart.legend == .table, !chart.figureTitles.isEmpty else { return false }
        let shown = chart.lines.count { $0.isInLegend }
        return shown + 1 <= Self.tableRowsMax(height) || Self.tableRowsMax(height) >= 5
    }

    private func renderLegend(_ chart: ChartContent, isTable: Bool, in rect: Rect, to buffer: inout Buffer) {
        let shown = chart.lines.indices.filter { chart.lines[$0].isInLegend }
        if isTable {
            renderTable(chart, shown, in: rect, to: &buffer)
            return
        }
        var (x, y) = (rect.x, rect.y)
        for (count, index) in shown.enumerated() {
            let name = SafeText(figures(chart.lines[index]))
            let columns = DisplayWidth.columns(of: name) + 4
            if x > rect.x, x + columns > rect.right {
                if y + 1 >= rect.bottom {
                    more(shown.count - count + chart.undrawn, x, y, rect, &buffer)
                    return
                }
                (x, y) = (rect.x, y + 1)
            }
            x += writeName(index, name, x, y, rect.right - x, &buffer) + 2
        }
        if chart.undrawn > 0 { more(chart.undrawn, x, y, rect, &buffer) }
    }

    /// With one calculation its figure stands behind the name; several need the table.
    private func figures(_ line: ChartContent.Line) -> String { line.figures.count == 1 ? line.name + " " + line.figures[0] : line.name }

    private func more(_ count: Int, _ x: Int, _ y: Int, _ rect: Rect, _ buffer: inout Buffer) {
        var text: SafeText = "+\(String(count))"
        // Where there is no room behind the last name, its end is cut.
        if x + DisplayWidth.columns(of: text) > rect.right + 1 { text = theme.glyphs.ellipsis + text }
        let columns = DisplayWidth.columns(of: text)
        if columns <= rect.width { buffer.write(text, x: min(x, rect.right - columns), y: y, style: theme.muted) }
    }

    /// Returns the columns it took.
    private func writeName(_ index: Int, _ name: SafeText, _ x: Int, _ y: Int, _ columnsMax: Int, _ buffer: inout Buffer) -> Int {
        var used = buffer.write(SafeText(String(UnicodeScalar(mark(index)))), x: x, y: y, columnsMax: columnsMax, style: style(index).with(.bold)) + 1
        used += buffer.write(DisplayWidth.clip(name, to: max(0, columnsMax - used), ellipsis: theme.glyphs.ellipsis), x: x + used, y: y, columnsMax: columnsMax - used, style: theme.text)
        return used
    }

    private func renderTable(_ chart: ChartContent, _ shown: [Int], in rect: Rect, to buffer: inout Buffer) {
        let widths = chart.figureTitles.indices.map { column in
            max(chart.figureTitles[column].count, shown.map { column < chart.lines[$0].figures.count ? chart.lines[$0].figures[column].count : 0 }.max() ?? 0) + 2
        }
        // As many columns as leave the names room.
        var kept = widths.count
        while kept > 1, widths[..<kept].reduce(0, +) > rect.width * 2 / 3 { kept -= 1 }
        let names = rect.width - widths[..<kept].reduce(0, +)
        func write(_ texts: [String], _ y: Int, _ style: Style) {
            var x = rect.x + names
            for column in 0..<kept where column < texts.count {
                let text = DisplayWidth.clip(SafeText(texts[column]), to: widths[column], ellipsis: theme.glyphs.ellipsis)
                buffer.write(text, x: x + widths[column] - DisplayWidth.columns(of: text), y: y, style: style)
                x += widths[column]
            }
        }
        write(chart.figureTitles, rect.y, theme.muted)
        let rows = min(shown.count, rect.height - 1)
        for row in 0..<max(0, rows) {
            let isLast = row == rows - 1 && shown.count > rows
            if isLast {
                buffer.write("+\(String(shown.count - row + chart.undrawn)) more", x: rect.x, y: rect.y + 1 + row, style: theme.muted)
                continue
            }
            _ = writeName(shown[row], SafeText(chart.lines[shown[row]].name), rect.x, rect.y + 1 + row, names, &buffer)
            write(chart.lines[shown[row]].figures, rect.y + 1 + row, theme.text)
        }
    }
}
