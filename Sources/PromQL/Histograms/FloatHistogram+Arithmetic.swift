import Model

/// Exponential and custom buckets don't go together.
struct IncompatibleBuckets: Error {}

/// What was peculiar about an addition.
struct HistogramSumRemarks: OptionSet {
    let rawValue: Int
    /// One was the start of a counter, the other its continuation.
    static let counterResetCollision = HistogramSumRemarks(rawValue: 1)
    /// Their custom bounds differed; the common ones were kept.
    static let reconciledBounds = HistogramSumRemarks(rawValue: 2)
}

extension FloatHistogram {
    func scaled(by factor: Double) -> FloatHistogram {
        var result = self
        result.zeroCount *= factor
        result.count *= factor
        result.sum *= factor
        for index in result.positiveBuckets.indices { result.positiveBuckets[index] *= factor }
        for index in result.negativeBuckets.indices { result.negativeBuckets[index] *= factor }
        if factor < 0 { result.counterReset = .gauge }
        return result
    }

    func divided(by divisor: Double) -> FloatHistogram {
        var result = self
        result.zeroCount /= divisor
        result.count /= divisor
        result.sum /= divisor
        for index in result.positiveBuckets.indices { result.positiveBuckets[index] /= divisor }
        for index in result.negativeBuckets.indices { result.negativeBuckets[index] /= divisor }
        if divisor == 0 {
            // Infinite and undefined counts can't be told by bucket.
            result.positive = BucketCounts()
            result.negative = BucketCounts()
        }
        if divisor < 0 { result.counterReset = .gauge }
        return result
    }

    /// Adds the other's observations, or takes them away, at the coarser resolution of the two.
    mutating func add(_ other: FloatHistogram, factor: Double = 1) throws -> HistogramSumRemarks {
        guard usesCustomBuckets == other.usesCustomBuckets else { throw IncompatibleBuckets() }
        var remarks: HistogramSumRemarks = joinCounterReset(other) ? .counterResetCollision : []
        var right = other
        if usesCustomBuckets {
            if customValues != right.customValues {
                remarks.insert(.reconciledBounds)
                let common = Self.commonBounds(customValues, right.customValues)
                restrictBounds(to: common)
                right.restrictBounds(to: common)
            }
        } else {
            reconcileZeroBuckets(&right)
            let coarser = min(schema, right.schema)
            reduceResolution(to: coarser)
            right.reduceResolution(to: coarser)
        }
        zeroCount += factor * right.zeroCount
        count += factor * right.count
        sum += factor * right.sum
        if positiveSpans == right.positiveSpans {
            for index in positiveBuckets.indices { positiveBuckets[index] += factor * right.positiveBuckets[index] }
        } else {
            positive = positive.adding(right.positive, factor: factor)
        }
        if !(negativeSpans.isEmpty && right.negativeSpans.isEmpty) { negative = negative.adding(right.negative, factor: factor) }
        return remarks
    }

    /// Whether the two hints contradict each other.
    private mutating func joinCounterReset(_ other: FloatHistogram) -> Bool {
        if counterReset == other.counterReset || counterReset == .gauge { return false }
        if other.counterReset == .gauge {
            counterReset = .gauge
            return false
        }
        let collides = counterReset != .unknown && other.counterReset != .unknown
        counterReset = .unknown
        return collides
    }

    /// Merges buckets until the schema is `target`, which isn't finer.
    mutating func reduceResolution(to target: Int32) {
        guard schema > target else { return }
        let shift = schema - target
        func coarse(_ position: Int32) -> Int32 { ((position &- 1) >> shift) &+ 1 }
        positive = positive.mapped(coarse)
        negative = negative.mapped(coarse)
        schema = target
    }

    // MARK: Custom bounds

    /// Bounds that both have; ascending.
    static func commonBounds(_ left: [Double], _ right: [Double]) -> [Double] {
        var result: [Double] = []
        var (first, second) = (0, 0)
        while first < left.count, second < right.count {
            if left[first] == right[second] {
                result.append(left[first])
                first += 1
                second += 1
            } else if left[first] < right[second] {
                first += 1
            } else {
                second += 1
            }
        }
        return result
    }

    /// Merges custom buckets into those of `bounds`, all of which are among its own.
    mutating func restrictBounds(to bounds: [Double]) {
        guard customValues != bounds else { return }
        let old = customValues
        positive = positive.mapped { position in
            let index = Int(position)
            guard old.indices.contains(index) else { return Int32(bounds.count) }
            return Int32(bounds.firstIndex { $0 >= old[index] } ?? bounds.count)
        }
        customValues = bounds
    }

    // MARK: Zero bucket

    /// Widens the narrower zero bucket, and again where that cuts a bucket, until both are as wide.
    private mutating func reconcileZeroBuckets(_ other: inout FloatHistogram) {
        while zeroThreshold != other.zeroThreshold {
            if zeroThreshold < other.zeroThreshold { widenZeroBucket(to: other.zeroThreshold) } else { other.widenZeroBucket(to: zeroThreshold) }
        }
    }

    /// The count of a zero bucket that reaches to `threshold`, or a bit further where a bucket that isn't empty would be cut.
    func zeroCount(upTo threshold: Double) -> (count: Double, threshold: Double) {
        var threshold = threshold
        let (above, below) = (positive, negative)
        while true {
            var total = zeroCount
            let start = threshold
            for side in [above, below] {
                for (index, position) in side.positions.enumerated() {
                    if Self.bound(position &- 1, schema: schema) >= threshold { break }
                    total += side.counts[index]
                    let upper = Self.bound(position, schema: schema)
                    if upper > threshold {
                        if side.counts[index] != 0 { threshold = upper }
                        break
                    }
                }
            }
            if threshold == start { return (total, threshold) }
        }
    }

    mutating func widenZeroBucket(to threshold: Double) {
        let (count, reached) = zeroCount(upTo: threshold)
        zeroCount = count
        zeroThreshold = reached
        let schema = schema
        positive = positive.filter { position, _ in Self.bound(position, schema: schema) > reached }
        negative = negative.filter { position, _ in Self.bound(position, schema: schema) > reached }
    }

    // MARK: Counter resets

    /// Whether the counter began anew between `previous` and this one.
    func isReset(after previous: FloatHistogram) -> Bool {
        switch counterReset {
        case .reset: return true
        case .notReset: return false
        case .unknown, .gauge: break
        }
        if count < previous.count || usesCustomBuckets != previous.usesCustomBuckets { return true }
        var (now, before) = (self, previous)
        if usesCustomBuckets {
            if customValues != previous.customValues {
                let common = Self.commonBounds(customValues, previous.customValues)
                now.restrictBounds(to: common)
                before.restrictBounds(to: common)
            }
        } else {
            if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
            let (zeros, threshold) = previous.zeroCount(upTo: zeroThreshold)
            if threshold != zeroThreshold || zeroCount < zeros { return true }
            before.widenZeroBucket(to: zeroThreshold)
            before.reduceResolution(to: schema)
        }
        return Self.hasShrunk(from: before.positive, to: now.positive) || Self.hasShrunk(from: before.negative, to: now.negative)
    }

    private static func hasShrunk(from before: BucketCounts, to now: BucketCounts) -> Bool {
        before.positions.indices.contains { before.counts[$0] > now.count(at: before.positions[$0]) }
    }
}
