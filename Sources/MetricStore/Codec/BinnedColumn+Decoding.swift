import Foundations

/// What one code says: the entry of a table that is asked with the next bits.
struct CodeEntry {
    var lower: Int64
    var offsetMask: UInt64
    var codeBits: UInt64
    /// Of code and offset.
    var totalBits: Int
    var bin: UInt8
}

extension BinnedColumn {
    /// Writes the slices of a column of `count` values that `taken` names to `output`, the first value of the first of them first.
    /// `first` is the column's first value unless the transform is plain. False where the bytes can't be such a column.
    static func decode(
        _ reader: inout ByteReader, count: Int, first: Int64, _ transform: IntegerColumn.Transform, slices taken: Range<Int>,
        to output: UnsafeMutablePointer<Int64>
    ) -> Bool {
        guard let bins = readBins(&reader) else { return false }
        return withUnsafeTemporaryAllocation(of: Lane.self, capacity: taken.count) { lanes in
            guard let bytes = prepare(lanes, &reader, count: count, first: first, transform, taken, output) else { return false }
            // The first value has no residual: it is there already, and the residuals are written behind it.
            if taken.lowerBound == 0, transform != .plain { output.pointee = first }
            guard SliceDecoder.decode(bins, bytes, lanes, transform) else { return false }
            for lane in lanes { restore(lane.residuals, lane.output - lane.residuals, transform, lane.before) }
            return true
        }
    }

    /// Reads where each slice's bits begin, and what stands before its first value; returns the bits of all slices. Nil where the bytes
    /// can't be such a table.
    private static func prepare(
        _ lanes: UnsafeMutableBufferPointer<Lane>, _ reader: inout ByteReader, count: Int, first: Int64, _ transform: IntegerColumn.Transform,
        _ taken: Range<Int>, _ output: UnsafeMutablePointer<Int64>
    ) -> UnsafeRawBufferPointer? {
        let slice = sliceSamples(of: count)
        let slices = (count + slice - 1) / slice
        var bit = 0
        var before = State(value: first, distance: 0)
        for index in 0..<slices {
            if taken.contains(index) {
                let start = max(transform.lead, index * slice)
                let place = output + (start - taken.lowerBound * slice)
                let lane = Lane(bit: bit, remaining: min((index + 1) * slice, count) - start, output: place, residuals: place, before: before)
                (lanes.baseAddress! + (index - taken.lowerBound)).initialize(to: lane)
            }
            if index == slices - 1 { break }
            guard let bitCount = reader.readVarint(), bitCount <= UInt64(reader.bytes.count) * 8 else { return nil }
            bit += Int(bitCount)
            if transform == .plain { continue }
            guard let step = reader.readZigzag() else { return nil }
            before.value = before.value &+ step
            guard transform == .deltaOfDelta else { continue }
            guard let change = reader.readZigzag() else { return nil }
            before.distance = before.distance &+ change
        }
        guard bit <= reader.remaining * 8 else { return nil }
        return reader.readBytes(reader.remaining)
    }

    /// Makes residuals values.
    @inline(__always) private static func restore(
        _ residuals: UnsafeMutablePointer<Int64>, _ count: Int, _ transform: IntegerColumn.Transform, _ before: State
    ) {
        var state = before
        switch transform {
        case .plain: return
        case .delta:
            for index in 0..<count {
                state.value = state.value &+ residuals[index]
                residuals[index] = state.value
            }
        case .deltaOfDelta:
            for index in 0..<count {
                state.distance = state.distance &+ residuals[index]
                state.value = state.value &+ state.distance
                residuals[index] = state.value
            }
        }
    }
}

/// A slice that is being read.
struct Lane {
    var bit: Int
    var remaining: Int
    /// Where the next number goes.
    var output: UnsafeMutablePointer<Int64>
    /// From here to the next number stand residuals; what is in front of it are values.
    var residuals: UnsafeMutablePointer<Int64>
    /// What stands before the first residual.
    var before: BinnedColumn.State
}

