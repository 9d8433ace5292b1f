import Foundations

/// Blocks of one aligned range that are to become one.
struct MergePlan: Sendable {
    let range: BlockFormat.MergedRange
    /// Ascending in number.
    let inputs: [BlockReader]
    /// The downsampled columns to make.
    var resolutions: [Resolution] = []
    /// False where only the downsampled columns are left.
    var keepsSamples = true

    var bytes: Int64 { inputs.reduce(0) { $0 + Int64($1.sizeBytes) } }
}

extension MergePlan {
    /// The narrowest range, and of those the oldest, that has several blocks and gets no samples any more; nil where there is none.
    ///
    /// `cutoff` is where the head was cut last: what is older is in blocks, but for late samples within the window. Blocks in
    /// `excluded` can't be merged.
    static func next(_ blocks: [BlockReader], cutoff: Int64, options: MetricStoreOptions, excluded: Set<UInt64>) -> MergePlan? {
        let (closed, overflow) = cutoff.subtractingReportingOverflow(max(0, options.outOfOrderWindowMilliseconds))
        if overflow { return nil }
        for width in options.mergeWidths {
            var groups: [Int64: [BlockReader]] = [:]
            for block in blocks where block.footer.contents.contains(.samples) && blockStart(of: block.start, width) == blockStart(of: block.end, width) {
                groups[blockStart(of: block.start, width), default: []].append(block)
            }
            for (start, inputs) in groups.sorted(by: { $0.key < $1.key }) where inputs.count > 1 {
                let (end, overflow) = start.addingReportingOverflow(width)
                guard !overflow, end <= closed, !inputs.contains(where: { excluded.contains($0.number) }), isAlone(inputs, among: blocks) else { continue }
                let plan = MergePlan(
                    range: .init(start: start, widthMilliseconds: width), inputs: inputs.sorted { $0.number < $1.number },
                    resolutions: options.resolutions(ofWidth: width))
                if let bytesMax = options.retentionBytes, plan.bytes > bytesMax / Limits.mergedBlocksPerRetention { continue }
                return plan
            }
        }
        return nil
    }

    /// Whether no other block has samples between those of the inputs: the merged block gets the highest number, and would win against it.
    private static func isAlone(_ inputs: [BlockReader], among blocks: [BlockReader]) -> Bool {
        let numbers = Set(inputs.map(\.number))
        let start = inputs.map(\.start).min()!
        let end = inputs.map(\.end).max()!
        return !blocks.contains { !numbers.contains($0.number) && !$0.holdsStepsAlone && $0.start <= end && $0.end >= start }
    }
}

extension MetricStoreOptions {
    /// The widths that can be used.
    var mergeWidths: [Int64] {
        var widths: [Int64] = []
        for width in mergedBlockMilliseconds {
            let narrower = widths.last ?? blockMilliseconds
            guard width > narrower, width % narrower == 0 else { continue }
            // A block goes when all of it is too old: a wide one would keep too much for too long.
            if let retentionMilliseconds, width > retentionMilliseconds / 2 { continue }
            widths.append(width)
        }
        return widths
    }
}
