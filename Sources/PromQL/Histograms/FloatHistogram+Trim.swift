import Glibc
import Model

extension FloatHistogram {
    /// Which observations stay.
    enum Trim {
        /// Those below the threshold: `</`
        case below
        /// Those above it: `>/`
        case above
    }

    /// Without the observations on one side of a threshold. Inside a bucket they are taken to lie as `quantile` takes them to.
    ///
    /// The sum is an estimate: what goes counts with the middle of the part of its bucket that it lies in.
    func trimmed(_ trim: Trim, at threshold: Double) -> FloatHistogram {
        if threshold.isNaN { return FloatHistogram(schema: schema, counterReset: .gauge, zeroThreshold: zeroThreshold, sum: .nan, customValues: customValues) }
        if threshold == (trim == .below ? .infinity : -.infinity) { return self }
        var result = self
        var removedSum = CompensatedSum()
        func keep(_ bucket: HistogramBucket, isCustom: Bool) -> Double {
            let share = bucket.shareBelow(threshold, isCustom: isCustom)
            let kept = trim == .below ? share : 1 - share
            let removed = bucket.count * (1 - kept)
            if removed != 0 {
                let part = trim == .below ? max(threshold, bucket.lower)...bucket.upper : bucket.lower...min(threshold, bucket.upper)
                removedSum.add(removed * bucket.middle(part, isCustom: isCustom))
            }
            return bucket.count * kept
        }
        for (index, bucket) in positiveBucketList.enumerated() where index < result.positiveBuckets.count && bucket.count != 0 {
            result.positiveBuckets[index] = keep(bucket, isCustom: usesCustomBuckets)
        }
        for (index, bucket) in negativeBucketList.enumerated() where index < result.negativeBuckets.count && bucket.count != 0 {
            result.negativeBuckets[index] = keep(bucket, isCustom: false)
        }
        if zeroCount != 0 {
            let lower = negativeBuckets.isEmpty && !positiveBuckets.isEmpty ? 0 : -zeroThreshold
            let upper = positiveBuckets.isEmpty && !negativeBuckets.isEmpty ? 0 : zeroThreshold
            result.zeroCount = keep(
                HistogramBucket(lower: lower, upper: upper, includesLower: true, includesUpper: true, count: zeroCount), isCustom: false)
        }
        result.count = (result.positiveBuckets + result.negativeBuckets).reduce(result.zeroCount, +)
        result.sum = result.count == 0 ? 0 : sum - removedSum.value
        result.counterReset = .gauge
        return result.compacted
    }
}

extension HistogramBucket {
    private var isAcrossZero: Bool { lower <= 0 && upper >= 0 }

    /// The share of the bucket's observations that lie below a value. What is known only to be beyond the outermost bounds lies at infinity.
    fileprivate func shareBelow(_ value: Double, isCustom: Bool) -> Double {
        if value >= upper { return 1 }
        if lower == -.infinity { return value == -.infinity ? 0 : 1 }
        if value <= lower || upper == .infinity { return 0 }
        if isCustom || isAcrossZero { return (value - lower) / (upper - lower) }
        let (low, high, at) = (log2(lower.magnitude), log2(upper.magnitude), log2(value.magnitude))
        return (at - low) / (high - low)
    }

    /// Where the observations of a part of the bucket lie on average.
    fileprivate func middle(_ part: ClosedRange<Double>, isCustom: Bool) -> Double {
        let (low, high) = (part.lowerBound, part.upperBound)
        if low == -.infinity { return high }
        if high == .infinity { return low }
        if isCustom || isAcrossZero { return (low + high) / 2 }
        return (low < 0 ? -1 : 1) * (low * high).squareRoot()
    }
}
