import Foundations

/// A row of bars, one a value, scaled to the rectangle's width; a gap where there is no value.
public struct Sparkline: Sendable {
    public var values: [Double?]
    /// What the lowest and the highest bar stand for; the values' own range from 0 where nil.
    public var range: ClosedRange<Double>?
    public var style: Style
    public var glyphs: Glyphs

    public init(_ values: [Double?], range: ClosedRange<Double>? = nil, style: Style, glyphs: Glyphs) {
        self.values = values
        self.range = range
        self.style = style
        self.glyphs = glyphs
    }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        let buckets = Chart.buckets(values, count: rect.width)
        let range = range ?? 0...max(Chart.range(of: buckets)?.upperBound ?? 1, .leastNormalMagnitude)
        for (x, value) in buckets.enumerated() {
            guard let value else { continue }
            let level = Chart.position(value, in: range, steps: glyphs.levels.count)
            buffer.write(glyphs.levels[level], x: rect.x + x, y: rect.bottom - 1, style: style)
        }
    }
}

/// A horizontal bar for a part of a whole, 0 to 1.
public struct Gauge: Hashable, Sendable {
    public var fraction: Double
    public var style: Style
    public var empty: Style
    public var glyphs: Glyphs

    public init(_ fraction: Double, style: Style, empty: Style, glyphs: Glyphs) {
        self.fraction = fraction
        self.style = style
        self.empty = empty
        self.glyphs = glyphs
    }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        guard !rect.isEmpty else { return }
        let row = Rect(x: rect.x, y: rect.y, width: rect.width, height: 1)
        buffer.fill(row, glyphs.barEmpty, style: empty)
        guard fraction.isFinite else { return }
        let parts = glyphs.barParts.count
        let filled = Int((min(max(fraction, 0), 1) * Double(rect.width * parts)).rounded())
        buffer.fill(Rect(x: rect.x, y: rect.y, width: filled / parts, height: 1), glyphs.barParts[parts - 1], style: style)
        if filled % parts > 0 { buffer.write(glyphs.barParts[filled % parts - 1], x: rect.x + filled / parts, y: rect.y, style: style) }
    }
}

/// One line of a chart: values at equal steps of time.
public struct ChartLine: Sendable {
    public var name: SafeText
    public var values: [Double?]
    public var style: Style

    public init(_ name: SafeText, _ values: [Double?], style: Style) {
        self.name = name
        self.values = values
        self.style = style
    }
}

/// Lines over time with axes, in braille dots (2 x 4 a cell) or in ASCII.
public struct LineChart {
    public var lines: [ChartLine]
    /// Nil takes the values' own, down to 0 where all are 0 or more.
    public var range: ClosedRange<Double>?
    public var startLabel: SafeText
    public var endLabel: SafeText
    /// Where the values stand in time; nil spreads them over the width.
    public var grid: TimeGrid?
    public var theme: Theme
    /// How a value is written at the axis.
    public var label: (Double) -> SafeText

    public init(
        _ lines: [ChartLine], range: ClosedRange<Double>? = nil, startLabel: SafeText = "", endLabel: SafeText = "", grid: TimeGrid? = nil, theme: Theme,
        label: @escaping (Double) -> SafeText
    ) {
        self.lines = lines
        self.range = range
        self.startLabel = startLabel
        self.endLabel = endLabel
        self.grid = grid
        self.theme = theme
        self.label = label
    }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        guard rect.width > 4, rect.height > 1 else { return }
        let range = self.range ?? ownRange
        let labels = [range.upperBound, range.lowerBound].map { DisplayWidth.clip(label($0), to: rect.width / 2, ellipsis: theme.glyphs.ellipsis) }
        let margin = labels.map { DisplayWidth.columns(of: $0) }.max() ?? 0
        let (axis, rest) = rect.splitLeft(margin + 1)
        let (plot, bottom) = rest.splitBottom(1)
        for (text, y) in zip(labels, [plot.y, plot.bottom - 1]) where plot.height > 1 || y == plot.y {
            buffer.write(text, x: axis.x + margin - DisplayWidth.columns(of: text), y: y, style: theme.muted)
        }
        StatusLine(left: TextLine(startLabel, theme.muted), right: TextLine(endLabel, theme.muted)).render(in: bottom, to: &buffer)
        for line in lines.reversed() {
            if theme.glyphs.usesBraille {
                BraillePlot.draw(line, range, grid, in: plot, to: &buffer)
            } else {
                let buckets = Chart.buckets(line.values, grid?.placed(columns: plot.width, dots: 1), count: plot.width)
                for (x, value) in buckets.enumerated() {
                    guard let value else { continue }
                    buffer.write("*", x: plot.x + x, y: plot.bottom - 1 - Chart.position(value, in: range, steps: plot.height), style: line.style)
                }
            }
        }
    }

    private var ownRange: ClosedRange<Double> {
        guard let own = Chart.range(of: lines.flatMap(\.values)) else { return 0...1 }
        let low = min(0, own.lowerBound)
        // On a grid of time the range is steady as well: a little more or less doesn't draw all anew.
        let high = grid == nil ? own.upperBound : Chart.roundedUp(own.upperBound)
        return low...max(high, low + .leastNormalMagnitude)
    }
}

