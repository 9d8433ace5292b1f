import Foundations
import Terminal

extension BoardView {
    /// Applies a change; what is to be done outside comes back.
    public mutating func reduce(_ action: BoardAction) -> [BoardEffect] {
        let seen = visibleKeys
        switch action {
        case .command(let command): return reduce(command, seen)
        case .input(let event): return reduce(event, seen)
        case .resized(let size):
            guard size != self.size else { return [] }
            self.size = size
            arrange()
            return evaluateAgain()
        case .tick(let now): self.now = now
        case .range(let range):
            self.range = range
            return reloadAll()
        case .rewind(let moment):
            self.moment = moment
            return reloadAll()
        case .paused(let isPaused):
            self.isPaused = isPaused
            return (isPaused ? evaluateNothing() : evaluateAgain()) + annotate()
        case .variables(let loaded, let generation):
            guard generation == self.generation else { return [] }
            choices = loaded
            areVariablesLoaded = true
            arrange()
            return evaluateAgain() + annotate()
        case .marks(let found, let generation):
            if generation == marksGeneration, !board.annotations.isEmpty { marks = found }
        case .links(let entries): listLinks(entries)
        case .completions(let label, let names):
            if case .picker(var picker) = mode {
                picker.note(names, of: label)
                mode = .picker(picker)
            }
        case .results(let more, let generation):
            guard generation == self.generation else { return [] }
            for (key, result) in more { results[key] = result.keeping(results[key]) }
        case .reloaded(let board): return replace(board)
        case .reloadFailed(let reason): reloadFailure = reason
        }
        return []
    }

    private var visibleKeys: Set<PanelKey> { Set(visiblePanels.map(\.instance.key)) }

    private mutating func reduce(_ command: BoardCommand, _ seen: Set<PanelKey>) -> [BoardEffect] {
        switch command {
        case .up: scroll(by: -1)
        case .down: scroll(by: 1)
        case .pageUp: scroll(by: -max(1, bodyHeight - 2))
        case .pageDown: scroll(by: max(1, bodyHeight - 2))
        case .top: scroll(by: -layout.height)
        case .bottom: scroll(by: layout.height)
        case .nextPanel: moveFocus(by: 1)
        case .previousPanel: moveFocus(by: -1)
        case .open: return open()
        case .back: if mode != .board { return leave() } else { focused = nil }
        case .variables:
            let shown = choices.variables.filter { !$0.isHidden && !$0.isFixed }
            guard !shown.isEmpty else { return [] }
            var picker = VariablePicker(shown, choices)
            let effects = complete(&picker)
            mode = .picker(picker)
            return effects
        case .marks: listMarks()
        case .refresh:
            for key in results.keys { results[key]?.isOutdated = true }
            return evaluateAgain() + annotate()
        }
        return visibleKeys == seen ? [] : evaluateAgain()
    }

    private mutating func reduce(_ event: InputEvent, _ seen: Set<PanelKey>) -> [BoardEffect] {
        if case .links(let picker) = mode { return reduceLinks(event, picker) }
        if case .marks(let picker) = mode { return reduceMarks(event, picker) }
        guard case .picker(var picker) = mode else { return click(event, seen) }
        let outcome = picker.reduce(event)
        let completing = complete(&picker)
        mode = .picker(picker)
        switch outcome {
        case .unchanged: return completing
        case .left:
            mode = .board
            return []
        case .chosen(let values, let name):
            let before = choices.chosen[name]
            guard before != values else { return [] }
            choices.choose(values, for: name)
            picker.update(choices)
            mode = .picker(picker)
            // Filters that are wrong, or the same in other words, change nothing.
            return choices.chosen[name] == before ? [] : variableChanged(name)
        }
    }

    /// Asks once for each thing that what is being typed could go on with.
    private func complete(_ picker: inout VariablePicker) -> [BoardEffect] {
        picker.takeWanted().map { [.complete(label: $0.label, variableQuestion(changed: nil))] } ?? []
    }

    /// Chooses values of a variable, as `--var name=value` does.
    public mutating func choose(_ values: [String], for name: String) -> [BoardEffect] {
        choices.choose(values, for: name)
        return variableChanged(name)
    }

