import Model

/// The templates of a chunk while it is made: what is the same of each line, and where its varying parts stand.
struct TemplateTable: ~Copyable {
    struct Entry {
        var hash: UInt64
        /// The first line of the template: its text stands there.
        var firstLine: Int
        var holes: Int
        var rows: Int
    }

    private(set) var entries: [Entry] = []
    /// Template of each line, in order of adding.
    private(set) var templateOfLine: [Int32] = []
    /// Start and end in the line of each varying part, line after line.
    private var holes = GrowingBuffer<Int32>(capacity: 4096)
    /// Where a line's parts begin in `holes`, and behind the last line their count.
    private var firstHole: [Int] = [0]
    /// Positions in `entries` plus one, by hash.
    private var slots = [Int32](repeating: 0, count: 256)
    private let lines: Runs

    init(_ lines: Runs) {
        self.lines = lines
        templateOfLine.reserveCapacity(lines.count)
        firstHole.reserveCapacity(lines.count + 1)
        lines.bytes.withUnsafeBytes { bytes in
            for line in 0..<lines.count { add(bytes, line) }
        }
    }

    /// Where a line's varying parts begin and end in it.
    @inline(__always) func holes(_ line: Int) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: holes.base + firstHole[line], count: firstHole[line + 1] - firstHole[line])
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ number: Int) {
        let line = UnsafeRawBufferPointer(rebasing: bytes[lines.range(number)])
        // A varying part and what parts it from the next take two bytes at least.
        holes.reserve(line.count + 2)
        let start = holes.count
        var tokens = LogTokens(line)
        var hash: UInt64 = 0
        var copied = 0
        while let token = tokens.next() {
            hash = ByteHash.of(UnsafeRawBufferPointer(rebasing: line[copied..<token.lowerBound]), hash)
            holes.push(Int32(truncatingIfNeeded: token.lowerBound))
            holes.push(Int32(truncatingIfNeeded: token.upperBound))
            copied = token.upperBound
        }
        hash = ByteHash.of(UnsafeRawBufferPointer(rebasing: line[copied...]), hash)
        firstHole.append(holes.count)
        templateOfLine.append(find(hash, number, holes: (holes.count - start) / 2, bytes))
    }

    private mutating func find(_ hash: UInt64, _ line: Int, holes: Int, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if entries[index].hash == hash, entries[index].holes == holes, haveSamePieces(line, entries[index].firstLine, bytes) {
                entries[index].rows += 1
                return Int32(index)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        entries.append(Entry(hash: hash, firstLine: line, holes: holes, rows: 1))
        slots[slot] = Int32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return Int32(entries.count - 1)
    }

    /// Both have equally many varying parts.
    private func haveSamePieces(_ left: Int, _ right: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let (leftRange, rightRange) = (lines.range(left), lines.range(right))
        let (leftHoles, rightHoles) = (holes(left), holes(right))
        var (leftStart, rightStart) = (leftRange.lowerBound, rightRange.lowerBound)
        for place in stride(from: 0, through: leftHoles.count, by: 2) {
            let isLast = place == leftHoles.count
            let leftEnd = isLast ? leftRange.upperBound : leftRange.lowerBound + Int(leftHoles[place])
            let rightEnd = isLast ? rightRange.upperBound : rightRange.lowerBound + Int(rightHoles[place])
            guard memoryIsEqual(UnsafeRawBufferPointer(rebasing: bytes[leftStart..<leftEnd]), UnsafeRawBufferPointer(rebasing: bytes[rightStart..<rightEnd])) else { return false }
            if isLast { break }
            leftStart = leftRange.lowerBound + Int(leftHoles[place + 1])
            rightStart = rightRange.lowerBound + Int(rightHoles[place + 1])
        }
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 4)
        for (index, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(index + 1)
        }
    }

    /// The pieces of a template, in order and as parts of the lines' bytes: one more than it has varying parts.
    func pieces(_ entry: Entry) -> [Range<Int>] {
        let range = lines.range(entry.firstLine)
        let holes = holes(entry.firstLine)
        var pieces: [Range<Int>] = []
        pieces.reserveCapacity(entry.holes + 1)
        var start = range.lowerBound
        for place in stride(from: 0, to: holes.count, by: 2) {
            pieces.append(start..<range.lowerBound + Int(holes[place]))
            start = range.lowerBound + Int(holes[place + 1])
        }
        pieces.append(start..<range.upperBound)
        return pieces
    }

    /// Of each template its lines, in a given order of all: those of template n from `firsts[n]` on.
    func members(_ order: [Int]) -> (lines: [Int32], firsts: [Int]) {
        var firsts = [0]
        firsts.reserveCapacity(entries.count + 1)
        for entry in entries { firsts.append(firsts[firsts.count - 1] + entry.rows) }
        var next = firsts
        var lines = [Int32](repeating: 0, count: order.count)
        for line in order {
            let template = Int(templateOfLine[line])
            lines[next[template]] = Int32(truncatingIfNeeded: line)
            next[template] += 1
        }
        return (lines, firsts)
    }
}
