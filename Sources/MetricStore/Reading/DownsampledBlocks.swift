import Model

/// What downsampled columns say where the samples have passed their retention (`Docs/Decisions/0110`).
extension BlockReader {
    /// Whether the samples are gone and downsampled columns left.
    var holdsStepsAlone: Bool { !footer.contents.contains(.samples) }

    /// The width of the finest steps in the block; nil where it has none.
    private var finest: Resolution? {
        footer.contents.resolutions.min { $0.milliseconds < $1.milliseconds }
    }

    /// The whole steps of a block that has them alone; nil for other blocks.
    var downsampledTime: DownsampledTime? {
        guard holdsStepsAlone, let finest else { return nil }
        let (after, overflow) = finest.end(of: start).subtractingReportingOverflow(finest.milliseconds)
        return DownsampledTime(after: overflow ? .min : after, through: finest.end(of: end), stepMilliseconds: finest.milliseconds)
    }

    /// Whether something of the block may lie in a range, ends included. Windows over steps reach to the ends of these.
    func reaches(_ rangeStart: Int64, _ rangeEnd: Int64) -> Bool {
        guard let time = downsampledTime else { return start <= rangeEnd && end >= rangeStart }
        return time.after < rangeEnd && time.through >= rangeStart
    }
}

extension SelectedSeries.Steps {
    var finest: StepColumn { columns.min { $0.resolution.milliseconds < $1.resolution.milliseconds }! }

    /// The last sample of each of the finest steps. Throws where they can't be read.
    func lasts(_ block: BlockReader) throws(DamagedBytes) -> SampleColumns {
        var lasts = SampleColumns()
        for step in try block.downsampled(finest) where !tombstones.contains(where: { $0.touches(step) }) {
            lasts.append(step.lastTimestamp, step.last)
        }
        return lasts
    }
}

extension Tombstone {
    /// Whether a deletion takes some of a step's time: nothing of the step is told any more then.
    func touches(_ step: SampleSummary) -> Bool { start <= step.lastTimestamp && end >= step.firstTimestamp }
}

extension StoreScan {
    /// Where only steps are left of some of the series, in order of time.
    static func downsampled(_ found: [SelectedSeries.Found], _ blocks: [BlockReader]) -> [DownsampledTime] {
        guard blocks.contains(where: \.holdsStepsAlone) else { return [] }
        var places: Set<Int> = []
        for one in found { for steps in one.steps { places.insert(steps.block) } }
        return places.compactMap { blocks[$0].downsampledTime }.sorted { ($0.after, $0.through) < ($1.after, $1.through) }
    }
}