    /// What depends on the variable is asked for anew; then the panels.
    private mutating func variableChanged(_ name: String) -> [BoardEffect] {
        forgetResults()
        arrange()
        return [.loadVariables(variableQuestion(changed: name))]
    }

    private mutating func click(_ event: InputEvent, _ seen: Set<PanelKey>) -> [BoardEffect] {
        guard case .mouse(let mouse) = event else { return [] }
        switch mouse.action {
        case .wheelUp: scroll(by: -3)
        case .wheelDown: scroll(by: 3)
        case .press:
            guard mode == .board, mouse.y >= Self.headerRows else { return [] }
            let row = mouse.y - Self.headerRows + offset
            guard let panel = layout.panels.first(where: { $0.rect.contains(x: mouse.x, y: row) }) else { return [] }
            if focused == panel.instance.key || panel.isHeading {
                focused = panel.instance.key
                return open()
            }
            focused = panel.instance.key
        default: break
        }
        return visibleKeys == seen ? [] : evaluateAgain()
    }

    private mutating func scroll(by rows: Int) {
        guard mode == .board else { return }
        offset = max(0, min(offset + rows, layout.height - bodyHeight))
    }

    /// To the panel before or after, which is scrolled into view.
    private mutating func moveFocus(by step: Int) {
        let panels = layout.panels
        guard !panels.isEmpty else { return }
        let current = focused.flatMap { key in panels.firstIndex { $0.instance.key == key } }
        let index = current.map { ($0 + step + panels.count) % panels.count } ?? (panels.firstIndex { $0.rect.y >= offset } ?? 0)
        focused = panels[index].instance.key
        if case .panel = mode { mode = panels[index].isHeading ? .board : .panel(panels[index].instance.key) }
        let rect = panels[index].rect
        if rect.y < offset { offset = rect.y }
        if rect.bottom > offset + bodyHeight { offset = min(rect.y, rect.bottom - bodyHeight) }
    }

    private mutating func open() -> [BoardEffect] {
        guard let focused, let panel = layout.panels.first(where: { $0.instance.key == focused }) else {
            moveFocus(by: 1)
            return []
        }
        if panel.isHeading {
            toggled.formSymmetricDifference([focused])
            arrange()
        } else {
            mode = .panel(focused)
        }
        return evaluateAgain()
    }

    private mutating func leave() -> [BoardEffect] {
        mode = .board
        return evaluateAgain()
    }

    private mutating func replace(_ board: Board) -> [BoardEffect] {
        let before = choices
        self.board = board
        reloadFailure = nil
        choices = VariableChoices(board.variables)
        // What was chosen stays chosen where the variable is still there.
        for variable in board.variables { if let values = before.chosen[variable.name], before.variable(variable.name) == variable { choices.choose(values, for: variable.name) } }
        results = [:]
        marks = BoardMarks()
        toggled = []
        arrange()
        return start()
    }

    /// The panels are asked for again, as fast as those that are known aren't fresh.
    private mutating func evaluateAgain() -> [BoardEffect] {
        guard areVariablesLoaded, !isPaused || results.isEmpty || moment != nil || visiblePanels.contains(where: { results[$0.instance.key] == nil }) else { return [] }
        generation += 1
        return [.evaluate(question)]
    }

    private mutating func evaluateNothing() -> [BoardEffect] {
        generation += 1
        var nothing = question
        nothing.entries = []
        return [.evaluate(nothing)]
    }

    private mutating func reloadAll() -> [BoardEffect] {
        forgetResults()
        generation += 1
        return areVariablesLoaded && !choices.variables.contains { if case .query = $0.kind { true } else { false } }
            ? [.evaluate(question)] + annotate() : [.loadVariables(variableQuestion(changed: nil))]
    }

    /// What is shown stays until there is something newer, but counts as old.
    private mutating func forgetResults() {
        generation += 1
        for key in results.keys { results[key]?.isOutdated = true }
    }
}

extension Variable {
    /// Whether there is nothing to choose.
    var isFixed: Bool {
        switch kind {
        case .constant, .dataSource: true
        default: false
        }
    }
}
