import Foundations

/// Residuals of a column of integers as codes of bins with offsets behind them, in slices that can be read alone and several at once.
///
/// Layout: `Docs/Formats/metric-block.md`, "Binned residuals".
enum BinnedColumn {
    /// Samples in each slice of a column of `count` values; the last slice may have fewer. Four slices, or eight, are read at once.
    static func sliceSamples(of count: Int) -> Int {
        if count < Limits.sliceSamplesMax { return max(1, count) }
        let groups = max(1, (count + 2 * Limits.sliceSamplesMax - 1) / (4 * Limits.sliceSamplesMax))
        return (count + 4 * groups - 1) / (4 * groups)
    }

    /// What stands before a slice: the value before its first one, and the distance that led to that.
    struct State: Equatable {
        var value: Int64
        var distance: Int64
    }

    /// Appends the residuals of a column; false, and nothing appended, where they don't suit bins. `values` is the whole column,
    /// `residuals` what its transform leaves: one fewer than values unless the transform is plain.
    static func encode(
        _ residuals: UnsafeBufferPointer<Int64>, of values: UnsafeBufferPointer<Int64>, _ transform: IntegerColumn.Transform, into bytes: inout [UInt8]
    ) -> Bool {
        guard let bins = withSorted(residuals, { Bins.choose($0) }), let codes = PrefixCodes.codes(of: bins) else { return false }
        let coder = BinCoder(bins, codes)
        let lead = values.count - residuals.count
        let slice = sliceSamples(of: values.count)
        var bits = BitWriter()
        var table: [UInt8] = []
        var before = State(value: values[0], distance: 0)
        for start in stride(from: 0, to: values.count, by: slice) {
            let end = min(start + slice, values.count)
            let from = bits.bitCount
            for index in max(lead, start)..<end { coder.write(residuals[index - lead], to: &bits) }
            guard end < values.count else { break }
            table.append(varint: UInt64(bits.bitCount - from))
            if transform == .plain { continue }
            let after = State(value: values[end - 1], distance: end > 1 ? values[end - 1] &- values[end - 2] : 0)
            table.append(zigzag: after.value &- before.value)
            if transform == .deltaOfDelta { table.append(zigzag: after.distance &- before.distance) }
            before = after
        }
        describe(bins, into: &bytes)
        bytes.append(contentsOf: table)
        bits.finished().withUnsafeBytes { bytes.append(contentsOf: $0.prefix((bits.bitCount + 7) / 8)) }
        return true
    }

    private static func describe(_ bins: [Bin], into bytes: inout [UInt8]) {
        bytes.append(UInt8(bins.count - 1))
        bytes.append(zigzag: bins[0].lower)
        var bits = BitWriter()
        var end = bins[0].lower
        for bin in bins {
            bits.write(UInt64(bin.codeBits), 4)
            bits.write(UInt64(bin.offsetBits), 6)
            // How far behind the end of the bin before it begins, of which the last numbers may not be used.
            let gap = zigzag(bin.lower &- end)
            bits.write(gap == 0 ? 0 : 1, 1)
            if gap != 0 {
                let width = bitWidth(gap)
                bits.write(UInt64(width - 1), 6)
                bits.write(gap, width)
            }
            end = bin.lower &+ (1 << Int64(bin.offsetBits))
        }
        bits.finished().withUnsafeBytes { bytes.append(contentsOf: $0.prefix((bits.bitCount + 7) / 8)) }
    }

