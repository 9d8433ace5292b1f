/// Which varying parts of a chunk's templates share a column: those that stand behind the same text and look alike, as the status of
/// requests for many paths does. Few large columns are smaller and faster to make than many small ones.
struct ColumnPlan {
    struct Column {
        /// In `places`, in the order in which the column holds their values.
        var places = 0..<0
        /// Of values.
        var count = 0
    }

    /// One of a template's varying parts.
    struct Place {
        var template: Int32
        var hole: Int32
    }

    private(set) var columns: [Column] = []
    /// Column after column.
    private(set) var places: [Place] = []
    /// Of each varying part, template after template.
    private(set) var columnOfPlace: [Int32] = []
    /// Values of the largest column.
    private(set) var valuesMax = 0

    /// How much of the text before a varying part is looked at.
    private static let contextBytesMax = 32

    init(_ rows: Rows, _ table: borrowing TemplateTable, _ lines: UnsafeRawBufferPointer) {
        var numbers = ColumnNumbers()
        var found: [Place] = []
        for (template, entry) in table.entries.enumerated() where entry.holes > 0 {
            let start = rows.lines.range(entry.firstLine).lowerBound
            let holes = table.holes(entry.firstLine)
            var context: UInt64 = 0
            var pieceStart = start
            for hole in 0..<entry.holes {
                let value = start + Int(holes[2 * hole])..<start + Int(holes[2 * hole + 1])
                context = Self.context(UnsafeRawBufferPointer(rebasing: lines[pieceStart..<value.lowerBound]), behind: context)
                let column = number(Self.look(UnsafeRawBufferPointer(rebasing: lines[value]), context), &numbers)
                columns[column].count += entry.rows
                found.append(Place(template: Int32(truncatingIfNeeded: template), hole: Int32(truncatingIfNeeded: hole)))
                columnOfPlace.append(Int32(truncatingIfNeeded: column))
                pieceStart = value.upperBound
            }
        }
        valuesMax = columns.map(\.count).max() ?? 0
        sort(found)
    }

    private mutating func number(_ key: UInt64, _ numbers: inout ColumnNumbers) -> Int {
        let slot = numbers.slot(key)
        // A column has a bound; one that is full is followed by another.
        if let known = numbers[slot], columns[known].count < Limits.columnValuesMax - Limits.chunkRowsMax { return known }
        numbers.set(slot, key, columns.count)
        columns.append(Column())
        return columns.count - 1
    }

    /// Puts the varying parts of each column beside one another.
    private mutating func sort(_ found: [Place]) {
        var firsts = [Int](repeating: 0, count: columns.count + 1)
        for column in columnOfPlace { firsts[Int(column) + 1] += 1 }
        for column in columns.indices {
            firsts[column + 1] += firsts[column]
            columns[column].places = firsts[column]..<firsts[column + 1]
        }
        places = [Place](repeating: Place(template: 0, hole: 0), count: found.count)
        for (place, column) in zip(found, columnOfPlace) {
            places[firsts[Int(column)]] = place
            firsts[Int(column)] += 1
        }
    }

    /// What the text before a varying part says it is: the last word with what follows it. Without a word what stands before counts too.
    private static func context(_ piece: UnsafeRawBufferPointer, behind before: UInt64) -> UInt64 {
        let classes = ByteClasses.table
        let least = max(0, piece.count - contextBytesMax)
        var start = piece.count
        while start > least, classes[Int(piece[start - 1])] & ByteClasses.separator != 0 { start -= 1 }
        let hasWord = start > least
        while start > least, classes[Int(piece[start - 1])] & ByteClasses.separator == 0 { start -= 1 }
        return ByteHash.of(UnsafeRawBufferPointer(rebasing: piece[start...]), hasWord ? 1 : before)
    }

    /// The context with the value's separators, and whether it has letters.
    private static func look(_ value: UnsafeRawBufferPointer, _ context: UInt64) -> UInt64 {
        let classes = ByteClasses.table
        var look = context
        var hasLetters = false
        for byte in value {
            let kind = classes[Int(byte)]
            if kind & ByteClasses.separator != 0 { look = ByteHash.mixed(look, UInt64(byte)) }
            if kind & (ByteClasses.letter | ByteClasses.wide) != 0 { hasLetters = true }
        }
        return ByteHash.mixed(look, hasLetters ? 1 : 0)
    }
}

/// Which column a kind of varying part has, by a hash of the kind.
private struct ColumnNumbers {
    private var keys = [UInt64](repeating: 0, count: 256)
    /// Numbers plus one; 0 is free.
    private var numbers = [Int32](repeating: 0, count: 256)
    private var used = 0

    subscript(_ slot: Int) -> Int? { numbers[slot] == 0 ? nil : Int(numbers[slot]) - 1 }

    /// Where a key stands, or would.
    func slot(_ key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: key) & (keys.count - 1)
        while numbers[slot] != 0, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
        return slot
    }

    /// `slot`: the key's.
    mutating func set(_ slot: Int, _ key: UInt64, _ number: Int) {
        if numbers[slot] == 0 { used += 1 }
        keys[slot] = key
        numbers[slot] = Int32(truncatingIfNeeded: number) + 1
        if used * 2 > keys.count { grow() }
    }

    private mutating func grow() {
        let (oldKeys, oldNumbers) = (keys, numbers)
        keys = [UInt64](repeating: 0, count: oldKeys.count * 4)
        numbers = [Int32](repeating: 0, count: oldKeys.count * 4)
        for (key, number) in zip(oldKeys, oldNumbers) where number != 0 {
            let place = slot(key)
            keys[place] = key
            numbers[place] = number
        }
    }
}
