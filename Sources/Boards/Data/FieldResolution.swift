import Foundations
import Model

/// A field with the settings that count for it.
struct ResolvedField: Sendable {
    var field: DataField
    var settings: FieldSettings
    var name: String
}

/// Which settings count for which field: the panel's, then the overrides that match, in their order.
struct FieldResolver: Sendable {
    private let settings: FieldSettings
    private let overrides: [(matcher: Matching, settings: FieldSettings, isExclusive: Bool)]

    private enum Matching {
        case names(Set<String>)
        case namesExcept(Set<String>)
        case value(Reduction, @Sendable (CellKey) -> Bool)
        case pattern(RegularExpression?)
        case type(String)
        case refID(String)
        case all

        /// `filled` puts variables in.
        init(_ matcher: FieldMatcher, filled: (String) -> String = { $0 }) {
            self =
                switch matcher {
                case .name(let name): .names([filled(name)])
                case .names(let names): .names(Set(names.map(filled)))
                case .namesExcept(let names): .namesExcept(Set(names.map(filled)))
                case .value(let reduction, let comparison): .value(reduction, RowFilter.test(comparison))
                case .pattern(let pattern): .pattern(PatternText.expression(filled(pattern)))
                case .type(let type): .type(type)
                case .refID(let refID): .refID(refID)
                case .all: .all
                }
        }
    }

    /// Texts of the settings may contain variables.
    init(_ panel: Panel, _ scope: VariableScope) {
        settings = panel.settings
        overrides = panel.overrides.map { override in
            (Matching(override.matcher) { Interpolation.fill($0, scope, for: .text) }, override.settings, override.isExclusive)
        }
    }

    func resolve(_ field: DataField, _ scope: VariableScope) -> ResolvedField {
        let title = field.title
        var merged = field.settings.map(settings.merged(with:)) ?? settings
        // The panel's own `displayName` may be made of labels.
        var isSettled = false
        for (matcher, settings, isExclusive) in overrides where !(isExclusive && isSettled) && Self.matches(matcher, field, title) {
            merged = merged.merged(with: settings)
            isSettled = isSettled || isExclusive
        }
        return ResolvedField(field: field, settings: merged, name: name(field, title, merged, scope))
    }

    /// Whether a matcher without variables means a field.
    static func matches(_ matcher: FieldMatcher, _ field: DataField) -> Bool { matches(Matching(matcher), field, field.title) }

    private static func matches(_ matching: Matching, _ field: DataField, _ title: String) -> Bool {
        switch matching {
        case .names(let names): names.contains(title) || names.contains(field.name) || names.contains(field.shownTitle) || field.olderName.map(names.contains) ?? false
        case .namesExcept(let names): !field.isTime && !names.contains(title) && !names.contains(field.name) && !names.contains(field.shownTitle)
        case .value(let reduction, let holds): field.numbers.map { holds(.number(reduction.value(of: $0))) } ?? false
        case .pattern(let expression): expression.map { $0.matchesPart(title) || field.displayName == nil && $0.matchesPart(field.name) } ?? false
        case .type(let type): field.typeName == type
        case .refID(let refID): field.refID == refID
        case .all: true
        }
    }

    private func name(_ field: DataField, _ title: String, _ settings: FieldSettings, _ scope: VariableScope) -> String {
        guard let wanted = settings.displayName else { return field.shownTitle }
        guard wanted.contains("$") else { return wanted }
        var own = scope
        own.set("__field.name", field.name)
        var text = wanted
        for (name, value) in field.labels { text = text.replacing("${__field.labels.\(name)}", with: value) }
        text = text.replacing("${__field.name}", with: field.name).replacing("${__field.displayName}", with: title).replacing("${__series.name}", with: title)
        return Interpolation.fill(text, scope, for: .text)
    }
}
