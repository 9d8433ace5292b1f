/// Makes the downsampled columns of one series from its samples, which come in order of time.
struct Downsampler {
    private var columns: [(resolution: Resolution, steps: [SampleSummary])]

    init(_ resolutions: [Resolution]) { columns = resolutions.map { ($0, []) } }

    /// Whether nothing is to be made.
    var isIdle: Bool { columns.isEmpty }

    /// Adds samples behind those before. `decimals` are the values, where the caller has them.
    mutating func add(_ samples: SampleColumns, _ decimals: Decimals?) {
        if samples.isEmpty || isIdle { return }
        let decimals = decimals ?? Decimals(samples.values)
        for index in columns.indices {
            let ranges = Self.ranges(samples.timestamps, columns[index].resolution)
            var next = SampleSummary.summaries(samples, ranges, decimals)
            if let first = next.first, let last = columns[index].steps.last, columns[index].resolution.end(of: first.firstTimestamp) == columns[index].resolution.end(of: last.lastTimestamp) {
                columns[index].steps[columns[index].steps.count - 1].join(next.removeFirst())
            }
            columns[index].steps += next
        }
    }

    /// The columns that have something.
    mutating func finished() -> [(resolution: Resolution, steps: [SampleSummary])] {
        for index in columns.indices where columns[index].steps.contains(where: \.resetCorrection.isNaN) {
            // What one part has not, the whole hasn't.
            for step in columns[index].steps.indices { columns[index].steps[step].resetCorrection = .nan }
        }
        return columns.filter { !$0.steps.isEmpty }
    }

    private static func ranges(_ timestamps: [Int64], _ resolution: Resolution) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < timestamps.count {
            let limit = resolution.end(of: timestamps[start])
            var end = start + 1
            while end < timestamps.count, timestamps[end] <= limit { end += 1 }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }
}
