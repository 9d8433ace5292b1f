import Model

/// A variable of a board: a name that stands for one value or several in queries and titles.
public struct Variable: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Values that the collector is asked for.
        case query(VariableQuery)
        case custom
        /// Durations; with `auto` the range is divided into so many steps, of at least so many milliseconds.
        case interval(autoSteps: Int?, autoMinimumMilliseconds: Int64)
        /// There is one source of data, whatever a file names.
        case dataSource
        case constant
        case textBox
        /// Conditions on labels that are added to all queries of some languages; what is chosen are their texts.
        case adHoc(Set<PanelQuery.Language>)
    }

    public enum Sort: Hashable, Sendable { case none, text, textDescending, number, numberDescending }

    public var name: String
    public var label: String
    public var kind: Kind
    /// The values it can have, where they are known without asking.
    public var options: [VariableValue]
    /// What it has before anything is chosen; `$__all` for all.
    public var initial: [String]
    public var isMulti: Bool
    public var includesAll: Bool
    /// What all of them are written as; nil for each of the values.
    public var allValue: String?
    /// Picks and cuts the values of a query: `/pattern/`, with the first group or the groups `text` and `value`.
    public var pattern: String
    public var sort: Sort
    public var isHidden: Bool
    /// Whether it is one that an import of the file would have asked for: a name in its texts, and nothing to choose.
    public var isInput = false
    /// Of added conditions those that always hold, whatever is chosen beside them.
    public var fixedFilters: [Matcher] = []
    public var line: Int

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
        label = ""
        options = []
        initial = []
        isMulti = false
        includesAll = false
        allValue = nil
        pattern = ""
        sort = .none
        isHidden = false
        line = 0
    }

    /// Stands for all values in a choice.
    public static let all = "$__all"

    public var title: String { label.isEmpty ? name : label }

    /// Whether it is conditions that are added to queries.
    public var isAdHoc: Bool {
        if case .adHoc = kind { return true }
        return false
    }
}

/// A value and how it is shown.
public struct VariableValue: Hashable, Sendable {
    public var text: String
    public var value: String

    public init(text: String, value: String) {
        self.text = text
        self.value = value
    }

    public init(_ value: String) { self.init(text: value, value: value) }
}

/// What a query variable asks for; texts may contain other variables.
public enum VariableQuery: Hashable, Sendable {
    case labelNames(selector: String)
    /// With an empty selector the label of all series.
    case labelValues(selector: String, label: String)
    /// Names of metrics that a pattern matches.
    case metrics(pattern: String)
    /// The series of an instant query, written as `{a="b"} value timestamp`.
    case queryResult(expression: String)
    /// The labels of series that a selector matches.
    case series(selector: String)
    case logLabelNames
    case logLabelValues(selector: String, label: String)

    /// What the query contains, in which other variables may stand.
    var texts: [String] {
        switch self {
        case .labelNames(let selector), .series(let selector): [selector]
        case .labelValues(let selector, let label), .logLabelValues(let selector, let label): [selector, label]
        case .metrics(let pattern): [pattern]
        case .queryResult(let expression): [expression]
        case .logLabelNames: []
        }
    }
}
