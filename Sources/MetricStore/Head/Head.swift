import Foundations
import Model

/// The newest data, in memory: series by number, and what belongs to no series. Behind a lock; numbers hold only while it is held,
/// except for the committer, which alone adds series and lets them be renumbered.
struct Head: PostingSource, Sendable {
    private(set) var series: [HeadSeries] = []
    private var table = SeriesTable()
    private(set) var index = HeadIndex()
    /// By agent: the highest sequence whose batch is stored.
    var marks: [String: UInt64] = [:]
    var metadata: [String: Metadata] = [:]
    /// Milliseconds; of everything acknowledged since the store was made, blocks included.
    private(set) var newest = Int64.min
    let blockMilliseconds: Int64

    init(blockMilliseconds: Int64) { self.blockMilliseconds = blockMilliseconds }

    var seriesCount: Int { series.count }

    @inline(__always) func find(_ labels: [UInt8], hash: UInt64) -> UInt32? {
        table.find(hash) { haveEqualBytes(series[Int($0)].labels.encoded, labels) }
    }

    /// The number of a series that isn't there yet.
    mutating func add(_ labels: Labels, hash: UInt64) -> UInt32 {
        let number = UInt32(series.count)
        series.append(HeadSeries(labels: labels, hash: hash))
        table.insert(number, hash: hash) { [series] in series[Int($0)].hash }
        index.add(labels, as: number)
        return number
    }

    mutating func findOrAdd(_ labels: Labels) -> UInt32 {
        let hash = labels.encoded.withUnsafeBytes { memoryHash($0) }
        return find(labels.encoded, hash: hash) ?? add(labels, hash: hash)
    }

    /// What the log segment calls a series; nil where it doesn't know it yet.
    @inline(__always) func reference(of number: UInt32, in segment: UInt32) -> UInt32? {
        let one = series.withUnsafeBufferPointer { ($0[Int(number)].logReference, $0[Int(number)].logSegment) }
        return one.1 == segment ? one.0 : nil
    }

    @inline(__always) mutating func setReference(of number: UInt32, to reference: UInt32, in segment: UInt32) {
        series[Int(number)].logReference = reference
        series[Int(number)].logSegment = segment
    }

    @inline(__always) mutating func append(_ number: UInt32, _ timestamp: Int64, _ value: UInt64) {
        series[Int(number)].append(timestamp, value, blockMilliseconds: blockMilliseconds)
        if timestamp > newest { newest = timestamp }
    }

    mutating func append(_ number: UInt32, _ histogram: HistogramSample) {
        series[Int(number)].append(histogram)
        newest = max(newest, histogram.timestamp)
    }

    mutating func append(_ number: UInt32, _ exemplar: Exemplar) { series[Int(number)].append(exemplar) }

    mutating func noteNewest(_ timestamp: Int64) { newest = max(newest, timestamp) }

    mutating func update<Result>(_ number: UInt32, _ body: (inout HeadSeries) -> Result) -> Result { body(&series[Int(number)]) }

    /// Keeps a family's metadata; false where there is no room for another.
    mutating func setMetadata(_ name: String, _ value: Metadata) -> Bool {
        guard metadata.count < Limits.metadataMax || metadata[name] != nil else { return false }
        metadata[name] = value
        return true
    }

    /// Removes the floats, histograms and exemplars of the series that match within the range, ends included.
    mutating func delete(_ matchers: [Matcher], from start: Int64, through end: Int64) {
        for number in matching(matchers) { series[Int(number)].delete(from: start, through: end, blockMilliseconds: blockMilliseconds) }
    }

    /// Gives up series without data, where they are enough to be worth numbering the rest anew.
    mutating func collectEmpty() {
        let kept = series.filter { $0.hasData }
        guard (series.count - kept.count) * 10 >= series.count, kept.count < series.count else { return }
        series = []
        table = SeriesTable(minimumCapacity: kept.count)
        index = HeadIndex()
        series.reserveCapacity(kept.count)
        for one in kept {
            let number = UInt32(series.count)
            series.append(one)
            table.insert(number, hash: one.hash) { [series] in series[Int($0)].hash }
            index.add(one.labels, as: number)
        }
    }

    /// Matchers over memory can't meet damaged bytes.
    func matching(_ matchers: [Matcher]) -> [UInt32] {
        do { return try resolve(matchers) } catch { preconditionFailure("the head's index reported \(error)") }
    }

    func postings(name: [UInt8], value: [UInt8]) throws(DamagedBytes) -> [UInt32] { index.postings(name: name, value: value) }
    func valueCount(name: [UInt8]) throws(DamagedBytes) -> Int { index.valueCount(name: name) }
    func labels(_ number: UInt32) throws(DamagedBytes) -> Labels { series[Int(number)].labels }

    func forEachValue(
        name: [UInt8], _ body: (UnsafeRawBufferPointer, () throws(DamagedBytes) -> [UInt32]) throws(DamagedBytes) -> Void
    ) throws(DamagedBytes) {
        try index.forEachValue(name: name) { (value, list) throws(DamagedBytes) in
            try body(value) { () throws(DamagedBytes) in list }
        }
    }

    /// Whether any of the series may have something in the range.
    func hasData(_ series: [UInt32], from start: Int64, through end: Int64) -> Bool {
        series.contains { self.series[Int($0)].view.mayHaveData(from: start, through: end) }
    }

    /// Whether any series with this label may have something in the range.
    func hasData(name: [UInt8], from start: Int64, through end: Int64) -> Bool {
        var found = false
        index.forEachValue(name: name) { _, series in
            if !found { found = hasData(series, from: start, through: end) }
        }
        return found
    }

    /// An estimate of all it takes.
    var bytes: Int { table.bytes + index.bytes + series.capacity * MemoryLayout<HeadSeries>.stride }
}
