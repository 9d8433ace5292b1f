import Foundations
import Settings

/// What `nightjar check dashboard` says of one file.
public struct BoardCheck: Sendable {
    public let path: String
    public let title: String
    /// Panels without the headings of rows.
    public let panels: Int
    /// Panels that are drawn, of which some may miss a part of what they ask for.
    public let supported: Int
    /// Panels that are drawn without some of what they ask for.
    public let inPart: Int
    public let variables: Int
    /// What is a placeholder, or not drawn as the file has it.
    public let notices: [BoardNotice]
    /// Why the file can't be read; then there is nothing else.
    public let problems: [SettingsProblem]

    public init(_ path: String) {
        self.path = path
        do throws(SettingsProblems) {
            let board = try BoardFile.load(path)
            let all = board.panels.flatMap { [$0] + $0.rowPanels }.filter { $0.kind != .row }
            title = board.title
            panels = all.count
            supported = all.count { $0.kind.isSupported }
            let faults = board.filledQueries(now: Timestamp(seconds: 0)).compactMap { query in
                QueryFault.reason(query).map { reason in
                    let name = query.isAnnotation ? "the annotation `\(query.panel)`" : "query \(query.refID)"
                    return BoardNotice(.partial, panel: query.isAnnotation ? nil : query.panel, line: query.line, reason: "\(name) can't be asked: \(reason)")
                }
            }
            let notices = board.notices + faults
            inPart = Set(notices.filter { $0.severity == .partial }.compactMap { notice in notice.panel.map { $0.isEmpty ? "line \(notice.line)" : $0 } }).count
            variables = board.variables.count { !$0.isInput }
            self.notices = notices.sorted { ($0.line, $0.reason) < ($1.line, $1.reason) }
            problems = []
        } catch {
            (title, panels, supported, inPart, variables, notices, problems) = ("", 0, 0, 0, 0, [], error.problems)
        }
    }

    /// Whether everything of the file is drawn as it asks.
    public var isWhole: Bool { problems.isEmpty && notices.isEmpty }

    /// Whether every panel is drawn, if some in part.
    public var isWithoutPlaceholder: Bool { problems.isEmpty && supported == panels }

    /// One line a finding, and one that counts.
    public var text: String {
        if !problems.isEmpty { return problems.map(\.description).joined(separator: "\n") }
        let lines = notices.map { "\(path):\($0.line): \($0.severity == .placeholder ? "placeholder" : "partial"): \($0)" }
        return (lines + ["\(path): \(title): \(supported) of \(panels) panels are drawn\(inPart > 0 ? ", \(inPart) of them in part" : ""), \(variables) variables"]).map { SafeText($0).string }.joined(separator: "\n")
    }
}
