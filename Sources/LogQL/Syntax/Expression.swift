import Model

/// A query: lines, or numbers made from lines.
indirect enum Expression {
    case log(LogSelector)
    case range(RangeAggregation)
    case vectorAggregation(VectorAggregation)
    case binary(BinaryOperation)
    case labelReplace(Expression, destination: String, replacement: String, source: String, pattern: RegularExpression)
    case number(Double)
    /// `vector(1)`
    case constantVector(Double)
}

extension Expression {
    /// Names of labels that the query groups or matches by.
    var groupingNames: Set<String> {
        switch self {
        case .log, .range, .number, .constantVector: []
        case .vectorAggregation(let aggregation): aggregation.operand.groupingNames.union(aggregation.grouping?.keptNames ?? [])
        case .binary(let operation):
            operation.left.groupingNames.union(operation.right.groupingNames).union(operation.matching?.keptNames ?? [])
        case .labelReplace(let operand, _, _, let source, _): operand.groupingNames.union([source])
        }
    }
}

/// A stream selector with its pipeline.
struct LogSelector {
    var matchers: [Matcher]
    var stages: [Stage]
}

/// `rate({…} | … [5m] offset 1h)`
struct RangeAggregation {
    enum Function: String, CaseIterable {
        case rate, countOverTime = "count_over_time", bytesRate = "bytes_rate", bytesOverTime = "bytes_over_time", absentOverTime = "absent_over_time"
        case sumOverTime = "sum_over_time", avgOverTime = "avg_over_time", minOverTime = "min_over_time", maxOverTime = "max_over_time"
        case firstOverTime = "first_over_time", lastOverTime = "last_over_time", stddevOverTime = "stddev_over_time", stdvarOverTime = "stdvar_over_time"
        case quantileOverTime = "quantile_over_time", rateCounter = "rate_counter"

        /// Counts lines or their bytes, without `unwrap`.
        var countsLines: Bool { [.countOverTime, .bytesRate, .bytesOverTime, .absentOverTime].contains(self) }
        /// Works on numbers taken out by `unwrap`.
        var needsUnwrap: Bool { !countsLines && self != .rate }
    }

    var function: Function
    var parameter: Double?
    var selector: LogSelector
    var unwrap: Unwrap?
    var rangeMilliseconds: Int64
    var offsetMilliseconds: Int64
    var grouping: Grouping?
}

/// Which label's value is the sample.
struct Unwrap {
    enum Conversion { case number, duration, bytes }
    var label: String
    var conversion: Conversion
    /// Label filters behind it, such as `| __error__=""`.
    var filters: [LabelFilter]
}

struct Grouping {
    var isWithout: Bool
    var names: [String]

    /// Names that it asks for.
    var keptNames: [String] { isWithout ? [] : names }
}

struct VectorAggregation {
    enum Function: String, CaseIterable {
        case sum, avg, min, max, count, stddev, stdvar, topk, bottomk, approximateTopk = "approx_topk", sort, sortDescending = "sort_desc"
        var takesParameter: Bool { self == .topk || self == .bottomk || self == .approximateTopk }
        /// Instant results are in order of value.
        var ordersByValue: Bool { takesParameter || self == .sort || self == .sortDescending }
    }

    var function: Function
    var parameter: Int
    var grouping: Grouping?
    var operand: Expression
}

struct BinaryOperation {
    enum Operator: String, CaseIterable {
        case or, and, unless
        case equal = "==", notEqual = "!=", greater = ">", less = "<", greaterOrEqual = ">=", lessOrEqual = "<="
        case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%", power = "^"

        var precedence: Int {
            switch self {
            case .or: 1
            case .and, .unless: 2
            case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: 3
            case .add, .subtract: 4
            case .multiply, .divide, .modulo: 5
            case .power: 6
            }
        }
        var isComparison: Bool { precedence == 3 }
        var isSet: Bool { precedence <= 2 }
    }

    enum Side { case left, right }

    var op: Operator
    var left: Expression
    var right: Expression
    var returnsBool: Bool
    /// `on` where `isWithout` is false, `ignoring` where it is true.
    var matching: Grouping?
    /// The side with many series per match, and the labels to take over from the other.
    var many: (side: Side, include: [String])?
}

/// A step of a pipeline.
enum Stage {
    /// Any of the alternatives: `|= "a" or "b"`.
    case lineFilter(LineFilterStage)
    case label(LabelFilter)
    case json([(name: String, path: JSONPath)])
    case logfmt(expressions: [(name: String, key: String)], isStrict: Bool, keepsEmpty: Bool)
    case regexp(RegularExpression)
    case pattern(LinePattern)
    case unpack
    case lineFormat(LineTemplate)
    case labelFormat([(name: String, source: LabelSource)])
    case decolorize
    case drop([LabelTest])
    case keep([LabelTest])
}

struct LineFilterStage {
    /// `contains` is a text or an address. `phrase` is what people type: words in any case, left to the store's own rule of words.
    enum Kind { case contains, matches, pattern, phrase }
    var kind: Kind
    var isNegative: Bool
    var texts: [String]
    var patterns: [RegularExpression]
    var linePatterns: [LinePattern]
    var networks: [AddressRange]
}

extension LineFilterStage {
    /// Words of the terse form.
    init(phrase: String, isNegative: Bool) {
        self.init(kind: .phrase, isNegative: isNegative, texts: [phrase], patterns: [], linePatterns: [], networks: [])
    }
}

enum LabelSource {
    case label(String)
    case template(LineTemplate)
}

/// A name, or a name with a condition, in `drop` and `keep`.
struct LabelTest {
    var name: String
    var matcher: Matcher?
}

indirect enum LabelFilter: Sendable {
    case matcher(Matcher)
    /// On the stream's own label, whatever stages set: of conditions that are added from outside of a query.
    case stream(Matcher)
    case number(name: String, BinaryOperation.Operator, Double, unit: Unwrap.Conversion, text: String)
    case address(name: String, AddressRange, isNegative: Bool)
    case both(LabelFilter, LabelFilter)
    case either(LabelFilter, LabelFilter)
}
