import Foundations
import Model

/// Counts lines and bytes by windows from a reader's tallies, which it has without decompressing lines.
///
/// A tally's cell is `start <= time < start + step`, a window `moment - range < time <= moment`: lines that stand exactly on a border of
/// windows are counted apart, and moved to the window that they end. So the numbers are those of a scan.
struct TallyEvaluation {
    /// Under a name of its own: the line's template, as `| patterns` shows it.
    static let patternLabel = "__pattern__"
    /// Cells of less time hold too little to be worth it.
    private static let cellNanosecondsMin: Int64 = 1_000_000_000
    /// Readers keep counts by the minute.
    private static let minuteNanoseconds: Int64 = 60_000_000_000

    private let aggregation: RangeAggregation
    private let windows: SlidingWindows
    private let plan: LogPlan
    private let source: QuerySource
    private let names: TallyNames

    /// Nil where the query needs the lines themselves.
    init?(_ aggregation: RangeAggregation, _ windows: SlidingWindows, _ plan: LogPlan, wanted: Set<String>, _ source: QuerySource) async throws {
        guard plan.isWhole, aggregation.countsWholeNumbers else { return nil }
        self.aggregation = aggregation
        self.windows = windows
        self.plan = plan
        self.source = source
        guard let names = try await TallyNames(aggregation.grouping, wanted, plan.query, source.reader) else { return nil }
        self.names = names
    }

    /// Nil where the windows don't lie so that cells fill them.
    func columns() async throws -> [(labels: Labels, values: [Double?])]? {
        let series = TalliedSeries(windows, countsBytes: aggregation.function.countsBytes)
        do {
            if windows.grid.count == 1 { try await addWindow(series) } else {
                guard let (cell, isExact) = cells, isExact || borders.count <= Limits.tallyBordersMax else { return nil }
                try await addCells(cell, isExact: isExact, series)
            }
        } catch let error as LogQueryError {
            throw source.meter.isPastDeadline ? LogQLError.deadline("\(error)") : LogQLError.tooMuch("\(error)")
        }
        source.meter.finishStep("counts by \(names.description): \(plan.description.dropFirst("scan: ".count))")
        return series.columns { aggregation.value(count: $0, sum: $1) }
    }

    /// The greatest cell that all borders of windows are multiples of; exact where windows end just before them, as cells do.
    private var cells: (nanoseconds: Int64, isExact: Bool)? {
        let first = windows.grid.start &- windows.offsetNanoseconds
        let common = gcd(windows.grid.step, windows.rangeNanoseconds)
        let (length, overflow) = windows.end.subtractingReportingOverflow(windows.start)
        for (border, isExact) in [(first, false), (first &+ 1, true)] {
            let cell = gcd(common, border)
            if !overflow, cell >= Self.cellNanosecondsMin, length / cell <= Limits.tallyCellsMax { return (cell, isExact) }
        }
        return nil
    }

    private func gcd(_ left: Int64, _ right: Int64) -> Int64 {
        var (large, small) = (Int64(clamping: left.magnitude), Int64(clamping: right.magnitude))
        while small != 0 { (large, small) = (small, large % small) }
        return large
    }

    /// Windows on cells' borders.
    private func addCells(_ cell: Int64, isExact: Bool, _ series: TalliedSeries) async throws {
        if isExact {
            for tally in try await tally(from: windows.start, to: windows.end, cell: cell) { try series.add(tally, labels: names.labels(of: tally), at: tally.start.nanoseconds) }
            return
        }
        // All of the first cell, whose first instant is taken back below.
        for tally in try await tally(from: windows.start - 1, to: windows.end - 1, cell: cell) {
            try series.add(tally, labels: names.labels(of: tally), at: tally.start.nanoseconds + 1)
        }
        for border in borders {
            // Mostly there is no line at just this instant: found without looking into lines.
            var probe = LogQuery(start: NanoTimestamp(nanoseconds: border), end: NanoTimestamp(nanoseconds: border + 1), streamMatchers: plan.query.streamMatchers)
            probe.deadlineMonotonicNanoseconds = source.meter.deadlineMonotonicNanoseconds
            guard !(try await source.reader.search(probe, limit: 1)).isEmpty else { continue }
            for tally in try await tally(from: border, to: border + 1, cell: cell) {
                let labels = names.labels(of: tally)
                try series.add(tally, labels: labels, at: border)
                // The last border's own cell was not read.
                if border < windows.end - 1 { try series.add(tally, labels: labels, at: border + 1, sign: -1) }
            }
        }
    }

