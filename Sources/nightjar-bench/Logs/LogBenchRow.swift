import Foundations

/// What a figure is to reach, and what the best peer reached on another corpus of the same description, when the goal was set.
struct LogGoal: Sendable {
    let target: Double
    let isRate: Bool
    let peer: String

    init(_ target: Double, isRate: Bool = false, _ peer: String) { (self.target, self.isRate, self.peer) = (target, isRate, peer) }

    func isMet(by value: Double) -> Bool { isRate ? value >= target : value <= target }
}

/// A line of the benchmark's table.
struct LogBenchRow {
    let title: String
    let value: Double
    let unit: String
    let goal: LogGoal?
    /// What it cost the server, where `value` is time that passed.
    let cpuMilliseconds: Double?

    init(_ title: String, _ value: Double, _ unit: String, goal: LogGoal? = nil, cpuMilliseconds: Double? = nil) {
        (self.title, self.value, self.unit, self.goal, self.cpuMilliseconds) = (title, value, unit, goal, cpuMilliseconds)
    }

    static func table(_ rows: [LogBenchRow]) -> String {
        "| | measured | CPU | goal | | best peer |\n|---|---|---|---|---|---|\n" + rows.map(\.line).joined(separator: "\n") + "\n"
    }

    private var line: String {
        let verdict = goal.map { $0.isMet(by: value) ? "met" : "**not met**" } ?? ""
        return "| \(title) | \(Self.text(value)) \(unit) | \(cpuMilliseconds.map { "\(Self.text($0)) ms" } ?? "") | \(goal.map { Self.text($0.target) } ?? "") | \(verdict) | \(goal?.peer ?? "") |"
    }

    private static func text(_ value: Double) -> String { decimal(value, value < 1 ? 3 : value < 100 ? 1 : 0) }
}
