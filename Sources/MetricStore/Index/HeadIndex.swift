import Foundations
import Model

/// The labels of the series in memory, and the series that have them.
///
/// A pair of name and value is kept once and numbered; a series' labels are the numbers of its pairs.
struct HeadIndex: ~Copyable, Sendable {
    struct Pair: BitwiseCopyable {
        /// Of the canonical bytes of name and value, in `text`.
        var start: UInt32
        var count: UInt32
        /// Place among `names`.
        var name: UInt32
        var seriesCount: UInt32
        /// The only series, or the place of the list of them in `lists`.
        var series: UInt32
    }

    struct Name {
        let text: [UInt8]
        /// Its values.
        var pairs: [UInt32] = []
    }

    private var text = Slab<UInt8>()
    private var pairs = Slab<Pair>()
    private var table = SeriesTable()
    private var names: [Name] = []
    private var namesByText: [[UInt8]: UInt32] = [:]
    private var lists: [[UInt32]] = []
    /// For each series: the number of its pairs, then these in order of name.
    private var labels = Slab<UInt32>()
    /// Where the labels stand that were added last: the next series often shares most of them.
    private var lastLabels: Int?
    private var listedCount = 0

    /// An estimate.
    var bytes: Int { text.bytes + pairs.bytes + table.bytes + labels.bytes + listedCount * 5 + lists.count * 40 }

    // MARK: Labels of a series

    /// Adds a series, whose number is above all that were added before; `encoded` is canonical. Returns where its labels stand.
    mutating func add(_ encoded: UnsafeRawBufferPointer, as series: UInt32) -> UInt32 {
        let start = labels.count
        labels.append(0)
        var place = 0
        var offset = 0
        while offset < encoded.count {
            let count = pairBytes(encoded, at: offset)
            let pair = number(of: UnsafeRawBufferPointer(rebasing: encoded[offset..<offset + count]), like: place)
            labels.append(pair)
            list(series, under: pair)
            place += 1
            offset += count
        }
        labels[start] = UInt32(place)
        lastLabels = start
        return UInt32(start)
    }

    /// Bytes of the pair that stands at an offset of canonical bytes.
    @inline(__always) private func pairBytes(_ encoded: UnsafeRawBufferPointer, at offset: Int) -> Int {
        var reader = ByteReader(encoded, offset: offset)
        let isWhole = reader.readLengthPrefixed() != nil && reader.readLengthPrefixed() != nil
        precondition(isWhole, "labels that aren't canonical")
        return reader.offset - offset
    }

    @inline(__always) private func bytes(of pair: UInt32) -> UnsafeRawBufferPointer {
        let one = pairs[Int(pair)]
        return UnsafeRawBufferPointer(start: text.base + Int(one.start), count: Int(one.count))
    }

    /// Whether the labels that stand there have these canonical bytes.
    @inline(__always) func areEqual(_ start: UInt32, _ encoded: UnsafeRawBufferPointer) -> Bool {
        let first = labels.pointer(Int(start))
        var offset = 0
        for place in 1..<max(1, Int(first.pointee) + 1) {
            let pair = pairs.pointer(Int(first[place]))
            let count = Int(pair.pointee.count)
            guard count <= encoded.count - offset,
                isEqualMemory(encoded.baseAddress! + offset, UnsafeRawPointer(text.base + Int(pair.pointee.start)), count)
            else { return false }
            offset += count
        }
        return offset == encoded.count
    }

    /// The same, where another series' labels and their bytes are known to fit: what both share at their ends is compared as a whole.
    @inline(__always) func areEqual(_ start: UInt32, _ encoded: UnsafeRawBufferPointer, like known: KnownLabels) -> Bool {
        let first = labels.pointer(Int(start))
        let other = labels.pointer(Int(known.start))
        let count = Int(first.pointee)
        guard count == Int(other.pointee), let bytes = known.bytes.baseAddress else { return areEqual(start, encoded) }
        var head = count
        while head > 0, first[head] == other[head] { head &-= 1 }
        var offset = 0
        var knownOffset = 0
        var place = 1
        while place <= head {
            let pair = pairs.pointer(Int(first[place]))
            let length = Int(pair.pointee.count)
            guard length <= encoded.count &- offset,
                isEqualMemory(encoded.baseAddress! + offset, UnsafeRawPointer(text.base + Int(pair.pointee.start)), length)
            else { return false }
            offset &+= length
            knownOffset &+= Int(pairs.pointer(Int(other[place])).pointee.count)
            place &+= 1
        }
        let rest = encoded.count &- offset
        return rest == known.bytes.count &- knownOffset && isEqualMemory(encoded.baseAddress! + offset, bytes + knownOffset, rest)
    }

    /// Labels of a series, and their canonical bytes as they stand elsewhere.
    struct KnownLabels {
        var start: UInt32 = 0
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    func labels(at start: UInt32) -> Labels {
        let first = labels.pointer(Int(start))
        var size = 0
        for place in 0..<Int(first.pointee) { size += Int(pairs[Int(first[place + 1])].count) }
        return Labels(uncheckedEncoded: [UInt8](unsafeUninitializedCapacity: size) { output, count in
            for place in 0..<Int(first.pointee) {
                let bytes = bytes(of: first[place + 1])
                UnsafeMutableRawPointer(output.baseAddress! + count).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
                count += bytes.count
            }
        })
    }

