import Model

/// What the moments at which counters began to count tell: a sample may say since when it counts.
enum StartTimestamps {
    /// Whether a counter began anew between two samples that follow each other, going by when each of them began to count (0 is unknown).
    ///
    /// A start behind the sample's own time says nothing, nor does one before the sample before it. One that equals the time of the sample
    /// before it is the next of a row of differences, or the second of a counter whose start isn't known: the sample before tells which.
    @inline(__always)
    static func isReset(previousStart: Int64, previousTime: Int64, start: Int64, time: Int64) -> Bool {
        if start == 0 || start >= time || start < previousTime { return false }
        return start > previousTime || (previousStart != 0 && previousStart < previousTime)
    }
}

extension Window {
    /// Whether a counter says that it began before the sample before it, and not when that one's did: then some is counted twice.
    var hasOverlappingStarts: Bool {
        func overlaps(_ start: Int64, _ previousStart: Int64, _ previousTime: Int64) -> Bool {
            start != 0 && start < previousTime && start != previousStart
        }
        return starts.indices.dropFirst().contains { overlaps(starts[$0], starts[$0 - 1], timestamps[$0 - 1]) }
            || histograms.indices.dropFirst().contains {
                overlaps(histograms[$0].startTimestamp, histograms[$0 - 1].startTimestamp, histograms[$0 - 1].timestamp)
            }
    }

    /// When the counter behind a float began to count; 0 is unknown.
    @inline(__always) func counterStart(ofFloat index: Int) -> Int64 { starts.isEmpty ? 0 : starts[index] }

    /// Whether a float's counter began anew since the float before it, by what both say of their starts.
    @inline(__always) func beganAnew(atFloat index: Int) -> Bool {
        guard !starts.isEmpty else { return false }
        return StartTimestamps.isReset(
            previousStart: starts[index - 1], previousTime: timestamps[index - 1], start: starts[index], time: timestamps[index])
    }

    /// When a counter whose first sample is this began to count, where that is inside of the window.
    @inline(__always) func startInside(_ start: Int64, ofFirstSampleAt time: Int64) -> Int64? {
        start != 0 && start > self.start && start < time ? start : nil
    }
}

extension HistogramSample {
    /// Whether the counter began anew since the sample before, by what both say of their starts or by their counts.
    func isReset(after previous: HistogramSample) -> Bool {
        StartTimestamps.isReset(
            previousStart: previous.startTimestamp, previousTime: previous.timestamp, start: startTimestamp, time: timestamp)
            || histogram.isReset(after: previous.histogram)
    }
}
