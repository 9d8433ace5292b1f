import Foundations
import Model

/// What a series holds, without changing it.
extension Head {
    /// A copy of a series' parts that may have something in the range, for reading without the lock.
    func view(_ number: UInt32, from start: Int64 = .min, through end: Int64 = .max) -> HeadSeriesView {
        let slot = slots[Int(number)]
        var wanted: [ClosedChunk] = []
        chunks.forEach(from: slot.sealing) { if $0.overlaps(start, end) { wanted.append($0) } }
        let sealingCount = wanted.count
        chunks.forEach(from: slot.chunks) { if $0.overlaps(start, end) { wanted.append($0) } }
        let closedEnd = wanted.count
        if let open = slot.openChunk, open.overlaps(start, end) { wanted.append(open) }
        let unpacked = chunks.unpacked(wanted)
        return HeadSeriesView(
            labels: labels(of: number), closed: unpacked[sealingCount..<closedEnd], open: unpacked[closedEnd...].first,
            sealing: unpacked[..<sealingCount], rare: rare[number], lastTimestamp: slot.lastTimestamp, lastValue: slot.lastValue)
    }

    /// Whether anything of a series lies within the range; decodes nothing, so deletions and gaps inside chunks don't count.
    func mayHaveData(_ number: UInt32, from start: Int64, through end: Int64) -> Bool {
        let slot = slots[Int(number)]
        if slot.openChunk?.overlaps(start, end) ?? false || chunks.contains(in: slot.chunks, where: { $0.overlaps(start, end) })
            || chunks.contains(in: slot.sealing, where: { $0.overlaps(start, end) })
        {
            return true
        }
        return rare.isEmpty ? false : rare[number]?.mayHaveData(from: start, through: end) ?? false
    }

    func hasData(_ number: UInt32) -> Bool {
        let slot = slots[Int(number)]
        return slot.count > 0 || slot.chunks != HeadSlot.none || slot.sealing != HeadSlot.none || !(rare[number]?.isEmpty ?? true)
    }

    /// Has samples or histograms that aren't on their way into a block.
    func hasActiveSamples(_ number: UInt32) -> Bool {
        let slot = slots[Int(number)]
        if slot.count > 0 || slot.chunks != HeadSlot.none { return true }
        return rare[number].map { !$0.late.isEmpty || !$0.histograms.isEmpty } ?? false
    }

    func sampleCount(_ number: UInt32) -> Int {
        let slot = slots[Int(number)]
        var count = Int(slot.count)
        chunks.forEach(from: slot.chunks) { count += Int($0.count) }
        chunks.forEach(from: slot.sealing) { count += Int($0.count) }
        return count + (rare[number].map { $0.late.count + $0.histograms.count } ?? 0)
    }

    /// Chunks that aren't on their way into a block, the open one among them.
    func chunkCount(_ number: UInt32) -> Int {
        let slot = slots[Int(number)]
        var count = slot.count > 0 ? 1 : 0
        chunks.forEach(from: slot.chunks) { _ in count += 1 }
        return count
    }

    /// Earliest time of what isn't on its way into a block.
    func firstTimestamp(_ number: UInt32) -> Int64? {
        let slot = slots[Int(number)]
        var first = slot.chunks != HeadSlot.none ? chunks[slot.chunks].first : slot.count > 0 ? slot.firstTimestamp : nil
        guard !rare.isEmpty, let parts = rare[number] else { return first }
        for other in [parts.late.first?.timestamp, parts.histograms.first] {
            if let other { first = min(first ?? other, other) }
        }
        return first
    }

    /// Starts of the blocks' ranges that what is set apart of a series belongs into.
    func addSealingWindows(of number: UInt32, to windows: inout Set<Int64>) {
        chunks.forEach(from: slots[Int(number)].sealing) { windows.insert(blockStart(of: $0.first, blockMilliseconds)) }
        for chunk in rare[number]?.sealingHistograms ?? [] {
            for sample in chunk.decoded() { windows.insert(blockStart(of: sample.timestamp, blockMilliseconds)) }
        }
    }
}
