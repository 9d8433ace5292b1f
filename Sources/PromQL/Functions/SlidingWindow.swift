import Model

/// Sums of any run of a series' values in constant time each, from sums of all its beginnings held to twice the precision.
struct SlidingSums {
    private var high: [Double] = [0]
    private var low: [Double] = [0]
    /// The largest of the sums up to here, which bounds what a difference of two can have lost.
    private var largest: [Double] = [0]

    /// A difference below this share of the largest sum may have lost digits: n values lose at most n² · 2^-106 of it, and a double holds 2^-53.
    private let trustedShare: Double

    /// Nil where a value or a sum isn't finite.
    init?(_ values: [Double]) {
        trustedShare = Double(values.count) * Double(values.count) * 0x1p-53
        high.reserveCapacity(values.count + 1)
        low.reserveCapacity(values.count + 1)
        largest.reserveCapacity(values.count + 1)
        var (sum, rest, most) = (0.0, 0.0, 0.0)
        for value in values {
            let total = sum + value
            let shifted = total - sum
            rest += (sum - (total - shifted)) + (value - shifted)
            sum = total
            most = max(most, sum.magnitude)
            high.append(sum)
            low.append(rest)
            largest.append(most)
        }
        guard (sum + rest).isFinite, most.isFinite else { return nil }
    }

    /// The sum of the values in a range; nil where it can't be told precisely.
    @inline(__always) func sum(_ range: Range<Int>) -> Double? {
        let (a, b) = (high[range.lowerBound], high[range.upperBound])
        let difference = b - a
        let shifted = difference - b
        let lost = (b - (difference - shifted)) + (-a - shifted)
        let sum = difference + (lost + (low[range.upperBound] - low[range.lowerBound]))
        return sum.magnitude >= largest[range.upperBound] * trustedShare ? sum : nil
    }
}

/// The smallest or largest value of windows that only move forward: each value is looked at twice at most.
struct SlidingExtreme {
    private let isMinimum: Bool
    /// Positions of values that no later one beats, the best first.
    private var candidates: [Int] = []
    private var head = 0
    private var next = 0

    init(isMinimum: Bool) { self.isMinimum = isMinimum }

    /// The extreme of `values[range]`; NaN where all are.
    mutating func value(_ range: Range<Int>, of values: [Double]) -> Double {
        next = max(next, range.lowerBound)
        while next < range.upperBound {
            let value = values[next]
            if !value.isNaN {
                while candidates.count > head, isMinimum ? values[candidates[candidates.count - 1]] >= value : values[candidates[candidates.count - 1]] <= value {
                    candidates.removeLast()
                }
                candidates.append(next)
            }
            next += 1
        }
        while head < candidates.count, candidates[head] < range.lowerBound { head += 1 }
        return head < candidates.count ? values[candidates[head]] : .nan
    }
}

extension RangeVector {
    /// Whether neighbouring windows share most of their samples, so that it pays to carry over from one to the next.
    var overlaps: Bool { moments.count > 4 && moments.step > 0 && lengthMilliseconds >= 8 * moments.step }
}
