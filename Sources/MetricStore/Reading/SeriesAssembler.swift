import Foundations
import Model

/// Decodes what was selected, one series after another, straight into columns of the right length.
///
/// Series that were scraped together point at the same column of timestamps: it is decoded once, and their results share the array.
struct SeriesAssembler {
    private let blocks: [BlockReader]
    private let start: Int64
    private let end: Int64
    /// Timestamps by the parts they come from.
    private var shared: [[UInt64]: SharedTimestamps] = [:]
    private var timestampScratch: [Int64] = []
    private var valueScratch: [Double] = []

    private struct SharedTimestamps {
        var timestamps: [Int64]
        /// Which samples of each part lie in the range.
        var taken: [Range<Int>]
    }

    init(blocks: [BlockReader], from start: Int64, through end: Int64) {
        self.blocks = blocks
        self.start = start
        self.end = end
    }

    /// The series' samples in the range, each time once. `reading` runs what may meet damage, notes it, and says whether all was read.
    mutating func assemble(
        _ found: SelectedSeries.Found, reading: (BlockReader, () throws(DamagedBytes) -> Void) -> Bool
    ) -> Series {
        let head = found.head?.samples(from: start, through: end) ?? SampleColumns()
        let histograms = found.head?.histograms(from: start, through: end) ?? []
        if histograms.isEmpty, let parts = apart(found.parts, before: head.timestamps.first) {
            do { return try joined(found.labels, parts, head) } catch {
                // What can be read of it is read below, part by part.
            }
        }
        return merged(found, head, histograms, reading)
    }

    /// The parts in order of time, where they share none, hold floats alone, end before the head, and nothing of them is deleted.
    private func apart(_ parts: [SelectedSeries.Part], before head: Int64?) -> [SelectedSeries.Part]? {
        guard parts.allSatisfy({ $0.tombstones.isEmpty && $0.columns.histogramCount == 0 && $0.columns.sampleCount > 0 }) else { return nil }
        func areApart(_ parts: [SelectedSeries.Part]) -> Bool { zip(parts, parts.dropFirst()).allSatisfy { $0.columns.end < $1.columns.start } }
        // Merged blocks have higher numbers than younger ones.
        let ordered = areApart(parts) ? parts : parts.sorted { $0.columns.start < $1.columns.start }
        guard areApart(ordered) else { return nil }
        if let head, let last = ordered.last, last.columns.end >= head { return nil }
        return ordered
    }

    private mutating func joined(_ labels: Labels, _ parts: [SelectedSeries.Part], _ head: SampleColumns) throws(DamagedBytes) -> Series {
        if parts.isEmpty { return Series(labels: labels, timestamps: head.timestamps, values: head.values) }
        var key: [UInt64] = []
        key.reserveCapacity(parts.count * 3)
        for part in parts {
            key.append(blocks[part.block].number)
            key.append(UInt64(part.columns.timestamps.lowerBound))
            key.append(UInt64(part.columns.sampleCount))
        }
        let times: SharedTimestamps
        if let known = shared[key] { times = known } else {
            times = try timestamps(of: parts)
            shared[key] = times
        }
        let values = try values(of: parts, times, head.values)
        if head.isEmpty { return Series(labels: labels, timestamps: times.timestamps, values: values) }
        return Series(labels: labels, timestamps: timestamps(times.timestamps, head.timestamps, key), values: values)
    }

    private mutating func timestamps(of parts: [SelectedSeries.Part]) throws(DamagedBytes) -> SharedTimestamps {
        var result = SharedTimestamps(timestamps: [], taken: [])
        result.timestamps.reserveCapacity(parts.reduce(0) { $0 + $1.columns.sampleCount })
        for part in parts {
            let count = part.columns.sampleCount
            if timestampScratch.count < count { timestampScratch = Array(repeating: 0, count: count) }
            var failure: DamagedBytes?
            timestampScratch.withUnsafeMutableBufferPointer { buffer in
                do throws(DamagedBytes) { try blocks[part.block].decodeTimestamps(part.columns, to: buffer.baseAddress!) } catch { failure = error }
            }
            if let failure { throw failure }
            let decoded = timestampScratch[..<count]
            let low = decoded.lowerBound { $0 < start }
            let taken = low..<max(low, decoded.lowerBound { $0 <= end })
            result.timestamps.append(contentsOf: decoded[taken])
            result.taken.append(taken)
        }
        return result
    }

