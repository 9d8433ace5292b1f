import Terminal

/// The list in which values of variables are chosen: one variable after the other, narrowed by typing.
public struct VariablePicker: Hashable, Sendable {
    enum Outcome: Hashable {
        case unchanged
        case left
        case chosen([String], variable: String)
    }

    let variables: [Variable]
    private(set) var choices: VariableChoices
    private(set) var index = 0
    private(set) var typing = ListTyping()
    /// What a condition that is typed can go on with: the names of labels (nil), and the values of those that were typed.
    private var completions: [String?: [String]] = [:]
    private var asked: Set<String?> = []

    init(_ variables: [Variable], _ choices: VariableChoices) {
        self.variables = variables
        self.choices = choices
        selectChosen()
    }

    var variable: Variable { variables[index] }
    var filter: String { typing.text }
    var selected: Int { typing.selected }

    /// `All` first where there is one, then the values that the filter leaves.
    var values: [VariableValue] {
        if variable.isAdHoc { return suggestions.map { VariableValue($0) } }
        let all = variable.includesAll && filter.isEmpty ? [VariableValue(text: "All", value: Variable.all)] : []
        let known = choices.options[variable.name] ?? []
        return all + known.filter { typing.takes($0.text) }
    }

    func isChosen(_ value: VariableValue) -> Bool { choices.chosen[variable.name]?.contains(value.value) ?? false }

    mutating func update(_ choices: VariableChoices) {
        self.choices = choices
        if variable.isAdHoc, choices.failures[variable.name] == nil { replaceFilter(choices.title(of: variable.name), selecting: selected) }
    }

    mutating func reduce(_ event: InputEvent) -> Outcome {
        if variable.isAdHoc, let outcome = reduceFilters(event) { return outcome }
        switch event {
        case .key(.tab, _), .key(.right, _): turn(1)
        case .key(.left, _): turn(-1)
        case .key(.character(" "), _): return choose(isAdding: true)
        default:
            switch typing.reduce(event, count: values.count) {
            case .left?: return .left
            case .taken?: return choose(isAdding: false)
            case .changed?, nil: break
            }
        }
        return .unchanged
    }

    /// Enter takes the one value; Space adds to, or takes from, those of a variable that takes several. A text box takes what is typed.
    private mutating func choose(isAdding: Bool) -> Outcome {
        if variable.kind == .textBox {
            let text = filter
            replaceFilter("", selecting: selected)
            return .chosen([text], variable: variable.name)
        }
        let values = values
        guard values.indices.contains(selected) else { return .unchanged }
        let value = values[selected].value
        guard isAdding, variable.isMulti, value != Variable.all else { return .chosen([value], variable: variable.name) }
        var chosen = (choices.chosen[variable.name] ?? []).filter { $0 != Variable.all }
        if let place = chosen.firstIndex(of: value) { chosen.remove(at: place) } else { chosen.append(value) }
        if chosen.isEmpty { chosen = variable.includesAll ? [Variable.all] : [value] }
        return .chosen(chosen, variable: variable.name)
    }

    // MARK: Conditions on labels

    func completions(_ label: String?) -> [String] { completions[label] ?? [] }

    /// Whether something wasn't asked for before.
    mutating func ask(_ label: String?) -> Bool { asked.count < Limits.completions && asked.insert(label).inserted }

    mutating func note(_ names: [String], of label: String?) { completions[label] = names }

    mutating func type(_ character: Character) { typing.append(character, bytesMax: Limits.filterBytes) }

    mutating func replaceFilter(_ text: String, selecting row: Int = 0) { typing.replace(with: text, selecting: row) }

    private mutating func turn(_ step: Int) {
        index = (index + step + variables.count) % variables.count
        selectChosen()
    }

    private mutating func selectChosen() {
        // Conditions are changed where they stand.
        replaceFilter(variable.isAdHoc ? choices.title(of: variable.name) : "")
        let chosen = choices.chosen[variable.name]?.first
        replaceFilter(filter, selecting: values.firstIndex { $0.value == chosen } ?? 0)
    }
}