    /// Appends the canonical bytes of the labels that stand there.
    func append(_ start: UInt32, to bytes: inout [UInt8]) {
        let first = labels.pointer(Int(start))
        for place in 0..<Int(first.pointee) { bytes.append(contentsOf: self.bytes(of: first[place + 1])) }
    }

    /// For each pair its place in the order of names and values, so that series can be put in order of labels by numbers alone.
    func ranks() -> [UInt32] {
        let order = (0..<UInt32(pairs.count)).sorted { Self.isBefore(bytes(of: $0), bytes(of: $1)) }
        var ranks = [UInt32](repeating: 0, count: order.count)
        for (rank, pair) in order.enumerated() { ranks[Int(pair)] = UInt32(rank) }
        return ranks
    }

    /// Whether the labels at one place come before those at another; `ranks` as `ranks()` made them, or later ones.
    @inline(__always) func isBefore(_ left: UInt32, _ right: UInt32, ranks: UnsafeBufferPointer<UInt32>) -> Bool {
        let (one, other) = (labels.pointer(Int(left)), labels.pointer(Int(right)))
        let shared = min(one.pointee, other.pointee)
        for place in 1..<max(1, Int(shared) + 1) where one[place] != other[place] { return ranks[Int(one[place])] < ranks[Int(other[place])] }
        return one.pointee < other.pointee
    }

    private static func isBefore(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        var (one, other) = (ByteReader(left), ByteReader(right))
        for _ in 0..<2 {
            guard let first = one.readLengthPrefixed(), let second = other.readLengthPrefixed() else { return false }
            let order = compareBytes(first, second)
            if order != 0 { return order < 0 }
        }
        return false
    }

    // MARK: Pairs

    /// The number of a pair, new or known. `place` is where it stands in its series.
    @inline(__always) private mutating func number(of bytes: UnsafeRawBufferPointer, like place: Int) -> UInt32 {
        if let lastLabels, place < Int(labels[lastLabels]) {
            let guess = labels[lastLabels + 1 + place]
            if isEqual(guess, bytes) { return guess }
        }
        let hash = memoryHash(bytes)
        return find(bytes, hash) ?? addPair(bytes, hash)
    }

    @inline(__always) private func find(_ bytes: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32? { table.find(hash) { isEqual($0, bytes) } }

    @inline(__always) private func isEqual(_ pair: UInt32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let one = pairs[Int(pair)]
        return Int(one.count) == bytes.count && isEqualMemory(bytes.baseAddress!, UnsafeRawPointer(text.base + Int(one.start)), bytes.count)
    }

    private mutating func addPair(_ bytes: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        let pair = UInt32(pairs.count)
        precondition(text.count + bytes.count <= Int(UInt32.max), "over 4 GiB of label texts")
        var reader = ByteReader(bytes)
        let name = nameNumber(Array(reader.readLengthPrefixed()!))
        pairs.append(Pair(start: UInt32(text.count), count: UInt32(bytes.count), name: name, seriesCount: 0, series: 0))
        text.append(contentsOf: bytes.bindMemory(to: UInt8.self))
        names[Int(name)].pairs.append(pair)
        table.insert(pair, hash: hash)
        return pair
    }

    private mutating func nameNumber(_ text: [UInt8]) -> UInt32 {
        if let number = namesByText[text] { return number }
        let number = UInt32(names.count)
        names.append(Name(text: text))
        namesByText[text] = number
        return number
    }

    @inline(__always) private mutating func list(_ series: UInt32, under pair: UInt32) {
        let one = pairs.pointer(Int(pair))
        listedCount += 1
        switch one.pointee.seriesCount {
        case 0: one.pointee.series = series
        case 1:
            lists.append([one.pointee.series, series])
            one.pointee.series = UInt32(lists.count - 1)
        default: lists[Int(one.pointee.series)].append(series)
        }
        one.pointee.seriesCount += 1
    }

    // MARK: Questions

    private func series(of pair: UInt32) -> [UInt32] {
        let one = pairs[Int(pair)]
        switch one.seriesCount {
        case 0: return []
        case 1: return [one.series]
        default: return lists[Int(one.series)]
        }
    }

    func postings(name: [UInt8], value: [UInt8]) -> [UInt32] {
        var bytes: [UInt8] = []
        bytes.append(lengthPrefixed: name)
        bytes.append(lengthPrefixed: value)
        return bytes.withUnsafeBytes { find($0, memoryHash($0)).map { series(of: $0) } ?? [] }
    }

    func valueCount(name: [UInt8]) -> Int { namesByText[name].map { names[Int($0)].pairs.count } ?? 0 }

    func forEachValue<Failure: Error>(name: [UInt8], _ body: (UnsafeRawBufferPointer, [UInt32]) throws(Failure) -> Void) throws(Failure) {
        guard let number = namesByText[name] else { return }
        for pair in names[Int(number)].pairs {
            var reader = ByteReader(bytes(of: pair))
            guard reader.readLengthPrefixed() != nil, let value = reader.readLengthPrefixed() else { continue }
            try body(value, series(of: pair))
        }
    }

    func forEachName(_ body: ([UInt8]) -> Void) { for name in names { body(name.text) } }
}
