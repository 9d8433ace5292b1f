import Foundations
import LogQL

/// What one panel asks at one moment, and how its answers become content.
struct PanelEvaluation: Sendable {
    let key: PanelKey
    let builder: ContentBuilder
    let queries: [(query: PanelQuery, request: BoardRequest)]
    let window: QueryWindow

    init(_ entry: BoardQuestion.Entry, _ question: BoardQuestion, now: Timestamp) {
        let panel = entry.instance.panel
        key = entry.instance.key
        let range = Self.range(panel, question.range)
        var scope = VariableScope(question.choices, repeated: entry.instance.repeated, range: range, now: now)
        let (from, to) = range.bounds(now: now)
        let step = Self.stepMilliseconds(panel, entry.pointsMax, range, scope)
        scope.setStep(milliseconds: step)
        let window = QueryWindow(from: from, to: to, stepMilliseconds: step)
        self.window = window
        builder = ContentBuilder(panel: panel, scope: scope, window: window, now: now)
        let shift = panel.timeShiftMilliseconds ?? 0
        let (filled, isLogs) = (scope, panel.kind == .logs)
        // Hidden ones are asked where something is computed of them.
        let inputs = panel.expressions.reduce(into: Set<String>()) { $0.formUnion($1.inputs) }
        queries = panel.queries.filter { !$0.isHidden || inputs.contains($0.refID) }.map { query in
            let expression = Interpolation.query(query.expression, filled, query.language, isInstant: query.shape == .instant)
            let start = Timestamp(milliseconds: window.start.milliseconds - shift), end = Timestamp(milliseconds: window.end.milliseconds - shift)
            let request: BoardRequest
            // Other panels make rows of lines.
            if isLogs || (query.language == .logQL && LogEngine.givesLines(expression)) {
                request = .logs(expression, from: from.advanced(byMilliseconds: -shift), to: to.advanced(byMilliseconds: -shift), limit: isLogs ? Limits.logLines : Limits.lineRows)
            } else if query.shape == .instant {
                request = .instant(expression, language: query.language, at: to.advanced(byMilliseconds: -shift))
            } else {
                request = .range(expression, language: query.language, QueryWindow(from: start, to: end, stepMilliseconds: step))
            }
            let filters = question.choices.filters(for: query.language)
            return (query, filters.isEmpty ? request : .filtered(request, by: filters))
        }
    }

    /// A panel's own range counts where the board looks at the last while.
    private static func range(_ panel: Panel, _ range: BoardRange) -> BoardRange {
        guard let own = panel.timeFromMilliseconds, case .last = range else { return range }
        return .last(milliseconds: own)
    }

    /// The least readable step at which no more points come than the panel can show.
    private static func stepMilliseconds(_ panel: Panel, _ pointsMax: Int, _ range: BoardRange, _ scope: VariableScope) -> Int64 {
        let points = Int64(max(2, min(panel.pointsMax ?? .max, pointsMax, Limits.chartPoints)))
        func milliseconds(_ text: String) -> Int64 {
            let filled = Interpolation.fill(text, scope, for: .text)
            return GrafanaBoard.duration(filled.hasPrefix(">") ? String(filled.dropFirst()) : filled) ?? 0
        }
        let least = ([panel.interval] + panel.queries.map(\.interval)).filter { !$0.isEmpty }.map(milliseconds).max() ?? 0
        return StepText.niceMilliseconds(range.milliseconds / (points - 1) + 1, least: max(least, Limits.stepMilliseconds))
    }

    /// The result of all answers; the first failure where one of them is one.
    func result(_ answers: [BoardRequest: Answered], at moment: Timestamp) -> PanelResult {
        var given: [(query: PanelQuery, answer: BoardAnswer)] = []
        var failure: String?
        for (query, request) in queries {
            switch answers[request]?.result {
            case .success(let answer): given.append((query, answer))
            case .failure(let error): failure = failure ?? (queries.count > 1 ? "query \(query.refID): \(error)" : "\(error)")
            case nil: failure = failure ?? "it wasn't asked"
            }
        }
        // What one query of several brings is shown beside the other's failure.
        let content = failure == nil || !given.isEmpty ? builder.build(given) : nil
        let shift = builder.panel.timeShiftMilliseconds ?? 0
        let newest = given.compactMap { Self.newest($0.answer) }.max().map { Timestamp(milliseconds: $0 + shift) }
        return PanelResult(content: content, evaluatedAt: moment, newestSampleAt: newest, failure: failure, stepMilliseconds: window.stepMilliseconds)
    }

    private static func newest(_ answer: BoardAnswer) -> Int64? {
        switch answer {
        case .series(let series): series.lazy.compactMap { entry in zip(entry.times, entry.values).reversed().first { !$0.1.isNaN }?.0 }.max()
        case .lines(let lines): lines.first?.timestamp.milliseconds.milliseconds
        case .names: nil
        }
    }
}
