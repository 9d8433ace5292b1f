import Glibc
import Model

/// One bucket with its bounds.
struct HistogramBucket {
    var lower: Double
    var upper: Double
    var includesLower: Bool
    var includesUpper: Bool
    var count: Double
}

extension FloatHistogram {
    /// The upper bound of an exponential bucket: 2^(position · 2^-schema).
    static func bound(_ position: Int32, schema: Int32) -> Double {
        schema <= 0 ? scalbn(1, Int(position) << Int(-schema)) : exp2(Double(position) / Double(1 << schema))
    }

    private func bucket(positive position: Int32, _ count: Double) -> HistogramBucket {
        if usesCustomBuckets {
            let index = Int(position)
            return HistogramBucket(
                lower: index > 0 && index - 1 < customValues.count ? customValues[index - 1] : -.infinity,
                upper: customValues.indices.contains(index) ? customValues[index] : .infinity, includesLower: index == 0, includesUpper: true, count: count)
        }
        return HistogramBucket(
            lower: Self.bound(position &- 1, schema: schema), upper: Self.bound(position, schema: schema), includesLower: false, includesUpper: true,
            count: count)
    }

    private func bucket(negative position: Int32, _ count: Double) -> HistogramBucket {
        HistogramBucket(
            lower: -Self.bound(position, schema: schema), upper: -Self.bound(position &- 1, schema: schema), includesLower: true, includesUpper: false,
            count: count)
    }

    var positiveBucketList: [HistogramBucket] {
        let side = positive
        return side.positions.indices.map { bucket(positive: side.positions[$0], side.counts[$0]) }
    }

    /// In the order in which they are stored: from zero downwards.
    var negativeBucketList: [HistogramBucket] {
        let side = negative
        return side.positions.indices.map { bucket(negative: side.positions[$0], side.counts[$0]) }
    }

    /// All buckets from the lowest to the highest. Those that the zero bucket reaches into are cut at its edge.
    var allBuckets: [HistogramBucket] {
        var result: [HistogramBucket] = []
        let below = negative
        for index in below.positions.indices.reversed() {
            var next = bucket(negative: below.positions[index], below.counts[index])
            if next.upper > -zeroThreshold, zeroThreshold > 0 { next.upper = -zeroThreshold }
            if next.lower < next.upper { result.append(next) }
        }
        if zeroCount != 0 {
            result.append(HistogramBucket(lower: -zeroThreshold, upper: zeroThreshold, includesLower: true, includesUpper: true, count: zeroCount))
        }
        for var next in positiveBucketList {
            if !usesCustomBuckets, next.lower < zeroThreshold { next.lower = zeroThreshold }
            if next.lower < next.upper { result.append(next) }
        }
        return result
    }

    /// As Prometheus writes a histogram on one line: `{count:2, sum:3, (0.5,1]:2}`.
    var text: String {
        var parts = ["count:\(ValueText.general(count))", "sum:\(ValueText.general(sum))"]
        for bucket in allBuckets where bucket.count != 0 {
            let bounds = "\(ValueText.general(bucket.lower)),\(ValueText.general(bucket.upper))"
            parts.append("\(bucket.includesLower ? "[" : "(")\(bounds)\(bucket.includesUpper ? "]" : ")"):\(ValueText.general(bucket.count))")
        }
        return "{\(parts.joined(separator: ", "))}"
    }
}