/// Reads codes of bins, four slices at a time: each code must be known before the next one of its slice can be found, but the slices
/// don't wait for each other.
enum SliceDecoder {
    /// Fills the lanes with residuals; some of them may be values already.
    static func decode(
        _ bins: [Bin], _ bytes: UnsafeRawBufferPointer, _ lanes: UnsafeMutableBufferPointer<Lane>, _ transform: IntegerColumn.Transform
    ) -> Bool {
        var (tableBits, longest, withOffset) = (0, 1, 0)
        for bin in bins {
            tableBits = max(tableBits, bin.codeBits)
            longest = max(longest, bin.codeBits + bin.offsetBits)
            if bin.offsetBits > 0 { withOffset += 256 >> bin.codeBits }
        }
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Bins.groupsMax) { codes in
            decode(bins, UnsafeMutableBufferPointer(rebasing: codes[..<bins.count]), tableBits, longest, withOffset, bytes, lanes, transform)
        }
    }

    private static func decode(
        _ bins: [Bin], _ codes: UnsafeMutableBufferPointer<UInt32>, _ tableBits: Int, _ longest: Int, _ withOffset: Int, _ bytes: UnsafeRawBufferPointer,
        _ lanes: UnsafeMutableBufferPointer<Lane>, _ transform: IntegerColumn.Transform
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: CodeEntry.self, capacity: 1 << tableBits) { table in
            let isComplete = PrefixCodes.forEachCode(of: bins) { index, code in
                codes[index] = code
                let bin = bins[index]
                let entry = CodeEntry(
                    lower: bin.lower, offsetMask: (1 &<< UInt64(bin.offsetBits)) &- 1, codeBits: UInt64(bin.codeBits),
                    totalBits: bin.codeBits + bin.offsetBits, bin: UInt8(index))
                for place in stride(from: Int(code), to: table.count, by: 1 << bin.codeBits) { table[place] = entry }
            }
            guard isComplete else { return false }
            // Codes whose values need no offset make up seven of eight at least: several are read with one look at a table.
            if withOffset <= 32, bins.count > 1 {
                MultipleDecoder.decode(table, bins, UnsafePointer(codes.baseAddress!), longest, bytes, lanes, transform)
            }
            return decodeOneByOne(UnsafePointer(table.baseAddress!), UInt64(table.count - 1), longest, bytes, lanes)
        }
    }

    private static func decodeOneByOne(
        _ table: UnsafePointer<CodeEntry>, _ mask: UInt64, _ longest: Int, _ bytes: UnsafeRawBufferPointer,
        _ lanes: UnsafeMutableBufferPointer<Lane>
    ) -> Bool {
        var index = 0
        while index + 4 <= lanes.count {
            readFour(lanes.baseAddress! + index, table, mask, longest, bytes)
            index += 4
        }
        for index in lanes.indices {
            readOne(&lanes[index], table, mask, longest, bytes)
            guard finish(&lanes[index], table, mask, bytes) else { return false }
        }
        return true
    }

    /// Reads one lane as far as it surely lies within the bytes.
    private static func readOne(
        _ lane: inout Lane, _ table: UnsafePointer<CodeEntry>, _ mask: UInt64, _ longest: Int, _ bytes: UnsafeRawBufferPointer
    ) {
        guard let start = bytes.baseAddress else { return }
        let end = (bytes.count - 8) * 8
        var (bit, output) = (lane.bit, lane.output)
        while lane.remaining > 0 {
            let count = min(lane.remaining, (end - bit) / longest)
            if count < 1 { break }
            for _ in 0..<count {
                bit &+= read(start, bit, table, mask, output)
                output += 1
            }
            lane.remaining -= count
        }
        (lane.bit, lane.output) = (bit, output)
    }

    /// Reads four lanes at once, as far as all of them surely lie within the bytes.
    private static func readFour(
        _ lanes: UnsafeMutablePointer<Lane>, _ table: UnsafePointer<CodeEntry>, _ mask: UInt64, _ longest: Int, _ bytes: UnsafeRawBufferPointer
    ) {
        guard let start = bytes.baseAddress else { return }
        let end = (bytes.count - 8) * 8
        var (bit0, bit1, bit2, bit3) = (lanes[0].bit, lanes[1].bit, lanes[2].bit, lanes[3].bit)
        let (out0, out1, out2, out3) = (lanes[0].output, lanes[1].output, lanes[2].output, lanes[3].output)
        let fewest = min(min(lanes[0].remaining, lanes[1].remaining), min(lanes[2].remaining, lanes[3].remaining))
        var done = 0
        while done < fewest {
            let room = (end - max(max(bit0, bit1), max(bit2, bit3))) / longest
            let stop = min(fewest, done + room)
            if stop - done < 1 { break }
            while done < stop {
                bit0 &+= read(start, bit0, table, mask, out0 + done)
                bit1 &+= read(start, bit1, table, mask, out1 + done)
                bit2 &+= read(start, bit2, table, mask, out2 + done)
                bit3 &+= read(start, bit3, table, mask, out3 + done)
                done &+= 1
            }
        }
        for (lane, bit) in [bit0, bit1, bit2, bit3].enumerated() {
            lanes[lane].bit = bit
            lanes[lane].remaining -= done
            lanes[lane].output += done
        }
    }

    /// Writes the number at a bit; returns how many bits it took.
    @inline(__always) private static func read(
        _ bytes: UnsafeRawPointer, _ bit: Int, _ table: UnsafePointer<CodeEntry>, _ mask: UInt64, _ output: UnsafeMutablePointer<Int64>
    ) -> Int {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)) &>> UInt64(bit & 7)
        let entry = table + Int(truncatingIfNeeded: word & mask)
        output.pointee = entry.pointee.lower &+ Int64(bitPattern: (word &>> entry.pointee.codeBits) & entry.pointee.offsetMask)
        return entry.pointee.totalBits
    }

    /// Reads what is left of a lane, each number's place checked; false where it goes past the end.
    private static func finish(_ lane: inout Lane, _ table: UnsafePointer<CodeEntry>, _ mask: UInt64, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let end = bytes.count * 8
        while lane.remaining > 0 {
            guard lane.bit <= end else { return false }
            let word = BitReader.load(bytes, at: lane.bit, width: min(57, end - lane.bit))
            let entry = table[Int(truncatingIfNeeded: word & mask)]
            lane.output.pointee = entry.lower &+ Int64(bitPattern: (word &>> entry.codeBits) & entry.offsetMask)
            lane.bit += entry.totalBits
            lane.output += 1
            lane.remaining -= 1
        }
        return lane.bit <= end
    }
}
