import Foundations

/// The lines of a chunk by template and column (Docs/Formats/log-partition.md): written by `encode`, read in place.
final class ChunkText {
    struct Template {
        var rows: Int
        /// In `pieces`: one more than it has varying parts.
        var firstPiece: Int
        var pieceCount: Int
        /// Of its varying parts, in `places`.
        var firstPlace: Int
    }

    /// Where the values of a template's varying part stand: in a column, from one of its values on.
    private struct Place {
        var column: Int32
        var first: Int32
    }

    /// No count of templates: what it begins is of today, else of version 2.
    private static let columnsMark: UInt8 = 0

    private let block: ByteBlock
    private(set) var templates: [Template] = []
    private var pieces: [UnsafeRawBufferPointer] = []
    private var places: [Place] = []
    private var columns = ColumnReader()
    /// How many values each column has.
    private var valueCounts: [Int] = []

    // MARK: Writing

    /// Writes the lines, and gathers the terms of all their words. `order`: the rows' positions in the order in which the chunk holds them.
    static func encode(_ rows: Rows, _ table: borrowing TemplateTable, order: [Int]) -> ColumnEncoder {
        var encoder = ColumnEncoder(capacity: rows.lineBytes / 2 + 4096)
        rows.lines.bytes.withUnsafeBytes { lines in
            let plan = ColumnPlan(rows, table, lines)
            appendTemplates(table, plan, lines, to: &encoder)
            guard let base = lines.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            let members = table.members(order)
            let timestamps = UnsafeMutablePointer<Int64>.allocate(capacity: max(1, plan.valuesMax))
            defer { timestamps.deallocate() }
            for column in plan.columns {
                let values = ColumnValues(base, count: column.count)
                var position = 0
                for place in plan.places[column.places] {
                    let hole = 2 &* Int(place.hole)
                    for row in members.lines[members.firsts[Int(place.template)]..<members.firsts[Int(place.template) + 1]] {
                        let start = rows.lines.range(Int(row)).lowerBound
                        let holes = table.holes(Int(row)).baseAddress!
                        values.set(position, start &+ Int(holes[hole]), start &+ Int(holes[hole &+ 1]))
                        timestamps[position] = rows.timestamps[Int(row)]
                        position &+= 1
                    }
                }
                encoder.append(values, timestamps: timestamps)
            }
        }
        return encoder
    }

    private static func appendTemplates(_ table: borrowing TemplateTable, _ plan: ColumnPlan, _ lines: UnsafeRawBufferPointer, to encoder: inout ColumnEncoder) {
        encoder.output.bytes.append(columnsMark)
        encoder.output.bytes.append(varint: UInt64(table.entries.count))
        encoder.output.bytes.append(varint: UInt64(plan.columns.count))
        var place = 0
        for entry in table.entries {
            let pieces = table.pieces(entry)
            encoder.output.bytes.append(varint: UInt64(entry.rows))
            encoder.output.bytes.append(varint: UInt64(entry.holes))
            for piece in pieces { encoder.output.bytes.append(varint: UInt64(piece.count)) }
            for _ in 0..<entry.holes {
                encoder.output.bytes.append(varint: UInt64(plan.columnOfPlace[place]))
                place += 1
            }
        }
        // All of their text together: what two have in common is found best there.
        for entry in table.entries {
            for piece in table.pieces(entry) {
                let bytes = UnsafeRawBufferPointer(rebasing: lines[piece])
                encoder.output.bytes.append(bytes)
                encoder.terms.addWords(of: bytes, mark: Terms.templateMark)
            }
        }
    }

    // MARK: Reading

    init(_ block: ByteBlock) throws(DamagedBytes) {
        self.block = block
        var reader = ByteReader(block.bytes)
        if block.bytes.first == Self.columnsMark {
            _ = reader.readUInt8()
            try readTemplates(&reader)
        } else {
            try readTemplatesOfVersion2(&reader)
        }
    }

    private func readTemplates(_ reader: inout ByteReader) throws(DamagedBytes) {
        guard let count = reader.readVarint(), count <= UInt64(Limits.chunkRowsMax), let columnCount = reader.readVarint(), columnCount <= UInt64(reader.remaining) else {
            throw DamagedBytes("a chunk's templates")
        }
        var lengths: [Int] = []
        var templates: [Template] = []
        var places: [Place] = []
        // How many values a column has so far.
        var filled = [Int](repeating: 0, count: Int(columnCount))
        templates.reserveCapacity(Int(count))
        for _ in 0..<count {
            let firstPiece = lengths.count
            let rows = try Self.readTemplate(&reader, &lengths)
            templates.append(Template(rows: rows, firstPiece: firstPiece, pieceCount: lengths.count - firstPiece, firstPlace: places.count))
            for _ in firstPiece + 1..<lengths.count {
                guard let column = reader.readVarint(), column < columnCount else { throw DamagedBytes("a template's column") }
                places.append(Place(column: Int32(column), first: Int32(truncatingIfNeeded: filled[Int(column)])))
                filled[Int(column)] += rows
                guard filled[Int(column)] <= Limits.columnValuesMax else { throw DamagedBytes("a column of too many values") }
            }
        }
        (self.templates, self.places) = (templates, places)
        pieces = try Self.readPieces(&reader, lengths[...])
        var columns = ColumnReader()
        for count in filled {
            guard count > 0, columns.add(&reader, rows: count) else { throw DamagedBytes("a chunk's column") }
        }
        (self.columns, valueCounts) = (columns, filled)
    }

