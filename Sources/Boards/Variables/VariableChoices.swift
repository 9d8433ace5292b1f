import Foundations
import Model

/// What is chosen for each variable, and what there is to choose from.
public struct VariableChoices: Hashable, Sendable {
    /// An interval that follows the range of time.
    public static let auto = "$__auto"

    public let variables: [Variable]
    /// Known values by variable.
    public private(set) var options: [String: [VariableValue]] = [:]
    /// Chosen values by variable; `Variable.all` alone for all.
    public private(set) var chosen: [String: [String]] = [:]
    /// Why a variable has no values.
    public private(set) var failures: [String: String] = [:]

    public init(_ variables: [Variable]) {
        self.variables = variables
        for variable in variables where variable.isAdHoc {
            choose(variable.initial, for: variable.name)
        }
        for variable in variables where !variable.isAdHoc {
            options[variable.name] = Self.withAuto(variable, variable.options)
            chosen[variable.name] = Self.first(variable, variable.options)
        }
    }

    public func variable(_ name: String) -> Variable? { variables.first { $0.name == name } }

    /// Sets the values there are; what is chosen stays where it is still among them.
    public mutating func setOptions(_ values: [VariableValue], of name: String) {
        guard let variable = variable(name) else { return }
        failures[name] = nil
        let values = Self.withAuto(variable, Array(values.prefix(Limits.variableValues)))
        options[name] = values
        let known = Set(values.map(\.value))
        let kept = (chosen[name] ?? []).filter { known.contains($0) || ($0 == Variable.all && variable.includesAll) }
        chosen[name] = kept.isEmpty ? Self.first(variable, values) : kept
    }

    public mutating func setFailure(_ reason: String, of name: String) { failures[name] = reason }

    /// Chooses values: of a variable that takes one alone the last.
    public mutating func choose(_ values: [String], for name: String) {
        guard let variable = variable(name) else { return }
        if variable.isAdHoc { return chooseFilters(values, for: name) }
        if values.contains(Variable.all) { chosen[name] = [Variable.all] } else { chosen[name] = variable.isMulti ? values : values.suffix(1) }
    }

    /// Conditions as they are typed, each in its canonical form from here on; those before stay where one of them is wrong.
    private mutating func chooseFilters(_ texts: [String], for name: String) {
        do throws(AdHocFilters.Fault) {
            chosen[name] = try AdHocFilters.parse(texts.filter { !$0.isEmpty }.joined(separator: ",")).map(\.description)
            failures[name] = nil
        } catch {
            if chosen[name] == nil { chosen[name] = [] }
            failures[name] = error.description
        }
    }

    /// The conditions that are added to all queries of a language, as a selector; empty where there are none.
    public func filters(for language: PanelQuery.Language) -> String {
        var texts: [String] = []
        for variable in variables {
            guard case .adHoc(let languages) = variable.kind, languages.contains(language) else { continue }
            texts += variable.fixedFilters.map(\.description) + (chosen[variable.name] ?? [])
        }
        return texts.isEmpty ? "" : "{\(texts.joined(separator: ","))}"
    }

    public func isAll(_ name: String) -> Bool { chosen[name] == [Variable.all] }

    /// The chosen values with their texts; every one where all are chosen.
    public func values(of name: String) -> [VariableValue] {
        let known = options[name] ?? []
        if isAll(name) { return known }
        return (chosen[name] ?? []).map { value in known.first { $0.value == value } ?? VariableValue(value) }
    }

    /// As shown beside the variable's name.
    public func title(of name: String) -> String {
        if isAll(name) { return "All" }
        if variable(name)?.isAdHoc == true { return (chosen[name] ?? []).joined(separator: ", ") }
        return values(of: name).map(\.text).joined(separator: " + ")
    }

    private static func withAuto(_ variable: Variable, _ values: [VariableValue]) -> [VariableValue] {
        guard case .interval(.some, _) = variable.kind, !values.contains(where: { $0.value == auto }) else { return values }
        return [VariableValue(text: "auto", value: auto)] + values
    }

    private static func first(_ variable: Variable, _ values: [VariableValue]) -> [String] {
        if !variable.initial.isEmpty {
            // What a query's variable had when the file was stored may not exist here; it is looked at again with its values.
            let known = Set(values.map(\.value))
            let kept = variable.initial.filter { known.contains($0) || $0 == Variable.all || $0 == auto }
            if !kept.isEmpty { return kept }
            if case .query = variable.kind, values.isEmpty { return variable.initial }
        }
        if variable.includesAll { return [Variable.all] }
        if case .interval(.some, _) = variable.kind { return [auto] }
        return values.first.map { [$0.value] } ?? []
    }
}
