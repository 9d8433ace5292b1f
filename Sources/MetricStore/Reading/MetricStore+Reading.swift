import Foundations
import Model

extension MetricStore: MetricReader {
    public func select(_ query: MetricQuery) async throws -> [Series] {
        let scan = try found(query)
        let cursor = StoreCursor(scan, from: query.start.milliseconds, through: query.end.milliseconds)
        var series: [Series] = []
        series.reserveCapacity(scan.labels.count)
        // Series with the same timestamps share the array.
        var shared: (number: UInt64, timestamps: [Int64]) = (0, [])
        for (index, labels) in scan.labels.enumerated() {
            if index % Limits.seriesPerCancellationCheck == 0 { try Task.checkCancellation() }
            try cursor.read(index) { view in
                if view.sampleCount == 0 { return }
                if view.timestampsNumber == 0 || view.timestampsNumber != shared.number { shared = (view.timestampsNumber, Array(view.timestamps)) }
                series.append(view.series(labels, timestamps: shared.timestamps))
            }
            try check(cursor.figures.samples, query.samplesMax)
        }
        return series
    }

    public func scan(_ query: MetricQuery) async throws -> any MetricScan { try found(query) }

    public func changeMark() -> ChangeMark? { ChangeMark(number: store.changes.withLock { $0.number }) }

    public func earliestChange(since mark: ChangeMark) -> Timestamp? {
        store.changes.withLock { $0.earliest(since: mark.number) }.map { Timestamp(milliseconds: $0) }
    }

    private func found(_ query: MetricQuery) throws -> StoreScan {
        var selected = SelectedSeries()
        guard query.start <= query.end else { return StoreScan(selected, blocks: [], store: store) }
        let (start, end) = (query.start.milliseconds, query.end.milliseconds)
        // The head first: what moves from it into a block meanwhile is then met twice rather than not at all.
        let views = headViews(query.matchers, start, end)
        let catalog = store.catalog.withLock { $0 }
        let blocks = catalog.blocks.filter { $0.reaches(start, end) }
        if catalog.tombstones.contains(where: { stone in blocks.contains { stone.hides($0.number, from: $0.start, through: $0.end) } }) {
            for (place, block) in blocks.enumerated() {
                try forEachSeries(of: block, query.matchers, start, end, catalog.tombstones) { selected.add($0, $1, block: place, $2) }
            }
        } else if !blocks.isEmpty {
            selected = try inBlocks(blocks, query.matchers)
        }
        for view in views { selected.add(view) }
        return StoreScan(selected, blocks: blocks, store: store)
    }

    /// Where blocks that no deletion concerns hold the series that match, at any time.
    private func inBlocks(_ blocks: [BlockReader], _ matchers: [Matcher]) throws -> SelectedSeries {
        let key = SelectionCache.Key(matchers: matchers, blocks: blocks.map(\.number))
        if let known = store.selections.withLock({ $0.selected(key) }) { return known }
        var selected = SelectedSeries()
        var isWhole = true
        for (place, block) in blocks.enumerated() {
            let isRead = try forEachSeries(of: block, matchers, .min, .max, []) { selected.add($0, $1, block: place, $2) }
            isWhole = isWhole && isRead
        }
        // What couldn't be read is tried again.
        if isWhole { store.selections.withLock { $0.keep(selected, for: key) } }
        return selected
    }

    private func check(_ count: Int, _ samplesMax: Int?) throws {
        if let samplesMax, count > samplesMax { throw ReadLimitError(what: "samples", limit: samplesMax) }
    }

