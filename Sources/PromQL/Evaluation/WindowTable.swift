import Model

/// Which samples the steps of a range selector see, for all series with the same timestamps.
struct WindowTable {
    /// For each step the first sample of its window, and the one behind its last.
    private(set) var first: [Int32] = []
    private(set) var last: [Int32] = []
    /// For each step what an increase between the window's first and last sample is multiplied by; of no meaning below two samples.
    private(set) var factors: [Double] = []
    /// Whether a window begins no further before its first sample than its samples reach: then only a counter that more than doubles
    /// could have been 0 inside of it.
    private(set) var startsNear: [Bool] = []

    init(_ timestamps: UnsafeBufferPointer<Int64>, _ moments: StepGrid, lengthMilliseconds: Int64, rate: RateKind?) {
        let count = moments.count
        first.reserveCapacity(count)
        last.reserveCapacity(count)
        if rate != nil {
            factors.reserveCapacity(count)
            startsNear.reserveCapacity(count)
        }
        var low = Evaluator.firstIndex(in: timestamps, after: moments.start - lengthMilliseconds)
        var high = low
        for step in 0..<count {
            let end = moments.time(step)
            let start = end - lengthMilliseconds
            while low < timestamps.count, timestamps[low] <= start { low += 1 }
            high = max(low, high)
            while high < timestamps.count, timestamps[high] <= end { high += 1 }
            first.append(Int32(truncatingIfNeeded: low))
            last.append(Int32(truncatingIfNeeded: high))
            guard let rate else { continue }
            guard high - low > 1 else {
                factors.append(0)
                startsNear.append(true)
                continue
            }
            let stretch = Stretch(timestamps, low..<high, start: start, end: end)
            factors.append(stretch.factor(rate, lengthMilliseconds: lengthMilliseconds, toStart: stretch.toStart))
            startsNear.append(stretch.toStart <= stretch.sampled)
        }
    }
}

/// Which sample an instant selector finds at each step, for all series with the same timestamps.
struct NewestTable {
    /// -1 where none is young enough.
    private(set) var indices: [Int32] = []

    init(_ timestamps: UnsafeBufferPointer<Int64>, _ moments: StepGrid, lookbackMilliseconds: Int64) {
        indices.reserveCapacity(moments.count)
        var next = Evaluator.firstIndex(in: timestamps, after: moments.start)
        for step in 0..<moments.count {
            let moment = moments.time(step)
            while next < timestamps.count, timestamps[next] <= moment { next += 1 }
            let isFound = next > 0 && timestamps[next - 1] > moment - lookbackMilliseconds
            indices.append(isFound ? Int32(truncatingIfNeeded: next - 1) : -1)
        }
    }

    /// Fills the steps with the samples' values. Whether any isn't a stale marker.
    func fill(_ output: UnsafeMutableBufferPointer<Double>, _ values: UnsafeBufferPointer<Double>) -> Bool {
        indices.withUnsafeBufferPointer { indices in
            var found = false
            for step in 0..<output.count {
                let index = Int(indices[step])
                // A stale marker is the same as no value.
                let value = index < 0 ? absentValue : values[index]
                output[step] = value
                found = found || !isAbsent(value)
            }
            return found
        }
    }
}

/// How far beyond the samples in it a window is taken to go on as they do. Seconds.
struct Stretch {
    let sampled: Double
    let toStart: Double
    let toEnd: Double

    /// For at least two samples.
    @inline(__always) init(_ timestamps: UnsafeBufferPointer<Int64>, _ window: Range<Int>, start: Int64, end: Int64) {
        self.init(first: timestamps[window.lowerBound], last: timestamps[window.upperBound - 1], count: window.count, start: start, end: end)
    }

    /// For at least two samples, the first and the last at these moments.
    @inline(__always) init(first: Int64, last: Int64, count: Int, start: Int64, end: Int64) {
        sampled = Double(last - first) / 1000
        let average = sampled / Double(count - 1)
        // A series that begins or ends well inside the window is taken to do so half an interval beyond its sample.
        let threshold = average * 1.1
        let (before, after) = (Double(first - start) / 1000, Double(end - last) / 1000)
        toStart = before >= threshold ? average / 2 : before
        toEnd = after >= threshold ? average / 2 : after
    }

    @inline(__always) func factor(_ kind: RateKind, lengthMilliseconds: Int64, toStart: Double) -> Double {
        let factor = (sampled + toStart + toEnd) / sampled
        return kind.isRate ? factor / (Double(lengthMilliseconds) / 1000) : factor
    }
}
