/// Caps of the query language, each with its reason.
enum Limits {
    /// A query is written by people or dashboards; longer ones are refused before they are read.
    static let queryBytesMax = 64 << 10
    /// Brackets, and so the parser's recursion, go no deeper.
    static let depthMax = 64
    /// A metric query holds each sample of its range in memory: 16 bytes each.
    static let samplesMax = 5_000_000
    /// Series of a metric query; more can't be looked at, and are mostly a mistake in the grouping.
    static let seriesMax = 20_000
    /// Cells of time that a metric query asks a reader to count by; more are counted line by line.
    static let tallyCellsMax: Int64 = 11_000
    /// Steps of a range query, as in Prometheus.
    static let stepsMax = 11_000
    /// Fields, and values of each, that are told of a sample of lines: Loki's defaults are of this order.
    static let detectedFieldsMax = 2_000
    static let detectedValuesMax = 10_000
    /// Lines around which others are looked for in one query: each costs two small scans.
    static let contextHitsMax = 500
    /// Steps of patterns where the request doesn't say: readers keep counts by the minute.
    static let patternStepNanosecondsMin: Int64 = 60_000_000_000
    /// Bytes of lines in one result: far more than a screen, and what a client can still parse.
    static let resultBytesMax = 256 << 20
    /// How far to either side the lines around a line are looked for: a day.
    static let contextNanosecondsMax: Int64 = 86_400_000_000_000
    /// How far back labels of streams are known to a live tail with added conditions: a day, as streams that matter wrote within it.
    static let tailLabelsNanoseconds: Int64 = 86_400_000_000_000
    /// Labels that a parser may take out of one line.
    static let extractedLabelsMax = 256
    /// Levels of nesting that the JSON parser follows.
    static let jsonDepthMax = 16
    /// A line that is longer is not parsed as JSON; the store cuts lines at the same length.
    static let jsonBytesMax = 1 << 20
    /// What a template may make of one line: as long as the longest line of the store.
    static let templateOutputBytesMax = 1 << 20
    /// Steps of a template on one line: ends a `range` over a list that a line brings.
    static let templateStepsMax = 10_000
    /// Expressions of templates kept compiled; a query names a few.
    static let templatePatternsMax = 64
}
