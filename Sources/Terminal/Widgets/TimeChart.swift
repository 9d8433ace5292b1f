import Foundations

/// One line of a chart over time: values at equal steps, NaN where there is none.
public struct TimeChartLine: Sendable {
    public enum Drawing: Hashable, Sendable { case line, bars, points }

    public var values: [Double]
    /// The lower edge of a band, for stacked lines.
    public var base: [Double]?
    public var drawing: Drawing
    public var isFilled: Bool
    public var isOnRightAxis: Bool
    public var style: Style
    /// A letter that tells the line apart without its colour: at its end, and in ASCII along it.
    public var mark: UInt8

    public init(_ values: [Double], base: [Double]? = nil, drawing: Drawing = .line, isFilled: Bool = false, isOnRightAxis: Bool = false, style: Style, mark: UInt8 = UInt8(ascii: "*")) {
        self.values = values
        self.base = base
        self.drawing = drawing
        self.isFilled = isFilled
        self.isOnRightAxis = isOnRightAxis
        self.style = style
        self.mark = (0x21...0x7E).contains(mark) ? mark : UInt8(ascii: "*")
    }
}

/// An axis of values: its ends, and the texts at some of its values.
public struct TimeChartAxis: Sendable {
    public var range: ClosedRange<Double>
    public var labels: [(value: Double, text: SafeText)]

    public init(range: ClosedRange<Double>, labels: [(value: Double, text: SafeText)]) {
        self.range = range
        self.labels = labels
    }
}

/// Lines, bands and bars over time with axes: in braille dots, half blocks or ASCII letters.
public struct TimeChart: Sendable {
    public var lines: [TimeChartLine]
    public var left: TimeChartAxis
    public var right: TimeChartAxis?
    /// Lines across at a value of the left axis.
    public var thresholds: [(value: Double, style: Style)]
    /// Texts below, each at a part (0 to 1) of the width.
    public var timeLabels: [(fraction: Double, text: SafeText)]
    /// Where the values stand in time; nil spreads them over the width.
    public var grid: TimeGrid?
    /// What happened, in a row of its own above the times.
    public var events: [TimeChartEvent] = []
    /// Whether each line's letter stands at its end.
    public var showsMarks: Bool
    public var theme: Theme

    public init(
        _ lines: [TimeChartLine], left: TimeChartAxis, right: TimeChartAxis? = nil, thresholds: [(value: Double, style: Style)] = [],
        timeLabels: [(fraction: Double, text: SafeText)] = [], grid: TimeGrid? = nil, showsMarks: Bool = false, theme: Theme
    ) {
        self.lines = lines
        self.left = left
        self.right = right
        self.thresholds = thresholds
        self.timeLabels = timeLabels
        self.grid = grid
        self.showsMarks = showsMarks
        self.theme = theme
    }

    /// Columns beside the dots that axes and marks take.
    public var marginColumns: Int { Self.columns(left) + (right.map(Self.columns) ?? 0) + (showsMarks ? 1 : 0) + 1 }

    private static func columns(_ axis: TimeChartAxis) -> Int { axis.labels.map { DisplayWidth.columns(of: $0.text) }.max() ?? 0 }

    public func render(in rect: Rect, to buffer: inout Buffer) {
        guard rect.width > marginColumns + 2, rect.height > 1 else { return }
        let leftColumns = Self.columns(left), rightColumns = right.map(Self.columns) ?? 0
        let hasTimes = !timeLabels.isEmpty && rect.height > 3
        let hasEvents = showsEvents(rows: rect.height)
        let plot = Rect(
            x: rect.x + leftColumns + 1, y: rect.y, width: rect.width - marginColumns, height: rect.height - (hasTimes ? 1 : 0) - (hasEvents ? 1 : 0))
        drawLabels(left, plot, rightAlignedAt: rect.x + leftColumns, &buffer)
        if let right { drawLabels(right, plot, leftAlignedAt: rect.right - rightColumns, &buffer) }
        drawThresholds(plot, &buffer)
        drawLines(plot, &buffer)
        if showsMarks { drawMarks(plot, &buffer) }
        if hasEvents { drawEvents(Rect(x: plot.x, y: plot.bottom, width: plot.width, height: 1), &buffer) }
        if hasTimes { drawTimes(plot, rect, &buffer) }
    }

    private func row(_ value: Double, _ axis: TimeChartAxis, _ plot: Rect) -> Int { plot.bottom - 1 - Chart.position(value, in: axis.range, steps: plot.height) }

    private func drawLabels(_ axis: TimeChartAxis, _ plot: Rect, rightAlignedAt edge: Int? = nil, leftAlignedAt x: Int? = nil, _ buffer: inout Buffer) {
        var lowest = Int.max
        // From below; a label that would stand on another is left out.
        for label in axis.labels {
            let y = row(label.value, axis, plot)
            guard y < lowest else { continue }
            lowest = y
            buffer.write(label.text, x: x ?? edge! - DisplayWidth.columns(of: label.text), y: y, style: theme.muted)
        }
    }

