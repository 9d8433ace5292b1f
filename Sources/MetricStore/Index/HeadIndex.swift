import Foundations
import Model

/// From label values to the series in memory that have them.
struct HeadIndex: Sendable {
    private var symbols = SymbolTable()
    /// By name and value (symbols, name above): series, ascending.
    private var lists: [UInt64: [UInt32]] = [:]
    /// By name: its values.
    private var valuesByName: [UInt32: [UInt32]] = [:]
    private var listedCount = 0

    /// An estimate.
    var bytes: Int { symbols.bytes + lists.count * 64 + listedCount * 6 }

    /// `series` is above all that were added before.
    mutating func add(_ labels: Labels, as series: UInt32) {
        labels.encoded.withUnsafeBytes { encoded in
            var reader = ByteReader(encoded)
            while let nameBytes = reader.readLengthPrefixed(), let valueBytes = reader.readLengthPrefixed() {
                let name = symbols.number(of: nameBytes)
                let value = symbols.number(of: valueBytes)
                let key = UInt64(name) << 32 | UInt64(value)
                listedCount += 1
                if lists[key]?.append(series) == nil {
                    lists[key] = [series]
                    valuesByName[name, default: []].append(value)
                }
            }
        }
    }

    func postings(name: [UInt8], value: [UInt8]) -> [UInt32] {
        guard let name = name.withUnsafeBytes({ symbols.find($0) }), let value = value.withUnsafeBytes({ symbols.find($0) }) else { return [] }
        return lists[UInt64(name) << 32 | UInt64(value)] ?? []
    }

    func valueCount(name: [UInt8]) -> Int {
        name.withUnsafeBytes { symbols.find($0) }.flatMap { valuesByName[$0]?.count } ?? 0
    }

    func forEachValue<Failure: Error>(name: [UInt8], _ body: (UnsafeRawBufferPointer, [UInt32]) throws(Failure) -> Void) throws(Failure) {
        guard let name = name.withUnsafeBytes({ symbols.find($0) }), let values = valuesByName[name] else { return }
        for value in values {
            let list = lists[UInt64(name) << 32 | UInt64(value)] ?? []
            try symbols.withBytes(value) { (bytes) throws(Failure) in try body(bytes, list) }
        }
    }

    func forEachName(_ body: ([UInt8]) -> Void) {
        for name in valuesByName.keys { body(symbols.withBytes(name) { Array($0) }) }
    }
}
