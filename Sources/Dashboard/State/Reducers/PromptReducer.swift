import Foundations
import Terminal

/// Lines that are typed: editing, history, completion, and what they do.
enum PromptReducer {
    static func reduce(_ model: inout DashboardModel, _ event: InputEvent, _ prompt: Prompt) -> [Effect] {
        var prompt = prompt
        switch event {
        case .key(.escape, _): model.mode = .keys
        case .key(.enter, _):
            model.mode = .keys
            return remember(prompt.line.text, prompt.kind, &model) + enter(prompt.kind, prompt.line.text, &model)
        case .key(.up, _): recall(&prompt, by: 1, model); model.mode = .prompt(prompt)
        case .key(.down, _): recall(&prompt, by: -1, model); model.mode = .prompt(prompt)
        case .key(.tab, let modifiers): complete(&prompt, by: modifiers.contains(.shift) ? -1 : 1, model); model.mode = .prompt(prompt)
        default:
            if prompt.line.handle(event) {
                prompt.completions = []
                prompt.historyIndex = 0
                model.mode = .prompt(prompt)
            }
        }
        return []
    }

    private static func remember(_ text: String, _ kind: Prompt.Kind, _ model: inout DashboardModel) -> [Effect] {
        guard !text.isEmpty else { return [] }
        PromptHistory.add(text, to: &model.histories[kind, default: []])
        return PromptHistory.keeps(kind) ? [.remember(text, kind)] : []
    }

    private static func recall(_ prompt: inout Prompt, by step: Int, _ model: DashboardModel) {
        let lines = model.histories[prompt.kind] ?? []
        let index = min(max(0, prompt.historyIndex + step), lines.count)
        prompt.line = InputLine(index == 0 ? "" : lines[lines.count - index])
        prompt.historyIndex = index
    }

    /// Tab goes through what the last word may become.
    private static func complete(_ prompt: inout Prompt, by step: Int, _ model: DashboardModel) {
        if prompt.completions.isEmpty {
            prompt.completions = Completion.of(prompt.line.text, prompt.kind, model)
            prompt.completionIndex = step > 0 ? 0 : prompt.completions.count - 1
        } else {
            prompt.completionIndex = (prompt.completionIndex + step + prompt.completions.count) % prompt.completions.count
        }
        if prompt.completions.indices.contains(prompt.completionIndex) {
            let (completions, index) = (prompt.completions, prompt.completionIndex)
            prompt.line = InputLine(completions[index])
        }
    }

    private static func enter(_ kind: Prompt.Kind, _ text: String, _ model: inout DashboardModel) -> [Effect] {
        switch kind {
        case .command: return CommandLine.run(text, &model)
        case .logQuery: LogCommands.search(text, &model)
        case .logFilter: if let filter = LogFilter(text) { model.logs.filters.append(filter) }
        case .find:
            model.logs.find = text.lowercased()
            if !text.isEmpty, model.logs.visible.indices.contains(model.position.selected), !model.logs.isMatch(model.logs.visible[model.position.selected]) {
                LogCommands.jump(&model, step: 1, "match") { $0.logs.isMatch($1) }
            }
        case .time: TimeReducer.enter(text, &model)
        case .acknowledge: return AlertDeeds.acknowledge(&model, comment: text)
        case .escalate: return AlertDeeds.escalate(&model, comment: text)
        case .comment: return text.isEmpty ? [] : AlertDeeds.comment(&model, text)
        case .handOver: return text.isEmpty ? [] : DutyDeeds.handOver(text, model)
        case .incidentNote, .resolveIncident, .exportIncident:
            guard let id = model.selectedIncident?.id, kind == .resolveIncident || !text.isEmpty else { return [] }
            if kind == .exportIncident { return [.exportIncident(id: id, path: text)] }
            return [.perform(kind == .incidentNote ? .noteIncident(id: id, text: text, by: model.actor) : .resolveIncident(id: id, text: text, by: model.actor))]
        }
        return []
    }
}

/// The command palette.
enum CommandLine {
    /// Words that take something behind them.
    static let words = ["host", "logs", "time", "filter", "quit", "help"]

