import Foundations
import Model

/// Gathers the index of a block while its series are added, in some 50 bytes for each, and makes the index sections of it.
struct BlockIndexBuilder {
    private var table = SymbolTable()
    /// Each name with a value once: their symbols, the name's above. Series refer to them by place.
    private var pairs: [UInt64] = []
    private var pairNumbers: [UInt64: UInt32] = [:]
    /// Per series: varint number of labels, varint pair of each, varint length of the columns' description, the description.
    private var gathered: [UInt8] = []
    private var description: [UInt8] = []
    private(set) var seriesCount = 0

    var symbolCount: Int { table.count }

    mutating func add(_ labels: Labels, _ series: BlockSeries) {
        gathered.append(varint: UInt64(labels.count))
        labels.encoded.withUnsafeBytes { encoded in
            var reader = ByteReader(encoded)
            while let name = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed() {
                let key = UInt64(table.number(of: name)) << 32 | UInt64(table.number(of: value))
                gathered.append(varint: UInt64(number(of: key)))
            }
        }
        description.removeAll(keepingCapacity: true)
        series.encode(into: &description)
        gathered.append(lengthPrefixed: description)
        seriesCount += 1
    }

    private mutating func number(of pair: UInt64) -> UInt32 {
        if let number = pairNumbers[pair] { return number }
        let number = UInt32(pairs.count)
        pairs.append(pair)
        pairNumbers[pair] = number
        return number
    }

    /// The sections in the footer's order, from `series` to `labelSets`.
    func sections() -> [[UInt8]] {
        let (symbols, symbolOffsets, place) = sortedSymbols()
        let placed = pairs.map { UInt64(place[Int($0 >> 32)]) << 32 | UInt64(place[Int($0 & 0xFFFF_FFFF)]) }
        let order = placed.indices.sorted { placed[$0] < placed[$1] }
        let (entries, offsets, labelSets, lists) = entries(valuePlaces(placed, order))
        let (names, values, postings) = postings(placed, order, lists)
        return [entries, offsets, symbols, symbolOffsets, names, values, postings, labelSets]
    }

    /// For each pair, the number of its name among the names, and of its value among the name's values.
    private func valuePlaces(_ placed: [UInt64], _ order: [Int]) -> [(name: UInt32, value: UInt32)] {
        var places = [(name: UInt32, value: UInt32)](repeating: (0, 0), count: placed.count)
        var next: (name: UInt32, value: UInt32) = (0, 0)
        for (index, pair) in order.enumerated() {
            if index > 0 {
                let isSameName = placed[order[index - 1]] >> 32 == placed[pair] >> 32
                next = isSameName ? (next.name, next.value + 1) : (next.name + 1, 0)
            }
            places[pair] = next
        }
        return places
    }

    /// Symbols are numbered anew in order of their bytes, so that a search can halve them.
    private func sortedSymbols() -> (symbols: [UInt8], offsets: [UInt8], place: [UInt32]) {
        let order = (0..<UInt32(table.count)).sorted { left, right in
            table.withBytes(left) { one in table.withBytes(right) { other in compareBytes(one, other) < 0 } }
        }
        var place = [UInt32](repeating: 0, count: table.count)
        var symbols: [UInt8] = []
        var offsets: [UInt8] = []
        for (index, symbol) in order.enumerated() {
            place[Int(symbol)] = UInt32(index)
            append(offset: symbols.count, to: &offsets)
            table.withBytes(symbol) { symbols.append(contentsOf: $0) }
        }
        append(offset: symbols.count, to: &offsets)
        return (symbols, offsets, place)
    }

    /// The series of each pair, one pair behind another.
    private struct Lists {
        /// Where each pair's list begins; one more than pairs.
        var starts: [Int]
        var series: [UInt32]
    }

    private func append(offset: Int, to offsets: inout [UInt8]) {
        for byte in 0..<BlockFormat.Version.compact.offsetBytes { offsets.append(UInt8(truncatingIfNeeded: offset >> (8 * byte))) }
    }

