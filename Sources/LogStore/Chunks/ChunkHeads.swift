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

    static func encode(_ rows: Rows, _ table: TemplateTable, order: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(order.count))
        // Moments of one source mostly end in zeros: counted in the greatest unit that fits them all.
        let units: [Int64] = [1_000_000_000, 1_000_000, 1000]
        let unit = units.first { unit in rows.timestamps.allSatisfy { $0 % unit == 0 } } ?? 1
        bytes.append(varint: UInt64(unit))
        var last: Int64 = 0
        for row in order {
            bytes.append(zigzag: rows.timestamps[row] / unit - last)
            last = rows.timestamps[row] / unit
        }
        last = 0
        for row in order {
            bytes.append(zigzag: rows.ids[row] - last)
            last = rows.ids[row]
        }
        for row in order { bytes.append(rows.levels[row]) }
        for row in order { bytes.append(varint: UInt64(table.templateOfLine[row])) }
        return bytes
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(DamagedBytes) {
        var reader = ByteReader(bytes)
        guard let rows = reader.readVarint(), rows > 0, rows <= UInt64(Limits.chunkRowsMax), let unit = reader.readVarint(), unit > 0, unit <= 1_000_000_000 else {
            throw DamagedBytes("a chunk's count of rows")
        }
        let count = Int(rows)
        timestamps = try Self.readSums(&reader, count, unit: Int64(unit))
        ids = try Self.readSums(&reader, count, unit: 1)
        guard let levels = reader.readBytes(count) else { throw DamagedBytes("a chunk's levels") }
        self.levels = Array(levels)
        guard self.levels.allSatisfy({ $0 & ~Rows.invalidMark < 63 }) else { throw DamagedBytes("a chunk's level") }
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

    /// Of each row, how many rows of the same template come before it.
    func ordinals(templates count: Int) throws(DamagedBytes) -> [Int32] {
        var seen = [Int32](repeating: 0, count: count)
        var ordinals: [Int32] = []
        ordinals.reserveCapacity(templates.count)
        for template in templates {
            guard template < count else { throw DamagedBytes("a row's template number") }
            ordinals.append(seen[Int(template)])
            seen[Int(template)] += 1
        }
        return ordinals
    }
}
