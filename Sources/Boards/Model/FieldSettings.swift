/// How good a value is. Never shown by its colour alone: each has a glyph.
public enum Tone: Int, Hashable, Sendable, Comparable {
    case neutral, good, warning, critical

    public static func < (left: Tone, right: Tone) -> Bool { left.rawValue < right.rawValue }
}

/// Steps from which on a value has a tone.
public struct Thresholds: Hashable, Sendable {
    public enum Mode: Hashable, Sendable { case absolute, percentage }
    public struct Step: Hashable, Sendable {
        /// Negative infinity for the first.
        public var from: Double
        public var tone: Tone

        public init(from: Double, tone: Tone) {
            self.from = from
            self.tone = tone
        }
    }

    public var mode: Mode
    /// By rising `from`.
    public var steps: [Step]

    public init(_ steps: [Step], mode: Mode = .absolute) {
        self.steps = steps.sorted { $0.from < $1.from }
        self.mode = mode
    }

    /// The tone of a value; percentages are of the field's range.
    public func tone(of value: Double, range: ClosedRange<Double>?) -> Tone {
        guard !value.isNaN else { return .neutral }
        var position = value
        if mode == .percentage {
            let range = range ?? 0...100
            let extent = range.upperBound - range.lowerBound
            position = extent > 0 ? (value - range.lowerBound) / extent * 100 : 0
        }
        return steps.last { position >= $0.from }?.tone ?? .neutral
    }

    /// The values that lines are drawn at.
    public func lines(range: ClosedRange<Double>) -> [(value: Double, tone: Tone)] {
        steps.filter { $0.from.isFinite }.map { step in
            let value = mode == .absolute ? step.from : range.lowerBound + (range.upperBound - range.lowerBound) * step.from / 100
            return (value, step.tone)
        }
    }
}

/// What is shown in place of a value.
public struct ValueMapping: Hashable, Sendable {
    public enum Condition: Hashable, Sendable {
        /// A number or a text, as text.
        case value(String)
        case range(from: Double, to: Double)
        case pattern(String)
        case null, notANumber, nullOrNotANumber, isTrue, isFalse, empty
    }

    public var condition: Condition
    /// Nil keeps the value's own text.
    public var text: String?
    public var tone: Tone?

    public init(_ condition: Condition, text: String?, tone: Tone? = nil) {
        self.condition = condition
        self.text = text
        self.tone = tone
    }
}

/// How the values of a field are written and drawn. Nil everywhere is "as the panel has it".
public struct FieldSettings: Hashable, Sendable {
    public enum Drawing: Hashable, Sendable { case line, bars, points }
    public enum Stacking: Hashable, Sendable { case none, normal, percent }
    public enum Nulls: Hashable, Sendable { case gap, connected, zero }
    public enum CellDisplay: Hashable, Sendable { case text, tone, gauge, json }

    public var unit: String?
    public var decimals: Int?
    public var min: Double?
    public var max: Double?
    /// What an axis shows at least, though no value reaches it.
    public var softMin: Double?
    public var softMax: Double?
    /// The base of a logarithmic axis; 1 for one that isn't.
    public var logarithmBase: Double?
    public var displayName: String?
    public var noValue: String?
    public var thresholds: Thresholds?
    public var showsThresholds: Bool?
    /// Whether values have the tones of their thresholds; they do unless it is false.
    public var usesThresholds: Bool?
    public var mappings: [ValueMapping]?
    public var drawing: Drawing?
    public var isFilled: Bool?
    public var stacking: Stacking?
    public var stackGroup: String?
    public var isNegative: Bool?
    public var nulls: Nulls?
    public var isHidden: Bool?
    public var isHiddenInLegend: Bool?
    public var isOnRightAxis: Bool?
    public var cell: CellDisplay?
    /// The fixed tone that a file's colour stands for.
    public var tone: Tone?
    /// Columns of a table's column.
    public var widthPixels: Int?

    public init() {}

    /// These, with what `other` sets in front.
    public func merged(with other: FieldSettings) -> FieldSettings {
        var merged = self
        func take<Value>(_ path: WritableKeyPath<FieldSettings, Value?>) {
            if let value = other[keyPath: path] { merged[keyPath: path] = value }
        }
        take(\.unit); take(\.decimals); take(\.min); take(\.max); take(\.softMin); take(\.softMax); take(\.logarithmBase); take(\.displayName); take(\.noValue)
        take(\.thresholds); take(\.showsThresholds); take(\.usesThresholds); take(\.mappings); take(\.drawing); take(\.isFilled)
        take(\.stacking); take(\.stackGroup); take(\.isNegative); take(\.nulls); take(\.isHidden)
        take(\.isHiddenInLegend); take(\.isOnRightAxis); take(\.cell); take(\.tone); take(\.widthPixels)
        return merged
    }
}

/// Which fields something is meant for.
public enum FieldMatcher: Hashable, Sendable {
    case name(String)
    case names([String])
    /// All fields but these.
    case namesExcept([String])
    /// Fields of numbers whose reduced value fulfils a condition.
    case value(Reduction, Transformation.Comparison)
    case pattern(String)
    /// `number`, `time`, `string`.
    case type(String)
    /// The query a field came from.
    case refID(String)
    case all
}

/// Settings for some fields.
public struct FieldOverride: Hashable, Sendable {
    public var matcher: FieldMatcher
    public var settings: FieldSettings
    /// Of overrides that are exclusive only the first that matches a field counts, as in tables of older files.
    public var isExclusive = false

    public init(_ matcher: FieldMatcher, _ settings: FieldSettings) {
        self.matcher = matcher
        self.settings = settings
    }
}
