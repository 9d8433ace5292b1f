import Foundations
import Model

/// Counts lines and bytes by windows from a reader's tallies, which it has without decompressing lines.
///
/// Cells begin where windows do, one nanosecond behind a moment less the range, so each lies in a window as a whole or not at all.
struct TallyEvaluation {
    /// Under a name of its own: the line's template, as `| patterns` shows it.
    static let patternLabel = "__pattern__"
    /// Cells of less time hold too little to be worth it.
    private static let cellNanosecondsMin: Int64 = 1_000_000_000
    /// Readers keep counts by the minute: of shorter cells they look at lines.
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
            guard let cells else { return nil }
            for tally in try await tallies(cells) { try series.add(tally, labels: names.labels(of: tally), at: max(tally.start.nanoseconds, windows.start)) }
        } catch let error as LogQueryError {
            throw source.meter.isPastDeadline ? LogQLError.deadline("\(error)") : LogQLError.tooMuch("\(error)")
        }
        source.meter.finishStep("counts by \(names.description): \(plan.description.dropFirst("scan: ".count))")
        return series.columns { aggregation.value(count: $0, sum: $1) }
    }

    /// The greatest cells of which each window is made; for a single window, one that holds it.
    private var cells: LogCells? {
        let (length, overflow) = windows.end.subtractingReportingOverflow(windows.start)
        if overflow { return nil }
        let countsBytes = aggregation.function.countsBytes
        if windows.grid.count == 1 { return LogCells(stepNanoseconds: max(length, Self.minuteNanoseconds), border: windows.start, countsBytes: countsBytes) }
        let cell = gcd(windows.grid.step, windows.rangeNanoseconds)
        guard cell >= Self.cellNanosecondsMin, length / cell <= Limits.tallyCellsMax else { return nil }
        return LogCells(stepNanoseconds: cell, border: windows.end, countsBytes: countsBytes)
    }

    private func gcd(_ left: Int64, _ right: Int64) -> Int64 {
        var (large, small) = (Int64(clamping: left.magnitude), Int64(clamping: right.magnitude))
        while small != 0 { (large, small) = (small, large % small) }
        return large
    }

    private func tallies(_ cells: LogCells) async throws -> [LogTally] {
        var query = plan.query
        query.start = NanoTimestamp(nanoseconds: windows.start)
        query.end = NanoTimestamp(nanoseconds: windows.end)
        query.deadlineMonotonicNanoseconds = source.meter.deadlineMonotonicNanoseconds
        let tallies = try await source.reader.tally(query, cells, by: names.grouping)
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

    func add(_ tally: LogTally, labels: Labels, at moment: Int64) throws(LogQLError) {
        if positions[labels] == nil {
            guard series.count < Limits.seriesMax else { throw .tooMuch("the query makes more than \(Limits.seriesMax) series; group by fewer labels") }
            positions[labels] = series.count
            series.append((labels, WindowSums(windows)))
        }
        series[positions[labels]!].sums.add(Double(countsBytes ? tally.bytes : tally.count), count: Double(tally.count), at: moment)
    }

    func columns(_ value: (Double, Double) -> Double) -> [(labels: Labels, values: [Double?])] { series.map { ($0.labels, $0.sums.columns(value)) } }
}
