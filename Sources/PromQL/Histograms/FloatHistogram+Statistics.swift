import Glibc
import Model

/// Kahan's summation with Neumaier's correction: keeps what a sum of doubles loses.
struct CompensatedSum {
    private(set) var sum: Double
    private(set) var compensation = 0.0

    init(_ start: Double = 0) { sum = start }

    @inline(__always) mutating func add(_ value: Double) {
        let total = sum + value
        if total.isInfinite {
            compensation = 0
        } else if sum.magnitude >= value.magnitude {
            compensation += (sum - total) + value
        } else {
            compensation += (value - total) + sum
        }
        sum = total
    }

    @inline(__always) var value: Double { sum.isInfinite ? sum : sum + compensation }
}

/// A quantile of a native histogram, and what disturbed it.
struct HistogramQuantile {
    enum NaNEffect { case none, result, skew }
    var value: Double
    var nanEffect: NaNEffect = .none
}

extension FloatHistogram {
    func quantile(_ q: Double) -> HistogramQuantile {
        if q < 0 { return .init(value: -.infinity) }
        if q > 1 { return .init(value: .infinity) }
        if count == 0 || q.isNaN { return .init(value: .nan) }
        // Observations that are NaN are in the count but in no bucket: then only the way up is right.
        let isForward = sum.isNaN || q < 0.5
        var rank = isForward ? q * count : (1 - q) * count
        let buckets = allBuckets
        var bucket = HistogramBucket(lower: 0, upper: 0, includesLower: true, includesUpper: true, count: 0)
        var passed = 0.0
        for next in isForward ? buckets : buckets.reversed() {
            bucket = next
            if next.count == 0 { continue }
            passed += next.count
            if passed >= rank { break }
        }
        if usesCustomBuckets {
            if bucket.lower == -.infinity {
                if bucket.upper <= 0 { return .init(value: bucket.upper) }
                bucket.lower = 0
            } else if bucket.upper == .infinity {
                return .init(value: bucket.lower)
            }
        } else if bucket.lower < 0 && bucket.upper > 0 {
            if negativeBuckets.isEmpty && !positiveBuckets.isEmpty { bucket.lower = 0 }
            if positiveBuckets.isEmpty && !negativeBuckets.isEmpty { bucket.upper = 0 }
        }
        passed = min(passed, count)
        let hasNaN = hasNaNObservations
        if passed < rank { return .init(value: hasNaN ? .nan : bucket.upper, nanEffect: hasNaN ? .result : .none) }
        rank = isForward ? rank - (passed - bucket.count) : passed - rank
        return .init(value: interpolate(bucket, rank / bucket.count), nanEffect: hasNaN ? .skew : .none)
    }

    /// The value that lies this share of the bucket's observations above its lower bound.
    private func interpolate(_ bucket: HistogramBucket, _ share: Double) -> Double {
        if usesCustomBuckets || (bucket.lower <= 0 && bucket.upper >= 0) { return bucket.lower + (bucket.upper - bucket.lower) * share }
        let (lower, upper) = (log2(bucket.lower.magnitude), log2(bucket.upper.magnitude))
        if bucket.lower > 0 { return exp2(lower + (upper - lower) * share) }
        return -exp2(upper + (lower - upper) * (1 - share))
    }

    private var observationsInBuckets: Double { allBuckets.reduce(0) { $0 + $1.count } }

    /// Observations that are NaN are in the count but in no bucket. The sum alone doesn't tell: that of -Inf and +Inf is NaN too.
    var hasNaNObservations: Bool { sum.isNaN && observationsInBuckets < count }

    /// The share of observations between two values.
    func fraction(from lower: Double, to upper: Double) -> Double {
        if count == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        return (rank(of: upper) - rank(of: lower)) / count
    }

    /// How many observations lie below a value: all, where no bucket reaches that far.
    private func rank(of value: Double) -> Double {
        let buckets = allBuckets
        let total = hasNaNObservations ? observationsInBuckets : count
        var passed = 0.0
        for var bucket in buckets {
            if bucket.lower <= 0, bucket.upper >= 0 {
                if negativeBuckets.isEmpty && !positiveBuckets.isEmpty { bucket.lower = 0 }
                if positiveBuckets.isEmpty && !negativeBuckets.isEmpty { bucket.upper = 0 }
            }
            if bucket.lower >= value { return min(passed, total) }
            if bucket.upper > value {
                // Nothing is known of where in an endless bucket the observations lie.
                if bucket.lower == -.infinity { return min(bucket.count, total) }
                if bucket.upper == .infinity { return min(passed, total) }
                return min(passed + bucket.count * share(of: value, in: bucket), total)
            }
            passed += bucket.count
        }
        return total
    }

    private func share(of value: Double, in bucket: HistogramBucket) -> Double {
        if usesCustomBuckets || (bucket.lower <= 0 && bucket.upper >= 0) { return (value - bucket.lower) / (bucket.upper - bucket.lower) }
        let (lower, upper, at) = (log2(bucket.lower.magnitude), log2(bucket.upper.magnitude), log2(value.magnitude))
        return value > 0 ? (at - lower) / (upper - lower) : 1 - (at - upper) / (lower - upper)
    }

    /// The variance of the observations, each taken for the middle of its bucket.
    var variance: Double {
        let mean = sum / count
        var total = CompensatedSum()
        for bucket in allBuckets where bucket.count != 0 {
            let middle: Double
            if usesCustomBuckets {
                middle = (bucket.lower + bucket.upper) / 2
            } else if bucket.lower <= 0 && bucket.upper >= 0 {
                middle = 0
            } else {
                let root = sqrt(bucket.upper * bucket.lower)
                middle = bucket.upper < 0 ? -root : root
            }
            total.add(bucket.count * (middle - mean) * (middle - mean))
        }
        return total.value / count
    }
}
