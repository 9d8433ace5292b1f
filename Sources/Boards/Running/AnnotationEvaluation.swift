import Foundations

/// Annotations that are to be asked for, with all that they depend on.
public struct AnnotationQuestion: Sendable {
    public var annotations: [BoardAnnotation]
    public var choices: VariableChoices
    public var range: BoardRange
    /// Nil asks once.
    public var refreshSeconds: Double?
    public var generation: Int
    /// The end of the range where the board is looked at as it was.
    public var moment: Timestamp?
}

/// What one annotation asks at one moment, and how the answer becomes marks.
struct AnnotationEvaluation: Sendable {
    let annotation: BoardAnnotation
    let place: Int
    let request: BoardRequest
    private let stepMilliseconds: Int64

    init(_ annotation: BoardAnnotation, place: Int, _ question: AnnotationQuestion, now: Timestamp) {
        self.annotation = annotation
        self.place = place
        var scope = VariableScope(question.choices, range: question.range, now: now)
        let step = Self.stepMilliseconds(annotation, question.range, scope)
        scope.setStep(milliseconds: step)
        stepMilliseconds = step
        let (from, to) = question.range.bounds(now: now)
        let expression = Interpolation.query(annotation.expression, scope, annotation.language)
        let asked: BoardRequest =
            switch annotation.language {
            case .promQL: .range(expression, language: .promQL, QueryWindow(from: from, to: to, stepMilliseconds: step))
            case .logQL: .logs(expression, from: from, to: to, limit: Limits.logLines)
            }
        let filters = question.choices.filters(for: annotation.language)
        request = filters.isEmpty ? asked : .filtered(asked, by: filters)
    }

    /// As the file says; else a minute, finer over short ranges, and coarser over those that would have too many points.
    private static func stepMilliseconds(_ annotation: BoardAnnotation, _ range: BoardRange, _ scope: VariableScope) -> Int64 {
        let written = annotation.interval.isEmpty ? nil : GrafanaBoard.duration(Interpolation.fill(annotation.interval, scope, for: .text))
        let usual = min(Limits.annotationStepMilliseconds, StepText.niceMilliseconds(range.milliseconds / Int64(Limits.chartPoints), least: Limits.stepMilliseconds))
        return StepText.niceMilliseconds(range.milliseconds / Int64(Limits.annotationPoints), least: max(1000, written ?? usual))
    }

    /// In order of time within each series.
    func marks(_ answer: BoardAnswer) -> [BoardMark] {
        switch answer {
        case .series(let series): series.prefix(Limits.series).flatMap(marks)
        case .lines(let lines): lines.map { line in mark(line.timestamp.milliseconds.milliseconds, line.labels, text: line.line) }
        case .names: []
        }
    }

    /// A mark a run of steps with values above 0, or one a moment where the values say when.
    private func marks(_ series: BoardSeries) -> [BoardMark] {
        var marks: [BoardMark] = []
        var last: Int64?
        for (time, value) in zip(series.times, series.values) where !value.isNaN {
            if annotation.usesValueForTime {
                guard let moment = Int64(exactly: value.rounded()), moment != last else { continue }
                last = moment
                marks.append(mark(moment, series.labels, text: ""))
            } else if value > 0 {
                if let last, time - last <= stepMilliseconds, !marks.isEmpty { marks[marks.count - 1].to = time } else { marks.append(mark(time, series.labels, text: "")) }
                last = time
            }
        }
        return marks
    }

    private func mark(_ time: Int64, _ labels: [String: String], text: String) -> BoardMark {
        let title = LabelText.legend(annotation.title, labels), own = LabelText.legend(annotation.text, labels)
        return BoardMark(
            annotation: place, from: time, to: time, title: Self.bounded(title.isEmpty ? annotation.name : title), text: Self.bounded(own.isEmpty ? text : own),
            tags: annotation.tagKeys.compactMap { labels[$0].map(Self.bounded) }.filter { !$0.isEmpty })
    }

    private static func bounded(_ text: String) -> String { String(text.prefix(Limits.markCharacters)) }
}

extension BoardRunner {
    /// Asks for marks again and again, no more often than new ones can be expected; ends when its task is cancelled.
    public func watchMarks(_ question: AnnotationQuestion, _ post: @escaping @Sendable (BoardAction) -> Void) async {
        while !Task.isCancelled {
            let action = await marks(question)
            if !Task.isCancelled { post(action) }
            guard let seconds = question.refreshSeconds, question.moment == nil else { return }
            do { try await Task.sleep(for: .seconds(max(Limits.annotationSeconds, seconds))) } catch { return }
        }
    }

    /// The marks of all annotations, each different question asked once.
    public func marks(_ question: AnnotationQuestion) async -> BoardAction {
        let now = question.moment ?? clock.nowMilliseconds()
        let evaluations = question.annotations.prefix(Limits.annotations).enumerated().map { AnnotationEvaluation($1, place: $0, question, now: now) }
        var found = BoardMarks()
        found.evaluatedAt = now
        var answers: [BoardRequest: Answered] = [:]
        for evaluation in evaluations where !Task.isCancelled {
            let answered: Answered
            if let known = answers[evaluation.request] { answered = known } else { answered = await ask(evaluation.request) }
            answers[evaluation.request] = answered
            switch answered.result {
            case .success(let answer): found.marks += evaluation.marks(answer)
            case .failure(let error): found.failures[evaluation.annotation.name] = "\(error)"
            }
        }
        let (from, to) = question.range.bounds(now: now)
        found.marks = found.marks.filter { $0.to >= from.milliseconds && $0.from <= to.milliseconds }.sorted { ($0.from, $0.annotation, $0.title) < ($1.from, $1.annotation, $1.title) }
        found.undrawn = max(0, found.marks.count - Limits.marks)
        found.marks.removeFirst(found.undrawn)
        return .marks(found, generation: question.generation)
    }
}
