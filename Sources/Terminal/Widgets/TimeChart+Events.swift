/// Something that happened, on the axis of time of a chart.
public struct TimeChartEvent: Hashable, Sendable {
    /// Milliseconds since 1970; both the same for a moment.
    public var fromMilliseconds: Int64
    public var toMilliseconds: Int64
    /// Tells its kind without its colour.
    public var letter: UInt8
    public var style: Style

    public init(fromMilliseconds: Int64, toMilliseconds: Int64, letter: UInt8, style: Style) {
        self.fromMilliseconds = fromMilliseconds
        self.toMilliseconds = toMilliseconds
        self.letter = (0x21...0x7E).contains(letter) ? letter : UInt8(ascii: "*")
        self.style = style
    }
}

extension TimeChart {
    /// Whether events have a row of their own: not where it would be taken from few rows of the plot.
    func showsEvents(rows: Int) -> Bool { grid != nil && !events.isEmpty && rows > 5 }

    /// A glyph where each begins, its letter behind it where there is room, and a line for as long as it lasts.
    func drawEvents(_ plot: Rect, _ buffer: inout Buffer) {
        guard let grid else { return }
        let placed = grid.placed(columns: plot.width, dots: 1)
        let first = grid.startMilliseconds, last = first + grid.stepMilliseconds * Int64(grid.count - 1)
        let shown = events.filter { $0.toMilliseconds >= first && $0.fromMilliseconds <= last }
        func column(_ milliseconds: Int64) -> Int { min(max(0, placed.column(of: min(max(milliseconds, first), last))), plot.width - 1) }
        for event in shown {
            let (from, to) = (column(event.fromMilliseconds), column(event.toMilliseconds))
            if to > from { buffer.fill(Rect(x: plot.x + from, y: plot.y, width: to - from + 1, height: 1), theme.glyphs.horizontal, style: event.style) }
        }
        var beginnings: Set<Int> = []
        for event in shown where event.fromMilliseconds >= first {
            let x = column(event.fromMilliseconds)
            beginnings.insert(x)
            buffer.write(theme.glyphs.event, x: plot.x + x, y: plot.y, style: event.style)
        }
        var lettered: Set<Int> = []
        for event in shown {
            let x = column(event.fromMilliseconds) + (event.fromMilliseconds >= first ? 1 : 0)
            guard x < plot.width, !beginnings.contains(x), lettered.insert(x).inserted else { continue }
            buffer.set(UInt32(event.letter), x: plot.x + x, y: plot.y, style: event.style)
        }
    }
}
