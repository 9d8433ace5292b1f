import Foundations
import Model

extension GrafanaBoard {
    mutating func variables() -> [Variable] {
        var variables = (document["templating"]?["list"]?.elements ?? []).prefix(Limits.variables).compactMap { variable($0) }
        // What an import asks for is a constant here.
        for (name, value) in inputs.sorted(by: { $0.key < $1.key }) where !variables.contains(where: { $0.name == name }) {
            var variable = Variable(name: name, kind: name.hasPrefix("DS_") ? .dataSource : .constant)
            variable.options = [VariableValue(value)]
            (variable.isHidden, variable.isInput) = (true, true)
            variables.append(variable)
        }
        return variables
    }

    private mutating func variable(_ node: JSONNode) -> Variable? {
        guard let name = node["name"]?.string, !name.isEmpty else { return nil }
        guard let kind = kind(node, name) else { return nil }
        var variable = Variable(name: name, kind: kind)
        variable.line = node.line
        variable.label = node["label"]?.string ?? ""
        variable.isMulti = node["multi"]?.bool ?? false
        variable.includesAll = node["includeAll"]?.bool ?? false
        variable.allValue = node["allValue"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        variable.pattern = node["regex"]?.string ?? ""
        variable.isHidden = node["hide"]?.integer == 2
        variable.sort = Self.sort(node["sort"]?.integer ?? 0)
        if !variable.pattern.isEmpty, PatternText.isDelimited(variable.pattern) || kind == .custom, let problem = PatternText.problem(variable.pattern) {
            note(.partial, nil, node["regex"], "the variable `\(name)`: \(problem)")
        }
        variable.options = node["type"]?.string == "groupby" ? [] : options(node, kind)
        variable.initial = initial(node, variable)
        if variable.isAdHoc { readFilters(node, &variable) }
        return variable
    }

    private mutating func kind(_ node: JSONNode, _ name: String) -> Variable.Kind? {
        let isLoki = (sourceType(node["datasource"]) ?? "").contains("loki")
        switch node["type"]?.string ?? "query" {
        case "query":
            if let query = Self.lokiQuery(node["query"]) { return .query(query) }
            let text = node["query"]?.string ?? node["query"]?["query"]?.string ?? node["definition"]?.string ?? ""
            // Without a query it has what was stored with it.
            if text.allSatisfy(\.isWhitespace) { return .custom }
            guard let query = VariableQuery(text, isLogs: isLoki) else {
                note(.partial, nil, node, "the variable `\(name)` asks for something that isn't supported: \(text.prefix(80))")
                return .query(.queryResult(expression: text))
            }
            return .query(query)
        case "custom", "switch": return .custom
        case "interval":
            let automatic = node["auto"]?.bool ?? false
            let least = node["auto_min"]?.string.flatMap { DurationText.milliseconds($0) } ?? 10_000
            return .interval(autoSteps: automatic ? min(max(1, node["auto_count"]?.integer ?? 30), 10_000) : nil, autoMinimumMilliseconds: least)
        case "datasource": return .dataSource
        case "constant": return .constant
        case "textbox": return .textBox
        case "adhoc": return .adHoc(languages(node))
        case "groupby":
            note(.partial, nil, node, "labels to group by that are added by hand (`\(name)`) are empty")
            return .constant
        case let type:
            note(.partial, nil, node, "the variable `\(name)` is of the type `\(type)`, which isn't supported; it keeps its stored value")
            return .constant
        }
    }

    /// Filters are for the queries of their own source, or where it can't be known for all.
    private func languages(_ node: JSONNode) -> Set<PanelQuery.Language> {
        let source = sourceType(node["datasource"]) ?? ""
        if source.contains("loki") { return [.logQL] }
        return source.contains("prometheus") || source.contains("victoriametrics") ? [.promQL] : [.promQL, .logQL]
    }

    /// What is stored with them: `baseFilters` always hold, `filters` can be changed.
    private mutating func readFilters(_ node: JSONNode, _ variable: inout Variable) {
        variable.fixedFilters = matchers(node["baseFilters"], variable.name)
        variable.initial = matchers(node["filters"], variable.name).map(\.description)
    }

    private mutating func matchers(_ list: JSONNode?, _ name: String) -> [Matcher] {
        (list?.elements ?? []).prefix(Limits.filters).compactMap { filter in
            guard let key = filter["key"]?.text, !key.isEmpty else { return nil }
            let values = filter["values"]?.elements.compactMap(\.text) ?? []
            do throws(AdHocFilters.Fault) {
                return try AdHocFilters.matcher(name: key, sign: filter["operator"]?.string ?? "=", values: values.isEmpty ? [filter["value"]?.text ?? ""] : values)
            } catch {
                note(.partial, nil, filter, "a filter of `\(name)` isn't applied: \(error)")
                return nil
            }
        }
    }

    /// `{label, stream, type}` of newer files.
    private static func lokiQuery(_ node: JSONNode?) -> VariableQuery? {
        guard let type = node?["type"]?.integer, node?["stream"] != nil || node?["label"] != nil, node?["query"] == nil else { return nil }
        return type == 0 ? .logLabelNames : .logLabelValues(selector: node?["stream"]?.string ?? "", label: node?["label"]?.string ?? "")
    }

    private static func sort(_ number: Int) -> Variable.Sort {
        switch number {
        case 1, 5, 7: .text
        case 2, 6, 8: .textDescending
        case 3: .number
        case 4: .numberDescending
        default: .none
        }
    }

    /// What is written in the file: a query's stored answers are not, as they are old.
    private func options(_ node: JSONNode, _ kind: Variable.Kind) -> [VariableValue] {
        let text = node["query"]?.text ?? ""
        switch kind {
        case .custom, .interval:
            let written = CommaList.values(text)
            if !written.isEmpty, !(kind == .custom && node["type"]?.string == "query") { return written }
            return (node["options"]?.elements ?? []).compactMap { option in
                option["value"]?.text.flatMap { $0 == Variable.all || $0.hasPrefix("$__auto") ? nil : VariableValue(text: option["text"]?.text ?? $0, value: $0) }
            }
        case .constant:
            // `${VAR_…}` is filled in by the one who imports the file.
            let name = text.hasPrefix("${") ? String(text.dropFirst(2).dropLast()) : ""
            return [VariableValue(inputs[name] ?? (text.isEmpty ? node["current"]?["value"]?.text ?? "" : text))]
        case .textBox: return [VariableValue(node["current"]?["value"]?.text ?? text)]
        case .query, .dataSource, .adHoc: return []
        }
    }

    private func initial(_ node: JSONNode, _ variable: Variable) -> [String] {
        guard variable.kind != .dataSource, !variable.isAdHoc, node["type"]?.string != "groupby" else { return [] }
        let current = node["current"]?["value"]
        let values = current?.elements.compactMap(\.text) ?? []
        if !values.isEmpty { return values.map(Self.choice) }
        return (current?.text).map { $0.isEmpty ? [] : [Self.choice($0)] } ?? []
    }

    private static func choice(_ text: String) -> String { text.hasPrefix("$__auto") ? VariableChoices.auto : text }
}
