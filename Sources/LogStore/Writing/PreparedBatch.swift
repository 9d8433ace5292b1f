import Foundations
import Model

/// A batch as it will be stored: within the limits, cut at midnights and by class, with its rows encoded and compressed. Made on the
/// caller's side, beside the writer's thread.
struct PreparedBatch: Sendable {
    /// What of a batch goes into one partition.
    struct Part: Sendable {
        let name: PartitionName
        /// As the live tail shows them, cut like the stored ones.
        var records: [LogRecord] = []
        var block = RecentBlock()
        var frame: [UInt8] = []

        init(_ name: PartitionName) { self.name = name }
        init(records: [LogRecord], name: PartitionName) {
            self.name = name
            for record in records { add(record) }
            frame = block.frame()
        }

        fileprivate mutating func add(_ record: LogRecord) {
            records.append(record)
            var fields: [UInt8] = []
            let stream = block.number(of: record.stream)
            let level = record.level.rawValue | (record.invalidBody == nil ? 0 : Rows.invalidMark)
            var body = record.body
            func append(_ line: UnsafeRawBufferPointer) {
                FieldCoding.encode(record.fields, line: line, into: &fields)
                fields.withUnsafeBytes {
                    block.append(id: Int64(block.rows), stream: stream, timestamp: record.timestamp.nanoseconds, level: level, line: line, fields: $0)
                }
            }
            if let bytes = record.invalidBody { bytes.withUnsafeBytes(append) } else { body.withUTF8 { append(UnsafeRawBufferPointer($0)) } }
        }

        fileprivate mutating func finish() { frame = block.frame() }

        /// The part without some streams' records.
        func without(_ streams: Set<Labels>) -> Part { Part(records: records.filter { !streams.contains($0.stream) }, name: name) }
    }

    let origin: BatchOrigin?
    /// In order of name; within a part in the batch's order.
    private(set) var parts: [Part] = []
    private(set) var refused: [LogRefusal: Int] = [:]
    private(set) var linesCut = 0
    private(set) var fieldsDropped = 0
    /// About what it holds in memory until it is stored.
    private(set) var heldBytes = 0

    /// The field that tells how many bytes of a line were cut off.
    static let cutField = "truncated_bytes"

    init(_ records: [LogRecord], origin: BatchOrigin?, accepted: Range<NanoTimestamp>, options: LogStoreOptions = .init()) {
        self.origin = origin
        var parts: [PartitionName: Part] = [:]
        var classes: [Labels: String] = [:]
        // Records of a batch mostly lie in one partition: it is filled outside of the dictionary.
        var current: Part?
        for record in records {
            guard record.timestamp >= accepted.lowerBound else {
                refused[.tooOld, default: 0] += 1
                continue
            }
            guard record.timestamp < accepted.upperBound else {
                refused[.tooFarInFuture, default: 0] += 1
                continue
            }
            var retentionClass = ""
            if !options.classes.isEmpty {
                retentionClass = classes[record.stream] ?? options.retentionClass(of: record.stream)
                classes[record.stream] = retentionClass
            }
            let name = PartitionName(Day(containing: record.timestamp), retentionClass)
            if current?.name != name {
                if let part = current { parts[part.name] = part }
                current = parts.removeValue(forKey: name) ?? Part(name)
            }
            heldBytes += record.body.utf8.count + Limits.rowOverheadBytes
            current!.add(prepare(record))
        }
        if let part = current { parts[part.name] = part }
        self.parts = parts.values.sorted { $0.name < $1.name }
        for index in self.parts.indices {
            self.parts[index].finish()
            heldBytes += self.parts[index].frame.count
        }
    }

    var rowCount: Int { parts.reduce(0) { $0 + $1.records.count } }

    private mutating func prepare(_ record: LogRecord) -> LogRecord {
        let isLong = record.body.utf8.count > Limits.lineBytesMax || (record.invalidBody?.count ?? 0) > Limits.lineBytesMax
        if !isLong, !exceeds(record.fields) { return record }
        var record = record
        limitFields(&record.fields)
        if let bytes = record.invalidBody {
            guard bytes.count > Limits.lineBytesMax else { return record }
            record = LogRecord(
                timestamp: record.timestamp, stream: record.stream, level: record.level, body: String(decoding: bytes.prefix(Limits.lineBytesMax), as: UTF8.self),
                fields: record.fields + [LogField(Self.cutField, .integer(Int64(bytes.count - Limits.lineBytesMax)))],
                invalidBody: Array(bytes.prefix(Limits.lineBytesMax)))
            linesCut += 1
        } else if let cutBytes = Self.cut(&record.body, to: Limits.lineBytesMax) {
            linesCut += 1
            record.fields.append(LogField(Self.cutField, .integer(Int64(cutBytes))))
        }
        return record
    }

    private func exceeds(_ fields: [LogField]) -> Bool {
        fields.count > Limits.fieldsMax
            || fields.contains { field in
                if field.name.utf8.count > Limits.fieldNameBytesMax { return true }
                if case .string(let text) = field.value { return text.utf8.count > Limits.fieldValueBytesMax }
                return false
            }
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
