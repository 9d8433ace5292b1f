import Glibc

/// Integers from `lower` on that share one code; which of them it is, `offsetBits` behind the code say.
struct Bin: Equatable {
    let lower: Int64
    let offsetBits: Int
    /// How many values are in it; 0 where that isn't known any more.
    var count = 0
    var codeBits = 0
}

/// Chooses bins for a column, so that their codes, the offsets and their own description take few bits together.
///
/// The method is that of pco (bins over the sorted values, joined where that costs less), with prefix codes instead of tANS: those
/// can be read in several places at once and need no state to begin with.
enum Bins {
    /// Values are gathered in so many groups at the most, which are then joined: the search is quadratic in them.
    static let groupsMax = 128
    /// Longer codes would save little, and a table of 256 entries is made for each column that is read.
    static let codeBitsMax = 8
    /// Offsets up to here lie, with their code, within one load of 8 bytes from where the code begins.
    static let offsetBitsMax = 48

    /// Bits that a bin's description takes besides the gap before it.
    static let descriptionBits = 11

    private struct Group {
        let lower: Int64
        var upper: Int64
        /// Values up to the end of this group.
        var end: Int
    }

    /// Bins that hold all of the sorted values, ascending, with codes; nil where one of them would need too long offsets.
    static func choose(_ sorted: UnsafeBufferPointer<Int64>) -> [Bin]? {
        let groups = groups(of: sorted)
        let starts = cheapestStarts(groups, total: sorted.count)
        var bins: [Bin] = []
        var end = groups.count
        while end > 0 {
            let start = starts[end]
            let (lower, upper) = (groups[start].lower, groups[end - 1].upper)
            let before = start == 0 ? 0 : groups[start - 1].end
            bins.append(Bin(lower: lower, offsetBits: bitWidth(UInt64(bitPattern: upper &- lower)), count: groups[end - 1].end - before))
            end = start
        }
        bins.reverse()
        guard bins.allSatisfy({ $0.offsetBits <= offsetBitsMax }) else { return nil }
        PrefixCodes.setLengths(&bins)
        return bins
    }

    private static func groups(of sorted: UnsafeBufferPointer<Int64>) -> [Group] {
        var groups: [Group] = []
        groups.reserveCapacity(groupsMax + 1)
        let groupSize = (sorted.count + groupsMax - 1) / groupsMax
        var distinct = 1
        for index in 1..<max(1, sorted.count) where sorted[index] != sorted[index - 1] { distinct += 1 }
        let isEachApart = distinct <= groupsMax
        var start = 0
        while start < sorted.count {
            let lower = sorted[start]
            var end = isEachApart ? start + 1 : min(start + groupSize, sorted.count)
            // Equal values stay together.
            while end < sorted.count, sorted[end] == sorted[end - 1] { end += 1 }
            groups.append(Group(lower: lower, upper: sorted[end - 1], end: end))
            start = end
        }
        return groups
    }

    /// For each number of groups, where the last bin begins when those are binned best.
    private static func cheapestStarts(_ groups: [Group], total: Int) -> [Int] {
        let logarithms = logarithmTable
        let totalLogarithm = log2(Float(total))
        var costs = [Float](repeating: 0, count: groups.count + 1)
        var starts = [Int](repeating: 0, count: groups.count + 1)
        groups.withUnsafeBufferPointer { groups in
            costs.withUnsafeMutableBufferPointer { costs in
                for end in 1...groups.count {
                    let upper = groups[end - 1].upper
                    let endCount = groups[end - 1].end
                    var best = Float.infinity
                    for start in stride(from: end - 1, through: 0, by: -1) {
                        let count = endCount - (start == 0 ? 0 : groups[start - 1].end)
                        let offsetBits = bitWidth(UInt64(bitPattern: upper &- groups[start].lower))
                        let logarithm = count < logarithms.count ? logarithms[count] : log2(Float(count))
                        let bits = costs[start] + Float(count) * (totalLogarithm - logarithm + Float(offsetBits)) + Float(descriptionBits + offsetBits / 2)
                        if bits < best {
                            best = bits
                            starts[end] = start
                        }
                    }
                    costs[end] = best
                }
            }
        }
        return starts
    }

    /// Of whole numbers, up to the samples of a part.
    private static let logarithmTable: [Float] = (0...Limits.partSamplesMax).map { $0 == 0 ? 0 : log2(Float($0)) }
}

