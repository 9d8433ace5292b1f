import Foundations
import Model

extension Head {
    /// Stores a float. One of a time that is there already replaces it: what was acknowledged last holds.
    @inline(__always) mutating func append(_ number: UInt32, _ timestamp: Int64, _ value: UInt64) {
        if timestamp > newest { noteNewest(timestamp) }
        let slot = slots.pointer(Int(number))
        guard timestamp > slot.pointee.lastTimestamp else { return appendLate(number, timestamp, value) }
        if slot.pointee.count > 0 {
            let distance = timestamp &- slot.pointee.lastTimestamp
            if slot.pointee.count >= Limits.chunkSamplesMax,
                slot.pointee.count >= Limits.steadyChunkSamplesMax || value != slot.pointee.lastValue || distance != slot.pointee.distance
            {
                closeChunk(number)
            } else if !isSameBlock(slot.pointee.firstTimestamp, timestamp) {
                closeChunk(number)
            }
        }
        pack(slot, timestamp, value)
    }

    /// The codes of `TimestampCoder` and `ValueCoder`; zeros wait until something else follows.
    @inline(__always) private mutating func pack(_ slot: UnsafeMutablePointer<HeadSlot>, _ timestamp: Int64, _ value: UInt64) {
        var code: UInt64 = 0
        var width = 0
        var previous: UInt64 = 0
        if slot.pointee.count == 0 {
            slot.pointee.firstTimestamp = timestamp
            slot.pointee.distance = 0
        } else {
            let distance = timestamp &- slot.pointee.lastTimestamp
            let change = zigzag(distance &- slot.pointee.distance)
            slot.pointee.distance = distance
            previous = slot.pointee.lastValue
            if change == 0 {
                width = 1
            } else if change < 1 << 7 {
                (code, width) = (0b01 | change << 2, 9)
            } else if change < 1 << 14 {
                (code, width) = (0b011 | change << 3, 17)
            } else if change < 1 << 20 {
                (code, width) = (0b0111 | change << 4, 24)
            } else {
                flushZeros(slot)
                chunks.pool.append(0b1111, 4, to: &slot.pointee.open)
                chunks.pool.append(change, 64, to: &slot.pointee.open)
            }
        }
        slot.pointee.count &+= 1
        slot.pointee.lastTimestamp = timestamp
        slot.pointee.lastValue = value
        let difference = value ^ previous
        if difference == 0 {
            if code == 0 {
                slot.pointee.zeroBits &+= UInt16(truncatingIfNeeded: width &+ 1)
            } else {
                flushZeros(slot)
                chunks.pool.append(code, width &+ 1, to: &slot.pointee.open)
            }
            return
        }
        flushZeros(slot)
        packValue(slot, difference, code, width)
    }

    /// `code` with so many bits stands before the value's.
    @inline(__always) private mutating func packValue(_ slot: UnsafeMutablePointer<HeadSlot>, _ difference: UInt64, _ before: UInt64, _ beforeWidth: Int) {
        var code = before
        var width = beforeWidth
        let leading = min(31, difference.leadingZeroBitCount)
        let zeros = difference.trailingZeroBitCount
        let needed = 64 - leading - zeros
        let window = Int(slot.pointee.significantBits)
        let trailing = Int(slot.pointee.trailingBits)
        let fits = window > 0 && zeros >= trailing && leading >= 64 - window - trailing
        let payload: UInt64
        let payloadBits: Int
        if fits && window - needed < ValueCoder.wasteBitsMax {
            code |= 0b01 &<< UInt64(width)
            width &+= 2
            (payload, payloadBits) = (difference &>> UInt64(trailing), window)
        } else {
            slot.pointee.significantBits = UInt8(needed)
            slot.pointee.trailingBits = UInt8(zeros)
            code |= (0b11 | UInt64(leading) << 2 | UInt64(needed - 1) << 7) &<< UInt64(width)
            width &+= 13
            (payload, payloadBits) = (difference &>> UInt64(zeros), needed)
        }
        if width + payloadBits <= 64 {
            chunks.pool.append(code | payload &<< UInt64(width), width + payloadBits, to: &slot.pointee.open)
        } else {
            chunks.pool.append(code, width, to: &slot.pointee.open)
            chunks.pool.append(payload, payloadBits, to: &slot.pointee.open)
        }
    }

    @inline(__always) private mutating func flushZeros(_ slot: UnsafeMutablePointer<HeadSlot>) {
        if slot.pointee.zeroBits == 0 { return }
        chunks.pool.appendZeros(Int(slot.pointee.zeroBits), to: &slot.pointee.open)
        slot.pointee.zeroBits = 0
    }

    /// Whether two times, the first one not after the second, belong into the same block.
    @inline(__always) private mutating func isSameBlock(_ first: Int64, _ second: Int64) -> Bool {
        if first >= blockRange.lowerBound, second < blockRange.upperBound { return true }
        let start = blockStart(of: second, blockMilliseconds)
        let (end, overflow) = start.addingReportingOverflow(blockMilliseconds)
        blockRange = start..<(overflow ? .max : end)
        return first >= start
    }

    /// Makes a closed chunk of the open one, where there is something in it.
    mutating func closeChunk(_ number: UInt32) {
        let slot = slots.pointer(Int(number))
        guard let chunk = slot.pointee.openChunk else { return }
        chunks.append(chunk, to: &slot.pointee.chunks)
        forgetOpen(slot)
    }

