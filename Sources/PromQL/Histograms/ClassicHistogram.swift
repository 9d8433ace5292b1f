import Model

/// The cumulative buckets of a classic histogram at one moment.
struct ClassicHistogram {
    struct Bucket {
        var upperBound: Double
        var count: Double
    }

    /// Counts that differ by less than this share are taken for equal: rounding, not a fault in the data.
    private static let smallDelta = 1e-12

    private(set) var buckets: [Bucket]
    /// A count was below the one before it and had to be raised.
    private(set) var wasForced = false

    /// Sorts, joins buckets of equal bounds, and makes the counts ascend. Nil where the last bound isn't +Inf.
    init?(_ unsorted: [Bucket]) {
        let sorted = unsorted.sorted { $0.upperBound < $1.upperBound }
        guard sorted.last?.upperBound == .infinity else { return nil }
        buckets = []
        for bucket in sorted {
            if let last = buckets.last, last.upperBound == bucket.upperBound { buckets[buckets.count - 1].count += bucket.count } else { buckets.append(bucket) }
        }
        var previous = buckets[0].count
        for index in buckets.indices.dropFirst() {
            let count = buckets[index].count
            if count == previous { continue }
            let isSmall = (count - previous).magnitude < Self.smallDelta * min(count.magnitude + previous.magnitude, .greatestFiniteMagnitude)
            if isSmall || count < previous {
                buckets[index].count = previous
                if !isSmall { wasForced = true }
            } else {
                previous = count
            }
        }
    }

    func quantile(_ q: Double) -> Double {
        if q.isNaN { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        let observations = buckets[buckets.count - 1].count
        guard buckets.count >= 2, observations != 0, !observations.isNaN else { return .nan }
        var rank = q * observations
        let index = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if index == buckets.count - 1 { return buckets[buckets.count - 2].upperBound }
        if index == 0, buckets[0].upperBound <= 0 { return buckets[0].upperBound }
        var start = 0.0
        var count = buckets[index].count
        if index > 0 {
            start = buckets[index - 1].upperBound
            count -= buckets[index - 1].count
            rank -= buckets[index - 1].count
        }
        return start + (buckets[index].upperBound - start) * (rank / count)
    }

    /// The share of observations between two values.
    func fraction(from lower: Double, to upper: Double) -> Double {
        let observations = buckets[buckets.count - 1].count
        if buckets.count < 2 || observations == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        return (rank(of: upper) - rank(of: lower)) / observations
    }

    private func rank(of value: Double) -> Double {
        var passed = 0.0
        for (index, bucket) in buckets.enumerated() {
            var lower = index == 0 ? -Double.infinity : buckets[index - 1].upperBound
            if index == 0, bucket.upperBound > 0 { lower = 0 }
            if lower >= value { return passed }
            if bucket.upperBound > value {
                if lower == -.infinity { return bucket.count }
                if bucket.upperBound == .infinity { return passed }
                return passed + (bucket.count - passed) * (value - lower) / (bucket.upperBound - lower)
            }
            passed = bucket.count
        }
        return passed
    }
}
