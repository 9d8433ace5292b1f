import Foundations

/// Makes what a panel draws out of the answers to its queries.
struct ContentBuilder: Sendable {
    let panel: Panel
    let scope: VariableScope
    let window: QueryWindow
    let now: Timestamp

    /// `answers` by the place of their query in the panel.
    func build(_ answers: [(query: PanelQuery, answer: BoardAnswer)]) -> PanelContent {
        switch panel.kind {
        case .text: return .text(Interpolation.fill(panel.options.text, scope, for: .text), isPlain: panel.options.isPlainText)
        case .row: return .text("", isPlain: true)
        case .unsupported(let type): return .placeholder("panels of the type \(type) aren't drawn")
        case .logs: return .logs(lines(answers))
        default: break
        }
        let frames = frames(answers)
        switch panel.kind {
        case .timeSeries: return .chart(ChartBuilder(builder: self, frames: frames).build())
        case .stat: return .values(ValueBuilder(builder: self).items(frames), .stat(panel.options.textMode, showsSparkline: panel.options.showsSparkline))
        case .gauge: return .values(ValueBuilder(builder: self).items(frames), .gauge)
        case .barGauge: return .values(ValueBuilder(builder: self).items(frames), .bars)
        case .tiles: return .values(ValueBuilder(builder: self).items(frames), .tiles)
        case .histogram: return .values(HistogramBuilder(builder: self).items(frames), .bars)
        case .barChart: return .values(ValueBuilder(builder: self).bars(frames), .bars)
        case .pieChart: return .values(ValueBuilder(builder: self).parts(frames), .parts)
        case .table: return .table(TableBuilder(builder: self).build(frames))
        case .heatmap: return .heatmap(HeatmapBuilder(builder: self).build(frames))
        case .stateTimeline: return .timeline(TimelineBuilder(builder: self).build(frames, isPerStep: false))
        case .statusHistory: return .timeline(TimelineBuilder(builder: self).build(frames, isPerStep: true))
        case .text, .row, .logs, .unsupported: return .placeholder("")
        }
    }

    private func frames(_ answers: [(query: PanelQuery, answer: BoardAnswer)]) -> [DataFrame] {
        let visible = answers.filter { !$0.query.isHidden }
        let naming = SeriesNaming(visible.flatMap { query, answer -> [BoardSeries] in if case .series(let series) = answer, isUnnamed(query, series.first) { series } else { [] } })
        let frames = visible.flatMap { query, answer -> [DataFrame] in
            if case .lines(let lines) = answer { return FrameBuilder.frames(lines, query) }
            guard case .series(let series) = answer else { return [] }
            let legend = Interpolation.fill(query.legend, scope, for: .text)
            // A table of a range has a row a point in Grafana too; what asks for a format gets it.
            return FrameBuilder.frames(series, query, legend: legend, asTable: query.format == .table, naming: naming)
        }
        var named = FrameBuilder.namingValues(frames, queryCount: visible.count)
        if !panel.expressions.isEmpty {
            var evaluator = ExpressionEvaluator(answers)
            named += evaluator.frames(panel.expressions, at: window.end.milliseconds)
        }
        let shifted = panel.timeShiftMilliseconds.map { shift in named.map { Self.shifted($0, by: shift) } } ?? named
        return Transformer.apply(panel.transformations, to: shifted)
    }

    /// Whether a query's legend says nothing of what it brought.
    private func isUnnamed(_ query: PanelQuery, _ first: BoardSeries?) -> Bool {
        query.legend.isEmpty || LabelText.legend(Interpolation.fill(query.legend, scope, for: .text), first?.labels ?? [:]).allSatisfy(\.isWhitespace)
    }

    /// What is looked at from the past stands where the present is.
    private static func shifted(_ frame: DataFrame, by milliseconds: Int64) -> DataFrame {
        var frame = frame
        for index in frame.fields.indices {
            if case .times(let times) = frame.fields[index].values { frame.fields[index].values = .times(times.map { $0 &+ milliseconds }) }
        }
        return frame
    }

    private func lines(_ answers: [(query: PanelQuery, answer: BoardAnswer)]) -> [BoardLogLine] {
        let all = answers.flatMap { _, answer -> [BoardLogLine] in if case .lines(let lines) = answer { lines } else { [] } }
        return answers.count > 1 ? Array(all.sorted { $1.timestamp < $0.timestamp }.prefix(Limits.logLines)) : Array(all.prefix(Limits.logLines))
    }
}

/// Brings values to a window's grid.
enum Grid {
    /// A value a step; where two fall on one step the later counts.
    static func align(_ times: [Int64], _ values: [Double], _ window: QueryWindow) -> [Double] {
        let count = window.count
        if times.count == count, times.first == window.start.milliseconds, times.last == window.end.milliseconds { return values }
        var aligned = [Double](repeating: .nan, count: count)
        let step = window.stepMilliseconds
        for (time, value) in zip(times, values) {
            let offset = time - window.start.milliseconds + step / 2
            guard offset >= 0 else { continue }
            let index = Int(offset / step)
            if index < count { aligned[index] = value }
        }
        return aligned
    }

    /// Gaps between two values as a straight line.
    static func connected(_ values: [Double]) -> [Double] {
        var connected = values
        var last: Int?
        for index in values.indices where !values[index].isNaN {
            if let last, index - last > 1 {
                let slope = (values[index] - values[last]) / Double(index - last)
                for between in (last + 1)..<index { connected[between] = values[last] + slope * Double(between - last) }
            }
            last = index
        }
        return connected
    }
}
