import Foundations
import Model

/// What people type: `error "connection refused" service:cart status>=500 -healthcheck level:warn last 1h | by 5m`.
///
/// Words and quoted phrases must all be in the line, in any case; `-` before one excludes it. `level:warn` is that level or worse, `level=warn` that one
/// alone. `key:value` is a label of the stream or, where no stream has such a label, a field; `*` in the value stands for anything, and numbers, durations
/// and sizes can be compared. `last 1h` is how far back, `context 10` how many lines around each. Behind `|` is what to make of the lines.
struct TerseQuery {
    /// What is made of the lines.
    enum Command: CustomStringConvertible {
        /// `by 5m`, `by service`, `by 5m level`, `count`
        case count(stepMilliseconds: Int64?, names: [String])
        /// `top 10 path`
        case top(Int, name: String)
        /// `patterns`, `patterns new`, `patterns grown`
        case patterns(PatternChange?)

        var description: String {
            switch self {
            case .count: "by"
            case .top: "top"
            case .patterns: "patterns"
            }
        }
    }

    /// `last 1h`; nil where it isn't said.
    private(set) var start: NanoTimestamp?
    /// `context 10`; 0 where it isn't said.
    private(set) var contextLines = 0
    private(set) var command: Command?
    private var phrases: [(text: String, isNegative: Bool)] = []
    private var conditions: [TerseCondition] = []
    private var levels: Set<LogLevel>?

    /// Braces or a function make a text LogQL.
    static func isLogQL(_ text: String) -> Bool {
        let trimmed = text.drop { $0.isWhitespace }
        if trimmed.hasPrefix("{") || trimmed.hasPrefix("(") || trimmed.hasPrefix("#") { return true }
        let word = trimmed.prefix { $0.isLetter || $0 == "_" }
        let functions = RangeAggregation.Function.allCases.map(\.rawValue) + VectorAggregation.Function.allCases.map(\.rawValue) + ["vector", "label_replace"]
        if functions.contains(String(word)) {
            let rest = trimmed.dropFirst(word.count).drop { $0.isWhitespace }
            return rest.hasPrefix("(") || rest.hasPrefix("by (") || rest.hasPrefix("by(") || rest.hasPrefix("without (") || rest.hasPrefix("without(")
        }
        return isArithmetic(trimmed)
    }

    /// `1 + 1`, `-2 * rate(…)`.
    private static func isArithmetic(_ text: Substring) -> Bool {
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text
        let number = unsigned.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard !number.isEmpty, Double(number) != nil else { return false }
        let rest = unsigned.dropFirst(number.count).drop { $0.isWhitespace }
        return !rest.isEmpty && "+-*/%^<>=".contains(rest.first!) && rest.dropFirst().first != ":"
    }

    init(_ text: String, now: NanoTimestamp) throws(LogQLError) {
        guard text.utf8.count <= Limits.queryBytesMax else { throw .tooMuch("the query is longer than \(Limits.queryBytesMax) bytes") }
        var words = try TerseWord.words(text)[...]
        while let word = words.popFirst() {
            if word.kind == .bar {
                command = try TerseQuery.command(&words)
                if let next = words.first { throw .failed("`\(SafeText(next.text))` stands behind the end; one `|` command is the last thing of a query") }
            } else if word.isPlain, word.text == "last", let next = words.first, let milliseconds = DurationText.milliseconds(next.text) {
                words.removeFirst()
                start = now.advanced(byNanoseconds: milliseconds > Int64.max / 1_000_000 ? .min : -milliseconds * 1_000_000)
            } else if word.isPlain, word.text == "context", let next = words.first, let count = Int(next.text), count >= 0 {
                words.removeFirst()
                guard count <= LogEngine.contextLinesMax else { throw .tooMuch("context gives at most \(LogEngine.contextLinesMax) lines to either side") }
                contextLines = count
            } else if word.kind != .quoted, let condition = try TerseCondition(word) {
                try add(condition)
            } else {
                phrases.append((word.text, word.isNegative))
            }
        }
    }

    /// As LogQL's own form, for lines. `knownLabels`: names of stream labels; nil where they aren't known, so that each line decides for itself.
    func selector(knownLabels: Set<String>?) -> LogSelector {
        var selector = LogSelector(matchers: [], stages: [])
        if let levels { selector.stages.append(.label(Self.anyLevel(levels))) }
        for condition in conditions {
            if case .matcher(let matcher) = condition.filter, knownLabels?.contains(matcher.name) == true { selector.matchers.append(matcher) } else {
                selector.stages.append(.label(condition.filter))
            }
        }
        selector.stages += phrases.map { .lineFilter(LineFilterStage(phrase: $0.text, isNegative: $0.isNegative)) }
        return selector
    }

