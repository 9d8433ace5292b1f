import Foundation
import Foundations
import Glibc
import Model
import Terminal

/// Where the output goes: how wide it is, and what it can show.
struct OutputScreen {
    /// Of output that is no terminal and has no `COLUMNS`.
    private static let columnsDefault = 80
    private static let rowsDefault = 24

    let size: Size
    let capabilities: Capabilities
    let isTerminal: Bool

    init() {
        let environment = ProcessInfo.processInfo.environment
        let terminal = isatty(STDOUT_FILENO) == 1 ? Screen.size(of: STDOUT_FILENO) : nil
        isTerminal = isatty(STDOUT_FILENO) == 1
        size = terminal ?? Size(columns: environment["COLUMNS"].flatMap(Int.init).map { min(max(20, $0), 500) } ?? Self.columnsDefault, rows: Self.rowsDefault)
        var capabilities = Capabilities(environment: environment)
        if !Output.isColored { capabilities.colours = .none }
        self.capabilities = capabilities
    }

    /// Nil where lines may be as long as they are.
    var widthMax: Int? { isTerminal ? size.columns : nil }
}

/// A range query's answer drawn as lines over time, with a legend.
struct QueryChart {
    /// Rows of a chart: what leaves room for the legend on a usual terminal.
    private static let rowsMax = 16
    private static let rowsMin = 5

    let answer: QueryAnswer
    /// Seconds since 1970.
    let start: Double
    let end: Double
    let stepSeconds: Double
    let screen: OutputScreen

    private var theme: Theme { Theme(capabilities: screen.capabilities) }

    func text() -> String {
        // The highest first: where there are more than can be told apart, they are what is looked for.
        let ranked = answer.elements.map { (element: $0, values: values(of: $0)) }
            .sorted { (Self.peak($0.values), $1.element.labels) > (Self.peak($1.values), $0.element.labels) }
        let shown = Array(ranked.prefix(theme.lines.count))
        var text = screen.capabilities.colours == .none && shown.count > 1 ? bands(shown) : overlaid(shown)
        if ranked.count > shown.count { text += "\(ranked.count - shown.count) more series aren't drawn; --json and --csv have them all\n" }
        return text
    }

    private typealias Line = (element: QueryAnswer.Element, values: [Double?])

    /// All lines in one chart, told apart by colour.
    private func overlaid(_ lines: [Line]) -> String {
        let styles = theme.lines
        let height = min(Self.rowsMax, max(Self.rowsMin, screen.size.rows - lines.count - 3))
        let chart = LineChart(
            lines.enumerated().map { ChartLine(name($1.element), $1.values, style: styles[$0 % styles.count]) }, range: range(of: lines), startLabel: moment(start),
            endLabel: moment(end), theme: theme, label: label(for: range(of: lines)))
        var buffer = Buffer(Size(columns: screen.size.columns, rows: height + lines.count))
        let (plot, legend) = Rect(buffer.size).splitBottom(lines.count)
        chart.render(in: plot, to: &buffer)
        for (index, line) in lines.enumerated() {
            let marker = Span("\(theme.glyphs.horizontal)\(theme.glyphs.horizontal) ", styles[index % styles.count])
            TextLine([marker, Span(name(line.element)), Span(SafeText("  " + last(line)), theme.muted)])
                .render(in: legend.row(index), to: &buffer, ellipsis: theme.glyphs.ellipsis)
        }
        return plain(buffer)
    }

    /// A small chart for each line under its name: without colours lines in one chart can't be told apart.
    private func bands(_ lines: [Line]) -> String {
        lines.map { line in
            let chart = LineChart(
                [ChartLine(name(line.element), line.values, style: .plain)], range: range(of: [line]), startLabel: moment(start), endLabel: moment(end), theme: theme,
                label: label(for: range(of: [line])))
            var buffer = Buffer(Size(columns: screen.size.columns, rows: Self.rowsMin + 2))
            let (title, plot) = Rect(buffer.size).splitTop(1)
            TextLine([Span(name(line.element)), Span(SafeText("  " + last(line)))]).render(in: title, to: &buffer, ellipsis: theme.glyphs.ellipsis)
            chart.render(in: plot, to: &buffer)
            return plain(buffer)
        }.joined()
    }

    /// From 0 where the values reach half way down to it, so that heights can be compared; else what they span.
    private func range(of lines: [Line]) -> ClosedRange<Double> {
        let values = lines.flatMap { $0.values.compactMap(\.self) }
        guard let low = values.min(), let high = values.max() else { return 0...1 }
        if low == high { return low == 0 ? 0...1 : low - low.magnitude / 2...high + high.magnitude / 2 }
        return low >= 0 && low < high / 2 ? 0...high : low...high
    }

    /// Short numbers; longer ones where the ends of the axis would look alike.
    private func label(for range: ClosedRange<Double>) -> (Double) -> SafeText {
        let isShort = Self.short(range.lowerBound) != Self.short(range.upperBound)
        return { SafeText(isShort ? Self.short($0) : String(format: "%.10g", $0)) }
    }

    private func plain(_ buffer: Buffer) -> String {
        PlainFrame.text(of: buffer, colours: screen.capabilities.colours, showsUnicode: screen.capabilities.showsUnicode)
    }

    private func name(_ element: QueryAnswer.Element) -> SafeText { SafeText(element.labels.isEmpty ? "{}" : element.labels.description) }

    private func last(_ line: Line) -> String { line.element.points.last?.number.map(Self.short) ?? "" }

    /// A value for each step of the range, nil where there is none.
    private func values(of element: QueryAnswer.Element) -> [Double?] {
        let count = min(max(1, Int((end - start) / stepSeconds) + 1), 11_001)
        var values = [Double?](repeating: nil, count: count)
        for point in element.points {
            let place = Int(((point.seconds - start) / stepSeconds).rounded())
            if values.indices.contains(place), let number = point.number, number.isFinite { values[place] = number }
        }
        return values
    }

    private static func peak(_ values: [Double?]) -> Double { values.compactMap(\.self).max() ?? -.infinity }

    /// Local time; with the date where the range is longer than a day.
    private func moment(_ seconds: Double) -> SafeText {
        var time = time_t(seconds)
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return "" }
        var bytes = [CChar](repeating: 0, count: 32)
        let count = strftime(&bytes, bytes.count, end - start > 86_400 ? "%Y-%m-%d %H:%M" : "%H:%M:%S", &parts)
        return SafeText(String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Three digits and a prefix: `1.23k`, `45.6M`, `0.00123`.
    static func short(_ value: Double) -> String {
        for (factor, prefix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where value.magnitude >= factor && value.magnitude < 1e15 {
            return String(format: "%.3g", value / factor) + prefix
        }
        return String(format: "%.3g", value)
    }
}
