import Foundations
import Model

/// How queries are evaluated, and what one may cost.
public struct EngineOptions: Sendable {
    /// When functions and operators take the metric's name away.
    public enum NameRemoval: Hashable, Sendable {
        /// At once: a later operator doesn't see it.
        case immediate
        /// With the result: `label_replace` and grouping can still use it.
        case delayed
    }

    /// How far an instant selector looks back for a sample. Above 0.
    public var lookbackMilliseconds: Int64
    /// Samples that a query may read, and points that one of its expressions may give.
    public var samplesMax: Int
    /// Bytes that a query may hold at a time: decoded samples, values of expressions, groups, the result.
    public var memoryBytesMax: Int
    /// Threads that may help a query's own; no more than there are further cores run, whatever is asked for.
    public var helpersMax: Int
    public var timeoutSeconds: Double
    public var clock: any WallClock
    public var nameRemoval: NameRemoval
    /// Whether a series' `__type__` says that it is a counter. Without, its name's ending does.
    public var judgesCountersByType = true
    /// The step of a subquery that names none.
    public var subqueryStepMilliseconds: Int64

    /// Where results of range queries are kept for the next time; nil computes everything. What a request's `nocache=1` sets to nil.
    public var resultCache: ResultCache?
    /// Keeps results of readers apart that share a cache.
    public var tenant = ""
    /// Conditions that every series must fulfil which a query reads, beside those of its selectors: the query is evaluated as if there were
    /// no other series. They only ever narrow.
    public var extraConditions = LabelConditions()
    /// Everything goes the general way: without kernels, fused aggregations, shared values and helping threads. What tests compare with.
    var isGeneral = false
    /// Samples from which on threads help.
    var helpedSamplesMin = QueryWorkers.samplesMin

    public init(
        lookbackMilliseconds: Int64 = 300_000, samplesMax: Int = 500_000_000, timeoutSeconds: Double = 30, clock: any WallClock = SystemClock(),
        nameRemoval: NameRemoval = .immediate, subqueryStepMilliseconds: Int64 = 60_000,
        memoryBytesMax: Int = PromQLLimits.memoryBytesMax, helpersMax: Int = .max
    ) {
        precondition(lookbackMilliseconds > 0 && subqueryStepMilliseconds > 0)
        self.lookbackMilliseconds = lookbackMilliseconds
        self.samplesMax = samplesMax
        self.memoryBytesMax = memoryBytesMax
        self.helpersMax = helpersMax
        self.timeoutSeconds = timeoutSeconds
        self.clock = clock
        self.nameRemoval = nameRemoval
        self.subqueryStepMilliseconds = subqueryStepMilliseconds
    }
}