    public func series(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [Labels] {
        let sorted = try labelSets(selectors, start.milliseconds, end.milliseconds).sorted()
        return limit.map { Array(sorted.prefix(max(0, $0))) } ?? sorted
    }

    public func labelNames(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] {
        var names: Set<[UInt8]> = []
        if selectors.isEmpty {
            try addNames(start.milliseconds, end.milliseconds, to: &names)
        } else {
            try addLabels(selectors, start.milliseconds, end.milliseconds, valuesOf: nil, to: &names)
        }
        return Self.sorted(names, limit)
    }

    public func labelValues(_ name: String, _ selectors: [[Matcher]], start: Timestamp, end: Timestamp, limit: Int?) async throws -> [String] {
        var values: Set<[UInt8]> = []
        if selectors.isEmpty {
            try addValues(of: Array(name.utf8), start.milliseconds, end.milliseconds, to: &values)
        } else {
            try addLabels(selectors, start.milliseconds, end.milliseconds, valuesOf: name, to: &values)
        }
        return Self.sorted(values, limit)
    }

    public func metadata() async throws -> [String: Metadata] { store.head.withLock { $0.metadata } }

    /// The exemplars in memory of the series that satisfy any of the lists of matchers, sorted by labels; each series' in order of time.
    public func exemplars(_ selectors: [[Matcher]], start: Timestamp, end: Timestamp) async throws -> [(labels: Labels, exemplars: [Exemplar])] {
        let found = store.head.withLock { head in
            Postings.union((selectors.isEmpty ? [[]] : selectors).map { head.matching($0) }).compactMap { number -> (labels: Labels, exemplars: [Exemplar])? in
                head.rare[number].map { (head.labels(of: number), $0.exemplars) }
            }
        }
        return found.map { series in
            (series.labels, series.exemplars.filter { $0.sample.timestamp >= start.milliseconds && $0.sample.timestamp <= end.milliseconds })
        }.filter { !$0.exemplars.isEmpty }.sorted { $0.labels < $1.labels }
    }

    private static func sorted(_ texts: Set<[UInt8]>, _ limit: Int?) -> [String] {
        let sorted = texts.sorted { $0.lexicographicallyPrecedes($1) }
        return sorted.prefix(max(0, limit ?? sorted.count)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Copies of the head's series that match and may have something in the range.
    func headViews(_ matchers: [Matcher], _ start: Int64, _ end: Int64) -> [HeadSeriesView] {
        store.head.withLock { head in
            head.matching(matchers).compactMap { number in
                head.mayHaveData(number, from: start, through: end) ? head.view(number, from: start, through: end) : nil
            }
        }
    }

    func reading(_ block: BlockReader, _ body: () throws(DamagedBytes) -> Void) -> Bool { store.reading(block, body) }

    /// Visits a block's series that match and overlap the range, with the deletions that hide parts of them. False where damage hides some.
    @discardableResult func forEachSeries(
        of block: BlockReader, _ matchers: [Matcher], _ start: Int64, _ end: Int64, _ tombstones: [Tombstone],
        _ visit: (Labels, BlockSeries, [Tombstone]) throws -> Void
    ) throws -> Bool {
        let stones = tombstones.filter { $0.hides(block.number, from: max(start, block.start), through: min(end, block.end)) }
        var numbers: [UInt32] = []
        guard reading(block, { () throws(DamagedBytes) in numbers = try block.resolve(matchers) }) else { return false }
        var isWhole = true
        for (index, number) in numbers.enumerated() {
            if index % Limits.seriesPerCancellationCheck == 0 { try Task.checkCancellation() }
            var found: (labels: Labels, series: BlockSeries)?
            guard reading(block, { () throws(DamagedBytes) in found = try block.series(number) }), var found else {
                isWhole = false
                continue
            }
            found.series.keepParts(from: start, through: end)
            if found.series.isEmpty { continue }
            try visit(found.labels, found.series, stones.filter { $0.matchers.matches(found.labels) })
        }
        return isWhole
    }

    /// Whether something is left that no deletion hides as a whole. Of downsampled columns alone, the block's ends decide.
    static func hasVisible(_ series: BlockSeries, in block: BlockReader, _ hidden: [Tombstone]) -> Bool {
        if series.parts.isEmpty { return !hidden.contains { $0.start <= block.start && $0.end >= block.end } }
        return series.parts.contains { part in !hidden.contains { $0.start <= part.start && $0.end >= part.end } }
    }

    /// Label sets with data in the range. Within a block or a chunk, its ends decide.
    private func labelSets(_ selectors: [[Matcher]], _ start: Int64, _ end: Int64) throws -> Set<Labels> {
        var sets: Set<Labels> = []
        guard start <= end else { return sets }
        for matchers in selectors.isEmpty ? [[]] : selectors {
            for view in headViews(matchers, start, end) { sets.insert(view.labels) }
            let catalog = store.catalog.withLock { $0 }
            for block in catalog.blocks where block.start <= end && block.end >= start {
                try forEachSeries(of: block, matchers, start, end, catalog.tombstones) { labels, series, hidden in
                    if Self.hasVisible(series, in: block, hidden) { sets.insert(labels) }
                }
            }
        }
        return sets
    }

    /// Names of all labels, by the index alone where no deletion is in the way.
    private func addNames(_ start: Int64, _ end: Int64, to names: inout Set<[UInt8]>) throws {
        guard start <= end else { return }
        store.head.withLock { head in
            head.index.forEachName { name in
                if !names.contains(name), head.hasData(name: name, from: start, through: end) { names.insert(name) }
            }
        }
        try forEachIndex(start, end) { (block) throws(DamagedBytes) in
            names.formUnion(try block.names())
        } visit: { labels in
            labels.forEachBytes { name, _ in names.insert(Array(name)) }
        }
    }

    /// Values of one label, by the index alone where no deletion is in the way.
    private func addValues(of name: [UInt8], _ start: Int64, _ end: Int64, to values: inout Set<[UInt8]>) throws {
        guard start <= end else { return }
        store.head.withLock { head in
            head.index.forEachValue(name: name) { value, series in
                if head.hasData(series, from: start, through: end) { values.insert(Array(value)) }
            }
        }
        let label = String(decoding: name, as: UTF8.self)
        try forEachIndex(start, end) { (block) throws(DamagedBytes) in
            try block.forEachValue(name: name) { (value, _) throws(DamagedBytes) in values.insert(Array(value)) }
        } visit: { labels in
            labels.withValueBytes(of: label) { values.insert(Array($0)) }
        }
    }

    /// Takes each block of the range whole, or, where deletions concern it, visits the label sets that are left.
    private func forEachIndex(
        _ start: Int64, _ end: Int64, whole: (BlockReader) throws(DamagedBytes) -> Void, visit: (Labels) -> Void
    ) throws {
        let catalog = store.catalog.withLock { $0 }
        for block in catalog.blocks where block.start <= end && block.end >= start {
            if catalog.tombstones.contains(where: { $0.hides(block.number, from: block.start, through: block.end) }) {
                try forEachSeries(of: block, [], start, end, catalog.tombstones) { labels, series, hidden in
                    if Self.hasVisible(series, in: block, hidden) { visit(labels) }
                }
            } else {
                _ = reading(block) { () throws(DamagedBytes) in try whole(block) }
            }
        }
    }
}
