/// Which varying parts of a chunk's templates share a column: those that stand behind the same text and look alike, as the status of
/// requests for many paths does. Few large columns are smaller and faster to make than many small ones.
struct ColumnPlan {
    struct Column {
        /// Templates and which of their varying parts, in the order in which the column holds their values.
        var places: [(template: Int, hole: Int)] = []
        /// Of values.
        var count = 0
    }

    private(set) var columns: [Column] = []
    /// Of each varying part, template after template.
    private(set) var columnOfPlace: [Int32] = []
    /// Values of the largest column.
    private(set) var valuesMax = 0

    /// How much of the text before a varying part is looked at.
    private static let contextBytesMax = 32

    init(_ rows: Rows, _ table: borrowing TemplateTable, _ lines: UnsafeRawBufferPointer) {
        var numbers: [UInt64: Int] = [:]
        for (template, entry) in table.entries.enumerated() where entry.holes > 0 {
            let start = rows.lines.range(entry.firstLine).lowerBound
            let holes = table.holes(entry.firstLine)
            var context: UInt64 = 0
            var pieceStart = start
            for hole in 0..<entry.holes {
                let value = start + Int(holes[2 * hole])..<start + Int(holes[2 * hole + 1])
                context = Self.context(UnsafeRawBufferPointer(rebasing: lines[pieceStart..<value.lowerBound]), behind: context)
                let column = Self.number(Self.look(UnsafeRawBufferPointer(rebasing: lines[value]), context), &numbers, &columns)
                columns[column].places.append((template, hole))
                columns[column].count += entry.rows
                columnOfPlace.append(Int32(column))
                pieceStart = value.upperBound
            }
        }
        valuesMax = columns.map(\.count).max() ?? 0
    }

    private static func number(_ key: UInt64, _ numbers: inout [UInt64: Int], _ columns: inout [Column]) -> Int {
        // A column has a bound; one that is full is followed by another.
        if let known = numbers[key], columns[known].count < Limits.columnValuesMax - Limits.chunkRowsMax { return known }
        numbers[key] = columns.count
        columns.append(Column())
        return columns.count - 1
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
