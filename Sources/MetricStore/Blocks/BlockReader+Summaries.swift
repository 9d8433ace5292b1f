import Foundations

/// Reading without decoding everything.
///
/// - `summaries(of:)` gives figures of every slice of a part, `BlockColumns.sliceSamples` samples each (up to 576), so that a function
///   over a long range decodes only the range's edges: `decodeValues(_:_:to:)` decodes some of a part's values, slice by slice.
/// - `downsampled(of:_:)` gives figures of every five minutes or every hour of a series in a block.
///
/// Both are nil where the block holds none (blocks as they were sealed, and those of older versions): the samples say it then. A
/// deletion that isn't applied yet is in neither.
extension BlockReader {
    /// Figures of a part's slices in order: slice `n` is the samples from `n * part.sliceSamples`. Nil too where a slice holds nothing
    /// but stale markers.
    func summaries(of part: BlockColumns) throws(DamagedBytes) -> [SampleSummary]? {
        guard part.sampleCount > 0, !part.summaries.isEmpty else { return nil }
        let slice = part.sliceSamples
        let counts = stride(from: 0, to: part.sampleCount, by: slice).map { min(slice, part.sampleCount - $0) }
        let packed = try bytes(.columns, part.summaries)
        guard var summaries = SummaryColumns.decode(packed, counts: counts) else { throw unreadable(part) }
        if !SummaryColumns.isTimed(packed) { try addTimes(to: &summaries, part) }
        return summaries
    }

    private func addTimes(to summaries: inout [SampleSummary], _ part: BlockColumns) throws(DamagedBytes) {
        let reader = ByteReader(try bytes(.columns, part.timestamps))
        let slice = part.sliceSamples
        var failure: DamagedBytes?
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: part.sampleCount) { times in
            do throws(DamagedBytes) {
                let isRead = IntegerColumn.decode(reader, count: part.sampleCount, 0..<1, to: times.baseAddress!)
                if isRead == nil { try decodeTimestamps(part, to: times.baseAddress!) }
                for index in summaries.indices {
                    let (first, last) = (index * slice, min((index + 1) * slice, part.sampleCount) - 1)
                    if isRead == true {
                        // Regular: any of them can be had at once.
                        guard IntegerColumn.decode(reader, count: part.sampleCount, first..<(first + 1), to: times.baseAddress! + first) == true,
                            IntegerColumn.decode(reader, count: part.sampleCount, last..<(last + 1), to: times.baseAddress! + last) == true
                        else { throw unreadable(part) }
                    }
                    summaries[index].firstTimestamp = times[first]
                    summaries[index].lastTimestamp = times[last]
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Figures of the steps of a series that have samples, in order; nil where the block has none of that resolution. The first and the
    /// last step may hold a part of their time only: what stands in the neighbouring block belongs to them too (`SampleSummary.join`).
    func downsampled(of number: UInt32, _ resolution: Resolution) throws(DamagedBytes) -> [SampleSummary]? {
        guard let step = try entry(of: number).steps.first(where: { $0.resolution == resolution }) else { return nil }
        return try downsampled(step)
    }

    func downsampled(_ step: StepColumn) throws(DamagedBytes) -> [SampleSummary] {
        var reader = ByteReader(try bytes(.columns, step.place))
        guard let count = reader.readVarint(), (1...UInt64(Limits.columnSamplesMax)).contains(count), let rest = reader.readBytes(reader.remaining),
            let steps = SummaryColumns.decode(rest, counts: Array(repeating: 1, count: Int(count))), Self.areOrdered(steps)
        else { throw DamagedBytes(offset: footer[.columns].lowerBound + step.place.lowerBound, reason: "a downsampled column can't be read") }
        return steps
    }

    private static func areOrdered(_ steps: [SampleSummary]) -> Bool {
        steps.allSatisfy { $0.firstTimestamp <= $0.lastTimestamp && $0.count > 0 } && zip(steps, steps.dropFirst()).allSatisfy { $0.lastTimestamp < $1.firstTimestamp }
    }

    /// Writes some of a part's values where there is room for them, without decoding more than their slices where the block allows it.
    /// `taken` isn't empty and lies within the part.
    func decodeValues(_ part: BlockColumns, _ taken: Range<Int>, to output: UnsafeMutablePointer<Double>) throws(DamagedBytes) {
        if taken.count == part.sampleCount { return try decodeValues(part, to: output) }
        switch FloatColumn.decode(try bytes(.columns, part.values), count: part.sampleCount, taken, to: output) {
        case .some(true): return
        case .some(false): throw unreadable(part)
        case nil: break
        }
        var failure: DamagedBytes?
        withUnsafeTemporaryAllocation(of: Double.self, capacity: part.sampleCount) { scratch in
            do throws(DamagedBytes) {
                try decodeValues(part, to: scratch.baseAddress!)
                output.update(from: scratch.baseAddress! + taken.lowerBound, count: taken.count)
            } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
