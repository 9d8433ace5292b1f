/// Every cap of boards, with its reason.
enum Limits {
    /// Bytes of a dashboard file: the largest public ones are under 1 MiB.
    static let fileBytes = 4 << 20
    /// Nesting of JSON; real files stay below 20, and a reader that calls itself must not run out of stack.
    static let jsonDepth = 64
    /// Panels of a board after repeating: the largest public board has 258.
    static let panels = 1000
    /// Values that a variable repeats a panel or a row for.
    static let repeats = 100
    /// Variables of a board, and values of one: a picker with more can't be read.
    static let variables = 100
    static let variableValues = 10_000
    /// Conditions that are added to all queries, and bytes of their text: a person types a few.
    static let filters = 50
    static let filterBytes = 4 << 10
    /// Names and values that are offered while a condition is typed.
    static let completions = 1000
    /// Annotations of a board: the most that were seen are nine, each a query.
    static let annotations = 20
    /// Marks of all annotations that are kept, the newest: an axis of 300 columns can't show more.
    static let marks = 500
    /// Characters of a mark's title and text.
    static let markCharacters = 300
    /// Annotations aren't asked for more often: nobody sees a mark a second sooner, and each is a query over the whole range.
    static let annotationSeconds: Double = 15
    /// The step of an annotation's query where the file names none, Grafana's own, and the points that one may have at most.
    static let annotationStepMilliseconds: Int64 = 60_000
    static let annotationPoints = 1000
    /// Series, or rows of a table, that a link of a field is listed for.
    static let linkRows = 50
    /// Links that are listed at once, and characters of an address.
    static let links = 200
    static let linkCharacters = 2000
    /// Bytes of a query after its variables are filled in: what a collector takes in an address.
    static let queryBytes = 64 << 10
    /// Bytes that are typed to narrow a list: no title is longer.
    static let typedBytes = 128
    /// Brackets, operators and templates of a query in MetricsQL within each other: each is a call of its reader.
    static let metricsQLDepth = 100
    /// Parts of a query in MetricsQL once its templates are in their places: these could double with each name.
    static let metricsQLNodes = 20_000
    /// Rounds in which variables that contain variables are filled in; a circle ends here.
    static let interpolationRounds = 8
    /// Queries that are on their way at once, so that a board of 30 panels doesn't take all of the collector's admission.
    static let requestsAtOnce = 8
    /// Series of one answer that are kept, and points of one series: the collector's own bound is 11,000.
    static let series = 2000
    static let points = 11_000
    /// Series that a chart draws; more are one blur. The legend says how many there are.
    static let chartSeries = 60
    /// Points of a chart: two dots a column on 200 columns.
    static let chartPoints = 400
    /// Decimals by which the labels of an axis are told apart; values that differ by less are one line anyway.
    static let axisDecimals = 6
    /// The least step of a range query: agents send every 10 to 15 s.
    static let stepMilliseconds: Int64 = 15_000
    /// Rows of one answer as a table before it is transformed: a table of a range has a row a point, of which a grouping leaves few.
    static let frameRows = 20_000
    /// Columns that a text is taken apart into.
    static let extractedFields = 50
    /// Rows of a table and cells of a heatmap's side that are kept.
    static let tableRows = 1000
    static let heatmapBuckets = 200
    /// Lines of a panel of logs.
    static let logLines = 200
    /// Lines that become rows of a table or points of a chart: as many as Grafana asks for.
    static let lineRows = 1000
    /// Bytes of a log line that are kept; more doesn't fit on any screen.
    static let logLineBytes = 4 << 10
    /// Characters of a text panel.
    static let textCharacters = 64 << 10
    /// Characters of an error's reason that are shown.
    static let reasonCharacters = 300
    /// Files that a library lists.
    static let files = 1000
    /// Refreshes more often than this cost more than they show.
    static let refreshSeconds: Double = 1
    /// Age of data, in refresh intervals, from which a panel says that it is stale.
    static let staleIntervals: Double = 3
    /// Samples older than this before a moment don't count at it: PromQL's own lookback, for the least $__rate_interval.
    static let scrapeMilliseconds: Int64 = 15_000
}