    /// Every moment at which a window begins or ends.
    private var borders: [Int64] {
        var borders: Set<Int64> = []
        for step in 0..<windows.grid.count {
            let end = windows.grid.moment(step) - windows.offsetNanoseconds
            borders.insert(end)
            borders.insert(end - windows.rangeNanoseconds)
        }
        return borders.sorted()
    }

    /// One window wherever it lies: whole minutes from counts, the rests at both ends from lines.
    private func addWindow(_ series: TalliedSeries) async throws {
        let minute = Self.minuteNanoseconds
        let inside = windows.end - windows.start <= 4 * minute ? nil : Self.wholeMinutes(windows.start, windows.end)
        guard let inside else {
            try await addWhole(windows.start, windows.end, series)
            return
        }
        try await addWhole(inside.lowerBound, inside.upperBound, series)
        try await addWhole(windows.start, inside.lowerBound, series)
        try await addWhole(inside.upperBound, windows.end, series)
    }

    private static func wholeMinutes(_ start: Int64, _ end: Int64) -> Range<Int64>? {
        let rest = ((start % minuteNanoseconds) + minuteNanoseconds) % minuteNanoseconds
        let first = rest == 0 ? start : start + (minuteNanoseconds - rest)
        let last = end - ((end % minuteNanoseconds) + minuteNanoseconds) % minuteNanoseconds
        return first < last ? first..<last : nil
    }

    /// Lines that all lie in the one window.
    private func addWhole(_ start: Int64, _ end: Int64, _ series: TalliedSeries) async throws {
        guard start < end else { return }
        for tally in try await tally(from: start, to: end, cell: max(end - start, Self.minuteNanoseconds)) {
            try series.add(tally, labels: names.labels(of: tally), at: windows.end - 1)
        }
    }

    private func tally(from start: Int64, to end: Int64, cell: Int64) async throws -> [LogTally] {
        var query = plan.query
        query.start = NanoTimestamp(nanoseconds: start)
        query.end = NanoTimestamp(nanoseconds: end)
        query.deadlineMonotonicNanoseconds = source.meter.deadlineMonotonicNanoseconds
        let tallies = try await source.reader.tally(query, stepNanoseconds: cell, by: names.grouping)
        source.meter.counted(tallies.count)
        return tallies
    }
}

/// Series made of tallies.
private final class TalliedSeries {
    private let windows: SlidingWindows
    private let countsBytes: Bool
    private var positions: [Labels: Int] = [:]
    private var series: [(labels: Labels, sums: WindowSums)] = []

    init(_ windows: SlidingWindows, countsBytes: Bool) {
        self.windows = windows
        self.countsBytes = countsBytes
    }

    func add(_ tally: LogTally, labels: Labels, at moment: Int64, sign: Double = 1) throws(LogQLError) {
        if positions[labels] == nil {
            guard series.count < Limits.seriesMax else { throw .tooMuch("the query makes more than \(Limits.seriesMax) series; group by fewer labels") }
            positions[labels] = series.count
            series.append((labels, WindowSums(windows)))
        }
        series[positions[labels]!].sums.add(sign * Double(countsBytes ? tally.bytes : tally.count), count: sign * Double(tally.count), at: moment)
    }

    func columns(_ value: (Double, Double) -> Double) -> [(labels: Labels, values: [Double?])] { series.map { ($0.labels, $0.sums.columns(value)) } }
}
