import Settings

/// What is wrong in a rule file: path, line, fault and remedy.
public typealias RuleProblem = SettingsProblem

/// A rule file can't be used.
public struct RuleFileError: Error, CustomStringConvertible {
    /// All problems, in the order of the file; never empty.
    public let problems: [RuleProblem]

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A rule file in Prometheus's format.
public struct RuleFile: Hashable, Sendable {
    public var path: String
    public var groups: [RuleGroup]

    /// Reads a whole file. `syntaxProblem` says what is wrong with an expression, or nil. Throws all problems of the file at once.
    static func parse(
        _ yaml: String, path: String, syntaxProblem: @escaping (String) -> String?
    ) throws(RuleFileError) -> RuleFile {
        let document = SettingsDocument(path: path)
        let parser = RuleFileParser(document: document, syntaxProblem: syntaxProblem)
        let groups = parser.groups(yaml)
        let problems = document.problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        if !problems.isEmpty { throw RuleFileError(problems: Array(problems.prefix(Limits.problemsPerFileMax))) }
        return RuleFile(path: path, groups: groups)
    }
}
