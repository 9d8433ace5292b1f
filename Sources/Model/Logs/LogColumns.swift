import Foundations

/// Log records as columns: how the hot ways in hand a request to the store (Docs/Decisions/0160-logs-arrive-in-the-store-as-columns.md).
///
/// Streams stand once; a row has numbers and the places of its line and fields in two buffers. Every line has a line feed behind it,
/// so that one look over all of them sees none that two lines make together. Lines may hold line feeds themselves.
public struct LogColumns: Sendable {
    /// A record but for its texts.
    public struct Row: Sendable {
        /// Nanoseconds since 1970.
        public internal(set) var timestamp: Int64
        /// Of the line in `lines`.
        public internal(set) var lineStart: Int
        /// Of the fields in `fields`.
        public internal(set) var fieldsStart: Int
        public internal(set) var lineBytes: UInt32
        public internal(set) var fieldsBytes: UInt32
        /// The number of its stream.
        public internal(set) var stream: UInt32
        public internal(set) var level: LogLevel
        /// The line is no valid UTF-8.
        public internal(set) var isInvalid: Bool
        /// Some field is an integer of 13 digits or more.
        public internal(set) var hasLargeInteger: Bool

        @inlinable public var lineRange: Range<Int> { lineStart..<lineStart + Int(lineBytes) }
        @inlinable public var fieldsRange: Range<Int> { fieldsStart..<fieldsStart + Int(fieldsBytes) }
    }

    /// Each once.
    public private(set) var streams: [Labels] = []
    public private(set) var rows: [Row] = []
    /// Lines, each with a line feed behind it; also those that were replaced.
    public private(set) var lines: [UInt8] = []
    /// Fields as `LogFields` reads them.
    public private(set) var fields: [UInt8] = []
    private var numbers: [Labels: Int] = [:]
    /// Where the fields of the next row begin.
    private var pendingStart = 0
    private var pendingHasLargeInteger = false

    static let largeInteger: Int64 = 1_000_000_000_000

    public init() {}

    public init(_ records: [LogRecord]) {
        reserve(rows: records.count, lineBytes: records.reduce(0) { $0 + ($1.invalidBody?.count ?? $1.body.utf8.count) + 1 })
        var last: (stream: Labels, number: Int)?
        for record in records {
            let number: Int
            if let last, last.stream == record.stream { number = last.number } else { number = self.number(of: record.stream) }
            last = (record.stream, number)
            append(record, stream: number)
        }
    }

    public mutating func reserve(rows rowCount: Int, lineBytes: Int) {
        rows.reserveCapacity(rowCount)
        lines.reserveCapacity(lineBytes)
    }

    public var isEmpty: Bool { rows.isEmpty }
    public var count: Int { rows.count }

    // MARK: Filling

    /// The number of a stream, given on its first use.
    public mutating func number(of stream: Labels) -> Int {
        if let number = numbers[stream] { return number }
        numbers[stream] = streams.count
        streams.append(stream)
        return streams.count - 1
    }

    /// Appends a row, with the fields that were added since the last one. `isInvalid`: the line is no valid UTF-8.
    public mutating func append(timestamp: Int64, stream: Int, level: LogLevel, line: UnsafeRawBufferPointer, isInvalid: Bool) {
        let start = lines.count
        lines.append(contentsOf: line)
        lines.append(UInt8(ascii: "\n"))
        rows.append(
            Row(
                timestamp: timestamp, lineStart: start, fieldsStart: pendingStart, lineBytes: UInt32(line.count), fieldsBytes: UInt32(fields.count - pendingStart),
                stream: UInt32(stream), level: level, isInvalid: isInvalid, hasLargeInteger: pendingHasLargeInteger))
        pendingStart = fields.count
        pendingHasLargeInteger = false
    }

    public mutating func append(_ record: LogRecord, stream: Int) {
        for field in record.fields { add(field) }
        let (timestamp, level) = (record.timestamp.nanoseconds, record.level)
        if let bytes = record.invalidBody {
            bytes.withUnsafeBytes { append(timestamp: timestamp, stream: stream, level: level, line: $0, isInvalid: true) }
        } else {
            var body = record.body
            body.withUTF8 { append(timestamp: timestamp, stream: stream, level: level, line: UnsafeRawBufferPointer($0), isInvalid: false) }
        }
    }

    public mutating func append(_ record: LogRecord) { append(record, stream: number(of: record.stream)) }

