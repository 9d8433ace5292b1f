import Foundations

/// A query of a board with its variables filled in, as it would be asked.
public struct FilledQuery: Hashable, Sendable {
    /// What becomes of the answer.
    public enum Wanted: Hashable, Sendable {
        case lines, numbers
        /// A table, or what transformations make of lines.
        case either
    }

    public var panel: String
    public var line: Int
    public var refID: String
    public var language: PanelQuery.Language
    public var text: String
    /// Whether `panel` is the name of an annotation.
    public var isAnnotation = false
    /// What a query of logs has to give.
    public var wanted = Wanted.numbers
    /// Whether it stands in a file of ours, which may search logs in the terse form.
    public var isForPeople = false
}

extension Board {
    /// Every query of every panel. Variables whose values only the collector knows have one that could be a label's or a metric's.
    public func filledQueries(now: Timestamp) -> [FilledQuery] {
        var choices = VariableChoices(variables)
        for variable in variables { if case .query = variable.kind { choices.setOptions([VariableValue("x")], of: variable.name) } }
        var scope = VariableScope(choices, range: range, now: now)
        scope.setStep(milliseconds: Limits.stepMilliseconds)
        let marks = annotations.map { annotation in
            let text = Interpolation.query(annotation.expression, scope, annotation.language)
            return FilledQuery(
                panel: annotation.name, line: annotation.line, refID: "", language: annotation.language, text: text, isAnnotation: true, wanted: .lines,
                isForPeople: format != .grafana)
        }
        return marks + panels.flatMap { [$0] + $0.rowPanels }.filter(\.kind.isSupported).flatMap { panel in
            panel.queries.map { query in
                let text = Interpolation.query(query.expression, scope, query.language, isInstant: query.shape == .instant)
                return FilledQuery(
                    panel: panel.title, line: panel.line, refID: query.refID, language: query.language, text: text, wanted: panel.wanted,
                    isForPeople: format != .grafana)
            }
        }
    }
}

extension Panel {
    fileprivate var wanted: FilledQuery.Wanted {
        if kind == .logs { return .lines }
        return kind == .table || !transformations.isEmpty ? .either : .numbers
    }
}
