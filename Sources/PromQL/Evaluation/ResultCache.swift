import Foundations
import Model

/// Results of range queries that are asked again with a later end, as dashboards do: what still holds is kept, the rest is computed.
///
/// Bounded in bytes; the results used longest ago go first. One cache may serve many engines and tenants.
public final class ResultCache: Sendable {
    /// What the cache has done, and holds.
    public struct Figures: Hashable, Sendable {
        public var hits = 0
        public var misses = 0
        /// Steps that didn't have to be computed, and those that had to, of queries that the cache could have helped.
        public var stepsReused = 0
        public var stepsComputed = 0
        public var results = 0
        public var bytes = 0

        public init() {}
    }

    /// What must be the same for a result to be of use.
    struct Key: Hashable {
        let tenant: String
        let query: String
        let step: Int64
        /// Where the steps stand between the multiples of the step.
        let phase: Int64
        let lookback: Int64
        let subqueryStep: Int64
        let nameRemoval: EngineOptions.NameRemoval
        let extraConditions: LabelConditions
    }

    struct Entry {
        let grid: StepGrid
        let series: [Series]
        let mark: ChangeMark
        let bytes: Int
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses: UInt64 = 0
        var figures = Figures()
    }

    private let bytesMax: Int
    private let state = Locked(State())

    /// A result of more than a quarter of `bytesMax` isn't kept.
    public init(bytesMax: Int = PromQLLimits.resultCacheBytesMax) { self.bytesMax = bytesMax }

    public var figures: Figures { state.withLock { $0.figures } }

    /// Forgets everything.
    public func removeAll() {
        state.withLock { state in
            state.entries = [:]
            state.figures.results = 0
            state.figures.bytes = 0
        }
    }

    func entry(_ key: Key) -> Entry? {
        state.withLock { state in
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return state.entries[key]
        }
    }

    func count(reused: Int, computed: Int) {
        state.withLock { state in
            if reused > 0 { state.figures.hits += 1 } else { state.figures.misses += 1 }
            state.figures.stepsReused += reused
            state.figures.stepsComputed += computed
        }
    }

    func keep(_ series: [Series], of grid: StepGrid, mark: ChangeMark, for key: Key) {
        let bytes = series.reduce(256 + key.query.utf8.count) { $0 + 160 + $1.labels.encoded.count + $1.timestamps.count * 16 }
        guard bytes <= bytesMax / 4 else { return }
        state.withLock { state in
            state.uses += 1
            let old = state.entries.updateValue(Entry(grid: grid, series: series, mark: mark, bytes: bytes, lastUse: state.uses), forKey: key)
            state.figures.bytes += bytes - (old?.bytes ?? 0)
            while state.figures.bytes > bytesMax, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                state.entries[oldest.key] = nil
                state.figures.bytes -= oldest.value.bytes
            }
            state.figures.results = state.entries.count
        }
    }

    /// Whether an expression's value at a moment depends on nothing behind that moment, and not on where the query begins and ends.
    static func holds(_ expression: Expression, _ context: QueryContext) -> Bool {
        func isBehind(_ at: AtModifier?, _ offset: DurationExpression?) -> Bool {
            guard at == nil else { return false }
            guard let offset else { return true }
            // A duration that is none is said where the query is computed.
            do { return try context.milliseconds(offset) >= 0 } catch { return false }
        }
        switch expression.node {
        case .selector(let selector), .rangeSelector(let selector, _):
            if !isBehind(selector.at, selector.offset) || selector.rangeExtension == .smoothed { return false }
        case .subquery(let subquery):
            if !isBehind(subquery.at, subquery.offset) { return false }
        case .call(let function, _):
            if function == .start || function == .end || function == .range { return false }
        default: break
        }
        return expression.node.children.allSatisfy { holds($0, context) }
    }
}

