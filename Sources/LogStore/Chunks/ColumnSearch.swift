import Foundations
import Model

/// Finds rows by a column's values as they are encoded: what can be told from numbers, digits and dictionaries is told without
/// writing a value out. Rows are given as numbers counted from the first of those asked for.
extension ColumnReader {
    /// Where a column stands: among a chunk's, or among the parts of others.
    private struct Position {
        var index: Int
        var isPart: Bool
    }

    private func column(_ position: Position) -> Column { position.isPart ? parts[position.index] : columns[position.index] }

    // MARK: Beginnings

    /// Appends rows whose values may begin so; a value that does is among them.
    mutating func find(_ sought: SoughtBeginning, column index: Int, _ rows: Range<Int>, to found: inout GrowingBuffer<Int32>) throws(DamagedBytes) {
        try find(sought, Position(index: index, isPart: false), rows, &found)
    }

    private mutating func find(_ sought: SoughtBeginning, _ position: Position, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>) throws(DamagedBytes) {
        let column = column(position)
        switch column.kind {
        case .same: if sought.begins(column.values) { found.appendAll(rows.count) }
        case .fixed:
            guard sought.mayHaveLength(column.length) else { return }
            sought.bytes.withUnsafeBytes { bytes in
                for row in rows where Self.isEqual(column.values, row &* column.length, bytes) { found.append(Int32(truncatingIfNeeded: row &- rows.lowerBound)) }
            }
        case .short, .long:
            let first = try firstStart(column, position)
            starts.withUnsafeBufferPointer { starts in
                sought.bytes.withUnsafeBytes { bytes in
                    for row in rows {
                        let (start, end) = (Int(starts[first &+ row]), Int(starts[first &+ row &+ 1]))
                        if sought.mayHaveLength(end &- start), Self.isEqual(column.values, start, bytes) { found.append(Int32(truncatingIfNeeded: row &- rows.lowerBound)) }
                    }
                }
            }
        case .time: if sought.isDecimal, sought.bytes.count <= column.layout.firstWordBytesMax { found.appendAll(rows.count) }
        case .number: if sought.isDecimal { Self.findNumbers(column, rows, &found) { sought.begins($0) } }
        case .hex:
            guard sought.mayHaveLength(column.length), let digits = sought.digits(isUpper: column.isUpper) else { return }
            HexDigits.find(digits, count: sought.bytes.count, in: column.values, of: column.length, rows, &found)
        case .dictionary: try findValues(column, rows, &found) { sought.begins($0) }
        case .parts: try findInParts(sought, column, rows, &found)
        }
    }

    private mutating func findInParts(_ sought: SoughtBeginning, _ column: Column, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>) throws(DamagedBytes) {
        let head = runs[column.first]
        let common = min(head.count, sought.bytes.count)
        guard sought.bytes.withUnsafeBytes({ Self.isEqual(head, 0, UnsafeRawBufferPointer(rebasing: $0[..<common])) }) else { return }
        let isLast = column.count == 1 && runs[column.first + 1].isEmpty
        // Where what follows the first part may be of the same word, only the whole value tells.
        guard sought.bytes.count > common, isLast || column.count > 0 && ByteClasses.beginsWithSeparator(runs[column.first + 1]) else {
            return found.appendAll(rows.count)
        }
        let rest = SoughtBeginning(Array(sought.bytes[common...]), isWhole: sought.isWhole && isLast)
        try find(rest, Position(index: column.firstPart, isPart: true), rows, &found)
    }

    // MARK: Texts within values

    /// Appends rows that have a text within their values, some of them more than once. False where the values have to be written out.
    mutating func find(_ sought: SoughtText, column index: Int, _ rows: Range<Int>, to found: inout GrowingBuffer<Int32>) throws(DamagedBytes) -> Bool {
        try find(sought, Position(index: index, isPart: false), rows, &found)
    }

