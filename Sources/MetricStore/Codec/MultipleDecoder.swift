import Foundations

/// Reads several short codes with one look at a table, in four slices at a time, and makes their numbers values.
///
/// An entry of the table holds up to seven bins, a byte each, above a byte with their number and the bits of their codes. Where the
/// first code has an offset behind it, the entry is 0.
enum MultipleDecoder {
    private static let windowBits = 8
    private static let binsMax = 7
    /// An entry is written as a whole, however many bins are in it.
    private static let slackBytes = 8

    /// A lane whose numbers are bins yet. Offsets behind them stand already where the numbers will, and 0 at those without.
    private struct BinLane {
        var bit: Int
        var output: UnsafeMutablePointer<UInt8>
        let start: UnsafeMutablePointer<UInt8>
        let end: UnsafeMutablePointer<UInt8>
        let offsets: UnsafeMutablePointer<Int64>
    }

    /// Reads the lanes but for some numbers at their ends.
    static func decode(
        _ single: UnsafeMutableBufferPointer<CodeEntry>, _ bins: [Bin], _ codes: UnsafePointer<UInt32>, _ longest: Int, _ bytes: UnsafeRawBufferPointer,
        _ lanes: UnsafeMutableBufferPointer<Lane>, _ transform: IntegerColumn.Transform
    ) {
        let total = lanes.reduce(0) { $0 + $1.remaining + slackBytes }
        // One allocation for all: the tables, the lowest numbers of bins, the bins of all values.
        let tableWords = 2 << windowBits
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: tableWords + 256 + (total + 7) / 8) { memory in
            let levels = memory.baseAddress!
            fill(levels, bins, codes)
            let lowers = UnsafeMutableRawPointer(levels + tableWords).assumingMemoryBound(to: Int64.self)
            for (index, bin) in bins.enumerated() { lowers[index] = bin.lower }
            let numbers = UnsafeMutableRawPointer(levels + tableWords + 256).assumingMemoryBound(to: UInt8.self)
            let reader = Reader(
                window: UnsafePointer(levels + ((1 << windowBits) - 1)), single: UnsafePointer(single.baseAddress!), mask: UInt64(single.count - 1), longest: longest,
                bytes: bytes, hasOffsets: bins.contains { $0.offsetBits > 0 })
            var done = 0
            var place = numbers
            while done + 4 <= lanes.count {
                reader.readFour(lanes.baseAddress! + done, &place, lowers, transform)
                done += 4
            }
            for index in done..<lanes.count { reader.readOne(lanes.baseAddress! + index, &place, lowers, transform) }
        }
    }

    /// Fills the tables for 0 to 8 known bits, each from those for fewer: what follows the first code is an entry of theirs.
    private static func fill(_ levels: UnsafeMutablePointer<UInt64>, _ bins: [Bin], _ codes: UnsafePointer<UInt32>) {
        levels.update(repeating: 0, count: 2 << windowBits)
        for known in 1...windowBits {
            let base = levels + ((1 &<< known) - 1)
            for index in bins.indices {
                let length = bins[index].codeBits
                guard length <= known, bins[index].offsetBits == 0 else { continue }
                let following = levels + ((1 &<< (known - length)) - 1)
                let own = UInt64(index)
                var place = base + Int(codes[index])
                for rest in 0..<(1 &<< (known - length)) {
                    let next = following[rest]
                    // Eight codes of one bit: the last one stays out.
                    let counts = next & 15 == UInt64(binsMax) ? next & 0xFF : (next & 0xFF) &+ 1 &+ UInt64(length) << 4
                    place.pointee = (next & ~0xFF | own) << 8 & ~0xFFFF | own << 8 | counts
                    place += 1 &<< length
                }
            }
        }
    }

    private struct Reader {
        let window: UnsafePointer<UInt64>
        let single: UnsafePointer<CodeEntry>
        let mask: UInt64
        let longest: Int
        let bytes: UnsafeRawBufferPointer
        let hasOffsets: Bool

        private func begin(_ lane: Lane, _ place: inout UnsafeMutablePointer<UInt8>) -> BinLane {
            if hasOffsets { lane.output.update(repeating: 0, count: lane.remaining) }
            defer { place += lane.remaining + slackBytes }
            return BinLane(bit: lane.bit, output: place, start: place, end: place + lane.remaining, offsets: lane.output)
        }

        /// Reads four lanes, as far as all of them surely have room and bits.
        func readFour(
            _ lanes: UnsafeMutablePointer<Lane>, _ place: inout UnsafeMutablePointer<UInt8>, _ lowers: UnsafePointer<Int64>,
            _ transform: IntegerColumn.Transform
        ) {
            guard let start = bytes.baseAddress else { return }
            let end = (bytes.count - 8) * 8
            var (lane0, lane1) = (begin(lanes[0], &place), begin(lanes[1], &place))
            var (lane2, lane3) = (begin(lanes[2], &place), begin(lanes[3], &place))
            while true {
                let room = min(min(lane0.end - lane0.output, lane1.end - lane1.output), min(lane2.end - lane2.output, lane3.end - lane3.output))
                let steps = min(room / binsMax, (end - max(max(lane0.bit, lane1.bit), max(lane2.bit, lane3.bit))) / longest)
                if steps < 1 { break }
                for _ in 0..<steps {
                    read(start, &lane0)
                    read(start, &lane1)
                    read(start, &lane2)
                    read(start, &lane3)
                }
            }
            finish(&lane0, &lanes[0], lowers, transform)
            finish(&lane1, &lanes[1], lowers, transform)
            finish(&lane2, &lanes[2], lowers, transform)
            finish(&lane3, &lanes[3], lowers, transform)
        }

        func readOne(
            _ lane: UnsafeMutablePointer<Lane>, _ place: inout UnsafeMutablePointer<UInt8>, _ lowers: UnsafePointer<Int64>,
            _ transform: IntegerColumn.Transform
        ) {
            if bytes.isEmpty { return }
            var read = begin(lane.pointee, &place)
            finish(&read, &lane.pointee, lowers, transform)
        }

        @inline(__always) private func read(_ bytes: UnsafeRawPointer, _ lane: inout BinLane) {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: lane.bit &>> 3, as: UInt64.self)) &>> UInt64(lane.bit & 7)
            let entry = window[Int(truncatingIfNeeded: word & 0xFF)]
            if entry == 0 {
                let code = single + Int(truncatingIfNeeded: word & mask)
                lane.output.pointee = code.pointee.bin
                lane.offsets[lane.output - lane.start] = Int64(bitPattern: (word &>> code.pointee.codeBits) & code.pointee.offsetMask)
                lane.output += 1
                lane.bit &+= code.pointee.totalBits
            } else {
                UnsafeMutableRawPointer(lane.output).storeBytes(of: (entry &>> 8).littleEndian, as: UInt64.self)
                lane.output += Int(truncatingIfNeeded: entry & 15)
                lane.bit &+= Int(truncatingIfNeeded: (entry &>> 4) & 15)
            }
        }

        /// Reads on in one lane, makes its bins values, and the lane stand behind them.
        private func finish(_ read: inout BinLane, _ lane: inout Lane, _ lowers: UnsafePointer<Int64>, _ transform: IntegerColumn.Transform) {
            let end = (bytes.count - 8) * 8
            var rest = read
            while true {
                let steps = min((rest.end - rest.output) / binsMax, (end - rest.bit) / longest)
                if steps < 1 { break }
                for _ in 0..<steps { self.read(bytes.baseAddress!, &rest) }
            }
            read = rest
            let (start, offsets) = (rest.start, rest.offsets)
            let count = read.output - read.start
            if hasOffsets {
                restore(count, transform, &lane.before, lane.output) { lowers[Int(start[$0])] &+ offsets[$0] }
            } else {
                restore(count, transform, &lane.before, lane.output) { lowers[Int(start[$0])] }
            }
            lane.bit = read.bit
            lane.output += count
            lane.residuals = lane.output
            lane.remaining -= count
        }

        @inline(__always) private func restore(
            _ count: Int, _ transform: IntegerColumn.Transform, _ before: inout BinnedColumn.State, _ output: UnsafeMutablePointer<Int64>,
            _ residual: (Int) -> Int64
        ) {
            var (value, distance) = (before.value, before.distance)
            switch transform {
            case .plain:
                for index in 0..<count { output[index] = residual(index) }
            case .delta:
                for index in 0..<count {
                    value = value &+ residual(index)
                    output[index] = value
                }
            case .deltaOfDelta:
                for index in 0..<count {
                    distance = distance &+ residual(index)
                    value = value &+ distance
                    output[index] = value
                }
            }
            before = BinnedColumn.State(value: value, distance: distance)
        }
    }
}
