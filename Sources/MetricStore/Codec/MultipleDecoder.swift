import Foundations

/// Reads several short codes with one look at a table, in four slices at a time.
///
/// An entry of the table holds up to seven bins, a byte each, above a byte with their number and the bits of their codes. Where the
/// first code has an offset behind it, the entry is 0.
enum MultipleDecoder {
    private static let windowBits = 8
    private static let binsMax = 7
    /// An entry is written as a whole, however many bins are in it.
    private static let slackBytes = 8

    /// A number that isn't the lowest of its bin.
    private struct Offset {
        let place: Int
        let offset: Int64
    }

    /// A lane whose numbers are bins yet.
    private struct BinLane {
        var bit: Int
        var output: UnsafeMutablePointer<UInt8>
        let end: UnsafeMutablePointer<UInt8>
    }

    static func decode(
        _ single: UnsafeMutableBufferPointer<CodeEntry>, _ bins: [Bin], _ longest: Int, _ bytes: UnsafeRawBufferPointer, _ lanes: inout [Lane]
    ) -> Bool {
        let total = lanes.reduce(0) { $0 + $1.remaining + slackBytes }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 << windowBits) { levels in
            fill(levels, single)
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: total) { numbers in
                let window = UnsafePointer(levels.baseAddress! + (1 << windowBits) - 1)
                let mask = UInt64(single.count - 1)
                return decode(window, UnsafePointer(single.baseAddress!), mask, bins, longest, bytes, numbers.baseAddress!, &lanes)
            }
        }
    }

    /// Fills the tables for 0 to 8 known bits, each from those for fewer: what follows the first code is an entry of theirs.
    private static func fill(_ levels: UnsafeMutableBufferPointer<UInt64>, _ single: UnsafeMutableBufferPointer<CodeEntry>) {
        levels[0] = 0
        for known in 1...windowBits {
            let base = (1 << known) - 1
            for bits in 0..<(1 << known) {
                let entry = single[bits & (single.count - 1)]
                let length = Int(entry.codeBits)
                guard length <= known, entry.offsetMask == 0 else {
                    levels[base + bits] = 0
                    continue
                }
                let next = levels[(1 << (known - length)) - 1 + bits >> length]
                let symbols = next & ~0xFF | UInt64(entry.bin)
                // Eight codes of one bit: the last one stays out.
                let isFull = next & 15 == UInt64(binsMax)
                let counts = isFull ? next & 0xFF : (next & 0xFF) + 1 + UInt64(length) << 4
                levels[base + bits] = symbols << 8 & ~0xFFFF | UInt64(entry.bin) << 8 | counts
            }
        }
    }

    private static func decode(
        _ window: UnsafePointer<UInt64>, _ single: UnsafePointer<CodeEntry>, _ mask: UInt64, _ bins: [Bin], _ longest: Int, _ bytes: UnsafeRawBufferPointer,
        _ numbers: UnsafeMutablePointer<UInt8>, _ lanes: inout [Lane]
    ) -> Bool {
        var offsets: [Offset] = []
        var place = 0
        let binLanes = lanes.map { lane in
            defer { place += lane.remaining + slackBytes }
            return BinLane(bit: lane.bit, output: numbers + place, end: numbers + place + lane.remaining)
        }
        var read = binLanes
        var index = 0
        while index + 4 <= lanes.count {
            read.withUnsafeMutableBufferPointer { readFour($0.baseAddress! + index, window, single, mask, longest, bytes, numbers, &offsets) }
            index += 4
        }
        while index < lanes.count {
            readOne(&read[index], window, single, mask, longest, bytes, numbers, &offsets)
            index += 1
        }
        lowers(of: bins) { lowers in
            for index in lanes.indices {
                let from = binLanes[index].output
                let count = read[index].output - from
                let output = lanes[index].output
                for place in 0..<count { output[place] = lowers[Int(from[place])] }
                lanes[index].bit = read[index].bit
            }
        }
        for offset in offsets {
            let lane = binLanes.lastIndex { numbers + offset.place >= $0.output }!
            lanes[lane].output[numbers + offset.place - binLanes[lane].output] &+= offset.offset
        }
        for index in lanes.indices {
            let count = read[index].output - binLanes[index].output
            lanes[index].output += count
            lanes[index].remaining -= count
            guard SliceDecoder.finish(&lanes[index], single, mask, bytes) else { return false }
        }
        return true
    }

    private static func lowers(of bins: [Bin], _ body: (UnsafePointer<Int64>) -> Void) {
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: 256) { lowers in
            lowers.initialize(repeating: 0)
            for (index, bin) in bins.enumerated() { lowers[index] = bin.lower }
            body(UnsafePointer(lowers.baseAddress!))
        }
    }

    /// Reads four lanes, as far as all of them surely have room and bits.
    private static func readFour(
        _ lanes: UnsafeMutablePointer<BinLane>, _ window: UnsafePointer<UInt64>, _ single: UnsafePointer<CodeEntry>, _ mask: UInt64, _ longest: Int,
        _ bytes: UnsafeRawBufferPointer, _ numbers: UnsafeMutablePointer<UInt8>, _ offsets: inout [Offset]
    ) {
        guard let start = bytes.baseAddress else { return }
        let end = (bytes.count - 8) * 8
        var (lane0, lane1, lane2, lane3) = (lanes[0], lanes[1], lanes[2], lanes[3])
        while true {
            let room = min(min(lane0.end - lane0.output, lane1.end - lane1.output), min(lane2.end - lane2.output, lane3.end - lane3.output))
            let steps = min(room / binsMax, (end - max(max(lane0.bit, lane1.bit), max(lane2.bit, lane3.bit))) / longest)
            if steps < 1 { break }
            for _ in 0..<steps {
                read(start, &lane0, window, single, mask, numbers, &offsets)
                read(start, &lane1, window, single, mask, numbers, &offsets)
                read(start, &lane2, window, single, mask, numbers, &offsets)
                read(start, &lane3, window, single, mask, numbers, &offsets)
            }
        }
        (lanes[0], lanes[1], lanes[2], lanes[3]) = (lane0, lane1, lane2, lane3)
    }

    private static func readOne(
        _ lane: inout BinLane, _ window: UnsafePointer<UInt64>, _ single: UnsafePointer<CodeEntry>, _ mask: UInt64, _ longest: Int,
        _ bytes: UnsafeRawBufferPointer, _ numbers: UnsafeMutablePointer<UInt8>, _ offsets: inout [Offset]
    ) {
        guard let start = bytes.baseAddress else { return }
        let end = (bytes.count - 8) * 8
        while true {
            let steps = min((lane.end - lane.output) / binsMax, (end - lane.bit) / longest)
            if steps < 1 { break }
            for _ in 0..<steps { read(start, &lane, window, single, mask, numbers, &offsets) }
        }
    }

    @inline(__always) private static func read(
        _ bytes: UnsafeRawPointer, _ lane: inout BinLane, _ window: UnsafePointer<UInt64>, _ single: UnsafePointer<CodeEntry>, _ mask: UInt64,
        _ numbers: UnsafeMutablePointer<UInt8>, _ offsets: inout [Offset]
    ) {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: lane.bit &>> 3, as: UInt64.self)) &>> UInt64(lane.bit & 7)
        let entry = window[Int(truncatingIfNeeded: word & 0xFF)]
        guard entry != 0 else { return readOffset(word, &lane, single, mask, numbers, &offsets) }
        UnsafeMutableRawPointer(lane.output).storeBytes(of: (entry &>> 8).littleEndian, as: UInt64.self)
        lane.output += Int(truncatingIfNeeded: entry & 15)
        lane.bit &+= Int(truncatingIfNeeded: (entry &>> 4) & 15)
    }

    @inline(never) private static func readOffset(
        _ word: UInt64, _ lane: inout BinLane, _ single: UnsafePointer<CodeEntry>, _ mask: UInt64, _ numbers: UnsafeMutablePointer<UInt8>,
        _ offsets: inout [Offset]
    ) {
        let entry = single[Int(truncatingIfNeeded: word & mask)]
        lane.output.pointee = entry.bin
        offsets.append(Offset(place: lane.output - numbers, offset: Int64(bitPattern: (word &>> entry.codeBits) & entry.offsetMask)))
        lane.output += 1
        lane.bit += entry.totalBits
    }
}
