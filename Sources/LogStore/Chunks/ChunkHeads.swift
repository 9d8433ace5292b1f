import Foundations

/// What is known of a chunk's rows without their text: numbers, moments, levels and templates, in the chunk's order.
struct ChunkHeads {
    private(set) var ids: [Int64] = []
    /// Ascending.
    private(set) var timestamps: [Int64] = []
    /// With `Rows.invalidMark`.
    private(set) var levels: [UInt8] = []
    private(set) var templates: [Int32] = []

    var count: Int { ids.count }

    static func encode(_ rows: Rows, _ table: borrowing TemplateTable, order: [Int]) -> SectionedBytes {
        var output = SectionedBytes(capacity: rows.count * 8 + 64)
        output.bytes.append(columnsMark)
        output.bytes.append(varint: UInt64(order.count))
        // Moments of one source mostly end in zeros: counted in the greatest unit that fits them all.
        let units: [Int64] = [1_000_000_000, 1_000_000, 1000]
        let unit = units.first { unit in rows.timestamps.allSatisfy { $0 % unit == 0 } } ?? 1
        output.bytes.append(varint: UInt64(unit))
        appendSteps(order, to: &output) { rows.timestamps[$0] / unit }
        appendSteps(order, to: &output) { rows.ids[$0] }
        if let levels = levelsOfTemplates(rows, table) {
            output.bytes.append(1)
            output.bytes.append(varint: UInt64(levels.count))
            for level in levels { output.bytes.append(level) }
        } else {
            output.bytes.append(0)
            output.cut(around: order.count)
            for row in order { output.bytes.append(rows.levels[row]) }
            output.cut(around: order.count)
        }
        var templates = GrowingBuffer<UInt64>(capacity: order.count)
        for row in order { templates.push(UInt64(table.templateOfLine[row])) }
        NumberPlanes.append(templates.elements, to: &output)
        return output
    }

    /// What no count of rows is, before columns of today; without it stands the form of version 2.
    private static let columnsMark: UInt8 = 0

    /// The first number, then the steps from one to the next.
    private static func appendSteps(_ order: [Int], to output: inout SectionedBytes, _ number: (Int) -> Int64) {
        var steps = GrowingBuffer<UInt64>(capacity: order.count)
        var last = number(order[0])
        output.bytes.append(varint: UInt64(bitPattern: last << 1 ^ last >> 63))
        for row in order.dropFirst() {
            let next = number(row)
            let step = next &- last
            steps.push(UInt64(bitPattern: step << 1 ^ step >> 63))
            last = next
        }
        NumberPlanes.append(steps.elements, to: &output)
    }

