import Foundations
import Model

/// How many rows and bytes of lines a chunk has by template, level and minute: what counts are answered from.
struct ChunkRollup {
    static let minuteNanoseconds: Int64 = 60_000_000_000

    struct Template {
        var id: UInt64
        /// The template's text is the whole line's: nothing of it was cut, and there is no second line.
        var isWhole: Bool
    }

    /// Twelve bytes: those of whole days are kept in memory.
    struct Entry {
        private let lineBytes: UInt32
        /// Since 1970.
        let minute: Int32
        private let rows: UInt16
        /// In `templates`; of no meaning where the chunk has too many of them to be kept apart.
        let template: UInt8
        private let levelAndPlace: UInt8

        var count: Int { Int(rows) }
        var bytes: Int { Int(lineBytes) }
        var level: UInt8 { levelAndPlace & ~ChunkRollup.borderMark }
        /// Rows that stand at the minute's first nanosecond. Where roll-ups keep these apart, the others stand behind it.
        var isAtBorder: Bool { levelAndPlace & ChunkRollup.borderMark != 0 }

        /// Nil where a chunk can't have such.
        init?(template: UInt64, level: UInt8, minute: Int64, count: UInt64, bytes: UInt64) {
            guard template <= UInt64(UInt8.max), level & ~ChunkRollup.borderMark < 63, let minute = Int32(exactly: minute), let lineBytes = UInt32(exactly: bytes),
                count <= UInt64(Limits.chunkRowsMax)
            else { return nil }
            self.minute = minute
            self.lineBytes = lineBytes
            self.template = UInt8(template)
            rows = UInt16(count)
            levelAndPlace = level
        }
    }

    /// In an entry's level: the rows stand at the minute's first nanosecond.
    private static let borderMark: UInt8 = 0x40
    /// In the number of templates: rows at minutes' first nanoseconds are kept apart.
    private static let bordersApart: UInt64 = 0x200

    private(set) var templates: [Template] = []
    /// In order of template, then of level and place, then of minute.
    private(set) var entries: [Entry] = []
    /// False for roll-ups of earlier programs.
    let keepsBordersApart: Bool

    // MARK: Writing

    private struct Key: Hashable {
        var template: Int32
        var level: UInt8
        var minute: Int64
    }

    /// `kinds`: of each of the table's entries its template for people.
    static func encode(_ rows: Rows, _ table: TemplateTable, kinds: [TemplateKind]) -> [UInt8] {
        var numbers: [LogTemplate: Int32] = [:]
        var templates: [Template] = []
        let numberOfEntry = kinds.map { kind in
            if let known = numbers[kind.template] {
                // Whole for all or for none: a line that goes on belongs to the same template.
                if !kind.isWhole { templates[Int(known)].isWhole = false }
                return known
            }
            let number = Int32(templates.count)
            numbers[kind.template] = number
            templates.append(Template(id: kind.template.id, isWhole: kind.isWhole))
            return number
        }
        let areKept = templates.count <= Limits.rollupTemplatesMax
        var sums: [Key: (count: Int, bytes: Int)] = [:]
        for row in 0..<rows.count {
            let key = Key(
                template: areKept ? numberOfEntry[Int(table.templateOfLine[row])] : -1,
                level: rows.levels[row] & ~Rows.invalidMark | (rows.timestamps[row] % minuteNanoseconds == 0 ? borderMark : 0), minute: minute(of: rows.timestamps[row]))
            add(rows.lines.range(row).count, to: &sums[key, default: (0, 0)])
        }
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(areKept ? templates.count : 0) | bordersApart)
        for template in areKept ? templates : [] {
            bytes.append(littleEndian: template.id)
            bytes.append(template.isWhole ? 1 : 0)
        }
        bytes.append(varint: UInt64(sums.count))
        var last: Int64 = 0
        for (key, sum) in sums.sorted(by: { ($0.key.template, $0.key.level, $0.key.minute) < ($1.key.template, $1.key.level, $1.key.minute) }) {
            bytes.append(varint: UInt64(key.template + 1))
            bytes.append(key.level)
            bytes.append(zigzag: key.minute - last)
            bytes.append(varint: UInt64(sum.count))
            bytes.append(varint: UInt64(sum.bytes))
            last = key.minute
        }
        return bytes
    }

    private static func add(_ bytes: Int, to sum: inout (count: Int, bytes: Int)) {
        sum.count += 1
        sum.bytes += bytes
    }

    static func minute(of nanoseconds: Int64) -> Int64 {
        let quotient = nanoseconds / minuteNanoseconds
        return nanoseconds % minuteNanoseconds < 0 ? quotient - 1 : quotient
    }

    // MARK: Reading

    var hasTemplates: Bool { !templates.isEmpty }

    init(_ bytes: UnsafeRawBufferPointer) throws(DamagedBytes) {
        var reader = ByteReader(bytes)
        guard let first = reader.readVarint(), first & ~Self.bordersApart <= UInt64(Limits.rollupTemplatesMax) else { throw DamagedBytes("a roll-up's templates") }
        keepsBordersApart = first & Self.bordersApart != 0
        let count = first & ~Self.bordersApart
        templates.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let id = reader.read(UInt64.self), let flag = reader.readUInt8() else { throw DamagedBytes("a roll-up's template") }
            templates.append(Template(id: id, isWhole: flag == 1))
        }
        guard let rows = reader.readVarint(), rows <= UInt64(reader.remaining) else { throw DamagedBytes("a roll-up's size") }
        entries.reserveCapacity(Int(rows))
        var minute: Int64 = 0
        for _ in 0..<rows {
            // Templates are counted from 1; 0 is none.
            guard let template = reader.readVarint(), template <= count, (template == 0) == (count == 0), let level = reader.readUInt8(),
                let delta = reader.readZigzag(), let records = reader.readVarint(), let size = reader.readVarint()
            else { throw DamagedBytes("a roll-up's entry") }
            minute &+= delta
            guard let entry = Entry(template: template == 0 ? 0 : template - 1, level: level, minute: minute, count: records, bytes: size) else {
                throw DamagedBytes("a roll-up's numbers")
            }
            entries.append(entry)
        }
    }
}

/// A template as people see it, of one of a chunk's own.
struct TemplateKind: Sendable {
    var template: LogTemplate
    var isWhole: Bool

    init(pieces: [UnsafeRawBufferPointer]) {
        var text: [UInt8] = []
        var isWhole = true
        for (index, piece) in pieces.enumerated() {
            if index > 0 { text.append(contentsOf: LogTemplate.placeholder.utf8) }
            // Varying parts have no line feed in them.
            if let end = piece.firstIndex(of: UInt8(ascii: "\n")) {
                text.append(contentsOf: piece[..<end])
                isWhole = false
                break
            }
            text.append(contentsOf: piece)
            if text.count > LogTemplate.textBytesMax + 4 { break }
        }
        template = LogTemplate(joined: text)
        self.isWhole = isWhole && text.count <= LogTemplate.textBytesMax && template.text.utf8.elementsEqual(text)
    }
}