    /// The bins that stand at the reader; nil where they can't be any.
    static func readBins(_ reader: inout ByteReader) -> [Bin]? {
        guard let last = reader.readUInt8(), Int(last) < Bins.groupsMax, var end = reader.readZigzag() else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: reader.bytes[reader.offset...])
        var bits = BitReader(rest)
        var bitCount = 0
        var bins: [Bin] = []
        bins.reserveCapacity(Int(last) + 1)
        for _ in 0...last {
            guard let codeBits = bits.read(4), let offsetBits = bits.read(6), let hasGap = bits.read(1), codeBits <= UInt64(Bins.codeBitsMax),
                offsetBits <= UInt64(Bins.offsetBitsMax)
            else { return nil }
            bitCount += 11
            var lower = end
            if hasGap != 0 {
                guard let width = bits.read(6), let gap = bits.read(Int(width) + 1) else { return nil }
                bitCount += 7 + Int(width)
                lower = end &+ unzigzag(gap)
            }
            bins.append(Bin(lower: lower, offsetBits: Int(offsetBits), codeBits: Int(codeBits)))
            end = lower &+ (1 &<< Int64(offsetBits))
        }
        return reader.skip((bitCount + 7) / 8) ? bins : nil
    }

    /// The residuals in order, in memory that lasts as long as `body`.
    private static func withSorted<Result>(_ residuals: UnsafeBufferPointer<Int64>, _ body: (UnsafeBufferPointer<Int64>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: residuals.count * 2) { memory in
            let first = UnsafeMutableBufferPointer(rebasing: memory[..<residuals.count])
            let second = UnsafeMutableBufferPointer(rebasing: memory[residuals.count...])
            _ = first.initialize(from: residuals)
            return body(UnsafeBufferPointer(radixSort(first, second)))
        }
    }
}

/// Sorts with the help of as much memory again, by 11 bits at a time, as many times as the numbers differ in; returns where they are.
func radixSort(_ numbers: UnsafeMutableBufferPointer<Int64>, _ other: UnsafeMutableBufferPointer<Int64>) -> UnsafeMutableBufferPointer<Int64> {
    guard let lowest = numbers.min(), let highest = numbers.max() else { return numbers }
    let width = bitWidth(UInt64(bitPattern: highest &- lowest))
    let digitBits = 11
    var (source, target) = (numbers, other)
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 1 << digitBits) { places in
        for shift in stride(from: 0, to: UInt64(width), by: digitBits) {
            places.update(repeating: 0)
            for number in source { places[Int((UInt64(bitPattern: number &- lowest) &>> shift) & 0x7FF)] &+= 1 }
            var place: Int32 = 0
            for digit in places.indices { (places[digit], place) = (place, place &+ places[digit]) }
            for number in source {
                let digit = Int((UInt64(bitPattern: number &- lowest) &>> shift) & 0x7FF)
                target[Int(places[digit])] = number
                places[digit] &+= 1
            }
            swap(&source, &target)
        }
    }
    return source
}

/// Writes numbers as codes of bins.
private struct BinCoder {
    private let bins: [Bin]
    private let codes: [UInt32]
    /// The bin of each number from the lowest on, where they are few.
    private var direct: [UInt8] = []
    private static let directMax = 4096

    init(_ bins: [Bin], _ codes: [UInt32]) {
        self.bins = bins
        self.codes = codes
        let last = bins[bins.count - 1]
        let distance = UInt64(bitPattern: last.lower &- bins[0].lower)
        guard distance < UInt64(Self.directMax), last.offsetBits < bitWidth(UInt64(Self.directMax)) else { return }
        let span = distance + (1 << UInt64(last.offsetBits))
        direct = [UInt8](repeating: 0, count: Int(span))
        for (index, bin) in bins.enumerated() {
            for place in Int(bin.lower &- bins[0].lower)..<Int(span) { direct[place] = UInt8(index) }
        }
    }

    @inline(__always) func write(_ number: Int64, to bits: inout BitWriter) {
        let index = index(of: number)
        let bin = bins[index]
        if bin.codeBits + bin.offsetBits > 0 {
            let offset = UInt64(bitPattern: number &- bin.lower)
            bits.write(UInt64(codes[index]) | offset &<< UInt64(bin.codeBits), bin.codeBits + bin.offsetBits)
        }
    }

    /// The last bin that begins at or before the number.
    @inline(__always) private func index(of number: Int64) -> Int {
        if !direct.isEmpty { return Int(direct[Int(number &- bins[0].lower)]) }
        var low = 0
        var high = bins.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if bins[middle].lower <= number { low = middle } else { high = middle }
        }
        return low
    }
}
