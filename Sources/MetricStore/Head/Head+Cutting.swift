import Foundations
import Model

/// Taking samples out of the head: deletions, and what goes into blocks.
extension Head {
    /// Removes the floats, histograms and exemplars of the series that match within the range, ends included.
    mutating func delete(_ matchers: [Matcher], from start: Int64, through end: Int64) {
        for number in matching(matchers) { delete(number, from: start, through: end) }
    }

    private mutating func delete(_ number: UInt32, from start: Int64, through end: Int64) {
        func isKept(_ timestamp: Int64) -> Bool { timestamp < start || timestamp > end }
        mergeLate(number)
        let slot = slots.pointer(Int(number))
        if slot.pointee.openChunk?.overlaps(start, end) ?? false || chunks.contains(in: slot.pointee.chunks, where: { $0.overlaps(start, end) }) {
            repack(number, columns(of: number).filtered(isKept))
        }
        if chunks.contains(in: slot.pointee.sealing, where: { $0.overlaps(start, end) }) { deleteSealing(slot, from: start, through: end, isKept) }
        guard var parts = rare.removeValue(forKey: number) else { return }
        parts.exemplars.removeAll { !isKept($0.sample.timestamp) }
        parts.histograms = HistogramColumnParts(parts.histograms.decoded().filter { isKept($0.timestamp) })
        parts.sealingHistograms = parts.sealingHistograms.compactMap { chunk in HistogramChunk(chunk.decoded().filter { isKept($0.timestamp) }) }
        rare[number] = parts
    }

    private mutating func deleteSealing(_ slot: UnsafeMutablePointer<HeadSlot>, from start: Int64, through end: Int64, _ isKept: (Int64) -> Bool) {
        var old = slot.pointee.sealing
        slot.pointee.sealing = HeadSlot.none
        while let chunk = chunks.takeFirst(of: &old) {
            if !chunk.overlaps(start, end) {
                chunks.append(chunk, to: &slot.pointee.sealing)
                continue
            }
            append(columns(of: chunk).filtered(isKept), to: &slot.pointee.sealing)
            chunks.pool.release(chunk.block)
        }
    }

    private func columns(of chunk: ClosedChunk) -> SampleColumns { chunks.decoded([chunk]) }

    private mutating func append(_ columns: SampleColumns, to list: inout UInt32) {
        for chunk in HeadChunk.pack(columns, blockMilliseconds: blockMilliseconds) { chunks.append(chunk, to: &list) }
    }

    /// Sets everything of a series before `cutoff` apart for a block; false where there is nothing.
    mutating func cut(_ number: UInt32, before cutoff: Int64) -> Bool {
        guard let first = firstTimestamp(number), first < cutoff else {
            if !hasActiveSamples(number) { rare[number]?.exemplars.removeAll { $0.sample.timestamp < cutoff } }
            return isSealing(number)
        }
        mergeLate(number)
        let slot = slots.pointer(Int(number))
        if slot.pointee.count > 0, slot.pointee.firstTimestamp < cutoff { closeChunk(number) }
        var old = slot.pointee.chunks
        slot.pointee.chunks = HeadSlot.none
        while let chunk = chunks.takeFirst(of: &old) {
            if chunk.last < cutoff {
                chunks.append(chunk, to: &slot.pointee.sealing)
            } else if chunk.first >= cutoff {
                chunks.append(chunk, to: &slot.pointee.chunks)
            } else {
                let columns = columns(of: chunk)
                append(columns.filtered { $0 < cutoff }, to: &slot.pointee.sealing)
                append(columns.filtered { $0 >= cutoff }, to: &slot.pointee.chunks)
                chunks.pool.release(chunk.block)
            }
        }
        cutHistograms(number, before: cutoff)
        return true
    }

    private mutating func cutHistograms(_ number: UInt32, before cutoff: Int64) {
        guard let parts = rare[number], !parts.histograms.isEmpty else { return }
        let histograms = parts.histograms.decoded()
        guard let chunk = HistogramChunk(histograms.filter { $0.timestamp < cutoff }) else { return }
        rare[number]!.sealingHistograms.append(chunk)
        rare[number]!.histograms = HistogramColumnParts(histograms.filter { $0.timestamp >= cutoff })
    }

    /// Something is on its way into a block.
    func isSealing(_ number: UInt32) -> Bool {
        slots[Int(number)].sealing != HeadSlot.none || !(rare[number]?.sealingHistograms.isEmpty ?? true)
    }

    /// Forgets what a block holds now, and exemplars that nothing else is left beside.
    mutating func dropSealing(_ number: UInt32) {
        chunks.removeAll(&slots.pointer(Int(number)).pointee.sealing)
        guard rare[number] != nil else { return }
        rare[number]!.sealingHistograms = []
        if !hasActiveSamples(number) { rare[number]!.exemplars = [] }
        if rare[number]!.isEmpty { rare[number] = nil }
    }
}
