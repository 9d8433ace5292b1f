import Foundations
import Model

/// A batch as it will be stored: within the limits, with its fields encoded, cut at midnights. Made on the caller's side, beside the writer's thread.
struct PreparedBatch: Sendable {
    struct Row: Sendable {
        /// As the live tail shows it, cut like the stored one.
        var record: LogRecord
        var fields: [UInt8]
    }

    let origin: BatchOrigin?
    /// In order of day; within a day in the batch's order.
    private(set) var days: [(day: Day, rows: [Row])] = []
    private(set) var refused: [LogRefusal: Int] = [:]
    private(set) var linesCut = 0
    private(set) var fieldsDropped = 0
    /// About what it holds in memory until it is stored.
    private(set) var heldBytes = 0

    /// The field that tells how many bytes of a line were cut off.
    static let cutField = "truncated_bytes"

    init(_ records: [LogRecord], origin: BatchOrigin?, accepted: Range<NanoTimestamp>) {
        self.origin = origin
        var rows: [Day: [Row]] = [:]
        for record in records {
            guard record.timestamp >= accepted.lowerBound else {
                refused[.tooOld, default: 0] += 1
                continue
            }
            guard record.timestamp < accepted.upperBound else {
                refused[.tooFarInFuture, default: 0] += 1
                continue
            }
            let row = prepare(record)
            heldBytes += row.record.body.utf8.count + 2 * row.fields.count + Limits.rowOverheadBytes
            rows[Day(containing: record.timestamp), default: []].append(row)
        }
        days = rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    var rowCount: Int { days.reduce(0) { $0 + $1.rows.count } }

    private mutating func prepare(_ record: LogRecord) -> Row {
        var record = record
        limitFields(&record.fields)
        if let cutBytes = Self.cut(&record.body, to: Limits.lineBytesMax) {
            linesCut += 1
            record.fields.append(LogField(Self.cutField, .integer(Int64(cutBytes))))
        }
        var fields: [UInt8] = []
        record.body.withUTF8 { FieldCoding.encode(record.fields, line: UnsafeRawBufferPointer($0), into: &fields) }
        return Row(record: record, fields: fields)
    }

    private mutating func limitFields(_ fields: inout [LogField]) {
        if fields.count > Limits.fieldsMax {
            fieldsDropped += fields.count - Limits.fieldsMax
            fields.removeLast(fields.count - Limits.fieldsMax)
        }
        for index in fields.indices {
            if fields[index].name.utf8.count > Limits.fieldNameBytesMax { Self.cut(&fields[index].name, to: Limits.fieldNameBytesMax) }
            if case .string(var text) = fields[index].value, text.utf8.count > Limits.fieldValueBytesMax {
                Self.cut(&text, to: Limits.fieldValueBytesMax)
                fields[index].value = .string(text)
            }
        }
    }

    /// Cuts a text between two characters; returns how many bytes went, nil where it is short enough.
    @discardableResult
    private static func cut(_ text: inout String, to bytesMax: Int) -> Int? {
        let count = text.utf8.count
        guard count > bytesMax else { return nil }
        let utf8 = text.utf8
        var end = utf8.index(utf8.startIndex, offsetBy: bytesMax)
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        text = String(text.unicodeScalars[..<end])
        return count - text.utf8.count
    }
}
