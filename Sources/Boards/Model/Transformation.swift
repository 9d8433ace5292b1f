/// A change of a panel's data before it is drawn.
public enum Transformation: Hashable, Sendable {
    public enum Operator: String, Hashable, Sendable { case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%", power = "^" }
    public enum UnaryFunction: String, Hashable, Sendable { case abs, exp, ln, ceil, floor, round }
    public enum Operand: Hashable, Sendable { case field(String), number(Double) }
    public enum Aggregation: Hashable, Sendable { case group, calculate([Reduction]) }

    /// A setting that a query can bring.
    public enum Setting: Hashable, Sendable {
        case minimum, maximum, decimals, unit, displayName, noValue
        /// From the value on, fields have the tone.
        case threshold(Tone)

        /// By the names that files have; nil for one that isn't known.
        init?(_ name: String, _ tone: Tone) {
            switch name.lowercased() {
            case "min": self = .minimum
            case "max": self = .maximum
            case "decimals": self = .decimals
            case "unit": self = .unit
            case "displayname": self = .displayName
            case "novalue": self = .noValue
            case "threshold", "threshold1": self = .threshold(tone)
            default: return nil
            }
        }
    }

    /// The field that a setting is taken from, and how its values become one.
    public struct SettingSource: Hashable, Sendable {
        public var field: String
        public var setting: Setting
        public var reduction: Reduction
    }

    public enum Calculation: Hashable, Sendable {
        /// A reduction over the fields of each row; all number fields where none are named.
        case reduceRow(Reduction, fields: [String])
        case binary(Operand, Operator, Operand)
        /// A function of each value of a field.
        case unary(UnaryFunction, field: String)
        /// Totals or means from the first row on.
        case cumulative(Reduction, field: String)
        /// Over so many rows before each one.
        case window(Reduction, field: String, rows: Int)
        case index
    }

    public enum Comparison: Hashable, Sendable {
        case isNull, isNotNull
        case equal(String), notEqual(String)
        case greater(Double), greaterOrEqual(Double), lower(Double), lowerOrEqual(Double)
        case between(Double, Double)
        case pattern(String), contains(String)
    }

    public struct Filter: Hashable, Sendable {
        public var field: String
        public var comparison: Comparison

        public init(field: String, comparison: Comparison) {
            self.field = field
            self.comparison = comparison
        }
    }

    /// Leaves out, orders and renames columns. With `keepsOnly`, just the columns of `order` stay.
    case organize(excluded: Set<String>, order: [String], renamed: [String: String], keepsOnly: Bool)
    /// One table of all frames; rows with the same texts become one.
    case merge
    /// One table with a row a value of a field.
    case joinByField(String, isInner: Bool)
    case groupBy([String: Aggregation])
    case calculateField(Calculation, alias: String, replacesFields: Bool)
    case filterFieldsByName(include: Set<String>, pattern: String, exclude: Set<String>, excludePattern: String)
    case filterByRefID(pattern: String)
    /// A row a series with a column a calculation; or each series reduced to one value.
    case reduce([Reduction], keepsFields: Bool, labelsToFields: Bool)
    case filterByValue([Filter], matchesAll: Bool, isExcluding: Bool)
    case sortBy(field: String, isDescending: Bool)
    /// Labels become columns; with a value label, its values become the numbers' names.
    case labelsToFields(keep: Set<String>, valueLabel: String?)
    case renameByRegex(pattern: String, replacement: String)
    case limit(Int)
    /// Rows of all frames below each other.
    case append
    /// Numbers that come as texts, and the like.
    case convert(field: String, toNumber: Bool)
    case seriesToRows
    /// Numbers as moments: milliseconds since 1970.
    case convertToTime(field: String)
    /// Rows become columns: names from one field, values from another.
    case rowsToFields(name: String, value: String)
    /// A table with a row a value of one field and a column a value of another.
    case groupingToMatrix(column: String, row: String, value: String)
    /// A frame for each value of some fields.
    /// Numbers of each combination of the texts beside them.
    case splitByTexts
    case partition([String])
    /// A row a series: its labels, and its last value.
    case seriesToTable
    /// A text of a field, JSON or `key=value`, taken apart into fields.
    /// With paths just what they lead to, under their titles.
    case extractFields(source: String, keepsOnly: Bool, paths: [ExtractedPath] = [])
    /// All columns of all frames beside each other.
    case concatenate
    case transpose
    /// Settings of the fields that a matcher means, from another query's fields.
    case settingsFromQuery(String, [SettingSource], to: FieldMatcher)
    /// How often values fall into ranges.
    case histogram(count: Int?, width: Double?)
}

/// A value within JSON: the names that lead to it, and the title of its column.
public struct ExtractedPath: Hashable, Sendable {
    public var names: [String]
    public var title: String

    /// `telemetry.run_id`
    init(_ path: String, title: String) {
        names = path.split(separator: ".").map(String.init)
        self.title = title.isEmpty ? path : title
    }
}
