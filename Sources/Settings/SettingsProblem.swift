/// Something wrong in a settings file: where, what, and what to do.
public struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// From 1; 0 where the whole file is meant.
    public let line: Int
    public let column: Int
    public let reason: String
    /// What to do about it; empty where the reason says it already.
    public let remedy: String

    public init(path: String, line: Int = 0, column: Int = 0, reason: String, remedy: String = "") {
        self.path = path
        self.line = line
        self.column = column
        self.reason = reason
        self.remedy = remedy
    }

    public var description: String {
        let place = line > 0 ? "\(path):\(line):\(column)" : path
        return "\(place): \(reason)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}

/// All that is wrong in one file.
public struct SettingsProblems: Error, Sendable, CustomStringConvertible {
    public let problems: [SettingsProblem]

    public init(_ problems: [SettingsProblem]) { self.problems = problems }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