    /// The whole query as LogQL's own form, counts included.
    func expression(knownLabels: Set<String>?) throws(LogQLError) -> Expression {
        let selector = selector(knownLabels: knownLabels)
        switch command {
        case nil: return .log(selector)
        case .count(let step, let names): return counts(selector, rangeMilliseconds: step, names)
        case .top(let count, let name):
            return .vectorAggregation(VectorAggregation(function: .topk, parameter: count, grouping: nil, operand: counts(selector, rangeMilliseconds: nil, [name])))
        case .patterns: throw .failed("`| patterns` gives patterns of lines; ask for them on the command line or at /api/v1/nightjar/logs/patterns")
        }
    }

    /// `sum by (names) (count_over_time(… [range]))`; without a range of five minutes.
    func counts(_ selector: LogSelector, rangeMilliseconds: Int64?, _ names: [String]) -> Expression {
        let range = RangeAggregation(
            function: .countOverTime, parameter: nil, selector: selector, unwrap: nil, rangeMilliseconds: rangeMilliseconds ?? 300_000, offsetMilliseconds: 0, grouping: nil)
        return .vectorAggregation(VectorAggregation(function: .sum, parameter: 0, grouping: Grouping(isWithout: false, names: names), operand: .range(range)))
    }

    private mutating func add(_ condition: TerseCondition) throws(LogQLError) {
        guard condition.name == "level" else {
            conditions.append(condition)
            return
        }
        guard let level = LogLevel(name: condition.value) else {
            throw .failed("`\(SafeText(condition.value))` is no level; known are trace, debug, info, warn, error and fatal")
        }
        let accepted = Set(LogLevel.allCases.filter { candidate in
            switch condition.op {
            case ":", ">=": candidate >= level
            case ">": candidate > level
            case "<": candidate < level
            case "<=": candidate <= level
            case "!=": candidate != level
            default: candidate == level
            }
        })
        let meant = condition.isNegative ? Set(LogLevel.allCases).subtracting(accepted) : accepted
        levels = levels.map { $0.intersection(meant) } ?? meant
    }

    private static func anyLevel(_ levels: Set<LogLevel>) -> LabelFilter {
        .matcher(TerseCondition.matcher("level", .regex, levels.sorted().map { $0 == .unknown ? "" : $0.name }.joined(separator: "|")))
    }

    private static func command(_ words: inout ArraySlice<TerseWord>) throws(LogQLError) -> Command {
        let known = "known are `| by 5m`, `| by service`, `| count`, `| top 10 path` and `| patterns`"
        guard let word = words.popFirst() else { throw .failed("a command is missing behind `|`; \(known)") }
        switch word.text {
        case "count": return .count(stepMilliseconds: nil, names: [])
        case "by":
            var step: Int64?
            var names: [String] = []
            while let next = words.popFirst() {
                for part in next.text.split(separator: ",") {
                    if step == nil, let milliseconds = DurationText.milliseconds(part), milliseconds > 0 { step = milliseconds } else {
                        guard TerseCondition.isName(part) else { throw .failed("`\(SafeText(part))` behind `| by` is neither a length of time nor a name") }
                        names.append(String(part))
                    }
                }
            }
            guard step != nil || !names.isEmpty else { throw .failed("`| by` needs a length of time such as 5m, names such as service, or both") }
            return .count(stepMilliseconds: step, names: names)
        case "top":
            guard let count = words.popFirst().flatMap({ Int($0.text) }), (1...1000).contains(count), let name = words.popFirst()?.text, TerseCondition.isName(name[...]) else {
                throw .failed("`| top` needs a number from 1 to 1000 and a name, as in `| top 10 path`")
            }
            return .top(count, name: name)
        case "patterns":
            guard let next = words.first else { return .patterns(nil) }
            guard let change = PatternChange(rawValue: next.text) else { throw .failed("`| patterns` may be followed by `new` or `grown`, not by `\(SafeText(next.text))`") }
            words.removeFirst()
            return .patterns(change)
        default: throw .failed("there is no command `\(SafeText(word.text))`; \(known)")
        }
    }
}

/// What patterns are asked for beside all of them.
public enum PatternChange: String, Sendable, CaseIterable {
    /// Those that weren't there in the time before.
    case new
    /// Those that came more often than in the time before.
    case grown
}
