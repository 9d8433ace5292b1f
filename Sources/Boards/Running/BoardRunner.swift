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

    private struct Answers {
        var known: [BoardRequest: (answer: Result<BoardAnswer, BoardSourceError>, at: Timestamp)] = [:]
    }

    private func evaluate(
        _ entries: [BoardQuestion.Entry], _ question: BoardQuestion, _ previous: Answers, _ post: @escaping @Sendable (BoardAction) -> Void
    ) async -> Answers {
        let now = clock.nowMilliseconds()
        let evaluations = entries.map { PanelEvaluation($0, question, now: question.moment ?? now) }
        var answers = Answers()
        var waiting: [BoardRequest] = []
        var users: [BoardRequest: [Int]] = [:]
        var missing = evaluations.map { Set($0.queries.map(\.request)).count }
        for (index, evaluation) in evaluations.enumerated() {
            for request in Set(evaluation.queries.map(\.request)) {
                if users[request] == nil { waiting.append(request) }
                users[request, default: []].append(index)
            }
        }
        // Panels in the order of the board, not of a set.
        waiting.sort { (users[$0]![0], "\($0)") < (users[$1]![0], "\($1)") }
        var ready = evaluations.indices.filter { missing[$0] == 0 }
        func note(_ request: BoardRequest, _ answer: Result<BoardAnswer, BoardSourceError>, at moment: Timestamp) {
            answers.known[request] = (answer, moment)
            for index in users[request] ?? [] {
                missing[index] -= 1
                if missing[index] == 0 { ready.append(index) }
            }
        }
        func postReady() {
            guard !ready.isEmpty, !Task.isCancelled else { return }
            let known = answers.known.mapValues(\.answer)
            var results: [PanelKey: PanelResult] = [:]
            for index in ready {
                let moment = evaluations[index].queries.compactMap { answers.known[$0.request]?.at }.min() ?? now
                results[evaluations[index].key] = evaluations[index].result(known, at: moment)
            }
            ready = []
            post(.results(results, generation: question.generation))
        }
        var unanswered: [BoardRequest] = []
        for request in waiting {
            if case .range = request, let old = previous.known[request], case .success = old.answer, now.seconds - old.at.seconds < Self.reuseSeconds {
                note(request, old.answer, at: old.at)
            } else {
                unanswered.append(request)
            }
        }
        postReady()
        await withTaskGroup(of: (BoardRequest, Result<BoardAnswer, BoardSourceError>).self) { group in
            var rest = unanswered[...]
            func startNext() {
                guard !Task.isCancelled, let request = rest.popFirst() else { return }
                let source = source
                group.addTask {
                    do throws(BoardSourceError) {
                        return (request, .success(try await source.answer(request)))
                    } catch {
                        return (request, .failure(error))
                    }
                }
            }
            for _ in 0..<Limits.requestsAtOnce { startNext() }
            for await (request, answer) in group {
                note(request, answer, at: clock.nowMilliseconds())
                startNext()
                postReady()
            }
        }
        return answers
    }
}
