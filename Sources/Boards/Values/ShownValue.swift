import Foundations
import Model

/// A value as a panel shows it: its text after mappings and unit, and how good it is.
public struct ShownValue: Hashable, Sendable {
    public var text: String
    public var tone: Tone

    public init(text: String, tone: Tone = .neutral) {
        self.text = text
        self.tone = tone
    }
}

/// Brings values of one field to what is shown; made once a field.
struct ValueDisplay: Sendable {
    private let format: ValueText
    private let thresholds: Thresholds?
    private let mappings: [(mapping: ValueMapping, pattern: RegularExpression?)]
    private let tone: Tone?
    private let noValue: String
    let range: ClosedRange<Double>?
    private let now: Timestamp

    init(_ settings: FieldSettings, range: ClosedRange<Double>? = nil, now: Timestamp) {
        format = ValueText(unit: settings.unit, decimals: settings.decimals)
        thresholds = settings.usesThresholds == false ? nil : settings.thresholds
        tone = settings.tone
        noValue = settings.noValue ?? "-"
        mappings = (settings.mappings ?? []).map { mapping in
            guard case .pattern(let text) = mapping.condition else { return (mapping, nil) }
            return (mapping, PatternText.expression(text))
        }
        let low = settings.min ?? range?.lowerBound
        let high = settings.max ?? range?.upperBound
        if let low, let high, low <= high { self.range = low...high } else { self.range = nil }
        self.now = now
    }

    func show(_ value: Double) -> ShownValue {
        let own = value.isNaN ? noValue : format.text(value, now: now)
        for (mapping, pattern) in mappings where Self.holds(mapping.condition, number: value, text: nil, pattern) {
            return ShownValue(text: mapping.text ?? own, tone: mapping.tone ?? toneOf(value))
        }
        return ShownValue(text: own, tone: toneOf(value))
    }

    func show(_ text: String?) -> ShownValue {
        for (mapping, pattern) in mappings where Self.holds(mapping.condition, number: nil, text: text, pattern) {
            return ShownValue(text: Self.replaced(mapping, pattern, text ?? ""), tone: mapping.tone ?? .neutral)
        }
        return ShownValue(text: text ?? noValue)
    }

    /// The text of an axis: without mappings.
    func axisText(_ value: Double) -> String { format.text(value, now: now) }

    func toneOf(_ value: Double) -> Tone { value.isNaN ? .neutral : thresholds?.tone(of: value, range: range) ?? tone ?? .neutral }

    private static func replaced(_ mapping: ValueMapping, _ pattern: RegularExpression?, _ text: String) -> String {
        guard let wanted = mapping.text else { return text }
        guard let pattern else { return wanted }
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in pattern.firstMatch(in: bytes).map { pattern.expand(wanted, match: $0, in: bytes) } ?? wanted }
    }

    private static func holds(_ condition: ValueMapping.Condition, number: Double?, text: String?, _ pattern: RegularExpression?) -> Bool {
        let isNull = number == nil && text == nil
        switch condition {
        case .value(let wanted):
            if let number { return !number.isNaN && (Double(wanted) == number || (wanted == "true" && number == 1) || (wanted == "false" && number == 0)) }
            return text == wanted
        case .range(let from, let to): return number.map { $0 >= from && $0 <= to } ?? false
        case .pattern:
            let shown = number.map { $0.isNaN ? "NaN" : NumberText.trimmed(NumberText.fixed($0, decimals: 6)) } ?? text ?? ""
            return pattern?.matchesPart(shown) ?? false
        // A number that isn't there is NaN here: both conditions mean it.
        case .null, .notANumber, .nullOrNotANumber: return isNull || number?.isNaN == true
        case .isTrue: return number == 1 || text == "true"
        case .isFalse: return number == 0 || text == "false"
        case .empty: return text?.isEmpty == true
        }
    }
}

/// Patterns as files write them: `/pattern/flags`, or the pattern alone.
enum PatternText {
    /// Nil where it can't be used: `problem` says why.
    static func expression(_ text: String) -> RegularExpression? {
        let (pattern, isCaseInsensitive) = parts(text)
        return try? RegularExpression(pattern, isCaseInsensitive: isCaseInsensitive)
    }

    /// Why a pattern can't be used; nil where it can.
    static func problem(_ text: String) -> String? {
        let (pattern, isCaseInsensitive) = parts(text)
        do throws(RegularExpression.SyntaxError) {
            _ = try RegularExpression(pattern, isCaseInsensitive: isCaseInsensitive)
            return nil
        } catch {
            return "\(error)"
        }
    }

    static func isDelimited(_ text: String) -> Bool { text.utf8.count > 1 && text.hasPrefix("/") && text.dropFirst().contains("/") }

    private static func parts(_ text: String) -> (pattern: String, isCaseInsensitive: Bool) {
        guard isDelimited(text), let end = text.lastIndex(of: "/") else { return (text, false) }
        return (String(text[text.index(after: text.startIndex)..<end]), text[text.index(after: end)...].contains("i"))
    }
}
