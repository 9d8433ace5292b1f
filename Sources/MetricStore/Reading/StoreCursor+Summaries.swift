import Model

/// Windows much longer than a slice or a downsampled step: of what lies in one as a whole, the figures that are kept say enough, and
/// only the window's edges are decoded.
extension StoreCursor {
    /// Slices for each window, from which on summaries are less work than decoding: two are decoded at a window's edges, and the
    /// summaries themselves want to be read.
    private static var slicesPerWindowMin: Int { 4 }
    /// Samples for each downsampled step, from which on reading its figures is less work than decoding.
    private static var samplesPerStepMin: Int64 { 64 }

    func summarize(_ index: Int, _ windows: [TimeWindow], to output: inout [WindowFigures?]) throws -> Bool {
        let found = scan.found[index]
        guard !windows.isEmpty else { return false }
        let leftovers = scan.downsampled.isEmpty ? [] : found.steps.filter { scan.blocks[$0.block].holdsStepsAlone }
        guard !leftovers.isEmpty || !steps(of: found, found.parts, windows).isEmpty || isSliced(found.parts.filter(isInRange), windows) else { return false }
        let head = found.head?.samples(from: start, through: end) ?? SampleColumns()
        let hasHistograms = !(found.head?.histograms(from: start, through: end).isEmpty ?? true)
        var sources: [SummarizedSeries.Source] = []
        if !hasHistograms, let parts = found.partsApart(before: head.timestamps.first) {
            let inRange = parts.filter(isInRange)
            let stepped = steps(of: found, inRange, windows)
            guard !leftovers.isEmpty || !stepped.isEmpty || isSliced(inRange, windows) else { return false }
            sources = inRange.filter { part in !stepped.contains { $0.block == part.block } }.map { .part($0) }
            sources += stepped.map { .steps($0.block, $0.column, []) } + [.samples(head)]
        } else if leftovers.isEmpty {
            return false
        } else {
            sources = [.samples(found.merged(scan.blocks, head, [], from: start, through: end, scan.store.reading).samples)]
        }
        sources += leftovers.map { .steps($0.block, column(of: $0.columns, windows) ?? $0.finest, $0.tombstones) }
        do throws(DamagedBytes) {
            var series = try SummarizedSeries(self, sources)
            for window in windows { output.append(try series.figures(of: window)) }
            count(series)
            return true
        } catch {
            // Reading meets the damage again, notes it, and goes on with the rest.
            output.removeAll(keepingCapacity: true)
            return false
        }
    }

    /// Whether the windows are long enough for summaries of slices.
    private func isSliced(_ parts: [SelectedSeries.Part], _ windows: [TimeWindow]) -> Bool {
        let slices = parts.reduce(0) { $0 + ($1.columns.summaries.isEmpty ? 0 : $1.columns.sampleCount / $1.columns.sliceSamples) }
        return slices >= Self.slicesPerWindowMin * windows.count
    }

    /// The blocks whose downsampled steps stand in for the samples, with the column of each; empty where they are of too few.
    private func steps(of found: SelectedSeries.Found, _ parts: [SelectedSeries.Part], _ windows: [TimeWindow]) -> [(block: Int, column: StepColumn)] {
        if found.steps.isEmpty || alignment(of: windows) == 0 { return [] }
        var chosen: [(block: Int, column: StepColumn)] = []
        var (stepped, all) = (0, 0)
        for steps in found.steps where steps.tombstones.isEmpty && !scan.blocks[steps.block].holdsStepsAlone {
            guard let column = column(of: steps.columns, windows) else { continue }
            let held = parts.filter { $0.block == steps.block }
            guard let first = held.first, let last = held.last else { continue }
            let samples = held.reduce(0) { $0 + $1.columns.sampleCount }
            let stepCount = (last.columns.end &- first.columns.start) / column.resolution.milliseconds + 1
            if Int64(samples) < Self.samplesPerStepMin * stepCount { continue }
            chosen.append((steps.block, column))
            stepped += samples
        }
        for part in parts { all += part.columns.sampleCount }
        return stepped * 2 >= all ? chosen : []
    }

    /// The column of the widest steps that all windows begin and end with.
    private func column(of columns: [StepColumn], _ windows: [TimeWindow]) -> StepColumn? {
        let width = alignment(of: windows)
        return columns.filter { $0.resolution.milliseconds <= width }.max { $0.resolution.milliseconds < $1.resolution.milliseconds }
    }

    /// The width of the widest steps whose multiples all ends of the windows are; 0 where there is none.
    private func alignment(of windows: [TimeWindow]) -> Int64 {
        // The same array comes with every series.
        if windows == aligned.windows { return aligned.stepMilliseconds }
        let widths = Resolution.allCases.map(\.milliseconds).sorted(by: >)
        aligned = (windows, widths.first { width in windows.allSatisfy { $0.after % width == 0 && $0.through % width == 0 } } ?? 0)
        return aligned.stepMilliseconds
    }

    private func count(_ series: SummarizedSeries) {
        figures.samplesDecoded += series.samplesDecoded
        figures.samples += series.samplesSeen
        figures.steps += series.stepsSeen
        figures.bytes += series.bytes
        if series.samplesSeen > 0 { figures.series += 1 }
    }

    /// Some samples of a part, those outside of the cursor's range left out.
    func samples(_ part: SelectedSeries.Part, _ wanted: Range<Int>) throws(DamagedBytes) -> SampleColumns {
        let column = try times.column(of: [part], scan.blocks, head: [])
        let taken = column.taken[0].clamped(to: wanted)
        var samples = SampleColumns()
        if taken.isEmpty { return samples }
        let offset = column.taken[0].lowerBound
        samples.timestamps = Array(column.timestamps[(taken.lowerBound - offset)..<(taken.upperBound - offset)])
        values.reserve(taken.count)
        try scan.blocks[part.block].decodeValues(part.columns, taken, to: values.start)
        samples.values = Array(UnsafeBufferPointer(start: values.start, count: taken.count))
        return samples
    }
}
