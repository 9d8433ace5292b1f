/// Every cap of the query language, with its reason.
public enum PromQLLimits {
    /// Longer queries are refused before they are read: people write some hundred bytes, tools some thousand.
    public static let queryBytesMax = 128 << 10
    /// Nesting of parentheses, calls and signs; the parser descends once for each.
    public static let nestingMax = 64
    /// Height of the tree: a chain of binary operators grows it without nesting, and evaluating it descends as deep.
    public static let heightMax = 300
    /// 140,000 years in milliseconds: moments and durations below it can be added some hundred times without overflow.
    public static let millisecondsMax: Int64 = 1 << 52
    /// Points of time in one range query, as Prometheus's API has it.
    public static let stepsMax = 11_000
    /// Steps that a subquery may evaluate its inner expression at; bounds `[1y:1ms]`.
    public static let subqueryStepsMax = 1_000_000
    /// Annotations of one kind that a result carries; more are counted.
    public static let annotationsMax = 100
    /// Annotations that are kept apart while a query runs: some megabytes.
    public static let annotationsKeptMax = 10_000
    /// Longer queries aren't searched for expressions that stand more than once: each is written out for that.
    public static let repeatedTextBytesMax = 8 << 10
    /// Bytes that one query may hold. Ten thousand series of 11,000 points are 880 MiB.
    public static let memoryBytesMax = 1 << 30
    /// Bytes of results that are kept for queries asked again: some hundred panels of 50 series and 1,000 points.
    public static let resultCacheBytesMax = 64 << 20
    /// Quantiles that one `histogram_quantiles` call may name.
    public static let quantilesMax = 10
    /// A script for the runner: the longest in use is some 100 KiB.
    public static let scriptBytesMax = 8 << 20
    /// Points that one line of a script's `load` may expand to.
    public static let scriptPointsMax = 1_000_000
}
