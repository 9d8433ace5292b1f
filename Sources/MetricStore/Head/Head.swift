import Foundations
import Model

/// The newest data, in memory: series by number, and what belongs to no series. Behind a lock; numbers hold only while it is held,
/// except for the committer, which alone adds series and lets them be renumbered.
///
/// Of each series it keeps one `HeadSlot`, its labels as numbers of pairs in the index, and its chunks as bits in one pool: nothing of
/// a usual series is an allocation of its own.
struct Head: PostingSource, ~Copyable, Sendable {
    var slots = Slab<HeadSlot>()
    var chunks = ChunkTable()
    private(set) var index = HeadIndex()
    private var table = SeriesTable()
    /// What few series have, by number.
    var rare: [UInt32: RareParts] = [:]
    /// By agent: the highest sequence whose batch is stored.
    var marks: [String: UInt64] = [:]
    var metadata: [String: Metadata] = [:]
    /// Milliseconds; of everything acknowledged since the store was made, blocks included.
    private(set) var newest = Int64.min
    let blockMilliseconds: Int64
    /// The block's range that was looked at last: most samples belong into it.
    var blockRange: Range<Int64> = 0..<0

    init(blockMilliseconds: Int64) { self.blockMilliseconds = blockMilliseconds }

    var seriesCount: Int { slots.count }

    // MARK: Series

    /// The series with these canonical bytes as labels.
    @inline(__always) func find(_ labels: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
        table.find(hash) { index.areEqual(slots[Int($0)].labels, labels) }
    }

    /// The same; `known` are the labels of the series that was found before, and become those of the one that is found.
    @inline(__always) func find(_ labels: UnsafeRawBufferPointer, hash: UInt64, like known: inout HeadIndex.KnownLabels) -> UInt32? {
        if known.bytes.baseAddress == nil {
            let found = find(labels, hash: hash)
            if let found { known = HeadIndex.KnownLabels(start: slots[Int(found)].labels, bytes: labels) }
            return found
        }
        let before = known
        let found = table.find(hash) { index.areEqual(slots[Int($0)].labels, labels, like: before) }
        if let found { known = HeadIndex.KnownLabels(start: slots[Int(found)].labels, bytes: labels) }
        return found
    }

    /// The number of a series that isn't there yet.
    mutating func add(_ labels: UnsafeRawBufferPointer, hash: UInt64) -> UInt32 {
        let number = UInt32(slots.count)
        slots.append(HeadSlot(labels: index.add(labels, as: number)))
        table.insert(number, hash: hash)
        return number
    }

    mutating func findOrAdd(_ labels: UnsafeRawBufferPointer) -> UInt32 {
        let hash = memoryHash(labels)
        return find(labels, hash: hash) ?? add(labels, hash: hash)
    }

    /// What the current log segment calls a series; nil where it doesn't know it yet.
    @inline(__always) func reference(of number: UInt32) -> UInt32? {
        let reference = slots[Int(number)].logReference
        return reference == 0 ? nil : reference &- 1
    }

    @inline(__always) mutating func setReference(of number: UInt32, to reference: UInt32?) {
        slots.pointer(Int(number)).pointee.logReference = reference.map { $0 + 1 } ?? 0
    }

    /// For a new segment of the log, which knows no series.
    mutating func forgetReferences() {
        for number in 0..<slots.count { slots.pointer(number).pointee.logReference = 0 }
    }

    func labels(of number: UInt32) -> Labels { index.labels(at: slots[Int(number)].labels) }

    /// Appends the canonical bytes of a series' labels.
    func appendLabels(of number: UInt32, to bytes: inout [UInt8]) { index.append(slots[Int(number)].labels, to: &bytes) }

    /// Puts series in order of their labels. `ranks` are those of the index, made when all of the series were there.
    func sort(_ numbers: inout [UInt32], ranks: [UInt32]) {
        ranks.withUnsafeBufferPointer { ranks in
            numbers.sort { index.isBefore(slots[Int($0)].labels, slots[Int($1)].labels, ranks: ranks) }
        }
    }

    mutating func noteNewest(_ timestamp: Int64) { newest = max(newest, timestamp) }

    /// Keeps a family's metadata; false where there is no room for another.
    mutating func setMetadata(_ name: String, _ value: Metadata) -> Bool {
        guard metadata.count < Limits.metadataMax || metadata[name] != nil else { return false }
        metadata[name] = value
        return true
    }

    /// Gives up series without data, where they are enough to be worth numbering the rest anew.
    mutating func collectEmpty() {
        let kept = (0..<UInt32(slots.count)).filter { hasData($0) }
        guard (slots.count - kept.count) * 10 >= slots.count, kept.count < slots.count else { return }
        var newSlots = Slab<HeadSlot>(minimumCapacity: kept.count)
        var newTable = SeriesTable(minimumCapacity: kept.count)
        var newIndex = HeadIndex()
        var newRare: [UInt32: RareParts] = [:]
        var labels: [UInt8] = []
        for (place, number) in kept.enumerated() {
            labels.removeAll(keepingCapacity: true)
            appendLabels(of: number, to: &labels)
            var slot = slots[Int(number)]
            labels.withUnsafeBytes { bytes in
                slot.labels = newIndex.add(bytes, as: UInt32(place))
                newTable.insert(UInt32(place), hash: memoryHash(bytes))
            }
            newSlots.append(slot)
            if let parts = rare[number] { newRare[UInt32(place)] = parts }
        }
        slots = newSlots
        table = newTable
        index = newIndex
        rare = newRare
    }

    // MARK: Questions

    /// Matchers over memory can't meet damaged bytes.
    func matching(_ matchers: [Matcher]) -> [UInt32] {
        do { return try resolve(matchers) } catch { preconditionFailure("the head's index reported \(error)") }
    }

    func postings(name: [UInt8], value: [UInt8]) throws(DamagedBytes) -> [UInt32] { index.postings(name: name, value: value) }
    func valueCount(name: [UInt8]) throws(DamagedBytes) -> Int { index.valueCount(name: name) }
    func labels(_ number: UInt32) throws(DamagedBytes) -> Labels { labels(of: number) }

    func forEachValue(
        name: [UInt8], _ body: (UnsafeRawBufferPointer, () throws(DamagedBytes) -> [UInt32]) throws(DamagedBytes) -> Void
    ) throws(DamagedBytes) {
        try index.forEachValue(name: name) { (value, list) throws(DamagedBytes) in
            try body(value) { () throws(DamagedBytes) in list }
        }
    }

    /// Whether any of the series may have something in the range.
    func hasData(_ series: [UInt32], from start: Int64, through end: Int64) -> Bool {
        series.contains { mayHaveData($0, from: start, through: end) }
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
    var bytes: Int { table.bytes + index.bytes + slots.bytes + chunks.bytes + rare.values.reduce(0) { $0 + $1.bytes } }
}
