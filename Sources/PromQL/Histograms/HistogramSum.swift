import Model

/// The sum of many histograms, with what doubles lose on the way made up for.
///
/// Histograms of the same layout are added with compensation, bucket by bucket. Where the layout changes, what was gained so far is
/// rounded once.
struct HistogramSum {
    /// One side's buckets: ascending positions.
    private struct Side {
        var positions: [Int32] = []
        var sums: [CompensatedSum] = []

        init(_ counts: BucketCounts) {
            positions = counts.positions
            sums = counts.counts.map { CompensatedSum($0) }
        }

        var counts: BucketCounts {
            var result = BucketCounts()
            for (index, position) in positions.enumerated() { result.append(position, sums[index].value) }
            return result
        }

        mutating func add(_ other: BucketCounts) {
            if positions == other.positions {
                for index in sums.indices { sums[index].add(other.counts[index]) }
                return
            }
            var merged = Side(BucketCounts())
            var (left, right) = (0, 0)
            while left < positions.count || right < other.positions.count {
                let takesLeft = left < positions.count && (right >= other.positions.count || positions[left] <= other.positions[right])
                let takesRight = right < other.positions.count && (left >= positions.count || other.positions[right] <= positions[left])
                merged.positions.append(takesLeft ? positions[left] : other.positions[right])
                var sum = takesLeft ? sums[left] : CompensatedSum()
                if takesRight { sum.add(other.counts[right]) }
                merged.sums.append(sum)
                if takesLeft { left += 1 }
                if takesRight { right += 1 }
            }
            self = merged
        }
    }

    /// The layout; its counts are held beside it.
    private var layout: FloatHistogram
    private var positive: Side
    private var negative: Side
    private var zeroCount: CompensatedSum
    private var count: CompensatedSum
    private var sum: CompensatedSum
    private var hints: Set<FloatHistogram.CounterReset>
    private var hasReconciledBounds = false

    init(_ first: FloatHistogram) {
        layout = first
        positive = Side(first.positive)
        negative = Side(first.negative)
        zeroCount = CompensatedSum(first.zeroCount)
        count = CompensatedSum(first.count)
        sum = CompensatedSum(first.sum)
        hints = [first.counterReset]
    }

    /// Throws `IncompatibleBuckets`.
    mutating func add(_ other: FloatHistogram) throws {
        hints.insert(other.counterReset)
        count.add(other.count)
        sum.add(other.sum)
        if layout.schema == other.schema, layout.zeroThreshold == other.zeroThreshold, layout.customValues == other.customValues {
            positive.add(other.positive)
            negative.add(other.negative)
            zeroCount.add(other.zeroCount)
            return
        }
        var plain = result
        if try plain.add(other).contains(.reconciledBounds) { hasReconciledBounds = true }
        layout = plain
        positive = Side(plain.positive)
        negative = Side(plain.negative)
        zeroCount = CompensatedSum(plain.zeroCount)
    }

    /// The hint that all have in common; else that of a gauge where there is one among them.
    private var counterReset: FloatHistogram.CounterReset { hints.count == 1 ? hints.first! : hints.contains(.gauge) ? .gauge : .unknown }

    var remarks: HistogramSumRemarks {
        var remarks: HistogramSumRemarks = hints.contains(.reset) && hints.contains(.notReset) ? .counterResetCollision : []
        if hasReconciledBounds { remarks.insert(.reconciledBounds) }
        return remarks
    }

    var result: FloatHistogram {
        var result = layout
        result.positive = positive.counts
        result.negative = negative.counts
        result.zeroCount = zeroCount.value
        result.count = count.value
        result.sum = sum.value
        result.counterReset = counterReset
        return result
    }

    /// The sum or mean of at least one histogram, with what was peculiar about it. Throws `IncompatibleBuckets`.
    static func combine(_ all: [FloatHistogram], isAverage: Bool) throws -> (histogram: FloatHistogram, remarks: HistogramSumRemarks) {
        func total(_ transform: (FloatHistogram) -> FloatHistogram) throws -> HistogramSum {
            var total = HistogramSum(transform(all[0]))
            for histogram in all.dropFirst() { try total.add(transform(histogram)) }
            return total
        }
        let plain = try total { $0 }
        guard isAverage else { return (plain.result.compacted, plain.remarks) }
        let size = Double(all.count)
        let mean = plain.result.divided(by: size)
        guard mean.hasInfinity else { return (mean.compacted, plain.remarks) }
        // The sum is beyond what a double holds; the mean needn't be.
        return (try total { $0.divided(by: size) }.result.compacted, plain.remarks)
    }
}

extension FloatHistogram {
    fileprivate var hasInfinity: Bool {
        count.isInfinite || sum.isInfinite || zeroCount.isInfinite || positiveBuckets.contains(where: \.isInfinite) || negativeBuckets.contains(where: \.isInfinite)
    }
}
