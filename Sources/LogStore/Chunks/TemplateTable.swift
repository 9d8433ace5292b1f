import Model

/// The templates of a chunk while it is made: what is the same of each line, and where its varying parts stand.
struct TemplateTable {
    struct Entry {
        /// In `keys`: the pieces, each followed by its length as four bytes, so that no two templates have the same key.
        var key: Range<Int>
        var hash: UInt64
        var holes: Int
        var rows: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var keys: [UInt8] = []
    /// Positions in `entries` plus one, by hash.
    private var slots = [Int32](repeating: 0, count: 256)
    private var scratch: [UInt8] = []
    /// Template of each line, in order of adding.
    private(set) var templateOfLine: [Int32] = []
    /// Start and end in the line of each varying part, line after line.
    private(set) var holes: [Int32] = []
    /// Where a line's parts begin in `holes`.
    private(set) var firstHole: [Int] = []

    mutating func add(_ line: UnsafeRawBufferPointer) {
        scratch.removeAll(keepingCapacity: true)
        firstHole.append(holes.count)
        var tokens = LogTokens(line)
        var copied = 0
        var count = 0
        while let token = tokens.next() {
            appendPiece(line, copied..<token.lowerBound)
            holes.append(Int32(token.lowerBound))
            holes.append(Int32(token.upperBound))
            copied = token.upperBound
            count += 1
        }
        appendPiece(line, copied..<line.count)
        templateOfLine.append(find(holes: count))
    }

    @inline(__always) private mutating func appendPiece(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) {
        scratch.append(contentsOf: line[range])
        scratch.append(littleEndian: UInt32(range.count))
    }

    private mutating func find(holes: Int) -> Int32 {
        let hash = scratch.withUnsafeBytes { ByteHash.of($0) }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if entries[index].hash == hash, isKey(entries[index].key) {
                entries[index].rows += 1
                return Int32(index)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        let start = keys.count
        keys.append(contentsOf: scratch)
        entries.append(Entry(key: start..<keys.count, hash: hash, holes: holes, rows: 1))
        slots[slot] = Int32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return Int32(entries.count - 1)
    }

    private func isKey(_ range: Range<Int>) -> Bool {
        keys.withUnsafeBytes { keys in
            scratch.withUnsafeBytes { wanted in
                range.count == wanted.count && memoryIsEqual(UnsafeRawBufferPointer(rebasing: keys[range]), wanted)
            }
        }
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 4)
        for (index, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(index + 1)
        }
    }

    /// The pieces of a template, in order: one more than it has varying parts.
    func pieces(_ entry: Entry) -> [Range<Int>] {
        // The lengths stand behind the pieces, so they are read from the end.
        var pieces: [Range<Int>] = []
        var end = entry.key.upperBound
        keys.withUnsafeBytes { keys in
            for _ in 0...entry.holes {
                let length = Int(UInt32(littleEndian: keys.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self)))
                pieces.append(end - 4 - length..<end - 4)
                end -= 4 + length
            }
        }
        return pieces.reversed()
    }
}
