/// Finds rows that only moved up or down, as a log does that got a line, so that the terminal can move them itself.
enum ScrollDetector {
    struct Scroll: Equatable {
        /// The rows that take part, those that come in blank included.
        var rows: Range<Int>
        /// Rows that go up (over 0) or down.
        var shift: Int
    }

    /// The scroll that saves the most rows; nil where none saves enough.
    static func find(from old: Buffer, to new: Buffer) -> Scroll? {
        let rows = new.size.rows
        let changed = (0..<rows).filter { !new.hasSameRow($0, as: old, row: $0) }
        // Fewer changed rows than a scroll has to save: a clock or a few numbers.
        guard changed.count > Limits.scrollRows, let first = changed.first, let last = changed.last else { return nil }
        let oldHashes = (0..<rows).map { hash(old, $0) }
        let newHashes = (0..<rows).map { hash(new, $0) }
        var best: (scroll: Scroll, saved: Int)?
        for distance in 1...max(1, (last - first + 1) / 2) {
            for shift in [distance, -distance] {
                guard let found = longestRun(shift, first...last, oldHashes, newHashes, old, new) else { continue }
                // A scroll brings in `distance` blank rows that have to be drawn.
                if found.saved > max(Limits.scrollRows, best?.saved ?? 0) { best = found }
            }
        }
        return best?.scroll
    }

    private static func longestRun(
        _ shift: Int, _ range: ClosedRange<Int>, _ oldHashes: [UInt64], _ newHashes: [UInt64], _ old: Buffer, _ new: Buffer
    ) -> (scroll: Scroll, saved: Int)? {
        var best: (rows: Range<Int>, saved: Int)?
        var start: Int?
        var saved = 0
        for y in range.lowerBound...range.upperBound + 1 {
            let source = y + shift
            let isMoved = range.contains(y) && range.contains(source) && newHashes[y] == oldHashes[source] && new.hasSameRow(y, as: old, row: source)
            if isMoved {
                if start == nil { (start, saved) = (y, 0) }
                if newHashes[y] != oldHashes[y] { saved += 1 }
            } else if let from = start {
                if saved > best?.saved ?? 0 { best = (from..<y, saved) }
                start = nil
            }
        }
        guard let best else { return nil }
        let rows = shift > 0 ? best.rows.lowerBound..<best.rows.upperBound + shift : best.rows.lowerBound + shift..<best.rows.upperBound
        return (Scroll(rows: rows, shift: shift), best.saved)
    }

    /// Tells most different rows apart; equal ones are compared anyway.
    private static func hash(_ buffer: Buffer, _ y: Int) -> UInt64 {
        buffer.withRow(y) { row in
            var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
            UnsafeRawBufferPointer(row).withMemoryRebound(to: UInt64.self) { words in
                for word in words { hash = ((hash << 5 | hash >> 59) ^ word) &* 0x517C_C1B7_2722_0A95 }
            }
            return hash
        }
    }
}