    /// Adds a field to the row that comes next.
    public mutating func add(_ field: LogField) {
        var name = field.name
        name.withUTF8 { fields.append(lengthPrefixed: UnsafeRawBufferPointer($0)) }
        switch field.value {
        case .string(var text):
            fields.append(LogFields.Kind.text.rawValue)
            text.withUTF8 { fields.append(lengthPrefixed: UnsafeRawBufferPointer($0)) }
        case .integer(let number):
            fields.append(LogFields.Kind.integer.rawValue)
            fields.append(zigzag: number)
            if number >= Self.largeInteger { pendingHasLargeInteger = true }
        case .double(let number):
            fields.append(LogFields.Kind.double.rawValue)
            fields.append(double: number)
        case .bool(let flag): fields.append((flag ? LogFields.Kind.yes : .no).rawValue)
        }
    }

    /// The same for a text; both are valid UTF-8.
    public mutating func add(name: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer) {
        fields.append(lengthPrefixed: name)
        fields.append(LogFields.Kind.text.rawValue)
        fields.append(lengthPrefixed: text)
    }

    // MARK: Changing

    /// Takes the rows behind the first `count` away.
    public mutating func keepFirst(_ count: Int) {
        guard count < rows.count else { return }
        lines.removeLast(lines.count - rows[count].lineStart)
        fields.removeLast(fields.count - rows[count].fieldsStart)
        pendingStart = fields.count
        pendingHasLargeInteger = false
        rows.removeLast(rows.count - count)
    }

    /// Takes rows away.
    public mutating func removeRows(where isLeftOut: (Row) -> Bool) { rows.removeAll(where: isLeftOut) }

    /// Puts another line in place of a row's.
    public mutating func replaceLine(_ index: Int, with line: UnsafeRawBufferPointer, isInvalid: Bool) {
        rows[index].lineStart = lines.count
        rows[index].lineBytes = UInt32(line.count)
        rows[index].isInvalid = isInvalid
        lines.append(contentsOf: line)
        lines.append(UInt8(ascii: "\n"))
    }

    /// Puts another record's line and fields in place of a row's.
    public mutating func replaceTexts(_ index: Int, with record: LogRecord) {
        append(record, stream: Int(rows[index].stream))
        var row = rows.removeLast()
        row.timestamp = rows[index].timestamp
        row.level = rows[index].level
        rows[index] = row
    }

    // MARK: Reading

    /// A row's line and fields, valid during the call.
    public func withTexts<Result>(_ index: Int, _ body: (_ line: UnsafeRawBufferPointer, _ fields: LogFields) -> Result) -> Result {
        lines.withUnsafeBytes { lines in
            fields.withUnsafeBytes { fields in
                body(
                    UnsafeRawBufferPointer(rebasing: lines[rows[index].lineRange]),
                    LogFields(UnsafeRawBufferPointer(rebasing: fields[rows[index].fieldsRange])))
            }
        }
    }

    public func record(_ index: Int) -> LogRecord {
        withTexts(index) { line, fields in
            let row = rows[index]
            return LogRecord(
                timestamp: NanoTimestamp(nanoseconds: row.timestamp), stream: streams[Int(row.stream)], level: row.level, body: String(decoding: line, as: UTF8.self),
                fields: fields.map { LogField(String(decoding: $0.name, as: UTF8.self), $0.value.fieldValue) }, invalidBody: row.isInvalid ? Array(line) : nil)
        }
    }

    public var records: [LogRecord] { rows.indices.map(record) }
}

/// The fields of one row of `LogColumns`, one after the other, without copying.
///
/// `field := name:text kind:u8 value`, where a text is a varint length and that many bytes.
public struct LogFields: Sequence, IteratorProtocol {
    public enum Kind: UInt8, Sendable {
        case text = 0, integer = 1, double = 2, no = 3, yes = 4
    }

    public enum Value {
        case text(UnsafeRawBufferPointer)
        case integer(Int64)
        case double(Double)
        case bool(Bool)

        public var fieldValue: FieldValue {
            switch self {
            case .text(let bytes): .string(String(decoding: bytes, as: UTF8.self))
            case .integer(let number): .integer(number)
            case .double(let number): .double(number)
            case .bool(let flag): .bool(flag)
            }
        }
    }

    private var reader: ByteReader

    /// Takes bytes that `LogColumns` wrote.
    public init(_ bytes: UnsafeRawBufferPointer) { reader = ByteReader(bytes) }

    public var isEmpty: Bool { reader.isAtEnd }

    public mutating func next() -> (name: UnsafeRawBufferPointer, value: Value)? {
        guard !reader.isAtEnd else { return nil }
        guard let name = reader.readLengthPrefixed(), let kind = reader.readUInt8().flatMap(Kind.init), let value = value(kind) else {
            preconditionFailure("fields that LogColumns didn't write")
        }
        return (name, value)
    }

    private mutating func value(_ kind: Kind) -> Value? {
        switch kind {
        case .text: reader.readLengthPrefixed().map { .text($0) }
        case .integer: reader.readZigzag().map { .integer($0) }
        case .double: reader.readDouble().map { .double($0) }
        case .no: .bool(false)
        case .yes: .bool(true)
        }
    }
}
