/// What a panel is drawn as.
public enum PanelKind: Hashable, Sendable {
    case timeSeries, stat, gauge, barGauge, table, heatmap, text, row, pieChart, barChart, histogram, stateTimeline, statusHistory, logs
    /// Many values as small fields, each with its state.
    case tiles
    /// Named in a placeholder.
    case unsupported(type: String)

    public var name: String {
        switch self {
        case .timeSeries: "timeseries"
        case .stat: "stat"
        case .gauge: "gauge"
        case .barGauge: "bargauge"
        case .table: "table"
        case .heatmap: "heatmap"
        case .text: "text"
        case .row: "row"
        case .pieChart: "piechart"
        case .barChart: "barchart"
        case .histogram: "histogram"
        case .tiles: "tiles"
        case .stateTimeline: "state-timeline"
        case .statusHistory: "status-history"
        case .logs: "logs"
        case .unsupported(let type): type
        }
    }

    public var isSupported: Bool {
        if case .unsupported = self { return false }
        return true
    }
}

/// A place on the grid: 24 columns, as many rows as needed.
public struct GridPosition: Hashable, Sendable {
    public static let columns = 24

    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    /// Brought into the grid.
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.width = min(max(1, width), Self.columns)
        self.x = min(max(0, x), Self.columns - self.width)
        self.y = min(max(0, y), 100_000)
        self.height = min(max(1, height), 200)
    }

    public var bottom: Int { y + height }
}

/// One query of a panel.
public struct PanelQuery: Hashable, Sendable {
    public enum Language: String, Hashable, Sendable { case promQL, logQL }
    public enum Shape: Hashable, Sendable { case range, instant }
    public enum Format: Hashable, Sendable { case series, table, heatmap }

    public var refID: String
    public var expression: String
    public var language: Language
    public var shape: Shape
    public var format: Format
    /// How series are named: `{{label}}` is replaced. Empty for their labels.
    public var legend: String
    public var isHidden: Bool
    /// The least step, as text that may contain a variable; empty for none.
    public var interval: String
    /// What the automatic step is multiplied with to be coarser.
    public var intervalFactor: Int

    public init(_ expression: String, refID: String = "A", language: Language = .promQL) {
        self.expression = expression
        self.refID = refID
        self.language = language
        shape = .range
        format = .series
        legend = ""
        isHidden = false
        interval = ""
        intervalFactor = 1
    }
}

/// What a panel is repeated for.
public struct PanelRepeat: Hashable, Sendable {
    public enum Direction: Hashable, Sendable { case horizontal, vertical }

    public var variable: String
    public var direction: Direction
    /// Panels beside each other at most.
    public var perRowMax: Int

    public init(variable: String, direction: Direction = .horizontal, perRowMax: Int = 4) {
        self.variable = variable
        self.direction = direction
        self.perRowMax = min(max(1, perRowMax), GridPosition.columns)
    }
}

/// A panel of a board.
public struct Panel: Sendable {
    public var identifier: Int
    public var title: String
    public var details = ""
    public var kind: PanelKind
    public var position: GridPosition
    public var queries: [PanelQuery] = []
    /// In the order of the file; each may be computed of those before it.
    public var expressions: [PanelExpression] = []
    public var settings = FieldSettings()
    public var overrides: [FieldOverride] = []
    public var transformations: [Transformation] = []
    public var options = PanelOptions()
    /// Its own, and those of its fields.
    public var links: [BoardLink] = []
    public var repeating: PanelRepeat?
    /// The panel's own range, as in `timeFrom`: milliseconds up to now.
    public var timeFromMilliseconds: Int64?
    /// How far back the panel looks.
    public var timeShiftMilliseconds: Int64?
    public var pointsMax: Int?
    /// The least step, as text that may contain a variable.
    public var interval = ""
    /// A row's own panels where it is collapsed.
    public var rowPanels: [Panel] = []
    /// A row whose panels are hidden until it is opened.
    public var isCollapsed = false
    /// Shows the answers to another panel's queries: its number in the file.
    var queriesOfPanel: Int?
    /// The line of the file.
    public var line = 0

    public init(identifier: Int, title: String, kind: PanelKind, position: GridPosition) {
        self.identifier = identifier
        self.title = title
        self.kind = kind
        self.position = position
    }
}

/// What a kind of panel knows beside its fields.
public struct PanelOptions: Sendable {
    public enum TextMode: Hashable, Sendable { case automatic, value, valueAndName, name, none }
    public enum LegendMode: Hashable, Sendable { case list, table, hidden }

    /// How a series becomes one value.
    public var calculation = Reduction.lastNotNull
    /// Whether every row is a value of its own, instead of one a series.
    public var showsAllValues = false
    public var valuesMax: Int?
    /// A field's name, or `/regex/`; empty for the fields of numbers.
    public var fields = ""
    public var textMode = TextMode.automatic
    /// A stat with a sparkline behind the value.
    public var showsSparkline = true
    public var legend = LegendMode.list
    public var legendCalculations: [Reduction] = []
    /// Sorts a legend's or a table's rows by a column; descending where the flag is set.
    public var sort: (column: String, isDescending: Bool)?
    /// Markdown of a text panel.
    public var text = ""
    public var isPlainText = false
    /// Whether a heatmap's series are buckets already (`le`), or values that must be counted.
    public var heatmapIsCounted = true
    public var showsRowLabels = true
    public var isPercentShown = false
    /// Buckets of a histogram: how many, and how wide; nil for as many as are read easily.
    public var bucketCount: Int?
    public var bucketWidth: Double?
    /// Lines of a chart that the legend leaves out: those without a value, and those of zeros alone.
    public var hidesEmptyInLegend = false
    public var hidesZeroInLegend = false
    /// A last row of a table with a calculation over each column of numbers.
    public var footer: Reduction?
    /// The columns that it is made for; all of numbers where none are named.
    public var footerFields: Set<String> = []

    public init() {}
}
