import Foundations
import Yams

/// A YAML settings file as it is read: sections hand out typed values, and what is wrong is collected, so that all of it is said at once.
///
/// Not shared between threads: made, read and dropped in one place.
public final class SettingsDocument {
    /// A settings file is written by people; 4 MiB is far past any.
    public static let bytesMax = 4 << 20

    public let path: String
    public private(set) var problems: [SettingsProblem] = []

    public init(path: String) { self.path = path }

    /// The top section of a text. An empty text is an empty section; text that is no YAML mapping is a problem.
    public func parse(_ text: String) -> SettingsSection {
        do {
            guard let node = try Yams.compose(yaml: text), node.null == nil else { return SettingsSection(document: self, node: nil) }
            guard node.mapping != nil else {
                report(node, "the file must be a list of `key: value` lines")
                return SettingsSection(document: self, node: nil)
            }
            return SettingsSection(document: self, node: node)
        } catch let error as YamlError {
            report(error)
        } catch {
            problems.append(SettingsProblem(path: path, reason: "\(error)"))
        }
        return SettingsSection(document: self, node: nil)
    }

    /// Notes something wrong at a node.
    public func report(_ node: Node?, _ reason: String, remedy: String = "") {
        let mark = node?.mark
        problems.append(SettingsProblem(path: path, line: mark?.line ?? 0, column: mark?.column ?? 0, reason: reason, remedy: remedy))
    }

    /// Throws where anything was wrong, in the order of the file.
    public func check() throws(SettingsProblems) {
        if !problems.isEmpty { throw SettingsProblems(problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }) }
    }

    private func report(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _), .composer(let context, let problem, let mark, _):
            let around = context.map { " (\($0.text) at line \($0.mark.line))" } ?? ""
            problems.append(SettingsProblem(path: path, line: mark.line, column: mark.column, reason: "this is no YAML: \(problem)\(around)", remedy: "check the indentation and the quotes around here"))
        default:
            problems.append(SettingsProblem(path: path, reason: "this is no YAML: \(error)"))
        }
    }
}
