import Foundations
import Model

/// What all parts of one running query share.
final class QueryContext {
    let options: EngineOptions
    /// The query's own moments, which `start()`, `end()`, `step()` and `range()` speak of.
    let grid: StepGrid
    let isInstant: Bool
    let annotations = Annotations()
    let cancellation = CancellationFlag()
    var data = SelectedData()
    private let deadline: Int64

    init(options: EngineOptions, grid: StepGrid, end: Int64, isInstant: Bool) {
        self.end = end
        self.options = options
        self.grid = grid
        self.isInstant = isInstant
        let nanoseconds = min(options.timeoutSeconds * 1e9, 1e18)
        deadline = options.clock.monotonicNanoseconds() + Int64(nanoseconds)
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
            let value = try duration.milliseconds(step: stepMilliseconds, range: rangeMilliseconds)
            if isPositive, value <= 0 { throw QueryError.execution("duration must be greater than 0") }
            return value
        } catch let problem as DurationExpression.Problem {
            throw QueryError.execution(problem.description)
        }
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
