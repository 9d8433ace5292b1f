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
    /// Where anything goes, the sum becomes an estimate: what stays counts with the middle of the part of its bucket that it lies in.
    func trimmed(_ trim: Trim, at threshold: Double) -> FloatHistogram {
        if threshold.isNaN {
            return FloatHistogram(schema: schema, counterReset: counterReset, zeroThreshold: zeroThreshold, sum: .nan, customValues: customValues)
        }
        var result = self
        var rest = TrimmedRest(trim: trim, threshold: threshold)
        for (index, bucket) in positiveBucketList.enumerated() where index < result.positiveBuckets.count && bucket.count != 0 {
            result.positiveBuckets[index] = rest.keep(usesCustomBuckets ? bucket.startingAtZero : bucket, isLinear: usesCustomBuckets)
        }
        for (index, bucket) in negativeBucketList.enumerated() where index < result.negativeBuckets.count && bucket.count != 0 {
            result.negativeBuckets[index] = rest.keep(bucket, isLinear: false)
        }
        if zeroCount != 0 {
            let lower = negativeBuckets.isEmpty && !positiveBuckets.isEmpty ? 0 : -zeroThreshold
            let upper = positiveBuckets.isEmpty && !negativeBuckets.isEmpty ? 0 : zeroThreshold
            result.zeroCount = rest.keep(
                HistogramBucket(lower: lower, upper: upper, includesLower: true, includesUpper: true, count: zeroCount), isLinear: true)
        }
        guard rest.isSmaller else { return self }
        result.count = (result.positiveBuckets + result.negativeBuckets).reduce(result.zeroCount, +)
        result.sum = result.count == 0 ? 0 : rest.sum.value
        return result.compacted
    }
}

/// What trimming leaves of the buckets it has been given.
private struct TrimmedRest {
    let trim: FloatHistogram.Trim
    let threshold: Double
    var sum = CompensatedSum()
    /// Something has gone.
    var isSmaller = false

    /// The count of the bucket that stays.
    mutating func keep(_ bucket: HistogramBucket, isLinear: Bool) -> Double {
        let below = bucket.shareBelow(threshold, isLinear: isLinear)
        let kept = trim == .below ? below : 1 - below
        if kept < 1 { isSmaller = true }
        guard kept > 0 else { return 0 }
        let part = trim == .below ? bucket.lower...min(threshold, bucket.upper) : max(threshold, bucket.lower)...bucket.upper
        sum.add(bucket.count * kept * Self.middle(part, isLinear: isLinear))
        return bucket.count * kept
    }

    /// Where the observations of a part of a bucket lie on average. Of an endless part only its finite bound is known.
    private static func middle(_ part: ClosedRange<Double>, isLinear: Bool) -> Double {
        let (low, high) = (part.lowerBound, part.upperBound)
        if low.isInfinite || high.isInfinite { return low.isFinite ? low : high.isFinite ? high : 0 }
        if isLinear || (low <= 0 && high >= 0) { return (low + high) / 2 }
        return (low < 0 ? -1 : 1) * (low * high).squareRoot()
    }
}

extension HistogramBucket {
    /// The lowest custom bucket reaches to -Inf, but where its bound is positive, so are the observations in it, as far as one can guess.
    fileprivate var startingAtZero: HistogramBucket {
        guard lower == -.infinity, upper > 0, upper.isFinite else { return self }
        var result = self
        result.lower = 0
        return result
    }

    /// The share of the bucket's observations that lie below a value. What is known only to be beyond the outermost bounds lies at infinity.
    fileprivate func shareBelow(_ value: Double, isLinear: Bool) -> Double {
        if value >= upper { return 1 }
        if value <= lower { return 0 }
        if lower == -.infinity { return 1 }
        if upper == .infinity { return 0 }
        if isLinear || (lower <= 0 && upper >= 0) { return (value - lower) / (upper - lower) }
        let (low, high, at) = (log2(lower.magnitude), log2(upper.magnitude), log2(value.magnitude))
        return (at - low) / (high - low)
    }
}
