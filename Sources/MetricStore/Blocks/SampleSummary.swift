import Model

/// Figures of some samples in a row of one series: enough for most functions over a range, without the samples.
///
/// Stale markers are left out of everything but `staleCount`, as functions over ranges leave them out. Of NaNs, `sum` becomes NaN;
/// `minimum` and `maximum` pass over them (NaN where there is nothing else).
struct SampleSummary: Equatable, Sendable {
    /// Milliseconds since 1970 of the first and last sample that is no stale marker.
    var firstTimestamp: Int64
    var lastTimestamp: Int64
    /// Samples that are no stale markers, at least 1.
    var count: Int
    var staleCount: Int
    var sum: Double
    var minimum: Double
    var maximum: Double
    var first: Double
    var last: Double
    /// The values before each drop, added up: `last - first + resetCorrection` is what a counter grew from the first sample to the last.
    /// NaN where the series falls so often that it is no counter: it isn't kept then.
    var resetCorrection: Double

    /// A counter's growth from the first sample to the last one, resets made up for.
    var increase: Double { last - first + resetCorrection }

    /// Puts the figures of samples behind these to them; a drop between the two counts as a reset.
    mutating func join(_ next: SampleSummary) {
        resetCorrection += next.resetCorrection
        if next.first < last { resetCorrection += last }
        lastTimestamp = next.lastTimestamp
        count += next.count
        staleCount += next.staleCount
        sum += next.sum
        minimum = Self.lower(minimum, next.minimum)
        maximum = Self.higher(maximum, next.maximum)
        last = next.last
    }

    /// Of samples in order of time; nil where all of them are stale markers. Adds how often the values fall to `drops`.
    init?(_ timestamps: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, drops: inout Int) {
        guard let start = values.firstIndex(where: { !StaleMarker.isStale($0) }) else { return nil }
        let head = values[start]
        self.init(
            firstTimestamp: timestamps[start], lastTimestamp: timestamps[start], count: 1, staleCount: start, sum: head, minimum: head, maximum: head,
            first: head, last: head, resetCorrection: 0)
        for index in (start + 1)..<max(start + 1, values.count) {
            let value = values[index]
            if StaleMarker.isStale(value) {
                staleCount += 1
                continue
            }
            count += 1
            sum += value
            minimum = Self.lower(minimum, value)
            maximum = Self.higher(maximum, value)
            if value < last {
                resetCorrection += last
                drops += 1
            }
            last = value
            lastTimestamp = timestamps[index]
        }
    }

    init(
        firstTimestamp: Int64, lastTimestamp: Int64, count: Int, staleCount: Int, sum: Double, minimum: Double, maximum: Double, first: Double,
        last: Double, resetCorrection: Double
    ) {
        self.firstTimestamp = firstTimestamp
        self.lastTimestamp = lastTimestamp
        self.count = count
        self.staleCount = staleCount
        self.sum = sum
        self.minimum = minimum
        self.maximum = maximum
        self.first = first
        self.last = last
        self.resetCorrection = resetCorrection
    }

    @inline(__always) private static func lower(_ one: Double, _ other: Double) -> Double { other < one || one.isNaN ? other : one }
    @inline(__always) private static func higher(_ one: Double, _ other: Double) -> Double { other > one || one.isNaN ? other : one }
}

extension SampleSummary {
    /// Of each of some ranges of samples that holds more than stale markers. `decimals` are the values, where they are such.
    static func summaries(_ samples: SampleColumns, _ ranges: [Range<Int>], _ decimals: Decimals?) -> [SampleSummary] {
        let exact = decimals.flatMap { $0.exceptions.isEmpty ? $0 : nil }
        var drops = 0
        var summaries: [SampleSummary] = []
        summaries.reserveCapacity(ranges.count)
        samples.timestamps.withUnsafeBufferPointer { timestamps in
            samples.values.withUnsafeBufferPointer { values in
                for range in ranges {
                    let times = UnsafeBufferPointer(rebasing: timestamps[range])
                    let floats = UnsafeBufferPointer(rebasing: values[range])
                    if let summary = SampleSummary(times, floats, drops: &drops) { summaries.append(summary) }
                }
            }
        }
        if let exact, summaries.count == ranges.count {
            for (index, range) in ranges.enumerated() { summaries[index].makeExact(exact, range) }
        }
        dropCorrections(of: &summaries, drops: drops)
        return summaries
    }

    /// The sum of the decimals, where it is exact: a float's parts add up to nearly that.
    private mutating func makeExact(_ decimals: Decimals, _ range: Range<Int>) {
        guard staleCount == 0 else { return }
        var total: Int64 = 0
        for integer in decimals.integers[range] {
            let (next, overflow) = total.addingReportingOverflow(integer)
            if overflow { return }
            total = next
        }
        if total.magnitude < 1 << 53 { sum = Double(total) / decimals.power }
    }

    /// Forgets what resets add where a series falls too often to be a counter.
    static func dropCorrections(of summaries: inout [SampleSummary], drops: Int) {
        guard drops > SummaryColumns.dropsPerSummaryMax * summaries.count else { return }
        for index in summaries.indices { summaries[index].resetCorrection = .nan }
    }
}

/// A length of time whose samples are kept as one summary each.
enum Resolution: UInt8, CaseIterable, Sendable {
    case fiveMinutes = 1, hour = 2

    var milliseconds: Int64 {
        switch self {
        case .fiveMinutes: 300_000
        case .hour: 3_600_000
        }
    }

    /// The end of the step that holds a moment. A step reaches from behind its start through its end, as ranges of queries do.
    func end(of timestamp: Int64) -> Int64 {
        let start = blockStart(of: timestamp, milliseconds)
        if start == timestamp { return timestamp }
        let (end, overflow) = start.addingReportingOverflow(milliseconds)
        return overflow ? .max : end
    }
}