extension Engine {
    /// A range query by way of the cache; nil where the cache can't be of use.
    func cached(_ expression: Expression, _ context: QueryContext) async throws(QueryError) -> QueryResult? {
        let grid = context.grid
        guard let cache = options.resultCache, grid.count > 1, expression.type == .vector, let mark = reader.changeMark(),
            ResultCache.holds(expression, context)
        else { return nil }
        let text = expression.description
        // Durations may be made of the query's range too.
        guard text.utf8.count <= PromQLLimits.repeatedTextBytesMax, !text.contains("range()") else { return nil }
        let key = ResultCache.Key(
            tenant: options.tenant, query: text, step: grid.step, phase: grid.start % grid.step, lookback: options.lookbackMilliseconds,
            subqueryStep: options.subqueryStepMilliseconds, nameRemoval: options.nameRemoval,
            extraConditions: options.extraConditions)
        guard let entry = cache.entry(key), let reused = reusable(entry, grid) else {
            let result = try await run(expression, context)
            cache.count(reused: 0, computed: grid.count)
            keep(result, of: grid, mark, key, cache)
            return result.cached("miss")
        }
        cache.count(reused: reused, computed: grid.count - reused)
        let known = entry.series.compactMap { $0.within(grid.start, grid.time(reused - 1)) }
        var result = QueryResult(value: .matrix(known))
        if reused < grid.count {
            let rest = StepGrid(start: grid.time(reused), step: grid.step, count: grid.count - reused)
            result = try await run(expression, QueryContext(options: options, grid: rest, end: context.end, isInstant: false, profile: context.profile))
            guard case .matrix(let fresh) = result.value else { return result }
            result.value = .matrix(Series.joined(known, fresh))
        }
        keep(result, of: grid, mark, key, cache)
        return result.cached("\(reused) of \(grid.count) steps")
    }

    /// How many of the first steps an earlier result has as they still are; nil where there are none.
    private func reusable(_ entry: ResultCache.Entry, _ grid: StepGrid) -> Int? {
        guard entry.grid.start <= grid.start, entry.grid.end >= grid.start else { return nil }
        // A value depends on samples up to its moment.
        let changed = reader.earliestChange(since: entry.mark)?.milliseconds ?? .max
        let last = min(entry.grid.end, grid.end, changed == .max ? .max : changed - 1)
        guard last >= grid.start else { return nil }
        return Int((last - grid.start) / grid.step) + 1
    }

    /// Keeps what has neither remarks, which would have to go when their steps do, nor histograms.
    private func keep(_ result: QueryResult, of grid: StepGrid, _ mark: ChangeMark, _ key: ResultCache.Key, _ cache: ResultCache) {
        guard result.warnings.isEmpty, result.infos.isEmpty, case .matrix(let series) = result.value, series.allSatisfy({ $0.histograms.isEmpty }) else { return }
        cache.keep(series, of: grid, mark: mark, for: key)
    }
}

extension QueryResult {
    fileprivate func cached(_ what: String) -> QueryResult {
        var result = self
        result.explanation?.cache = what
        return result
    }
}

extension Series {
    /// The floats between two moments, both included; nil where there are none.
    fileprivate func within(_ start: Int64, _ end: Int64) -> Series? {
        let low = timestamps.firstIndex { $0 >= start } ?? timestamps.count
        let high = (timestamps.lastIndex { $0 <= end } ?? -1) + 1
        guard low < high else { return nil }
        if low == 0, high == timestamps.count { return self }
        return Series(labels: labels, timestamps: Array(timestamps[low..<high]), values: Array(values[low..<high]))
    }

    /// Series of an earlier and of a later time, both sorted by labels.
    fileprivate static func joined(_ earlier: [Series], _ later: [Series]) -> [Series] {
        var result: [Series] = []
        result.reserveCapacity(max(earlier.count, later.count))
        var (left, right) = (0, 0)
        while left < earlier.count || right < later.count {
            if right == later.count || (left < earlier.count && earlier[left].labels < later[right].labels) {
                result.append(earlier[left])
                left += 1
            } else if left == earlier.count || earlier[left].labels != later[right].labels {
                result.append(later[right])
                right += 1
            } else {
                let one = later[right]
                result.append(
                    Series(
                        labels: one.labels, timestamps: earlier[left].timestamps + one.timestamps, values: earlier[left].values + one.values,
                        histograms: one.histograms))
                left += 1
                right += 1
            }
        }
        return result
    }
}