    private func drawThresholds(_ plot: Rect, _ buffer: inout Buffer) {
        for threshold in thresholds where left.range.contains(threshold.value) {
            let y = row(threshold.value, left, plot)
            buffer.fill(Rect(x: plot.x, y: y, width: plot.width, height: 1), theme.glyphs.horizontal, style: threshold.style)
        }
    }

    private var grain: DotCanvas.Grain { theme.glyphs.usesBraille ? .braille : theme.glyphs.horizontal == "-" ? .characters : .halfBlocks }

    private func drawLines(_ plot: Rect, _ buffer: inout Buffer) {
        var canvas = DotCanvas(grain: grain, columns: plot.width, rows: plot.height)
        // The first line is drawn last, over the others.
        for (index, line) in lines.enumerated().reversed() {
            canvas.clear()
            // Areas let lines through; of bands on each other every second one is told apart by its density.
            trace(line, isSparse: canvas.grain == .braille && (line.base == nil || index % 2 == 1), &canvas)
            canvas.render(in: plot, to: &buffer, style: line.style, character: line.mark)
        }
    }

    private func trace(_ line: TimeChartLine, isSparse: Bool, _ canvas: inout DotCanvas) {
        let axis = line.isOnRightAxis ? right ?? left : left
        let (width, height, count) = (canvas.width, canvas.height, line.values.count)
        guard count > 0, width > 0, height > 0 else { return }
        let zero = Chart.position(0, in: axis.range, steps: height)
        let placed = grid?.placed(columns: canvas.columns, dots: width / canvas.columns)
        func column(_ index: Int) -> Int { placed?.dot(index) ?? (count > 1 ? index * (width - 1) / (count - 1) : width - 1) }
        func level(_ value: Double) -> Int { Chart.position(value, in: axis.range, steps: height) }
        func bottom(_ index: Int) -> Int {
            guard let base = line.base, index < base.count, !base[index].isNaN else { return zero }
            return level(base[index])
        }
        let isArea = line.isFilled || line.base != nil
        var previous: (x: Int, y: Int, bottom: Int)?
        for (index, value) in line.values.enumerated() {
            guard !value.isNaN else {
                previous = nil
                continue
            }
            let (x, y, low) = (column(index), level(value), bottom(index))
            switch line.drawing {
            case .points: canvas.fill(x: x, from: y, through: y)
            case .bars: canvas.fill(x: x, from: low, through: y)
            case .line:
                if let previous {
                    join(previous, (x, y, low), isArea: isArea, isSparse: isSparse, &canvas)
                } else {
                    if isArea { canvas.fill(x: x, from: low, through: y, isSparse: isSparse) }
                    canvas.fill(x: x, from: y, through: y)
                }
                previous = (x, y, low)
            }
        }
    }

    /// A straight line of dots without gaps, with the area below it where there is one.
    private func join(_ from: (x: Int, y: Int, bottom: Int), _ to: (x: Int, y: Int, bottom: Int), isArea: Bool, isSparse: Bool, _ canvas: inout DotCanvas) {
        let length = to.x - from.x
        if length == 0 {
            canvas.fill(x: to.x, from: from.y, through: to.y)
            return
        }
        var last = from.y
        for step in 1...length {
            let y = from.y + (to.y - from.y) * step / length
            if isArea {
                let low = from.bottom + (to.bottom - from.bottom) * step / length
                canvas.fill(x: from.x + step, from: low, through: y, isSparse: isSparse)
            }
            let start = last < y ? last + 1 : last > y ? last - 1 : y
            canvas.fill(x: from.x + step, from: start, through: y)
            last = y
        }
    }

    /// Each line's letter in the column behind the plot, at the height of its last value or next to it where another has it.
    private func drawMarks(_ plot: Rect, _ buffer: inout Buffer) {
        var taken: Set<Int> = []
        for line in lines.prefix(plot.height) {
            guard let last = line.values.last(where: { !$0.isNaN }) else { continue }
            let wanted = row(last, line.isOnRightAxis ? right ?? left : left, plot)
            let free = (0..<plot.height).lazy.flatMap { [wanted - $0, wanted + $0] }.first { $0 >= plot.y && $0 < plot.bottom && !taken.contains($0) }
            guard let free else { continue }
            taken.insert(free)
            buffer.set(UInt32(line.mark), x: plot.right, y: free, style: line.style)
        }
    }

    private func drawTimes(_ plot: Rect, _ rect: Rect, _ buffer: inout Buffer) {
        var free = rect.x
        let placed = grid?.placed(columns: plot.width, dots: 1)
        for label in timeLabels {
            let columns = DisplayWidth.columns(of: label.text)
            let middle = plot.x + (placed?.column(at: label.fraction) ?? Int((label.fraction * Double(plot.width - 1)).rounded()))
            let x = min(max(plot.x, middle - columns / 2), plot.right - columns)
            guard x >= free else { continue }
            buffer.write(label.text, x: x, y: rect.bottom - 1, style: theme.muted)
            free = x + columns + 2
        }
    }
}
