import Model

/// Byte strings one after the other, in one buffer.
struct Runs {
    private(set) var bytes: [UInt8] = []
    /// Where each ends.
    private(set) var ends: [Int] = []

    var count: Int { ends.count }
    @inline(__always) func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    mutating func append(_ run: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: run)
        ends.append(bytes.count)
    }

    /// Forgets all, and keeps the memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}

/// Records of one stream as flat columns: what a chunk is made from, and what merging reads.
struct Rows {
    /// In a row's level byte: the line is no valid UTF-8.
    static let invalidMark: UInt8 = 0x80

    /// The numbers of the rows in their partition, in the order in which they were stored.
    private(set) var ids: [Int64] = []
    private(set) var timestamps: [Int64] = []
    /// Levels' raw values, with `invalidMark`.
    private(set) var levels: [UInt8] = []
    private(set) var lines = Runs()
    /// `FieldCoding` beside each line.
    private(set) var fields = Runs()

    var count: Int { ids.count }
    var lineBytes: Int { lines.bytes.count }

    mutating func append(id: Int64, timestamp: Int64, level: UInt8, line: UnsafeRawBufferPointer, fields: UnsafeRawBufferPointer) {
        ids.append(id)
        timestamps.append(timestamp)
        levels.append(level)
        lines.append(line)
        self.fields.append(fields)
    }

    /// Forgets all, and keeps the memory.
    mutating func removeAll() {
        ids.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        levels.removeAll(keepingCapacity: true)
        lines.removeAll()
        fields.removeAll()
    }

    mutating func append(_ other: Rows, _ index: Int) {
        other.withRow(index) { line, fields in
            append(id: other.ids[index], timestamp: other.timestamps[index], level: other.levels[index], line: line, fields: fields)
        }
    }

    /// A row's line and fields, valid during the call.
    func withRow(_ index: Int, _ body: (_ line: UnsafeRawBufferPointer, _ fields: UnsafeRawBufferPointer) -> Void) {
        lines.bytes.withUnsafeBytes { lines in
            fields.bytes.withUnsafeBytes { fields in
                body(UnsafeRawBufferPointer(rebasing: lines[self.lines.range(index)]), UnsafeRawBufferPointer(rebasing: fields[self.fields.range(index)]))
            }
        }
    }

    /// Positions in order of time, then of storing.
    func order() -> [Int] {
        var isOrdered = true
        for index in ids.indices.dropFirst() where precedes(index, index - 1) {
            isOrdered = false
            break
        }
        return isOrdered ? Array(ids.indices) : ids.indices.sorted(by: precedes)
    }

    @inline(__always) private func precedes(_ left: Int, _ right: Int) -> Bool {
        timestamps[left] != timestamps[right] ? timestamps[left] < timestamps[right] : ids[left] < ids[right]
    }
}

/// Bytes of our own at a fixed place, as long as the object lives: what decoded parts point into.
final class ByteBlock {
    let bytes: UnsafeRawBufferPointer

    /// Filled by `fill`.
    init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 8)
        do {
            try fill(UnsafeMutableRawBufferPointer(rebasing: storage[..<count]))
        } catch {
            storage.deallocate()
            throw error
        }
        bytes = UnsafeRawBufferPointer(rebasing: storage[..<count])
    }

    deinit { bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0).deallocate() } }
}

/// A chunk's, a block's or a row's bytes don't decode.
struct DamagedBytes: Error, CustomStringConvertible {
    let what: String
    init(_ what: String) { self.what = what }
    var description: String { what }
}
