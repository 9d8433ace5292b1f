import Foundations

/// What the names in queries and titles stand for at one moment, for one panel.
public struct VariableScope: Sendable {
    struct Binding: Sendable {
        var values: [VariableValue]
        /// Written as it is, in place of the values.
        var literal: String?
        /// Whether it may have several values, so that a query matches it as a pattern.
        var isPattern: Bool
        var isAll: Bool
    }

    private var bindings: [String: Binding] = [:]
    /// The panel's step and the range of time, in milliseconds.
    private(set) var stepMilliseconds = Limits.stepMilliseconds
    private(set) var rangeMilliseconds: Int64 = 3_600_000

    public init() {}

    /// The chosen values, with `repeated` in place of the choice where a panel stands for one of them.
    public init(_ choices: VariableChoices, repeated: [String: VariableValue] = [:], range: BoardRange, now: Timestamp) {
        let milliseconds = range.milliseconds
        rangeMilliseconds = milliseconds
        for variable in choices.variables {
            if let value = repeated[variable.name] {
                bindings[variable.name] = Binding(values: [value], literal: nil, isPattern: true, isAll: false)
                continue
            }
            if variable.isAdHoc {
                // Where a query names it, it stands within a selector's braces.
                let texts = variable.fixedFilters.map(\.description) + choices.values(of: variable.name).map(\.value)
                bindings[variable.name] = Binding(values: texts.map { VariableValue($0) }, literal: texts.joined(separator: ","), isPattern: false, isAll: true)
                continue
            }
            let isAll = choices.isAll(variable.name)
            var values = choices.values(of: variable.name)
            if case .interval(let steps, let least) = variable.kind {
                values = values.map { $0.value == VariableChoices.auto ? VariableValue(StepText.rounded(milliseconds / Int64(steps ?? 30), least: least)) : $0 }
            }
            let literal = isAll ? variable.allValue : nil
            bindings[variable.name] = Binding(values: values, literal: literal, isPattern: variable.isMulti || variable.includesAll, isAll: isAll)
        }
        let (from, to) = range.bounds(now: now)
        set("__from", String(from.milliseconds))
        set("__to", String(to.milliseconds))
        set("__range_ms", String(milliseconds))
        set("__range_s", String(max(1, milliseconds / 1000)))
        set("__range", "\(max(1, milliseconds / 1000))s")
        for (name, value) in [("timeFilter", ""), ("__timeFilter", ""), ("__name", ""), ("__dashboard", ""), ("__org", "1"), ("__user", "")] where bindings[name] == nil { set(name, value) }
    }

    /// What depends on a panel's step: `$__interval` is the step, `$__rate_interval` at least four scrapes.
    public mutating func setStep(milliseconds: Int64) {
        stepMilliseconds = milliseconds
        set("__interval", StepText.text(milliseconds))
        set("__interval_ms", String(milliseconds))
        // Loki's range of a window.
        set("__auto", StepText.text(milliseconds))
        set("__rate_interval", StepText.text(max(milliseconds + Limits.scrapeMilliseconds, 4 * Limits.scrapeMilliseconds)))
        set("__rate_interval_ms", String(max(milliseconds + Limits.scrapeMilliseconds, 4 * Limits.scrapeMilliseconds)))
        set("interval", StepText.text(milliseconds), onlyIfMissing: true)
    }

    public mutating func set(_ name: String, _ value: String, onlyIfMissing: Bool = false) {
        if onlyIfMissing && bindings[name] != nil { return }
        bindings[name] = Binding(values: [VariableValue(value)], literal: nil, isPattern: false, isAll: false)
    }

    func binding(_ name: String) -> Binding? { bindings[name] }
}

/// Steps of range queries as text.
enum StepText {
    private static let nice: [Int64] = [
        10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_200_000, 1_800_000,
        3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000, 2_592_000_000, 31_536_000_000,
    ]

    /// The least readable step that is as long.
    static func niceMilliseconds(_ milliseconds: Int64, least: Int64 = 0) -> Int64 {
        let wanted = max(milliseconds, least)
        return nice.first { $0 >= wanted } ?? wanted
    }

    static func rounded(_ milliseconds: Int64, least: Int64) -> String { text(niceMilliseconds(milliseconds, least: least)) }
    static func text(_ milliseconds: Int64) -> String { DurationText.format(milliseconds: max(1, milliseconds)) }
}
