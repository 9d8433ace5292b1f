import Foundations
import Model
import Settings
import Yams

/// Reads the groups of one file and reports every fault to its document.
final class RuleFileParser {
    private let document: SettingsDocument
    private let syntaxProblem: (String) -> String?
    /// A document with aliases may hold far more rules than its bytes suggest.
    private var rulesLeft = Limits.rulesPerFileMax

    init(document: SettingsDocument, syntaxProblem: @escaping (String) -> String?) {
        self.document = document
        self.syntaxProblem = syntaxProblem
    }

    func groups(_ yaml: String) -> [RuleGroup] {
        let root = document.parse(yaml)
        var groups: [RuleGroup] = []
        var names: Set<String> = []
        for section in root.sections("groups") ?? [] {
            let group = group(section)
            if !names.insert(group.name).inserted {
                section.report("name", "the group \(quoted(group.name)) stands twice in the file", remedy: "rename one of them")
            }
            groups.append(group)
        }
        root.finish()
        return groups
    }

    private func group(_ section: SettingsSection) -> RuleGroup {
        let name = section.requiredString("name") ?? ""
        let source = source(section)
        var group = RuleGroup(
            name: name, file: document.path, source: source, intervalMilliseconds: section.durationMilliseconds("interval").flatMap { $0 == 0 ? nil : $0 },
            limit: section.integer("limit", in: 0...Limits.alertsPerRuleMax) ?? 0,
            queryOffsetMilliseconds: section.durationMilliseconds("query_offset"), rules: [])
        if let interval = group.intervalMilliseconds, interval < Limits.groupIntervalMillisecondsMin {
            section.report("interval", "`interval` is under \(Limits.groupIntervalMillisecondsMin) ms", remedy: "write 1s or more")
        }
        let labels = texts(section, "labels", areTemplates: true, isValidName: Self.isRuleLabel)
        for rule in section.sections("rules") ?? [] {
            guard takeRule(rule) else { break }
            if let rule = self.rule(rule, source: source, groupLabels: labels) { group.rules.append(rule) }
        }
        section.finish()
        return group
    }

    /// `source: logs` is ours; without it a group is as Prometheus knows it.
    private func source(_ section: SettingsSection) -> RuleSource {
        guard let text = section.string("source") else { return .metrics }
        if let source = RuleSource(rawValue: text) { return source }
        section.report("source", "`source` must be `metrics` or `logs`, not `\(SafeText(text))`", remedy: "write `source: logs` for a group whose `expr` are LogQL")
        return .metrics
    }

    private func takeRule(_ section: SettingsSection) -> Bool {
        rulesLeft -= 1
        if rulesLeft == -1 {
            document.report(section.node, "the file has more than \(Limits.rulesPerFileMax) rules", remedy: "split it into several files")
        }
        return rulesLeft >= 0
    }

    private func rule(_ section: SettingsSection, source: RuleSource, groupLabels: [NamedText]) -> Rule? {
        defer { section.finish() }
        let alert = section.string("alert") ?? ""
        let record = section.string("record") ?? ""
        let expression = section.string("expr") ?? ""
        let own = texts(section, "labels", areTemplates: record.isEmpty, isValidName: Self.isRuleLabel)
        let kind = record.isEmpty ? alertKind(section) : recordKind(section, name: record)
        guard alert.isEmpty != record.isEmpty else {
            let reason = alert.isEmpty ? "the rule has neither `alert` nor `record`" : "the rule has both `alert` and `record`"
            document.report(section.node, reason, remedy: "give it exactly one of the two, with a name")
            return nil
        }
        checkExpression(expression, source, section)
        let labels = groupLabels.filter { inherited in !own.contains { $0.name == inherited.name } } + own
        return Rule(name: record.isEmpty ? alert : record, expression: expression, labels: labels, kind: kind, line: section.node?.mark?.line ?? 0)
    }

    private func checkExpression(_ expression: String, _ source: RuleSource, _ section: SettingsSection) {
        let language = source == .logs ? "LogQL" : "PromQL"
        if expression.allSatisfy(\.isWhitespace) {
            section.report("expr", "`expr` is missing or empty", remedy: "add `expr:` with a \(language) expression")
        } else if let problem = source == .logs ? LogQLEvaluator.problem(in: expression) : syntaxProblem(expression) {
            section.report("expr", "`expr` is no \(language): \(SafeText(problem))", remedy: "correct the expression")
        }
    }

    private func alertKind(_ section: SettingsSection) -> Rule.Kind {
        let annotations = texts(section, "annotations", areTemplates: true, isValidName: LabelName.isLegacy)
        return .alert(
            forMilliseconds: section.durationMilliseconds("for") ?? 0,
            keepFiringForMilliseconds: section.durationMilliseconds("keep_firing_for") ?? 0, annotations: annotations)
    }

    private func recordKind(_ section: SettingsSection, name: String) -> Rule.Kind {
        if name.contains(where: { "{}\"\n".contains($0) }) {
            section.report("record", "\(quoted(name)) can't be the name of a series", remedy: "write it like job:requests:rate5m")
        }
        for key in ["for", "keep_firing_for", "annotations"] where section.value(key) != nil {
            section.report(key, "`\(key)` has no meaning in a recording rule", remedy: "remove it, or use `alert` in place of `record`")
        }
        return .record
    }

    private static func isRuleLabel(_ name: String) -> Bool { !name.isEmpty && name != LabelName.metricName }

    /// Names and texts in the order of the file, each with its line.
    private func texts(_ section: SettingsSection, _ key: String, areTemplates: Bool, isValidName: (String) -> Bool) -> [NamedText] {
        guard let node = section.value(key) else { return [] }
        guard case .mapping(let mapping) = node else {
            section.report(key, "`\(key)` must be a list of `name: text` lines")
            return []
        }
        var result: [NamedText] = []
        for (name, value) in mapping {
            guard let text = name.scalar?.string, isValidName(text) else {
                document.report(
                    name, "\(quoted(name.scalar?.string ?? "?")) can't be a name in `\(key)`",
                    remedy: "use letters, digits and underscores, not starting with a digit")
                continue
            }
            if let scalar = value.scalar {
                let text = NamedText(name: text, text: value.null == nil ? scalar.string : "", line: value.mark?.line ?? 0)
                if areTemplates { checkTemplate(text, value) }
                result.append(text)
            } else {
                document.report(value, "\(quoted(text)) in `\(key)` must be a text")
            }
        }
        return result
    }

    private func checkTemplate(_ text: NamedText, _ node: Node) {
        do {
            _ = try Template(text.text)
        } catch {
            document.report(
                node, "the template of \(quoted(text.name)) is wrong: \(error)", remedy: "correct the part between {{ and }}")
        }
    }
}