/// Prefix codes (Huffman) of limited length, canonical: the lengths alone say them.
enum PrefixCodes {
    /// Gives each bin the length of its code, by its count. A bin alone needs no code.
    static func setLengths(_ bins: inout [Bin]) {
        guard bins.count > 1 else { return }
        let order = bins.indices.sorted { bins[$0].count < bins[$1].count }
        var lengths = lengths(of: order.map { bins[$0].count })
        limit(&lengths)
        for (place, bin) in order.enumerated() { bins[bin].codeBits = lengths[place] }
    }

    /// Lengths without limit, of ascending counts: the two rarest become one until one is left (Huffman 1952, with two queues).
    private static func lengths(of counts: [Int]) -> [Int] {
        var weights = counts
        var parents = [Int](repeating: 0, count: counts.count * 2 - 1)
        var leaf = 0
        var node = counts.count
        for next in counts.count..<(counts.count * 2 - 1) {
            var weight = 0
            for _ in 0..<2 {
                let takesLeaf = leaf < counts.count && (node >= next || weights[leaf] <= weights[node])
                let taken = takesLeaf ? leaf : node
                if takesLeaf { leaf += 1 } else { node += 1 }
                weight += weights[taken]
                parents[taken] = next
            }
            weights.append(weight)
        }
        var depths = [Int](repeating: 0, count: parents.count)
        for index in stride(from: parents.count - 2, through: 0, by: -1) { depths[index] = depths[parents[index]] + 1 }
        return Array(depths[..<counts.count])
    }

    /// Shortens codes that are too long at the cost of the rarest ones that can become longer. Lengths descend.
    private static func limit(_ lengths: inout [Int]) {
        let whole = 1 << Bins.codeBitsMax
        var used = 0
        for index in lengths.indices {
            lengths[index] = min(lengths[index], Bins.codeBitsMax)
            used += whole >> lengths[index]
        }
        while used > whole {
            let index = lengths.firstIndex { $0 < Bins.codeBitsMax }!
            lengths[index] += 1
            used -= whole >> lengths[index]
        }
        // What is left over goes to the most frequent ones that it suffices for.
        for index in lengths.indices.reversed() {
            while lengths[index] > 1, used + (whole >> lengths[index]) <= whole {
                used += whole >> lengths[index]
                lengths[index] -= 1
            }
        }
    }

    /// The codes in the order of bins, the bit that is read first lowest; nil where the lengths are no complete prefix code.
    static func codes(of bins: [Bin]) -> [UInt32]? {
        var codes: [UInt32] = []
        codes.reserveCapacity(bins.count)
        return forEachCode(of: bins) { _, code in codes.append(code) } ? codes : nil
    }

    /// Visits the codes in the order of bins; false, and nothing visited, where the lengths are no complete prefix code.
    static func forEachCode(of bins: [Bin], _ body: (_ index: Int, _ code: UInt32) -> Void) -> Bool {
        if bins.count == 1 {
            guard bins[0].codeBits == 0 else { return false }
            body(0, 0)
            return true
        }
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Bins.codeBitsMax + 1) { next in
            // By length: how many codes have it, then the next one of it.
            next.update(repeating: 0)
            for bin in bins {
                guard (1...Bins.codeBitsMax).contains(bin.codeBits) else { return false }
                next[bin.codeBits] += 1
            }
            var code: UInt32 = 0
            for length in 1...Bins.codeBitsMax { (next[length], code) = (code, (code + next[length]) << 1) }
            guard code == 2 << UInt32(Bins.codeBitsMax) else { return false }
            for (index, bin) in bins.enumerated() {
                body(index, reversed(next[bin.codeBits], bin.codeBits))
                next[bin.codeBits] += 1
            }
            return true
        }
    }

    /// The lowest `width` bits (1 to `Bins.codeBitsMax`) the other way round.
    @inline(__always) private static func reversed(_ code: UInt32, _ width: Int) -> UInt32 {
        // Five copies of the byte, two bits of its mirror image from each, gathered in bits 32 to 39 (Anderson, Bit Twiddling Hacks).
        let copies = (UInt64(code) &* 0x8020_0802) & 0x08_8442_2110
        let mirrored = UInt32(truncatingIfNeeded: (copies &* 0x01_0101_0101) &>> 32) & 0xFF
        return mirrored &>> UInt32(8 &- width)
    }
}