    /// The level of each template's rows; nil where some template has rows of several.
    private static func levelsOfTemplates(_ rows: Rows, _ table: borrowing TemplateTable) -> [UInt8]? {
        let levels = table.entries.map { rows.levels[$0.firstLine] }
        // A template's level is told once, which isn't less where there are as many templates as rows.
        guard levels.count * 2 < rows.count else { return nil }
        for row in 0..<rows.count where levels[Int(table.templateOfLine[row])] != rows.levels[row] { return nil }
        return levels
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(DamagedBytes) {
        var reader = ByteReader(bytes)
        let hasColumns = bytes.first == Self.columnsMark
        if hasColumns { _ = reader.readUInt8() }
        guard let rows = reader.readVarint(), rows > 0, rows <= UInt64(Limits.chunkRowsMax), let unit = reader.readVarint(), unit > 0, unit <= 1_000_000_000 else {
            throw DamagedBytes("a chunk's count of rows")
        }
        if hasColumns { try readColumns(&reader, Int(rows), unit: Int64(unit)) } else { try readRuns(&reader, Int(rows), unit: Int64(unit)) }
        guard levels.allSatisfy({ $0 & ~Rows.invalidMark < 63 }) else { throw DamagedBytes("a chunk's level") }
    }

    private mutating func readColumns(_ reader: inout ByteReader, _ count: Int, unit: Int64) throws(DamagedBytes) {
        timestamps = try Self.readSteps(&reader, count, unit: unit)
        ids = try Self.readSteps(&reader, count, unit: 1)
        guard let areOfTemplates = reader.readUInt8(), areOfTemplates < 2 else { throw DamagedBytes("a chunk's levels") }
        guard let size = areOfTemplates == 1 ? reader.readVarint() : UInt64(count), size <= UInt64(count), let levels = reader.readBytes(Int(size)) else {
            throw DamagedBytes("a chunk's levels")
        }
        guard let templates = NumberPlanes(&reader, rows: count) else { throw DamagedBytes("a chunk's template numbers") }
        self.templates = Self.withNumbers(templates, count) { $0.map { Int32(truncatingIfNeeded: min($0, UInt64(Limits.chunkRowsMax))) } }
        guard self.templates.allSatisfy({ $0 < Limits.chunkRowsMax }) else { throw DamagedBytes("a chunk's template numbers") }
        if areOfTemplates == 1 {
            guard self.templates.allSatisfy({ $0 < levels.count }) else { throw DamagedBytes("a chunk's levels") }
            self.levels = self.templates.map { levels[Int($0)] }
        } else {
            self.levels = Array(levels)
        }
    }

    private static func readSteps(_ reader: inout ByteReader, _ count: Int, unit: Int64) throws(DamagedBytes) -> [Int64] {
        guard let first = reader.readZigzag(), let steps = NumberPlanes(&reader, rows: count - 1) else { throw DamagedBytes("a chunk's numbers") }
        return withNumbers(steps, count - 1) { steps in
            [Int64](unsafeUninitializedCapacity: count) { sums, filled in
                var sum = first
                sums[0] = sum &* unit
                for (row, step) in steps.enumerated() {
                    sum &+= Int64(bitPattern: step >> 1) ^ -Int64(bitPattern: step & 1)
                    sums[row + 1] = sum &* unit
                }
                filled = count
            }
        }
    }

    /// Calls `body` with all numbers of planes, of which there are so many.
    private static func withNumbers<Result>(_ planes: NumberPlanes, _ count: Int, _ body: (UnsafeBufferPointer<UInt64>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { numbers in
            if let base = numbers.baseAddress { planes.write(to: base) }
            return body(UnsafeBufferPointer(numbers))
        }
    }

    /// Version 2.
    private mutating func readRuns(_ reader: inout ByteReader, _ count: Int, unit: Int64) throws(DamagedBytes) {
        timestamps = try Self.readSums(&reader, count, unit: unit)
        ids = try Self.readSums(&reader, count, unit: 1)
        guard let levels = reader.readBytes(count) else { throw DamagedBytes("a chunk's levels") }
        self.levels = Array(levels)
        templates.reserveCapacity(count)
        for _ in 0..<count {
            guard let template = reader.readVarint(), template < UInt64(Limits.chunkRowsMax) else { throw DamagedBytes("a chunk's template numbers") }
            templates.append(Int32(template))
        }
    }

    private static func readSums(_ reader: inout ByteReader, _ count: Int, unit: Int64) throws(DamagedBytes) -> [Int64] {
        var sums: [Int64] = []
        sums.reserveCapacity(count)
        var sum: Int64 = 0
        for _ in 0..<count {
            guard let delta = reader.readZigzag() else { throw DamagedBytes("a chunk's numbers") }
            sum &+= delta
            sums.append(sum &* unit)
        }
        return sums
    }

    /// Of each row, how many of the same template come before it. `rows`: of each template how many it has.
    func ordinals(rowsOfTemplates rows: [Int]) throws(DamagedBytes) -> [Int32] {
        var seen = [Int32](repeating: 0, count: rows.count)
        var ordinals: [Int32] = []
        ordinals.reserveCapacity(templates.count)
        for template in templates {
            guard template < rows.count else { throw DamagedBytes("a row's template number") }
            ordinals.append(seen[Int(template)])
            seen[Int(template)] += 1
        }
        guard zip(rows, seen).allSatisfy({ $0 == $1 }) else { throw DamagedBytes("a template's number of rows") }
        return ordinals
    }
}