    func forgetOpen(_ slot: UnsafeMutablePointer<HeadSlot>) {
        slot.pointee.open = BitChain()
        slot.pointee.count = 0
        slot.pointee.zeroBits = 0
        slot.pointee.significantBits = 0
        slot.pointee.trailingBits = 0
    }

    // MARK: What comes late, and what isn't a float

    @inline(never) private mutating func appendLate(_ number: UInt32, _ timestamp: Int64, _ value: UInt64) {
        let slot = slots[Int(number)]
        if rare[number]?.late.isEmpty ?? true, timestamp == slot.lastTimestamp, value == slot.lastValue, endsChunks(number, with: timestamp) { return }
        rare[number, default: RareParts()].insertLate(Sample(timestamp: timestamp, value: Double(bitPattern: value)))
        if rare[number]!.late.count > Limits.lateSamplesMax { mergeLate(number) }
    }

    /// Whether the newest sample in chunks has this time: it may have been deleted or be in a block.
    private func endsChunks(_ number: UInt32, with timestamp: Int64) -> Bool {
        let slot = slots[Int(number)]
        return (slot.count > 0 ? slot.lastTimestamp : chunks.last(from: slot.chunks)?.last) == timestamp
    }

    /// Brings the late samples into the chunks.
    mutating func mergeLate(_ number: UInt32) {
        guard let late = rare[number]?.late, !late.isEmpty else { return }
        rare[number]!.late = []
        repack(number, SampleColumns.merged([columns(of: number), SampleColumns(late)]))
    }

    /// What is in chunks and isn't on its way into a block.
    func columns(of number: UInt32) -> SampleColumns {
        let slot = slots[Int(number)]
        var all: [ClosedChunk] = []
        chunks.forEach(from: slot.chunks) { all.append($0) }
        if let open = slot.openChunk { all.append(open) }
        return chunks.decoded(all)
    }

    /// Makes the chunks anew.
    mutating func repack(_ number: UInt32, _ columns: SampleColumns) {
        let slot = slots.pointer(Int(number))
        // A late sample may have replaced the newest one, which duplicates are compared with.
        if let last = columns.timestamps.last, last == slot.pointee.lastTimestamp { slot.pointee.lastValue = columns.values[columns.count - 1].bitPattern }
        chunks.removeAll(&slot.pointee.chunks)
        chunks.pool.release(slot.pointee.open.first)
        forgetOpen(slot)
        for chunk in HeadChunk.pack(columns, blockMilliseconds: blockMilliseconds) { chunks.append(chunk, to: &slot.pointee.chunks) }
    }

    mutating func append(_ number: UInt32, _ histogram: HistogramSample) {
        rare[number, default: RareParts()].histograms.append(histogram)
        noteNewest(histogram.timestamp)
    }

    /// Keeps the newest; one that is there already is kept once.
    mutating func append(_ number: UInt32, _ exemplar: Exemplar) { rare[number, default: RareParts()].insert(exemplar) }

    /// Takes what a checkpoint holds.
    mutating func restore(
        _ number: UInt32, closed: [HeadChunk], late: [Sample], histograms: [HistogramChunk], exemplars: [Exemplar], lastTimestamp: Int64, lastValue: UInt64
    ) {
        let slot = slots.pointer(Int(number))
        chunks.removeAll(&slot.pointee.chunks)
        for chunk in closed { chunks.append(chunk, to: &slot.pointee.chunks) }
        slot.pointee.lastTimestamp = lastTimestamp
        slot.pointee.lastValue = lastValue
        guard !late.isEmpty || !histograms.isEmpty || !exemplars.isEmpty else { return }
        var parts = RareParts()
        parts.late = late
        parts.histograms = HistogramColumnParts(closed: histograms)
        parts.exemplars = exemplars
        rare[number] = parts
    }
}

extension HeadSlot {
    /// The open chunk as it is; nil where it is empty.
    var openChunk: ClosedChunk? {
        if count == 0 { return nil }
        return ClosedChunk(first: firstTimestamp, last: lastTimestamp, block: open.first, bitCount: open.bitCount, zeroBits: zeroBits, count: count)
    }
}

/// The multiple of the width at or before a time, saturated.
@inline(__always) func blockStart(of timestamp: Int64, _ blockMilliseconds: Int64) -> Int64 {
    let rest = timestamp % blockMilliseconds
    let (start, overflow) = timestamp.subtractingReportingOverflow(rest < 0 ? rest + blockMilliseconds : rest)
    return overflow ? .min : start
}

/// Whether two times belong into the same block.
@inline(__always) func isSameBlock(_ left: Int64, _ right: Int64, _ blockMilliseconds: Int64) -> Bool {
    blockStart(of: left, blockMilliseconds) == blockStart(of: right, blockMilliseconds)
}

extension HeadChunk {
    /// Chunks of the usual size, each within one block's range.
    static func pack(_ columns: SampleColumns, blockMilliseconds: Int64) -> [HeadChunk] {
        var chunks: [HeadChunk] = []
        var open = OpenChunk()
        for index in columns.timestamps.indices {
            let isFull = open.count >= Limits.chunkSamplesMax
                || (open.count > 0 && !isSameBlock(open.first, columns.timestamps[index], blockMilliseconds))
            if isFull, let chunk = open.sealed {
                chunks.append(chunk)
                open = OpenChunk()
            }
            open.append(columns.timestamps[index], columns.values[index].bitPattern)
        }
        return chunks + (open.sealed.map { [$0] } ?? [])
    }
}
