/// The windows of a range function: one a step, with the lines of moment - range < time <= moment, all moved back by an offset.
struct SlidingWindows {
    /// A bound on ranges and offsets, so that sums of them and of moments fit: 146 years.
    static let lengthMax: Int64 = .max / 2

    let grid: StepGrid
    let rangeNanoseconds: Int64
    let offsetNanoseconds: Int64

    /// The moments of lines that lie in any window: `start <= time < end`.
    var start: Int64 { Self.sum(Self.sum(grid.start, -offsetNanoseconds), 1 - rangeNanoseconds) }
    var end: Int64 { Self.sum(Self.sum(grid.end, -offsetNanoseconds), 1) }

    /// The steps whose windows have a moment in them; nil where none has.
    func steps(of moment: Int64) -> ClosedRange<Int>? {
        let distance = Self.sum(Self.sum(moment, offsetNanoseconds), -grid.start)
        let first = distance <= 0 ? 0 : (distance - 1) / grid.step + 1
        let reach = Self.sum(distance, rangeNanoseconds - 1)
        guard reach >= 0 else { return nil }
        let last = min(Int64(grid.count - 1), reach / grid.step)
        return first <= last ? Int(first)...Int(last) : nil
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (left < 0 ? .min : .max) : sum
    }
}

/// Counts and sums of whole numbers in each window, without keeping the numbers: what enters at one step and leaves at another.
final class WindowSums {
    private let windows: SlidingWindows
    private var counts: [Double]
    private var sums: [Double]

    init(_ windows: SlidingWindows) {
        self.windows = windows
        counts = Array(repeating: 0, count: windows.grid.count + 1)
        sums = counts
    }

    /// `count` lines with `value` in all.
    func add(_ value: Double, count: Double = 1, at moment: Int64) {
        guard let steps = windows.steps(of: moment) else { return }
        counts[steps.lowerBound] += count
        counts[steps.upperBound + 1] -= count
        sums[steps.lowerBound] += value
        sums[steps.upperBound + 1] -= value
    }

    func columns(_ value: (_ count: Double, _ sum: Double) -> Double) -> [Double?] {
        var (count, sum) = (0.0, 0.0)
        return (0..<windows.grid.count).map { step in
            count += counts[step]
            sum += sums[step]
            return count > 0 ? value(count, sum) : nil
        }
    }
}

/// Samples of one series, ascending in time.
final class WindowSamples {
    private var moments: [Int64] = []
    private var values: [Double] = []

    func add(_ value: Double, at moment: Int64) {
        moments.append(moment)
        values.append(value)
    }

    func columns(_ windows: SlidingWindows, _ value: (ArraySlice<Double>) -> Double) -> [Double?] {
        var low = 0
        var high = 0
        return (0..<windows.grid.count).map { step in
            let end = windows.grid.moment(step) - windows.offsetNanoseconds
            while high < moments.count && moments[high] <= end { high += 1 }
            while low < high && moments[low] <= end - windows.rangeNanoseconds { low += 1 }
            return low == high ? nil : value(values[low..<high])
        }
    }
}
