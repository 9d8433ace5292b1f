import Foundations

/// Evaluates panels against a source: each different query once, so many at a time, until its task is cancelled.
public struct BoardRunner: Sendable {
    /// An answer for a window that hasn't moved is used again for so long: newer samples come no faster.
    static let reuseSeconds: Double = 10

    private let source: any BoardSource
    private let clock: any WallClock

    public init(source: any BoardSource, clock: any WallClock = SystemClock()) {
        self.source = source
        self.clock = clock
    }

    /// Asks for the values of variables.
    public func variables(_ question: VariableQuestion) async -> BoardAction {
        let now = question.moment ?? clock.nowMilliseconds()
        let loader = VariableLoader(source: source, range: question.range, now: now)
        return .variables(await loader.load(question.choices, changed: question.changed), generation: question.generation)
    }

    /// Evaluates again and again; ends when its task is cancelled, or after one round where the question has no interval.
    public func watch(_ question: BoardQuestion, _ post: @escaping @Sendable (BoardAction) -> Void) async {
        var kept = Answers()
        var isFirst = true
        while !Task.isCancelled {
            // What was evaluated just now, before a scroll or a turn of a row, isn't asked again.
            let entries = isFirst ? question.entries.filter { needsEvaluation($0, question) } : question.entries
            kept = await evaluate(entries, question, kept, post)
            isFirst = false
            guard let seconds = question.refreshSeconds, question.moment == nil else { return }
            do { try await Task.sleep(for: .seconds(max(Limits.refreshSeconds, seconds))) } catch { return }
        }
    }

    /// One round, as results by panel.
    public func evaluate(_ question: BoardQuestion) async -> [PanelKey: PanelResult] {
        let results = Locked<[PanelKey: PanelResult]>([:])
        _ = await evaluate(question.entries, question, Answers()) { action in
            if case .results(let more, _) = action { results.withLock { $0.merge(more) { $1 } } }
        }
        return results.withLock { $0 }
    }

    private func needsEvaluation(_ entry: BoardQuestion.Entry, _ question: BoardQuestion) -> Bool {
        guard let evaluatedAt = entry.evaluatedAt else { return true }
        return clock.nowMilliseconds().seconds - evaluatedAt.seconds >= (question.refreshSeconds ?? .infinity)
    }

    /// The names of labels, or the values of one, for what is being typed; none where they can't be had.
    public func completions(_ label: String?, _ question: VariableQuestion) async -> BoardAction {
        let (from, to) = question.range.bounds(now: question.moment ?? clock.nowMilliseconds())
        let request: BoardRequest = label.map { .labelValues(label: $0, selector: "", from: from, to: to) } ?? .labelNames(selector: "", from: from, to: to)
        guard case .success(.names(let names)) = await ask(request).result else { return .completions(label: label, []) }
        return .completions(label: label, Array(names.prefix(Limits.completions)))
    }

    private struct Answers: Sendable {
        var known: [BoardRequest: Answered] = [:]
    }

    private func evaluate(
        _ entries: [BoardQuestion.Entry], _ question: BoardQuestion, _ previous: Answers, _ post: @escaping @Sendable (BoardAction) -> Void
    ) async -> Answers {
        let now = clock.nowMilliseconds()
        var round = EvaluationRound(entries.map { PanelEvaluation($0, question, now: question.moment ?? now) })
        for request in round.requests {
            if request.isRange, let old = previous.known[request], case .success = old.result, now.seconds - old.at.seconds < Self.reuseSeconds {
                round.note(request, old)
            }
        }
        Self.post(&round, question, post)
        var waiting = round.unanswered[...]
        await withTaskGroup(of: (BoardRequest, Answered).self) { group in
            for _ in 0..<Limits.requestsAtOnce {
                guard let request = waiting.popFirst() else { break }
                group.addTask { (request, await ask(request)) }
            }
            while let (request, answered) = await group.next() {
                round.note(request, answered)
                if !Task.isCancelled, let next = waiting.popFirst() { group.addTask { (next, await ask(next)) } }
                Self.post(&round, question, post)
            }
        }
        return Answers(known: round.answers)
    }

    private func ask(_ request: BoardRequest) async -> Answered {
        do {
            let answer = try await source.answer(request)
            return Answered(result: .success(answer), at: clock.nowMilliseconds())
        } catch {
            return Answered(result: .failure(BoardSourceError(error)), at: clock.nowMilliseconds())
        }
    }

    private static func post(_ round: inout EvaluationRound, _ question: BoardQuestion, _ post: @Sendable (BoardAction) -> Void) {
        let results = round.takeResults()
        if !results.isEmpty, !Task.isCancelled { post(.results(results, generation: question.generation)) }
    }
}
