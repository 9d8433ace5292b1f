/// Finds parts of a row that only moved to the left, as a chart does whose time went on, so that the terminal can move them itself by
/// deleting and inserting characters (DCH and ICH, of every terminal since the VT102).
enum ShiftDetector {
    struct Shift: Equatable {
        /// The columns that take part: what leaves at the left, and the blanks that come in at the right, included.
        var columns: Range<Int>
        /// Columns that it goes to the left.
        var distance: Int
    }

    /// The shifts of a row that save the most bytes; none where they save too few. All have the same distance.
    static func find(_ y: Int, from old: Buffer, to new: Buffer) -> [Shift] {
        let columns = new.size.columns
        return old.withRow(y) { old in
            new.withRow(y) { new in
                var changed = 0
                for x in 0..<columns where new[x] != old[x] { changed += 1 }
                guard changed > Limits.shiftCells, isMovable(old, columns), isMovable(new, columns) else { return [] }
                var best: (shifts: [Shift], saved: Int) = ([], 0)
                for distance in 1...Limits.shiftColumnsMax where distance < columns {
                    let found = shifts(distance, old, new, columns)
                    if found.saved > best.saved { best = found }
                }
                return best.shifts
            }
        }
    }

    private typealias Row = UnsafeBufferPointer<Cell>

    /// A cluster whose width terminals disagree about, or a half of a wide one, isn't moved.
    private static func isMovable(_ row: Row, _ columns: Int) -> Bool {
        for x in 0..<columns where row[x].glyph >= 0x80 && (row[x].width != 1 || !Cluster.isCertain(row[x].glyph)) { return false }
        return true
    }

    private static func shifts(_ distance: Int, _ old: Row, _ new: Row, _ columns: Int) -> (shifts: [Shift], saved: Int) {
        var (shifts, total): ([Shift], Int) = ([], 0)
        var x = 0
        while x < columns - distance {
            guard new[x] == old[x + distance] else {
                x += 1
                continue
            }
            let start = x
            var saved = 0
            while x < columns - distance, new[x] == old[x + distance] {
                // What stands still isn't drawn anyway.
                if new[x] != old[x] { saved += 1 }
                x += 1
            }
            // What comes in is drawn whether or not it stood there before.
            for column in x..<x + distance where new[column] == old[column] { saved -= 1 }
            if saved > Limits.shiftCells {
                shifts.append(Shift(columns: start..<x + distance, distance: distance))
                total += saved
                x += distance
            }
        }
        return (shifts, total)
    }
}