    static func run(_ text: String, _ model: inout DashboardModel) -> [Effect] {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard let word = words.first?.lowercased() else { return [] }
        let rest = words.count > 1 ? words[1] : ""
        switch word {
        case "q", "quit": return [.quit]
        case "host" where !rest.isEmpty: Navigation.openHost(rest, &model)
        case "logs" where !rest.isEmpty:
            Navigation.show(.logs, &model)
            LogCommands.search(rest, &model)
        case "time" where !rest.isEmpty: TimeReducer.enter(rest, &model)
        case "filter": InputReducer.setFilter(rest, &model)
        default: return runAction(text.lowercased(), &model)
        }
        return []
    }

    /// A screen, or any action of the key map by its name.
    private static func runAction(_ text: String, _ model: inout DashboardModel) -> [Effect] {
        let name = text.split(separator: " ").joined(separator: "-")
        let bindings = model.keys.bindings
        let here = bindings.first { $0.name == name && $0.screens?.contains(model.activeScreen) ?? true }
        if let binding = here ?? bindings.first(where: { $0.name.hasPrefix(name) && $0.screens == nil }) { return InputReducer.run(binding.command, &model) }
        model.notice = "there is no command \(text); Tab lists them"
        return []
    }
}

/// What a line may become: whole lines, in order.
enum Completion {
    static func of(_ text: String, _ kind: Prompt.Kind, _ model: DashboardModel) -> [String] {
        switch kind {
        case .command: command(text, model)
        case .logQuery: query(text, model)
        case .logFilter: fields(text, model)
        case .time: ["5m", "15m", "1h", "6h", "24h", "7d", "at -1h", "now"].filter { $0.hasPrefix(text) }
        default: []
        }
    }

    private static func command(_ text: String, _ model: DashboardModel) -> [String] {
        if text.hasPrefix("host ") {
            let part = text.dropFirst(5)
            return model.hosts.items.lazy.map(\.instance).filter { $0.hasPrefix(part) }.prefix(Limits.completions).map { "host \($0)" }
        }
        if text.hasPrefix("logs ") { return query(String(text.dropFirst(5)), model).map { "logs \($0)" } }
        let here = model.keys.bindings.filter { $0.screens?.contains(model.activeScreen) ?? true }.map(\.name)
        var seen: Set<String> = []
        return (CommandLine.words + here).filter { $0.hasPrefix(text.lowercased()) && seen.insert($0).inserted }
    }

    /// The last word as a label, or a label's value; in LogQL's selector as well as in terse words.
    private static func query(_ text: String, _ model: DashboardModel) -> [String] {
        let start = text.lastIndex { " {,".contains($0) }.map { text.index(after: $0) } ?? text.startIndex
        let (head, word) = (String(text[..<start]), String(text[start...]))
        let isSelector = text.hasPrefix("{") && !text.contains("}")
        let separator: Character = isSelector ? "=" : ":"
        if let mark = word.firstIndex(of: separator) {
            let name = String(word[..<mark])
            let part = word[word.index(after: mark)...].filter { $0 != "\"" }
            return (model.logs.labels[name] ?? []).filter { $0.hasPrefix(part) }.prefix(Limits.completions).map { value in
                head + name + (isSelector ? "=" + Text.quoted(value) : ":" + (value.contains(" ") ? Text.quoted(value) : value))
            }
        }
        return model.logs.labels.keys.sorted().filter { $0.hasPrefix(word) }.map { head + $0 + String(separator) }
    }

    /// Fields of the selected line.
    private static func fields(_ text: String, _ model: DashboardModel) -> [String] {
        let selected = model.position(of: .logs).selected
        guard model.logs.visible.indices.contains(selected) else { return [] }
        let mark = text.hasPrefix("!") ? "!" : ""
        let item = model.logs.visible[selected]
        return (item.fields + item.stream).map { "\($0.name)=\($0.value)" }.filter { $0.hasPrefix(text.dropFirst(mark.count)) }.map { mark + $0 }
    }
}
