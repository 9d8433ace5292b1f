import Foundations

/// Reading without decoding everything.
///
/// - `summaries(of:)` gives figures of every `Limits.sliceSamples` samples of a part, so that a function over a long range decodes only
///   the range's edges: `decodeValues(_:_:to:)` decodes some of a part's values, slice by slice.
/// - `downsampled(of:_:)` gives figures of every five minutes or every hour of a part.
///
/// Both are nil where the block holds none (blocks as they were sealed, and those of older versions): the samples say it then.
extension BlockReader {
    /// Figures of a part's slices in order: slice `n` is the samples from `n * Limits.sliceSamples`, the last one as many as are left.
    /// An entry is nil where all samples are stale markers. The part holds floats.
    func summaries(of part: BlockColumns) throws(DamagedBytes) -> [SampleSummary?]? {
        guard footer.version == .merged, part.sampleCount > 0 else { return nil }
        let samples = try samples(part)
        return summarize(samples, slices: stride(from: 0, to: samples.count, by: Limits.sliceSamples).map { $0..<min($0 + Limits.sliceSamples, samples.count) })
    }

    /// Figures of a part's steps that have samples, in order. The first and the last step may hold a part of their time only: what
    /// stands in the neighbouring part or block belongs to them too (`SampleSummary.join`).
    func downsampled(of part: BlockColumns, _ resolution: Resolution) throws(DamagedBytes) -> [SampleSummary]? {
        guard footer.version == .merged, part.sampleCount > 0 else { return nil }
        let samples = try samples(part)
        var slices: [Range<Int>] = []
        for (index, timestamp) in samples.timestamps.enumerated() {
            if let last = slices.last, resolution.end(of: samples.timestamps[last.lowerBound]) == resolution.end(of: timestamp) {
                slices[slices.count - 1] = last.lowerBound..<(index + 1)
            } else {
                slices.append(index..<(index + 1))
            }
        }
        return summarize(samples, slices: slices).compactMap { $0 }
    }

    private func summarize(_ samples: SampleColumns, slices: [Range<Int>]) -> [SampleSummary?] {
        samples.timestamps.withUnsafeBufferPointer { timestamps in
            samples.values.withUnsafeBufferPointer { values in
                slices.map { SampleSummary(UnsafeBufferPointer(rebasing: timestamps[$0]), UnsafeBufferPointer(rebasing: values[$0])) }
            }
        }
    }

    /// Writes some of a part's values where there is room for them. `taken` isn't empty and lies within the part.
    func decodeValues(_ part: BlockColumns, _ taken: Range<Int>, to output: UnsafeMutablePointer<Double>) throws(DamagedBytes) {
        if taken.count == part.sampleCount { return try decodeValues(part, to: output) }
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
