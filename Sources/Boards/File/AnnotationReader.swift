import Foundations
import Settings

/// An annotation of the short YAML format: a query, or the collector's own alerts.
struct AnnotationReader {
    let section: SettingsSection

    func read() -> BoardAnnotation? {
        defer { section.finish() }
        let line = section.node?.mark?.line ?? 0
        let name = section.string("name")
        if let alerts = section.string("alerts") {
            if section.value("query") != nil { section.report("query", "an annotation has `alerts` or `query`, not both") }
            guard alerts != "false" else { return nil }
            var matchers = ""
            do throws(AdHocFilters.Fault) {
                if alerts != "true" { matchers = try AdHocFilters.parse(alerts).map(\.description).joined(separator: ",") }
            } catch {
                section.report("alerts", "\(error)", remedy: "write `alerts: true`, or conditions such as `alerts: 'severity=critical'`")
            }
            var annotation = BoardAnnotation.alerts(named: name ?? "alerts", matchers: matchers)
            annotation.line = line
            readTexts(&annotation)
            return annotation
        }
        guard let query = section.requiredString("query") else { return nil }
        var annotation = BoardAnnotation(name: name ?? "annotation", expression: query, language: section.bool("logs") ?? false ? .logQL : .promQL)
        annotation.line = line
        annotation.usesValueForTime = section.bool("value_is_time") ?? false
        annotation.interval = section.durationMilliseconds("step", in: 1000...86_400_000).map { DurationText.format(milliseconds: $0) } ?? ""
        readTexts(&annotation)
        return annotation
    }

    private func readTexts(_ annotation: inout BoardAnnotation) {
        if let title = section.string("title") { annotation.title = title }
        if let text = section.string("text") { annotation.text = text }
        if let tags = section.strings("tags") { annotation.tagKeys = tags }
    }
}
