import Model

/// A native histogram with exponential buckets above 0, written down the plainest way: what the engine's own arithmetic is held against.
struct ReferenceHistogram: Equatable {
    var schema: Int32
    var zeroThreshold: Double
    var zeroCount: Double
    var count: Double
    var sum: Double
    var buckets: [Int32: Double] = [:]

    /// Nil where it has what the reference doesn't know: custom bounds, buckets below 0.
    init?(_ histogram: FloatHistogram) {
        guard !histogram.usesCustomBuckets, histogram.negativeBuckets.isEmpty else { return nil }
        (schema, zeroThreshold, zeroCount) = (histogram.schema, histogram.zeroThreshold, histogram.zeroCount)
        (count, sum) = (histogram.count, histogram.sum)
        var position: Int32 = 0
        var next = 0
        for span in histogram.positiveSpans {
            position += span.offset
            for _ in 0..<span.length {
                buckets[position, default: 0] += histogram.positiveBuckets[next]
                position += 1
                next += 1
            }
        }
    }

    /// At a coarser schema: bucket i holds what lies up to 2^(i · 2^-schema), so each step halves positions, rounding up.
    func reduced(to target: Int32) -> ReferenceHistogram {
        var result = self
        while result.schema > target {
            var coarse: [Int32: Double] = [:]
            for (position, count) in result.buckets { coarse[Int32((Double(position) / 2).rounded(.up)), default: 0] += count }
            result.buckets = coarse
            result.schema -= 1
        }
        return result
    }

    func scaled(_ factor: Double) -> ReferenceHistogram {
        var result = self
        result.zeroCount *= factor
        result.count *= factor
        result.sum *= factor
        result.buckets = buckets.mapValues { $0 * factor }
        return result
    }

    static func + (left: ReferenceHistogram, right: ReferenceHistogram) -> ReferenceHistogram {
        let schema = min(left.schema, right.schema)
        var result = left.reduced(to: schema)
        result.zeroCount += right.zeroCount
        result.count += right.count
        result.sum += right.sum
        for (position, count) in right.reduced(to: schema).buckets { result.buckets[position, default: 0] += count }
        return result
    }

    /// Whether the counter began anew between an earlier histogram and this one.
    func isReset(after earlier: ReferenceHistogram) -> Bool {
        if count < earlier.count || schema > earlier.schema || zeroCount < earlier.zeroCount { return true }
        return earlier.reduced(to: schema).buckets.contains { $0.value > buckets[$0.key, default: 0] }
    }

    func isNear(_ other: ReferenceHistogram) -> Bool {
        let positions = Set(buckets.keys).union(other.buckets.keys)
        return schema == other.schema && ReferenceNumber.areNear(count, other.count) && ReferenceNumber.areNear(sum, other.sum)
            && ReferenceNumber.areNear(zeroCount, other.zeroCount)
            && positions.allSatisfy { ReferenceNumber.areNear(buckets[$0, default: 0], other.buckets[$0, default: 0]) }
    }
}

enum ReferenceNumber {
    /// Rounding differs with the order of additions, but not by more.
    static func areNear(_ left: Double, _ right: Double) -> Bool {
        left == right || (left.isNaN && right.isNaN) || (left - right).magnitude <= 1e-6 * max(left.magnitude, right.magnitude) + 1e-9
    }
}

/// A float or a histogram.
enum ReferenceSample {
    case float(Double)
    case histogram(ReferenceHistogram)

    var float: Double? {
        if case .float(let value) = self { return value }
        return nil
    }
    var histogram: ReferenceHistogram? {
        if case .histogram(let value) = self { return value }
        return nil
    }
}
