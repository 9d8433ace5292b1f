import Foundations
import Model

/// Asks for the values of a board's variables: those that depend on nothing at once, the others after what they depend on.
struct VariableLoader: Sendable {
    let source: any BoardSource
    let range: BoardRange
    let now: Timestamp

    /// All of them, or just those that depend on a variable that was changed.
    func load(_ choices: VariableChoices, changed: String? = nil) async -> VariableChoices {
        var choices = choices
        var waiting = choices.variables.filter { variable in
            guard case .query = variable.kind else { return false }
            return changed.map { dependsOn(variable, $0, choices) } ?? true
        }
        while !waiting.isEmpty, !Task.isCancelled {
            let names = Set(waiting.map(\.name))
            var ready = waiting.filter { Self.references($0).isDisjoint(with: names.subtracting([$0.name])) }
            // Variables that wait for each other: the first of them goes with what is chosen.
            if ready.isEmpty { ready = [waiting[0]] }
            let scope = VariableScope(choices, range: range, now: now)
            for answer in await answers(ready, scope) {
                switch answer.result {
                case .success(let values): choices.setOptions(values, of: answer.name)
                case .failure(let error): choices.setFailure("\(error)", of: answer.name)
                }
            }
            let done = Set(ready.map(\.name))
            waiting.removeAll { done.contains($0.name) }
        }
        return choices
    }

    /// What was found for a variable.
    private struct Answer: Sendable {
        let name: String
        let result: Result<[VariableValue], BoardSourceError>
    }

    private func answers(_ variables: [Variable], _ scope: VariableScope) async -> [Answer] {
        await withTaskGroup(of: Answer.self) { group in
            var waiting = variables[...]
            func startNext() {
                if let variable = waiting.popFirst() { group.addTask { await answer(of: variable, scope) } }
            }
            for _ in 0..<Limits.requestsAtOnce { startNext() }
            var answers: [Answer] = []
            for await answer in group {
                answers.append(answer)
                startNext()
            }
            return answers
        }
    }

    private func answer(of variable: Variable, _ scope: VariableScope) async -> Answer {
        do {
            return Answer(name: variable.name, result: .success(try await values(of: variable, scope)))
        } catch {
            return Answer(name: variable.name, result: .failure(BoardSourceError(error)))
        }
    }

    func values(of variable: Variable, _ scope: VariableScope) async throws -> [VariableValue] {
        guard case .query(let query) = variable.kind else { return variable.options }
        var scope = scope
        scope.setStep(milliseconds: StepText.niceMilliseconds(range.milliseconds / Int64(Limits.chartPoints), least: Limits.stepMilliseconds))
        func filled(_ text: String, _ target: Interpolation.Target = .promQL) -> String { Interpolation.fill(text, scope, for: target) }
        let (from, to) = range.bounds(now: now)
        let texts: [String]
        switch query {
        case .labelNames(let selector): texts = try await names(.labelNames(selector: filled(selector), from: from, to: to))
        case .labelValues(let selector, let label): texts = try await names(.labelValues(label: filled(label), selector: filled(selector), from: from, to: to))
        case .metrics(let pattern):
            let all = try await names(.labelValues(label: "__name__", selector: "", from: from, to: to))
            let expression = PatternText.expression(filled(pattern))
            texts = all.filter { expression?.matchesPart($0) ?? true }
        case .queryResult(let expression):
            guard case .series(let series) = try await source.answer(.instant(Interpolation.query(expression, scope, .promQL, isInstant: true), language: .promQL, at: to)) else { return [] }
            texts = series.map(Self.written)
        case .series(let selector): texts = try await names(.series(selector: filled(selector), from: from, to: to))
        case .logLabelNames: texts = try await names(.logLabelNames(from: from, to: to))
        case .logLabelValues(let selector, let label):
            texts = try await names(.logLabelValues(label: filled(label, .logQL), selector: filled(selector, .logQL), from: from, to: to))
        }
        return Self.narrowed(texts, pattern: filled(variable.pattern, .text), sort: variable.sort)
    }

    private func names(_ request: BoardRequest) async throws -> [String] {
        guard case .names(let names) = try await source.answer(request) else { return [] }
        return names
    }

    /// `metric{a="b"} 1 1700000000000`, which patterns of files cut their values out of.
    private static func written(_ series: BoardSeries) -> String {
        let labels = series.labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }.map { "\($0.key)=\(VariableFormat.quoted($0.value))" }
        let value = series.values.last ?? .nan
        let moment = series.times.last ?? 0
        return "\(series.labels["__name__"] ?? ""){\(labels.joined(separator: ","))} \(NumberText.trimmed(NumberText.fixed(value, decimals: 6))) \(moment)"
    }

    /// Values that a pattern matches, cut to its group, each once, sorted.
    static func narrowed(_ texts: [String], pattern: String, sort: Variable.Sort) -> [VariableValue] {
        var values = texts.map { VariableValue($0) }
        if !pattern.isEmpty, let expression = PatternText.expression(pattern) {
            let groups = (0...max(0, expression.groupCount)).map { $0 == 0 ? nil : expression.groupName($0) }
            let textGroup = groups.firstIndex(of: "text"), valueGroup = groups.firstIndex(of: "value")
            values = texts.compactMap { text in
                let bytes = Array(text.utf8)
                return bytes.withUnsafeBytes { bytes -> VariableValue? in
                    guard let match = expression.firstMatch(in: bytes) else { return nil }
                    func part(_ index: Int) -> String? { match[index].map { String(decoding: bytes[$0], as: UTF8.self) } }
                    if textGroup != nil || valueGroup != nil {
                        let value = valueGroup.flatMap(part) ?? textGroup.flatMap(part) ?? ""
                        return VariableValue(text: textGroup.flatMap(part) ?? value, value: value)
                    }
                    return (match.count > 1 ? (1..<match.count).lazy.compactMap(part).first : part(0)).map { VariableValue($0) }
                }
            }
        }
        var seen: Set<String> = []
        values = values.filter { seen.insert($0.value).inserted }
        switch sort {
        case .none: break
        case .text: values.sort { $0.text < $1.text }
        case .textDescending: values.sort { $1.text < $0.text }
        case .number: values.sort { Text.precedesNaturally($0.text, $1.text) }
        case .numberDescending: values.sort { Text.precedesNaturally($1.text, $0.text) }
        }
        return Array(values.prefix(Limits.variableValues))
    }

    private static func references(_ variable: Variable) -> Set<String> {
        guard case .query(let query) = variable.kind else { return [] }
        return (query.texts + [variable.pattern]).reduce(into: []) { $0.formUnion(Interpolation.names(in: $1)) }
    }

    /// Directly or over others.
    private func dependsOn(_ variable: Variable, _ name: String, _ choices: VariableChoices) -> Bool {
        var reached: Set<String> = [name]
        for _ in choices.variables {
            let more = choices.variables.filter { !Self.references($0).isDisjoint(with: reached) }.map(\.name)
            if reached.isSuperset(of: more) { break }
            reached.formUnion(more)
        }
        return variable.name != name && reached.contains(variable.name)
    }
}