/// Draws a line in dots of braille patterns (U+2800): bits 0 to 2 and 6 are the left column from above, 3 to 5 and 7 the right one.
enum BraillePlot {
    private static let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

    static func draw(_ line: ChartLine, _ range: ClosedRange<Double>, _ grid: TimeGrid?, in plot: Rect, to buffer: inout Buffer) {
        guard !plot.isEmpty else { return }
        let height = plot.height * 4
        let buckets = Chart.buckets(line.values, grid?.placed(columns: plot.width, dots: 2), count: plot.width * 2)
        var dots = [UInt32](repeating: 0, count: plot.width * plot.height)
        var previous: Int?
        for (x, value) in buckets.enumerated() {
            guard let value else {
                previous = nil
                continue
            }
            let y = height - 1 - Chart.position(value, in: range, steps: height)
            // Joined with the neighbour, so that a steep line has no gaps.
            let from = previous.map { $0 < y ? $0 + 1 : $0 > y ? $0 - 1 : y } ?? y
            for dot in min(from, y)...max(from, y) { dots[dot / 4 * plot.width + x / 2] |= bits[x % 2][dot % 4] }
            previous = y
        }
        for (index, dot) in dots.enumerated() where dot != 0 {
            let (x, y) = (plot.x + index % plot.width, plot.y + index / plot.width)
            // Lines share a cell: their dots are joined, the style is that of the line drawn last.
            let shown = buffer.bounds.contains(x: x, y: y) ? buffer[x, y].brailleDots : 0
            buffer.set(0x2800 + (dot | shown), x: x, y: y, style: line.style)
        }
    }
}

extension Cell {
    var brailleDots: UInt32 { (0x2800...0x28FF).contains(glyph) ? glyph - 0x2800 : 0 }
}

/// What charts share: bringing values to columns and to rows.
enum Chart {
    /// Brings values to a number of columns: the mean of those that fall into one, or each repeated where there are fewer.
    static func buckets(_ values: [Double?], count: Int) -> [Double?] {
        guard count > 0, !values.isEmpty else { return [] }
        return (0..<count).map { column in
            let from = column * values.count / count
            let to = max(from + 1, (column + 1) * values.count / count)
            let known = values[from..<to].compactMap(\.self).filter(\.isFinite)
            return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
        }
    }

    /// Brings values to the columns of a grid: the mean of those that fall into one; each stands until the next one comes.
    static func buckets(_ values: [Double?], _ grid: TimeGrid.Placed?, count: Int) -> [Double?] {
        guard let grid else { return buckets(values, count: count) }
        var columns = [Double?](repeating: nil, count: count)
        var index = 0
        while index < values.count {
            let column = grid.dot(index)
            var (sum, known) = (0.0, 0)
            while index < values.count, grid.dot(index) == column {
                if let value = values[index], value.isFinite { (sum, known) = (sum + value, known + 1) }
                index += 1
            }
            guard known > 0 else { continue }
            let end = index < values.count ? grid.dot(index) : column + 1
            for place in max(0, column)..<max(0, column, min(count, end)) { columns[place] = sum / Double(known) }
        }
        return columns
    }

    static func range(of values: [Double?]) -> ClosedRange<Double>? {
        let known = values.compactMap(\.self).filter(\.isFinite)
        guard let low = known.min(), let high = known.max() else { return nil }
        return low...high
    }

    /// The next of 1, 1.5, 2, 3, 4, 5, 6, 8 and 10 times a power of ten; what isn't over 0 stays.
    static func roundedUp(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return value }
        var power = 1.0
        while power * 10 <= value { power *= 10 }
        while power > value, power > .leastNormalMagnitude { power /= 10 }
        return ([1, 1.5, 2, 3, 4, 5, 6, 8] as [Double]).first { $0 * power >= value * (1 - 1e-12) }.map { $0 * power } ?? power * 10
    }

    /// Which of `steps` equal steps of the range a value falls into, 0 the lowest; at an end where it is outside.
    static func position(_ value: Double, in range: ClosedRange<Double>, steps: Int) -> Int {
        let extent = range.upperBound - range.lowerBound
        guard extent > 0, extent.isFinite else { return 0 }
        let fraction = (value - range.lowerBound) / extent
        return Int((min(max(fraction, 0), 1) * Double(steps - 1)).rounded())
    }
}
