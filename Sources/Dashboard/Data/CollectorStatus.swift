import Foundations

/// What the collector says about itself.
struct CollectorStatus: Hashable, Sendable {
    struct Agent: Hashable, Sendable {
        var instance: String
        var version: String
        var secondsSinceSeen: Double
        /// `ok`, `late` or `missing`.
        var state: String
    }

    struct RuleTrouble: Hashable, Sendable {
        /// File and line, or group and rule.
        var place: String
        var reason: String
    }

    var version = ""
    var instance = ""
    var dataDirectory = ""
    var startedAt: Timestamp?
    var agents: [Agent] = []
    var problems: [RuleTrouble] = []
    var ruleGroups = 0
    var rules = 0
    var outboxPending = 0
    var outboxFailed = 0
    var outboxOldestPendingSeconds: Double?
    var lastEvaluation: Timestamp?
    var isAccepting = true
    var refusingReason: String?
    /// Names with values, as they are shown.
    var metricStore: [AlertItem.LabelPair] = []
    var logStore: [AlertItem.LabelPair] = []

    /// Without what changes from answer to answer although nothing happened.
    var steady: CollectorStatus {
        var steady = self
        steady.lastEvaluation = nil
        steady.metricStore = []
        steady.logStore = []
        for index in steady.agents.indices { steady.agents[index].secondsSinceSeen = 0 }
        return steady
    }

    /// What is wrong with the monitoring itself.
    var troubles: [String] {
        var troubles: [String] = []
        if !isAccepting { troubles.append("data is refused: " + (refusingReason ?? "no reason given")) }
        if outboxFailed > 0 { troubles.append("\(outboxFailed) notifications failed") }
        let missing = agents.count { $0.state == "missing" }
        if missing > 0 { troubles.append("\(missing) agent\(missing == 1 ? "" : "s") missing") }
        return troubles
    }
}
