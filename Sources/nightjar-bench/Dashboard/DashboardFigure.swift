import Foundation

/// A row of the dashboard's table: what was measured, and what it is to be.
struct DashboardFigure {
    enum Unit {
        case milliseconds, bytes, bytesPerSecond, percent, times, megabytes, linesPerSecond

        func text(_ value: Double) -> String {
            switch self {
            case .milliseconds: decimal(value, value < 10 ? 2 : 0) + " ms"
            case .bytes: grouped(Int(value)) + " B"
            case .bytesPerSecond: decimal(value, 1) + " B/s"
            case .percent: decimal(value, 2) + " %"
            case .times: decimal(value, 2) + " x"
            case .megabytes: decimal(value, 1) + " MB"
            case .linesPerSecond: grouped(Int(value)) + " lines/s"
            }
        }
    }

    let title: String
    let unit: Unit
    let value: Double
    /// Nil where it is shown for comparison alone.
    let goal: Double?
    /// Whether more is better.
    var isRate: Bool { if case .linesPerSecond = unit { true } else { false } }

    init(_ title: String, _ unit: Unit, _ value: Double, goal: Double? = nil) {
        (self.title, self.unit, self.value, self.goal) = (title, unit, value, goal)
    }

    var cells: [String] {
        let isMet = goal.map { isRate ? value >= $0 : value <= $0 }
        return [title, goal.map(unit.text) ?? "", unit.text(value), isMet.map { $0 ? "met" : "**not met**" } ?? ""]
    }

    static let head = ["figure", "goal", "measured", ""]
}

extension [Double] {
    /// The value that 99 of 100 don't exceed.
    var p99: Double {
        let ordered = sorted()
        return isEmpty ? .nan : ordered[Swift.min(count - 1, count * 99 / 100)]
    }
}
