import Model

/// The buckets of one side of a histogram: ascending positions with their counts, without gaps to care about.
struct BucketCounts: Equatable {
    private(set) var positions: [Int32] = []
    private(set) var counts: [Double] = []

    init() {}

    init(_ spans: [FloatHistogram.Span], _ buckets: [Double]) {
        positions.reserveCapacity(buckets.count)
        var position: Int32 = 0
        for span in spans {
            position = position &+ span.offset
            // A span may claim more than there is.
            for _ in 0..<min(Int(span.length), buckets.count - positions.count) {
                positions.append(position)
                position = position &+ 1
            }
        }
        counts = Array(buckets.prefix(positions.count))
    }

    mutating func append(_ position: Int32, _ count: Double) {
        positions.append(position)
        counts.append(count)
    }

    var isEmpty: Bool { positions.isEmpty }

    /// Both together, the other's counts multiplied by `factor`.
    func adding(_ other: BucketCounts, factor: Double) -> BucketCounts {
        var result = BucketCounts()
        var (left, right) = (0, 0)
        while left < positions.count || right < other.positions.count {
            let leftPosition = left < positions.count ? positions[left] : Int32.max
            let rightPosition = right < other.positions.count ? other.positions[right] : Int32.max
            let takesLeft = left < positions.count && leftPosition <= rightPosition
            let takesRight = right < other.positions.count && rightPosition <= leftPosition
            let count = (takesLeft ? counts[left] : 0) + (takesRight ? factor * other.counts[right] : 0)
            result.append(min(leftPosition, rightPosition), count)
            if takesLeft { left += 1 }
            if takesRight { right += 1 }
        }
        return result
    }

    /// Positions go through a map that keeps their order; counts that meet are added.
    func mapped(_ transform: (Int32) -> Int32) -> BucketCounts {
        var result = BucketCounts()
        for (index, position) in positions.enumerated() {
            let target = transform(position)
            if result.positions.last == target { result.counts[result.counts.count - 1] += counts[index] } else { result.append(target, counts[index]) }
        }
        return result
    }

    func filter(_ isKept: (_ position: Int32, _ count: Double) -> Bool) -> BucketCounts {
        var result = BucketCounts()
        for (index, position) in positions.enumerated() where isKept(position, counts[index]) { result.append(position, counts[index]) }
        return result
    }

    /// The count at a position, 0 where there is no bucket.
    func count(at position: Int32) -> Double {
        var low = 0
        var high = positions.count
        while low < high {
            let middle = (low + high) / 2
            if positions[middle] < position { low = middle + 1 } else { high = middle }
        }
        return low < positions.count && positions[low] == position ? counts[low] : 0
    }

    var spans: [FloatHistogram.Span] {
        var result: [FloatHistogram.Span] = []
        var expected: Int32 = 0
        for position in positions {
            if !result.isEmpty, position == expected {
                result[result.count - 1].length += 1
            } else {
                result.append(.init(offset: position &- expected, length: 1))
            }
            expected = position &+ 1
        }
        return result
    }
}

extension FloatHistogram {
    var positive: BucketCounts {
        get { BucketCounts(positiveSpans, positiveBuckets) }
        set {
            positiveSpans = newValue.spans
            positiveBuckets = newValue.counts
        }
    }
    var negative: BucketCounts {
        get { BucketCounts(negativeSpans, negativeBuckets) }
        set {
            negativeSpans = newValue.spans
            negativeBuckets = newValue.counts
        }
    }

    /// Without buckets that count nothing.
    var compacted: FloatHistogram {
        var result = self
        if positiveBuckets.contains(0) { result.positive = positive.filter { $1 != 0 } }
        if negativeBuckets.contains(0) { result.negative = negative.filter { $1 != 0 } }
        return result
    }

    /// Whether both say the same, however their buckets are laid out; counter reset hints don't count.
    func isSame(as other: FloatHistogram) -> Bool {
        let (left, right) = (compacted, other.compacted)
        func same(_ a: Double, _ b: Double) -> Bool { a == b || a.bitPattern == b.bitPattern }
        return left.schema == right.schema && same(left.count, right.count) && same(left.sum, right.sum) && same(left.zeroCount, right.zeroCount)
            && left.zeroThreshold == right.zeroThreshold && left.customValues == right.customValues && left.positive == right.positive
            && left.negative == right.negative
    }
}
