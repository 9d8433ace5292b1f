import Foundations
import Testing

@testable import Terminal

@Suite struct TimeGridTests {
    @Test(arguments: [(1, 61), (60_000, 61), (15_000, 241), (7001, 13), (1000, 1)], [8, 47, 199]) func everyValueHasAColumnWhereverTimeStands(grid: (step: Int64, count: Int), columns: Int) {
        for start in [Int64(0), 1_800_000_000_123, -5, 999_999] {
            let grid = TimeGrid(startMilliseconds: start, stepMilliseconds: grid.step, count: grid.count)
            for dots in [1, 2] {
                let placed = grid.placed(columns: columns, dots: dots)
                let found = (0..<grid.count).map(placed.dot)
                #expect(found.allSatisfy { (0..<columns * dots).contains($0) } && found == found.sorted())
                #expect(found.last! / dots == columns - 1 && placed.column(at: 1) == columns - 1)
            }
        }
    }

    /// What a chart shows of a wave at a moment.
    private func frame(_ startMilliseconds: Int64, _ theme: Theme) -> Buffer {
        let grid = TimeGrid(startMilliseconds: startMilliseconds, stepMilliseconds: 10_000, count: 91)
        let values = (0..<91).map { Double((startMilliseconds / 10_000 + Int64($0)) * 7919 % 37) }
        var buffer = Buffer(Size(columns: 60, rows: 10))
        TimeChart(
            [TimeChartLine(values, style: theme.good)], left: TimeChartAxis(range: 0...40, labels: [(0, "0"), (40, "40")]), timeLabels: [(0.5, "12:00")], grid: grid, theme: theme
        ).render(in: buffer.bounds, to: &buffer)
        return buffer
    }

    @Test(arguments: [true, false]) func aChartMovesByWholeColumnsAsTimeGoesOn(showsUnicode: Bool) throws {
        let theme = Theme(capabilities: Capabilities(colours: .rgb, showsUnicode: showsUnicode))
        // 900 s on 56 columns: a column is some 16 s.
        let first = frame(1_800_000_000_000, theme)
        let next = frame(1_800_000_160_000, theme)
        let column = TimeGrid(startMilliseconds: 0, stepMilliseconds: 10_000, count: 91).placed(columns: 56, dots: 2).columnMilliseconds
        let moved = Int(1_800_000_160_000 / column - 1_800_000_000_000 / column)
        #expect((9...11).contains(moved))
        // The plot begins behind the axis; its first and last columns are cut.
        for y in 0..<8 {
            for x in 5..<50 - moved { #expect(next[x, y] == first[x + moved, y], "\(x),\(y)") }
        }
    }
}
