import Foundations
import Model

/// What all parts of one running query share.
final class QueryContext {
    let options: EngineOptions
    /// The query's own moments, which `start()`, `end()`, `step()` and `range()` speak of.
    let grid: StepGrid
    let isInstant: Bool
    let annotations: Annotations
    let cancellation: CancellationFlag
    let memory: QueryMemory
    let counts: SampleCounts
    /// Nil where nobody asked for figures.
    let profile: QueryProfile?
    var plan = QueryPlan()
    var data = SelectedData()
    /// Values of expressions that stand more than once.
    var common = CommonValues()
    /// What an expression inside of a batch of series stands for there; nil outside of batches.
    let given: GivenColumns?
    private let deadline: Int64

    init(options: EngineOptions, grid: StepGrid, end: Int64, isInstant: Bool, profile: QueryProfile? = nil) {
        self.end = end
        self.options = options
        self.grid = grid
        self.isInstant = isInstant
        self.profile = profile
        annotations = Annotations()
        cancellation = CancellationFlag()
        memory = QueryMemory(bytesMax: options.memoryBytesMax)
        counts = SampleCounts(samplesMax: options.samplesMax)
        given = nil
        let nanoseconds = min(options.timeoutSeconds * 1e9, 1e18)
        deadline = options.clock.monotonicNanoseconds() + Int64(nanoseconds)
    }

    /// For a batch of series of the same query, whose selector or leaf has these values.
    init(_ query: QueryContext, data: SelectedData, given: GivenColumns) {
        end = query.end
        options = query.options
        grid = query.grid
        isInstant = query.isInstant
        profile = query.profile
        annotations = query.annotations
        cancellation = query.cancellation
        memory = query.memory
        counts = query.counts
        deadline = query.deadline
        self.data = data
        self.given = given
    }

    /// The end that was asked for; the last step may stand before it.
    let end: Int64
    var stepMilliseconds: Int64 { isInstant ? 0 : grid.step }
    /// From the first moment to the end that was asked for.
    var rangeMilliseconds: Int64 { end - grid.start }

    /// Throws where the query has run out of time or nobody waits for it. Call it once for every series.
    func check() throws {
        if Task.isCancelled || cancellation.isSet { throw QueryError.cancelled }
        if options.clock.monotonicNanoseconds() > deadline { throw QueryError.timeout(seconds: options.timeoutSeconds) }
    }

    /// Throws where so many points are more than a query may hold.
    func checkPoints(series: Int, steps: Int) throws {
        let (points, overflow) = series.multipliedReportingOverflow(by: steps)
        if overflow || points > options.samplesMax { throw QueryError.tooManySamples(limit: options.samplesMax) }
    }

    func milliseconds(_ duration: DurationExpression, isPositive: Bool = false) throws -> Int64 {
        do {
            return try duration.milliseconds(step: stepMilliseconds, range: rangeMilliseconds, isPositive: isPositive)
        } catch {
            throw QueryError.execution(error.description)
        }
    }

    /// What a selector looks at: milliseconds since 1970, both included.
    func bounds(of selector: SourceRange) -> (start: Int64, end: Int64)? {
        guard let node = plan.node(selector), let start = node.samplesFrom, let end = node.samplesThrough else { return nil }
        return (start, end)
    }

    /// The moment a selector looks at for a step, before its offset.
    func moment(_ at: AtModifier?, _ step: Int64) -> Int64 {
        switch at {
        case nil: step
        case .timestamp(let milliseconds): milliseconds
        case .start: grid.start
        case .end: end
        }
    }
}

/// Counts the samples that a query reads. Threads that work on one query share it.
final class SampleCounts: Sendable {
    let samplesMax: Int
    private let total = Locked(0)

    init(samplesMax: Int) { self.samplesMax = samplesMax }

    var samples: Int { total.withLock { $0 } }

    func add(_ samples: Int) throws(QueryError) {
        let sum = total.withLock { total in
            total += samples
            return total
        }
        if sum > samplesMax { throw .tooManySamples(limit: samplesMax) }
    }
}

/// The columns that stand for an expression while a batch of series is evaluated.
struct GivenColumns {
    let place: SourceRange
    /// Nil where the expression is evaluated over the batch's series.
    let columns: [Column]?
}
