import Foundations

/// An answer, or why there is none, and when it came.
struct Answered: Sendable {
    let result: Result<BoardAnswer, BoardSourceError>
    let at: Timestamp
}

/// Panels that are evaluated together: each different request once, and a panel's result when its last answer has come.
struct EvaluationRound {
    private let evaluations: [PanelEvaluation]
    /// In the order of the board.
    let requests: [BoardRequest]
    /// The panels that wait for a request.
    private let users: [BoardRequest: [Int]]
    private(set) var answers: [BoardRequest: Answered] = [:]
    /// Answers that each panel waits for.
    private var missing: [Int]
    private var ready: [Int]

    init(_ evaluations: [PanelEvaluation]) {
        self.evaluations = evaluations
        var requests: [BoardRequest] = []
        var users: [BoardRequest: [Int]] = [:]
        var missing: [Int] = []
        for (index, evaluation) in evaluations.enumerated() {
            var own: Set<BoardRequest> = []
            for entry in evaluation.queries where own.insert(entry.request).inserted {
                if users[entry.request] == nil { requests.append(entry.request) }
                users[entry.request, default: []].append(index)
            }
            missing.append(own.count)
        }
        self.requests = requests
        self.users = users
        self.missing = missing
        ready = missing.indices.filter { missing[$0] == 0 }
    }

    var unanswered: [BoardRequest] { requests.filter { answers[$0] == nil } }

    mutating func note(_ request: BoardRequest, _ answered: Answered) {
        answers[request] = answered
        for index in users[request] ?? [] {
            missing[index] -= 1
            if missing[index] == 0 { ready.append(index) }
        }
    }

    /// The results of the panels that have all their answers since the last call. A panel is as old as its oldest answer.
    mutating func takeResults() -> [PanelKey: PanelResult] {
        var results: [PanelKey: PanelResult] = [:]
        for index in ready {
            let evaluation = evaluations[index]
            let moment = evaluation.queries.compactMap { answers[$0.request]?.at }.min() ?? evaluation.builder.now
            results[evaluation.key] = evaluation.result(answers, at: moment)
        }
        ready = []
        return results
    }
}