    private mutating func find(_ sought: SoughtText, _ position: Position, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>) throws(DamagedBytes) -> Bool {
        let column = column(position)
        switch column.kind {
        case .same: if sought.finder.firstOffset(in: column.values) != nil { found.appendAll(rows.count) }
        case .fixed:
            let values = UnsafeRawBufferPointer(rebasing: column.values[rows.lowerBound * column.length..<rows.upperBound * column.length])
            var offset = 0
            while let hit = sought.finder.firstOffset(in: values, from: offset) {
                let row = hit / column.length
                let isWithin = hit + sought.bytes.count <= (row + 1) * column.length
                if isWithin { found.append(Int32(truncatingIfNeeded: row)) }
                offset = isWithin ? (row + 1) * column.length : hit + 1
            }
        case .short, .long:
            let first = try firstStart(column, position)
            findInRuns(sought, column, first, rows, &found)
        case .time: return !sought.hasOnly(ByteClasses.digit | ByteClasses.letter | ByteClasses.separator)
        case .number: if sought.hasOnly(ByteClasses.digit) { Self.findNumbers(column, rows, &found) { sought.finder.firstOffset(in: $0) != nil } }
        case .hex:
            guard sought.bytes.count <= column.length, sought.hasOnly(ByteClasses.digit | (column.isUpper ? ByteClasses.highHex : ByteClasses.lowHex)) else { return true }
            HexDigits.findWithin(sought.digits, count: sought.bytes.count, in: column.values, of: column.length, rows, &found)
        case .dictionary: try findValues(column, rows, &found) { sought.finder.firstOffset(in: $0) != nil }
        case .parts:
            guard !sought.hasSeparator, areWordsApart(column) else { return false }
            for run in column.first...column.first + column.count where sought.finder.firstOffset(in: runs[run]) != nil {
                found.appendAll(rows.count)
                return true
            }
            for part in column.firstPart..<column.firstPart + column.count where try !find(sought, Position(index: part, isPart: true), rows, &found) { return false }
        }
        return true
    }

    /// Whether no word reaches from one part into another, or into what stands between them.
    private func areWordsApart(_ column: Column) -> Bool {
        for number in 0...column.count {
            let run = runs[column.first + number]
            if run.isEmpty && (number == 0 || number == column.count) { continue }
            if number > 0, !ByteClasses.beginsWithSeparator(run) { return false }
            if number < column.count, !ByteClasses.endsWithSeparator(run) { return false }
        }
        return true
    }

    private func findInRuns(_ sought: SoughtText, _ column: Column, _ first: Int, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>) {
        starts.withUnsafeBufferPointer { starts in
            var row = rows.lowerBound
            var offset = Int(starts[first + row])
            let values = UnsafeRawBufferPointer(rebasing: column.values[..<Int(starts[first + rows.upperBound])])
            while let hit = sought.finder.firstOffset(in: values, from: offset) {
                while Int(starts[first &+ row &+ 1]) <= hit { row &+= 1 }
                let end = Int(starts[first + row + 1])
                let isWithin = hit + sought.bytes.count <= end
                if isWithin { found.append(Int32(truncatingIfNeeded: row - rows.lowerBound)) }
                offset = isWithin ? end : hit + 1
            }
        }
    }

    // MARK: Kinds of columns

    /// Where in `starts` a column's values begin.
    private mutating func firstStart(_ column: Column, _ position: Position) throws(DamagedBytes) -> Int {
        if column.first >= 0 { return column.first }
        var column = column
        try findStarts(&column)
        keepFirst(column.first, position.index, isPart: position.isPart)
        return column.first
    }

    /// By the text of each number.
    @inline(__always) private static func findNumbers(_ column: Column, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>, _ isFound: (UnsafeRawBufferPointer) -> Bool) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DecimalText.digitsMax) { text in
            let base = text.baseAddress!
            for row in rows {
                let count = DecimalText.write(column.numbers[row], digitsMin: column.length, to: base) - base
                if isFound(UnsafeRawBufferPointer(start: base, count: count)) { found.append(Int32(truncatingIfNeeded: row &- rows.lowerBound)) }
            }
        }
    }

    /// By the values of a dictionary.
    private func findValues(_ column: Column, _ rows: Range<Int>, _ found: inout GrowingBuffer<Int32>, _ isFound: (UnsafeRawBufferPointer) -> Bool) throws(DamagedBytes) {
        var hasAny = false
        let isWanted = (0..<256).map { number in
            let wanted = number < column.count && isFound(runs[column.first + number])
            if wanted { hasAny = true }
            return wanted
        }
        if !hasAny { return }
        for row in rows where isWanted[Int(column.lengths[row])] { found.append(Int32(truncatingIfNeeded: row &- rows.lowerBound)) }
    }

    @inline(__always) private static func isEqual(_ values: UnsafeRawBufferPointer, _ start: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.isEmpty || values[start] == bytes[0] && memoryIsEqual(UnsafeRawBufferPointer(rebasing: values[start..<start &+ bytes.count]), bytes)
    }
}

extension GrowingBuffer<Int32> {
    /// Appends all numbers below one.
    fileprivate mutating func appendAll(_ count: Int) {
        reserve(count)
        for number in 0..<count { push(Int32(truncatingIfNeeded: number)) }
    }
}