    /// Returns how many rows a template has; `lengths` gets those of its pieces.
    private static func readTemplate(_ reader: inout ByteReader, _ lengths: inout [Int]) throws(DamagedBytes) -> Int {
        guard let rows = reader.readVarint(), let holes = reader.readVarint(), rows > 0, rows <= UInt64(Limits.chunkRowsMax), holes <= UInt64(reader.remaining)
        else { throw DamagedBytes("a chunk's template") }
        for _ in 0...holes {
            guard let length = reader.readVarint() else { throw DamagedBytes("a template's pieces") }
            lengths.append(Int(clamping: length))
        }
        return Int(rows)
    }

    private static func readPieces(_ reader: inout ByteReader, _ lengths: ArraySlice<Int>) throws(DamagedBytes) -> [UnsafeRawBufferPointer] {
        var pieces: [UnsafeRawBufferPointer] = []
        pieces.reserveCapacity(lengths.count)
        for length in lengths {
            guard let piece = reader.readBytes(length) else { throw DamagedBytes("a template's text") }
            pieces.append(piece)
        }
        return pieces
    }

    /// There each varying part of each template had a column of its own.
    private func readTemplatesOfVersion2(_ reader: inout ByteReader) throws(DamagedBytes) {
        guard let count = reader.readVarint(), count <= UInt64(Limits.chunkRowsMax) else { throw DamagedBytes("a chunk's templates") }
        var lengths: [Int] = []
        for _ in 0..<count {
            let firstPiece = lengths.count
            let rows = try Self.readTemplate(&reader, &lengths)
            pieces += try Self.readPieces(&reader, lengths[firstPiece...])
            templates.append(Template(rows: rows, firstPiece: firstPiece, pieceCount: lengths.count - firstPiece, firstPlace: places.count))
            for _ in firstPiece + 1..<lengths.count { places.append(Place(column: Int32(truncatingIfNeeded: places.count), first: 0)) }
        }
        for template in templates {
            for _ in 1..<template.pieceCount {
                guard columns.add(&reader, rows: template.rows) else { throw DamagedBytes("a chunk's column") }
                valueCounts.append(template.rows)
            }
        }
    }

    /// Appends a line: row `ordinal` of a template. `ends` gets where each of the template's pieces begins and ends in the line.
    func appendLine(
        template: Int, ordinal: Int, timestamp: Int64, to line: inout GrowingBuffer<UInt8>, pieceEnds ends: inout GrowingBuffer<Int32>
    ) throws(DamagedBytes) {
        ends.removeAll()
        guard templates.indices.contains(template) else { throw DamagedBytes("a row without a template") }
        let (rows, firstPiece, count, firstPlace) = (
            templates[template].rows, templates[template].firstPiece, templates[template].pieceCount, templates[template].firstPlace
        )
        guard ordinal < rows else { throw DamagedBytes("a row without a template") }
        let start = line.count
        ends.reserve(2 * count)
        for index in 0..<count {
            if index > 0 {
                let place = places[firstPlace + index - 1]
                try columns.appendValue(Int(place.column), Int(place.first) + ordinal, timestamp, to: &line)
            }
            ends.push(Int32(truncatingIfNeeded: line.count - start))
            line.append(pieces[firstPiece + index])
            ends.push(Int32(truncatingIfNeeded: line.count - start))
        }
    }

    /// What is the same of all lines of a template, in order.
    func pieces(_ template: Template) -> ArraySlice<UnsafeRawBufferPointer> { pieces[template.firstPiece..<template.firstPiece + template.pieceCount] }

    /// One of a template's pieces.
    func piece(_ number: Int, ofTemplate template: Int) -> UnsafeRawBufferPointer { pieces[templates[template].firstPiece + number] }

    /// The number of a template's varying part among those of all templates.
    func number(ofHole hole: Int, inTemplate template: Int) -> Int { templates[template].firstPlace + hole }

    /// Appends a varying part's value: that of row `ordinal` of its template.
    @inline(__always) func appendValue(_ number: Int, _ ordinal: Int, _ timestamp: Int64, to line: inout GrowingBuffer<UInt8>) throws(DamagedBytes) {
        let place = places[number]
        try columns.appendValue(Int(place.column), Int(place.first) + ordinal, timestamp, to: &line)
    }

    // MARK: Searching

    /// Which values of a column may begin so, ascending; those that do are among them.
    func find(_ sought: SoughtBeginning, inColumn column: Int) throws(DamagedBytes) -> [Int32] {
        var found = GrowingBuffer<Int32>()
        try columns.find(sought, column: column, 0..<valueCounts[column], to: &found)
        return Array(found.elements)
    }

    /// Where the values of a template's varying part stand: in which column, and from which of its values on.
    func place(ofHole hole: Int, inTemplate template: Int) -> (column: Int, first: Int) {
        let place = places[templates[template].firstPlace + hole]
        return (Int(place.column), Int(place.first))
    }

    var columnCount: Int { columns.count }

    /// Whether a varying part's values are the rows' own times.
    func isTime(_ number: Int) -> Bool { columns.columns[Int(places[number].column)].kind == .time }

    /// Appends the rows that have a text within their varying part, some more than once. False where the values have to be written out.
    func find(_ sought: SoughtText, in number: Int, rows: Int, to found: inout GrowingBuffer<Int32>) throws(DamagedBytes) -> Bool {
        let place = places[number]
        return try columns.find(sought, column: Int(place.column), Int(place.first)..<Int(place.first) + rows, to: &found)
    }
}
