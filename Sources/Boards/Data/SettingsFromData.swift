/// Settings of fields that a query brings: a maximum, a unit or a threshold that is a series itself.
enum SettingsFromData {
    /// The frames without those of the query, their fields with what it says of them.
    static func apply(_ frames: [DataFrame], query: String, _ sources: [Transformation.SettingSource], to matcher: FieldMatcher) -> [DataFrame] {
        let given = frames.filter { $0.refID == query }
        guard !given.isEmpty else { return frames }
        let settings = settings(given, sources)
        return frames.filter { $0.refID != query }.map { frame in
            var frame = frame
            for index in frame.fields.indices where !frame.fields[index].isTime && FieldResolver.matches(matcher, frame.fields[index]) {
                frame.fields[index].settings = (frame.fields[index].settings ?? FieldSettings()).merged(with: settings)
            }
            return frame
        }
    }

    private static func settings(_ frames: [DataFrame], _ sources: [Transformation.SettingSource]) -> FieldSettings {
        let fields = frames.flatMap(\.fields)
        var settings = FieldSettings()
        for source in sources {
            guard let field = fields.first(where: { $0.title == source.field || $0.name == source.field || $0.olderName == source.field }) else { continue }
            take(field, source, &settings)
        }
        return settings
    }

    private static func take(_ field: DataField, _ source: Transformation.SettingSource, _ settings: inout FieldSettings) {
        let number = field.numbers.map { source.reduction.value(of: $0) }.flatMap { $0.isFinite ? $0 : nil }
        var text: String? {
            guard case .texts(let texts) = field.values else { return number.map { NumberText.short($0) } }
            return texts.last { $0 != nil } ?? nil
        }
        switch source.setting {
        case .minimum: settings.min = number
        case .maximum: settings.max = number
        case .decimals: settings.decimals = number.map { Int($0.clamped(to: 0...12)) }
        case .unit: settings.unit = text
        case .displayName: settings.displayName = text
        case .noValue: settings.noValue = text
        case .threshold(let tone): settings.thresholds = number.map { Thresholds([.init(from: -.infinity, tone: .good), .init(from: $0, tone: tone)]) }
        }
    }
}
