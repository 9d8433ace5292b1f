import Foundations

extension GrafanaBoard {
    /// Annotations that are queries, and the built-in one, for which the collector's own alerts stand. Those that are switched off aren't asked.
    mutating func annotations() -> [BoardAnnotation] {
        var annotations: [BoardAnnotation] = []
        for node in document["annotations"]?["list"]?.elements ?? [] where node["enable"]?.bool ?? true {
            guard annotations.count < Limits.annotations else {
                note(.partial, nil, node, "it has more than \(Limits.annotations) annotations; the first of them are drawn")
                break
            }
            if let annotation = annotation(node) { annotations.append(annotation) }
        }
        return annotations
    }

    private mutating func annotation(_ node: JSONNode) -> BoardAnnotation? {
        let name = node["name"]?.string ?? ""
        // `builtIn` is a number in one schema and a flag in the other.
        if node["builtIn"]?.integer == 1 || node["builtIn"]?.bool == true {
            var annotation = BoardAnnotation.alerts(named: "alerts")
            annotation.line = node.line
            annotation.panels = panels(node["filter"])
            return annotation
        }
        let target = node["target"]
        let source = sourceType(node["datasource"]) ?? sourceType(target?["datasource"])
        guard let expression = node["expr"]?.string ?? target?["expr"]?.string, !expression.allSatisfy(\.isWhitespace) else {
            let isByHand = source.map { ["grafana", "datasource", "-- Grafana --"].contains($0) } ?? false
            note(.partial, nil, node, "the annotation `\(name)` \(isByHand ? "is made of notes in Grafana's own database" : "asks another source of data\(source.map { " (\($0))" } ?? "")"), and isn't drawn")
            return nil
        }
        var annotation = BoardAnnotation(name: name.isEmpty ? "annotation" : name, expression: expression, language: source?.contains("loki") == true ? .logQL : .promQL)
        annotation.title = node["titleFormat"]?.string ?? target?["titleFormat"]?.string ?? ""
        annotation.text = node["textFormat"]?.string ?? target?["textFormat"]?.string ?? ""
        let keys = node["tagKeys"]?.string ?? target?["tagKeys"]?.string ?? ""
        annotation.tagKeys = keys.split(separator: ",").map { Text.trimmed(String($0)) }.filter { !$0.isEmpty }
        annotation.usesValueForTime = node["useValueForTime"]?.bool ?? (node["useValueForTime"]?.string == "on")
        annotation.interval = node["step"]?.text ?? target?["step"]?.text ?? target?["interval"]?.text ?? ""
        annotation.panels = panels(node["filter"])
        annotation.line = node.line
        return annotation
    }

    private func panels(_ filter: JSONNode?) -> BoardAnnotation.Panels {
        let numbers = Set((filter?["ids"]?.elements ?? []).compactMap(\.integer))
        let excludes = filter?["exclude"]?.bool ?? false
        if numbers.isEmpty { return .all }
        return excludes ? .except(numbers) : .only(numbers)
    }
}
