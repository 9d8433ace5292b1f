/// What the moments at which counters began to count tell: a sample may say since when it counts.
enum StartTimestamps {
    /// Whether a counter began anew between two samples that follow each other, going by when each of them began to count (0 is unknown).
    ///
    /// A start behind the sample's own time says nothing. One that equals the time of the sample before it is the next of a row of
    /// differences, or the second of a counter whose start isn't known: the sample before tells which.
    static func isReset(previousStart: Int64, previousTime: Int64, start: Int64, time: Int64) -> Bool {
        if start == 0 || start >= time || start == previousStart { return false }
        if start != previousTime { return start > previousTime }
        return previousStart != 0 && previousStart < previousTime
    }

    /// The same of a sample in a window and the one before it; `starts` are the whole series', or empty.
    @inline(__always)
    static func isReset(_ starts: [Int64], _ times: UnsafeBufferPointer<Int64>, _ index: Int, first: Int) -> Bool {
        guard !starts.isEmpty else { return false }
        return isReset(
            previousStart: starts[first + index - 1], previousTime: times[index - 1], start: starts[first + index], time: times[index])
    }
}