    private mutating func values(of parts: [SelectedSeries.Part], _ times: SharedTimestamps, _ head: [Double]) throws(DamagedBytes) -> [Double] {
        var failure: DamagedBytes?
        let longest = zip(parts, times.taken).reduce(0) { $1.0.columns.sampleCount == $1.1.count ? $0 : max($0, $1.0.columns.sampleCount) }
        if valueScratch.count < longest { valueScratch = Array(repeating: 0, count: longest) }
        let total = times.timestamps.count + head.count
        let values = [Double](unsafeUninitializedCapacity: total) { buffer, initialized in
            var filled = 0
            do throws(DamagedBytes) {
                for (part, taken) in zip(parts, times.taken) where !taken.isEmpty {
                    if taken.count == part.columns.sampleCount {
                        try blocks[part.block].decodeValues(part.columns, to: buffer.baseAddress! + filled)
                    } else {
                        try decode(part, taken, to: buffer.baseAddress! + filled)
                    }
                    filled += taken.count
                }
                for value in head {
                    buffer[filled] = value
                    filled += 1
                }
            } catch { failure = error }
            initialized = filled
        }
        if let failure { throw failure }
        return values
    }

    /// Some of a part's values.
    private mutating func decode(_ part: SelectedSeries.Part, _ taken: Range<Int>, to output: UnsafeMutablePointer<Double>) throws(DamagedBytes) {
        var failure: DamagedBytes?
        valueScratch.withUnsafeMutableBufferPointer { scratch in
            do throws(DamagedBytes) {
                try blocks[part.block].decodeValues(part.columns, to: scratch.baseAddress!)
                output.update(from: scratch.baseAddress! + taken.lowerBound, count: taken.count)
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Timestamps of blocks and of the head; one array for all series with the same ones.
    private mutating func timestamps(_ older: [Int64], _ head: [Int64], _ key: [UInt64]) -> [Int64] {
        let headKey = key + [UInt64(bitPattern: head[0]), UInt64(bitPattern: head[head.count - 1]), UInt64(head.count), 0]
        if let known = shared[headKey]?.timestamps, known.suffix(head.count).elementsEqual(head) { return known }
        let all = older + head
        shared[headKey] = SharedTimestamps(timestamps: all, taken: [])
        return all
    }

    /// The general case: parts that share times, deletions, histograms, damage.
    private func merged(
        _ found: SelectedSeries.Found, _ head: SampleColumns, _ headHistograms: [HistogramSample],
        _ reading: (BlockReader, () throws(DamagedBytes) -> Void) -> Bool
    ) -> Series {
        var allSamples: [SampleColumns] = []
        var allHistograms: [[HistogramSample]] = []
        for part in found.parts {
            var samples = SampleColumns()
            var histograms: [HistogramSample] = []
            let block = blocks[part.block]
            let isRead = reading(block) { () throws(DamagedBytes) in
                samples = try block.samples(part.columns)
                histograms = try block.histograms(part.columns)
            }
            guard isRead else { continue }
            samples.clip(from: start, through: end)
            histograms.removeAll { $0.timestamp < start || $0.timestamp > end }
            for stone in part.tombstones {
                samples = samples.filtered { $0 < stone.start || $0 > stone.end }
                histograms.removeAll { $0.timestamp >= stone.start && $0.timestamp <= stone.end }
            }
            allSamples.append(samples)
            allHistograms.append(histograms)
        }
        let histograms = mergedHistograms(allHistograms + [headHistograms])
        var samples = SampleColumns.merged(allSamples + [head])
        if !histograms.isEmpty && !samples.isEmpty {
            let taken = Set(histograms.map(\.timestamp))
            samples = samples.filtered { !taken.contains($0) }
        }
        return Series(labels: found.labels, timestamps: samples.timestamps, values: samples.values, histograms: histograms)
    }
}
