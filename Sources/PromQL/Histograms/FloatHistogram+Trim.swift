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
        var result = self
        var rest = TrimmedRest(trim: trim, threshold: threshold, isLinear: usesCustomBuckets)
        for (index, bucket) in positiveBucketList.enumerated() where bucket.count != 0 { result.positiveBuckets[index] = rest.keep(bucket) }
        for (index, bucket) in negativeBucketList.enumerated() where bucket.count != 0 { result.negativeBuckets[index] = rest.keep(bucket) }
        if zeroCount > 0 {
            let hasPositive = positiveBuckets.contains { $0 != 0 }
            let hasNegative = negativeBuckets.contains { $0 != 0 }
            result.zeroCount = rest.keepZero(
                HistogramBucket(
                    lower: hasPositive && !hasNegative ? 0 : -zeroThreshold, upper: hasNegative && !hasPositive ? 0 : zeroThreshold, includesLower: true,
                    includesUpper: true, count: zeroCount))
        }
        guard rest.isSmaller else { return self }
        result.count = (result.positiveBuckets + result.negativeBuckets).reduce(result.zeroCount, +)
        result.sum = rest.sum.value
        return result.compacted
    }
}

/// What trimming leaves of the buckets it has been given.
private struct TrimmedRest {
    let trim: FloatHistogram.Trim
    let threshold: Double
    /// Observations lie evenly in a bucket, not evenly by their logarithms.
    let isLinear: Bool
    var sum = CompensatedSum()
    /// Something has gone.
    var isSmaller = false

    /// The part of a bucket that stays.
    private struct Part {
        var count: Double
        /// Where its observations lie on average.
        var middle: Double
    }

    /// The count of the bucket that stays. A threshold that is no number leaves nothing.
    mutating func keep(_ bucket: HistogramBucket) -> Double {
        let isWhole = trim == .below ? bucket.upper <= threshold : bucket.lower >= threshold
        if isWhole { return take(Part(count: bucket.count, middle: middle(bucket)), of: bucket) }
        let isCut = trim == .below ? bucket.lower < threshold : bucket.upper > threshold
        return take(isCut ? part(of: bucket) : nil, of: bucket)
    }

    /// The same of the zero bucket, which may have no width at all: then 0 is neither below nor above it, and counts as above.
    mutating func keepZero(_ bucket: HistogramBucket) -> Double {
        let whole = Part(count: bucket.count, middle: (bucket.lower + bucket.upper) / 2)
        if threshold <= bucket.lower { return take(trim == .below ? nil : whole, of: bucket) }
        if threshold >= bucket.upper { return take(trim == .below ? whole : nil, of: bucket) }
        return take(linearPart(of: bucket), of: bucket)
    }

    private mutating func take(_ part: Part?, of bucket: HistogramBucket) -> Double {
        let count = part?.count ?? 0
        if count != bucket.count { isSmaller = true }
        guard let part, count != 0 else { return 0 }
        sum.add(count * part.middle)
        return count
    }

    /// Where the observations of a whole bucket lie on average. Of an endless one only its finite bound is known.
    private func middle(_ bucket: HistogramBucket) -> Double {
        switch (bucket.lower.isFinite, bucket.upper.isFinite) {
        case (false, false): 0
        case (false, true): bucket.upper > 0 ? bucket.upper / 2 : bucket.upper
        case (true, false): bucket.lower
        case (true, true): middle(bucket.lower, bucket.upper)
        }
    }

    private func middle(_ low: Double, _ high: Double) -> Double {
        isLinear ? (low + high) / 2 : (low < 0 ? -1 : 1) * (low * high).squareRoot()
    }

    /// What stays of a bucket that the threshold lies in; nil is nothing.
    private func part(of bucket: HistogramBucket) -> Part? {
        if bucket.lower == -.infinity { return partOfLowest(bucket) }
        if bucket.upper == .infinity { return trim == .below ? nil : Part(count: bucket.count, middle: threshold) }
        if isLinear { return linearPart(of: bucket) }
        let (low, high, at) = (log2(bucket.lower.magnitude), log2(bucket.upper.magnitude), log2(threshold.magnitude))
        let below = (at - low) / (high - low)
        return trim == .below
            ? Part(count: bucket.count * below, middle: middle(bucket.lower, threshold))
            : Part(count: bucket.count * (1 - below), middle: middle(threshold, bucket.upper))
    }

    private func linearPart(of bucket: HistogramBucket) -> Part {
        let below = (threshold - bucket.lower) / (bucket.upper - bucket.lower)
        return trim == .below
            ? Part(count: bucket.count * below, middle: (bucket.lower + threshold) / 2)
            : Part(count: bucket.count * (1 - below), middle: (threshold + bucket.upper) / 2)
    }

    /// The lowest custom bucket reaches to -Inf, but where its bound is positive, so are the observations in it, as far as one can guess.
    private func partOfLowest(_ bucket: HistogramBucket) -> Part? {
        if trim == .below, bucket.upper <= 0 { return Part(count: bucket.count, middle: threshold) }
        guard bucket.upper.isFinite, trim == .below ? threshold > 0 : threshold >= 0 else { return nil }
        var positive = bucket
        positive.lower = 0
        return linearPart(of: positive)
    }
}
