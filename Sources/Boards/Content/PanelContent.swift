import Foundations

/// A panel's data as they are drawn: computed once an answer, drawn at any size.
public enum PanelContent: Sendable {
    case chart(ChartContent)
    case values([ValueItem], ValueStyle)
    case table(TableContent)
    case heatmap(HeatmapContent)
    case timeline(TimelineContent)
    case logs([BoardLogLine])
    /// Markdown, or text as it is.
    case text(String, isPlain: Bool)
    /// Why the panel isn't drawn.
    case placeholder(String)

    /// Whether there is nothing to show.
    public var isEmpty: Bool {
        switch self {
        case .chart(let chart): chart.lines.isEmpty
        case .values(let items, _): items.isEmpty
        case .table(let table): table.rows.isEmpty
        case .heatmap(let heatmap): heatmap.rows.isEmpty
        case .timeline(let timeline): timeline.rows.isEmpty
        case .logs(let lines): lines.isEmpty
        case .text, .placeholder: false
        }
    }
}

/// How single values are drawn.
public enum ValueStyle: Sendable {
    case stat(PanelOptions.TextMode, showsSparkline: Bool)
    case gauge
    case bars
    /// Parts of a whole.
    case parts
    /// Small fields, each with its state.
    case tiles
}

/// One value with its name.
public struct ValueItem: Sendable {
    public var name: String
    public var value: Double
    public var shown: ShownValue
    /// Where the value stands in its range, 0 to 1; nil where it has none.
    public var fraction: Double?
    /// The values over time that it was made of, NaN where there is none.
    public var history: [Double]

    public init(name: String, value: Double, shown: ShownValue, fraction: Double? = nil, history: [Double] = []) {
        self.name = name
        self.value = value
        self.shown = shown
        self.fraction = fraction
        self.history = history
    }
}

/// Lines over time, on one grid of steps.
public struct ChartContent: Sendable {
    public struct Line: Sendable {
        public var name: String
        /// A value a step of the window, NaN where there is none; of stacked lines the upper edge.
        public var values: [Double]
        /// The lower edge of a stacked line's band.
        public var base: [Double]?
        public var drawing: FieldSettings.Drawing
        public var isFilled: Bool
        public var isOnRightAxis: Bool
        public var isInLegend: Bool
        /// Of its series, for links.
        public var labels: [String: String] = [:]
        /// The legend's calculations as text.
        public var figures: [String]
    }

    /// An axis: its ends where they are set, and how its values are written.
    public struct Axis: Sendable {
        public var min: Double?
        public var max: Double?
        public var format: ValueText
        /// From the lines that belong to it.
        public var least: Double
        public var most: Double
        /// The least value above 0, which a logarithmic axis begins at.
        public var leastAboveZero: Double = .infinity
        /// The base of a logarithmic axis; 1 for one that isn't.
        public var logarithmBase: Double = 1
    }

    public var window: QueryWindow
    public var lines: [Line]
    public var left: Axis
    public var right: Axis?
    public var thresholds: [(value: Double, tone: Tone)]
    public var legend: PanelOptions.LegendMode
    public var figureTitles: [String]
    /// Series that there are beside those that are drawn.
    public var undrawn: Int
}

public struct TableContent: Sendable {
    public struct Column: Sendable {
        public var title: String
        public var isNumber: Bool
        public var cell: FieldSettings.CellDisplay
        /// The width of the widest text, the title's or a value's.
        public var columns: Int
        /// The width of the widest value.
        public var valueColumns: Int
        /// Left out first where the table is too narrow: 0 never.
        public var priority: Int
    }

    public struct Cell: Sendable {
        public var shown: ShownValue
        public var fraction: Double?
    }

    public var columns: [Column]
    public var rows: [[Cell]]
    /// Rows that there are beside those that are kept.
    public var unshown: Int
    /// A calculation over each column, below the rows; nil where there is none.
    public var footer: [Cell]?
}

/// Counts by bucket and time.
public struct HeatmapContent: Sendable {
    public struct Row: Sendable {
        public var label: String
        /// A count a step of the window, NaN where there is none.
        public var values: [Double]
    }

    public var window: QueryWindow
    /// From the lowest bucket.
    public var rows: [Row]
    public var most: Double
}

/// States over time.
public struct TimelineContent: Sendable {
    public struct Row: Sendable {
        public var name: String
        /// A state a step of the window: an index into `states`; -1 where there is none.
        public var states: [Int32]
    }

    public var window: QueryWindow
    public var rows: [Row]
    /// Every state that occurs, as shown.
    public var states: [ShownValue]
    /// Whether steps stand apart, or run together while the state lasts.
    public var isPerStep: Bool
}
