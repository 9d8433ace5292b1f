import Foundations

extension MetricStoreOptions {
    private func retentionMilliseconds(of resolution: Resolution) -> Int64? {
        switch resolution {
        case .fiveMinutes: fiveMinuteRetentionMilliseconds
        case .hour: hourRetentionMilliseconds
        }
    }

    /// The downsampled columns that blocks of a merged range get.
    func resolutions(ofWidth width: Int64) -> [Resolution] {
        Resolution.allCases.filter { resolution in
            if let kept = retentionMilliseconds(of: resolution), kept <= 0 { return false }
            return resolution == .fiveMinutes || width == mergeWidths.last
        }
    }

    /// Whether samples as old as `end` are still kept.
    func keepsSamples(endingAt end: Int64, now: Int64) -> Bool {
        retentionMilliseconds.map { Self.isWithin($0, end, now) } ?? true
    }

    /// The downsampled columns that outlive samples as old as `end`, which have passed their retention.
    func resolutionsLeft(endingAt end: Int64, now: Int64) -> [Resolution] {
        Resolution.allCases.filter { resolution in
            retentionMilliseconds(of: resolution).map { $0 > 0 && Self.isWithin($0, end, now) } ?? false
        }
    }

    private static func isWithin(_ retention: Int64, _ end: Int64, _ now: Int64) -> Bool {
        let (horizon, overflow) = now.subtractingReportingOverflow(retention)
        return overflow || end >= horizon
    }
}

extension BlockReader {
    /// Whether something of the block is still kept.
    func isKept(_ options: MetricStoreOptions, now: Int64) -> Bool {
        if footer.contents.contains(.samples), options.keepsSamples(endingAt: end, now: now) { return true }
        return options.resolutionsLeft(endingAt: end, now: now).contains {
            footer.contents.contains(.samples) || footer.contents.contains(BlockFormat.Contents($0))
        }
    }
}

extension MergePlan {
    /// A block whose samples, or whose finer downsampled columns, have passed their retention, to be replaced by one with the downsampled
    /// columns that are left; nil where there is none.
    static func nextWithoutSamples(_ blocks: [BlockReader], now: Int64, options: MetricStoreOptions, excluded: Set<UInt64>) -> MergePlan? {
        for block in blocks where !excluded.contains(block.number) {
            guard !options.keepsSamples(endingAt: block.end, now: now) else { continue }
            var left = options.resolutionsLeft(endingAt: block.end, now: now)
            if block.holdsStepsAlone {
                let held = block.footer.contents.resolutions
                left.removeAll { !held.contains($0) }
                if left.count == held.count { continue }
            }
            // A block that reaches over a boundary of ranges isn't one that sealing or merging made.
            let width = block.footer.merged?.widthMilliseconds ?? options.blockMilliseconds
            let range = BlockFormat.MergedRange(start: blockStart(of: block.start, width), widthMilliseconds: width)
            guard !left.isEmpty, range.holds(block.start, block.end) else { continue }
            return MergePlan(range: range, inputs: [block], resolutions: left, keepsSamples: false)
        }
        return nil
    }
}
