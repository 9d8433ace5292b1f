/// Where the moments of a chart's values stand: in columns of whole lengths since 1970.
///
/// A chart drawn on it doesn't change but at its end while time goes on within a column, and then moves by whole columns, axis
/// and all, which a terminal can do by itself: neither its lines nor its labels change their form.
public struct TimeGrid: Hashable, Sendable {
    /// The moment of the first value, in milliseconds since 1970.
    public var startMilliseconds: Int64
    /// Between two values; over 0.
    public var stepMilliseconds: Int64
    public var count: Int

    public init(startMilliseconds: Int64, stepMilliseconds: Int64, count: Int) {
        self.startMilliseconds = startMilliseconds
        self.stepMilliseconds = max(1, stepMilliseconds)
        self.count = max(1, count)
    }

    private var spanMilliseconds: Int64 { stepMilliseconds * Int64(count - 1) }

    /// The grid over a plot of some columns, each of one or two dots.
    func placed(columns: Int, dots: Int) -> Placed {
        // The span fits wherever in a column it begins; a column is the same whatever its dots.
        let least = (spanMilliseconds + Int64(max(1, columns - 1)) - 1) / Int64(max(1, columns - 1))
        let columnMilliseconds = max(2, (least + 1) / 2 * 2)
        let last = (startMilliseconds + spanMilliseconds).floored(by: columnMilliseconds)
        return Placed(grid: self, columnMilliseconds: columnMilliseconds, firstColumn: last - Int64(columns - 1), dots: Int64(dots))
    }

    struct Placed {
        let grid: TimeGrid
        let columnMilliseconds: Int64
        fileprivate let firstColumn: Int64
        fileprivate let dots: Int64

        /// The column of dots of a value.
        func dot(_ index: Int) -> Int {
            Int((grid.startMilliseconds + Int64(index) * grid.stepMilliseconds).floored(by: columnMilliseconds / dots) - firstColumn * dots)
        }

        /// The column of a moment, in milliseconds since 1970.
        func column(of milliseconds: Int64) -> Int { Int(milliseconds.floored(by: columnMilliseconds) - firstColumn) }

        /// The column of a moment that stands at a part of the time between the first value and the last.
        func column(at fraction: Double) -> Int {
            let moment = grid.startMilliseconds + Int64((fraction * Double(grid.spanMilliseconds)).rounded())
            return Int(moment.floored(by: columnMilliseconds) - firstColumn)
        }
    }
}

extension Int64 {
    /// Divided, rounded down.
    fileprivate func floored(by divisor: Int64) -> Int64 { self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor) }
}
