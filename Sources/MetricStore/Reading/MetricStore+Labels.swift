import Foundations
import Model

extension MetricStore {
    /// Names of labels, or the values of one, of the series that satisfy any of the lists of matchers.
    ///
    /// In blocks their symbols are gathered, and each is looked up once; label sets are made only where deletions concern a block.
    func addLabels(_ selectors: [[Matcher]], _ start: Int64, _ end: Int64, valuesOf label: String?, to found: inout Set<[UInt8]>) throws {
        guard start <= end else { return }
        func add(_ labels: Labels) {
            if let label { labels.withValueBytes(of: label) { found.insert(Array($0)) } } else { labels.forEachBytes { name, _ in found.insert(Array(name)) } }
        }
        for matchers in selectors {
            for view in headViews(matchers, start, end) { add(view.labels) }
            let catalog = store.catalog.withLock { $0 }
            for block in catalog.blocks where block.start <= end && block.end >= start {
                if catalog.tombstones.contains(where: { $0.hides(block.number, from: block.start, through: block.end) }) {
                    try forEachSeries(of: block, matchers, start, end, catalog.tombstones) { labels, series, hidden in
                        if Self.hasVisible(series, in: block, hidden) { add(labels) }
                    }
                } else {
                    let symbols = try symbols(in: block, matchers, start, end, valuesOf: label)
                    _ = reading(block) { () throws(DamagedBytes) in
                        for symbol in symbols { found.insert(Array(try block.symbol(symbol))) }
                    }
                }
            }
        }
    }

    /// Symbols of the names, or of one label's values, of a block's series that match and overlap the range.
    private func symbols(in block: BlockReader, _ matchers: [Matcher], _ start: Int64, _ end: Int64, valuesOf label: String?) throws -> Set<Int> {
        var symbols: Set<Int> = []
        var numbers: [UInt32] = []
        var wanted: Int?
        let isResolved = reading(block) { () throws(DamagedBytes) in
            if let label { wanted = try block.findSymbol(Array(label.utf8)) }
            if label == nil || wanted != nil { numbers = try block.resolve(matchers) }
        }
        guard isResolved else { return [] }
        var ofSeries: [Int] = []
        for (index, number) in numbers.enumerated() {
            if index % Limits.seriesPerCancellationCheck == 0 { try Task.checkCancellation() }
            ofSeries.removeAll(keepingCapacity: true)
            _ = reading(block) { () throws(DamagedBytes) in
                var series = try block.entry(of: number) { (name, value) throws(DamagedBytes) in
                    if wanted == nil { ofSeries.append(name) } else if name == wanted { ofSeries.append(value) }
                }
                series.keepParts(from: start, through: end)
                if !series.isEmpty { symbols.formUnion(ofSeries) }
            }
        }
        return symbols
    }
}