    private func entries(
        _ places: [(name: UInt32, value: UInt32)]
    ) -> (entries: [UInt8], offsets: [UInt8], labelSets: [UInt8], lists: Lists) {
        var lists = Lists(starts: Array(repeating: 0, count: pairs.count + 1), series: [])
        forEachEntry { _, pairs, _ in for pair in pairs { lists.starts[pair + 1] += 1 } }
        for index in 1..<max(1, lists.starts.count) { lists.starts[index] += lists.starts[index - 1] }
        lists.series = Array(repeating: 0, count: lists.starts.last ?? 0)
        var next = lists.starts
        var entries: [UInt8] = []
        var offsets: [UInt8] = []
        var sets = LabelSets()
        forEachEntry { number, pairs, description in
            append(offset: entries.count, to: &offsets)
            entries.append(varint: UInt64(sets.place(pairs.map { places[$0].name })))
            for pair in pairs {
                entries.append(varint: UInt64(places[pair].value))
                lists.series[next[pair]] = number
                next[pair] += 1
            }
            entries.append(contentsOf: description)
        }
        append(offset: entries.count, to: &offsets)
        return (entries, offsets, sets.bytes, lists)
    }

    /// Which names series have, each combination once.
    private struct LabelSets {
        private(set) var bytes: [UInt8] = []
        private var places: [[UInt32]: Int] = [:]
        /// Neighbours have mostly the same.
        private var last: (names: [UInt32], place: Int)?

        /// Where the combination begins.
        mutating func place(_ names: [UInt32]) -> Int {
            if let last, last.names == names { return last.place }
            let place = places[names] ?? bytes.count
            if place == bytes.count {
                bytes.append(varint: UInt64(names.count))
                for name in names { bytes.append(varint: UInt64(name)) }
                places[names] = place
            }
            last = (names, place)
            return place
        }
    }

    private func forEachEntry(_ body: (UInt32, [Int], UnsafeRawBufferPointer) -> Void) {
        gathered.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var pairs: [Int] = []
            for number in 0..<UInt32(seriesCount) {
                pairs.removeAll(keepingCapacity: true)
                // What was gathered here can't be short.
                for _ in 0..<reader.readVarint()! { pairs.append(Int(reader.readVarint()!)) }
                body(number, pairs, reader.readLengthPrefixed()!)
            }
        }
    }

    private func postings(_ placed: [UInt64], _ order: [Int], _ lists: Lists) -> (names: [UInt8], values: [UInt8], postings: [UInt8]) {
        var names: [UInt8] = []
        var values: [UInt8] = []
        var postings: [UInt8] = []
        var start = 0
        while start < order.count {
            let name = placed[order[start]] >> 32
            var end = start
            while end < order.count, placed[order[end]] >> 32 == name {
                let list = lists.series[lists.starts[order[end]]..<lists.starts[order[end] + 1]]
                values.append(littleEndian: UInt32(truncatingIfNeeded: placed[order[end]]))
                values.append(littleEndian: UInt32(list.count))
                values.append(littleEndian: UInt64(postings.count))
                appendList(list, to: &postings)
                end += 1
            }
            names.append(littleEndian: UInt32(name))
            names.append(littleEndian: UInt32(start))
            names.append(littleEndian: UInt32(end - start))
            start = end
        }
        return (names, values, postings)
    }

    /// The first number, then distances; from the third one on, a run of equal ones is a 0 and how often the last one comes again.
    private func appendList(_ list: ArraySlice<UInt32>, to postings: inout [UInt8]) {
        var previous: UInt32 = 0
        var distance: UInt32 = 0
        var repeats: UInt64 = 0
        func flush(_ postings: inout [UInt8]) {
            if repeats == 1, distance < 0x80 {
                postings.append(varint: UInt64(distance))
            } else if repeats > 0 {
                postings.append(0)
                postings.append(varint: repeats)
            }
            repeats = 0
        }
        for (index, number) in list.enumerated() {
            let next = number - previous
            previous = number
            if index > 1, next == distance {
                repeats += 1
            } else {
                flush(&postings)
                postings.append(varint: UInt64(next))
                distance = next
            }
        }
        flush(&postings)
    }
}
