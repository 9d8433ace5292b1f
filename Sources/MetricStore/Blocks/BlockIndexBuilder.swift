import Foundations
import Model

/// Gathers the index of a block while its series are added, in some 50 bytes for each, and makes the index sections of it.
struct BlockIndexBuilder {
    private let version: BlockFormat.Version
    private var table = SymbolTable()
    /// Each name with a value once: their symbols, the name's above. Series refer to them by place.
    private var pairs: [UInt64] = []
    private var pairNumbers: [UInt64: UInt32] = [:]
    /// Per series: varint number of labels, varint pair of each, varint length of the columns' description, the description.
    private var gathered: [UInt8] = []
    private var description: [UInt8] = []
    private(set) var seriesCount = 0

    init(_ version: BlockFormat.Version) { self.version = version }

    var symbolCount: Int { table.count }

    mutating func add(_ labels: Labels, _ parts: [BlockColumns]) {
        gathered.append(varint: UInt64(labels.count))
        labels.encoded.withUnsafeBytes { encoded in
            var reader = ByteReader(encoded)
            while let name = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed() {
                let key = UInt64(table.number(of: name)) << 32 | UInt64(table.number(of: value))
                gathered.append(varint: UInt64(number(of: key)))
            }
        }
        description.removeAll(keepingCapacity: true)
        if version == .merged { description.append(varint: UInt64(parts.count)) }
        for part in parts { part.encode(into: &description) }
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

    /// The sections in the footer's order, from `series` to `postings`.
    func sections() -> [[UInt8]] {
        let (symbols, symbolOffsets, place) = sortedSymbols()
        let placed = pairs.map { UInt64(place[Int($0 >> 32)]) << 32 | UInt64(place[Int($0 & 0xFFFF_FFFF)]) }
        let (entries, offsets, lists) = entries(placed)
        let (names, values, postings) = postings(placed, lists)
        return [entries, offsets, symbols, symbolOffsets, names, values, postings]
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
            offsets.append(littleEndian: UInt64(symbols.count))
            table.withBytes(symbol) { symbols.append(contentsOf: $0) }
        }
        offsets.append(littleEndian: UInt64(symbols.count))
        return (symbols, offsets, place)
    }

    /// The series of each pair, one pair behind another.
    private struct Lists {
        /// Where each pair's list begins; one more than pairs.
        var starts: [Int]
        var series: [UInt32]
    }

    private func entries(_ placed: [UInt64]) -> (entries: [UInt8], offsets: [UInt8], lists: Lists) {
        var lists = Lists(starts: Array(repeating: 0, count: pairs.count + 1), series: [])
        forEachEntry { _, pairs, _ in for pair in pairs { lists.starts[pair + 1] += 1 } }
        for index in 1..<max(1, lists.starts.count) { lists.starts[index] += lists.starts[index - 1] }
        lists.series = Array(repeating: 0, count: lists.starts.last ?? 0)
        var next = lists.starts
        var entries: [UInt8] = []
        var offsets: [UInt8] = []
        forEachEntry { number, pairs, description in
            offsets.append(littleEndian: UInt64(entries.count))
            entries.append(varint: UInt64(pairs.count))
            for pair in pairs {
                entries.append(varint: placed[pair] >> 32)
                entries.append(varint: placed[pair] & 0xFFFF_FFFF)
                lists.series[next[pair]] = number
                next[pair] += 1
            }
            entries.append(contentsOf: description)
        }
        offsets.append(littleEndian: UInt64(entries.count))
        return (entries, offsets, lists)
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

    private func postings(_ placed: [UInt64], _ lists: Lists) -> (names: [UInt8], values: [UInt8], postings: [UInt8]) {
        var names: [UInt8] = []
        var values: [UInt8] = []
        var postings: [UInt8] = []
        let order = placed.indices.sorted { placed[$0] < placed[$1] }
        var start = 0
        while start < order.count {
            let name = placed[order[start]] >> 32
            var end = start
            while end < order.count, placed[order[end]] >> 32 == name {
                let list = lists.series[lists.starts[order[end]]..<lists.starts[order[end] + 1]]
                values.append(littleEndian: UInt32(truncatingIfNeeded: placed[order[end]]))
                values.append(littleEndian: UInt32(list.count))
                values.append(littleEndian: UInt64(postings.count))
                var previous: UInt32 = 0
                for number in list {
                    postings.append(varint: UInt64(number - previous))
                    previous = number
                }
                end += 1
            }
            names.append(littleEndian: UInt32(name))
            names.append(littleEndian: UInt32(start))
            names.append(littleEndian: UInt32(end - start))
            start = end
        }
        return (names, values, postings)
    }
}
