import Foundations
import Model

/// Loki's push API: `PushRequest` as protobuf (snappy already undone) and as JSON.
///
/// Structured metadata become fields. The level is that of the metadata or stream label `level` (or another of its usual names) where it is one;
/// a stream label that was understood so is taken off the stream, since `level` names the record's level.
public enum LokiPush {
    public static func decode(
        protobuf body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> [LogRecord] {
        var decoder = LokiProtobufDecoder(limits: limits, receivedAt: receivedAt)
        var reader = ProtobufReader(body)
        while let tag = try reader.nextTag() {
            if tag.field == 1 { try decoder.stream(reader.message(tag)) } else { try reader.skip(tag) }
        }
        return decoder.records
    }

    public static func decode(
        json body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> [LogRecord] {
        var decoder = LokiJSONDecoder(limits: limits, receivedAt: receivedAt)
        var reader = try JSONReader(body, nestingMax: limits.nestingMax)
        try decoder.request(&reader)
        try reader.end()
        return decoder.records
    }

    /// A stream's labels, and the level that one of them gave.
    static func split(_ labels: Labels) -> (stream: Labels, level: LogLevel?) {
        for name in ["level", "detected_level"] {
            if let text = labels[name], let level = LogLevel(name: text) { return (labels.dropping([name]), level) }
        }
        // A logger's own word for it is a label like others, and stays.
        return (labels, labels["severity"].flatMap { LogLevel(name: $0) })
    }

    /// The level that a record's metadata give, else the stream's, else the line's own.
    static func level(_ fields: [LogField], stream: LogLevel?, line: String) -> LogLevel {
        if let own = FieldMeaning.level(fields) { return own }
        if case .string(let text)? = fields.first(where: { $0.name == "detected_level" })?.value, let level = LogLevel(name: text) { return level }
        return stream ?? LineLevel.find(in: line) ?? .unknown
    }

    static func tooManyRecords(_ limits: WireLimits, offset: Int) -> WireError {
        WireError(.overLimit, "the request has more than \(limits.recordsMax) log records; send smaller ones", offset: offset)
    }

    static func tooManyFields(_ limits: WireLimits, offset: Int) -> WireError {
        WireError(.overLimit, "a log record has more than \(limits.fieldsMax) structured metadata", offset: offset)
    }

    static func tooLongLine(_ limits: WireLimits, offset: Int) -> WireError {
        WireError(.overLimit, "a log line is longer than \(limits.lineBytesMax) bytes", offset: offset)
    }
}

// PushRequest { streams = 1 }, Stream { labels = 1, entries = 2 }, Entry { timestamp = 1, line = 2, structuredMetadata = 3 }

private struct LokiProtobufDecoder {
    let limits: WireLimits
    let receivedAt: NanoTimestamp
    var records: [LogRecord] = []

    init(limits: WireLimits, receivedAt: NanoTimestamp) {
        self.limits = limits
        self.receivedAt = receivedAt
    }

    /// The labels are read before the entries, wherever they stand.
    mutating func stream(_ message: ProtobufReader) throws(WireError) {
        var labels = Labels()
        var reader = message
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else {
                try reader.skip(tag)
                continue
            }
            let slice = try reader.slice(tag)
            let text = slice.bytes(in: reader.body)
            guard UTF8Check.isValid(text) else { throw WireError("stream labels are not valid UTF-8", offset: slice.start) }
            labels = try LabelsText.parse(text, offset: slice.start, limits: limits).build()
        }
        let (stream, level) = LokiPush.split(labels)
        reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 2 { try entry(reader.message(tag), stream, level) } else { try reader.skip(tag) }
        }
    }

    private mutating func entry(_ message: ProtobufReader, _ stream: Labels, _ level: LogLevel?) throws(WireError) {
        guard records.count < limits.recordsMax else { throw LokiPush.tooManyRecords(limits, offset: message.offset) }
        var record = LogRecord(timestamp: receivedAt, stream: stream, body: "")
        var reader = message
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: record.timestamp = try timestamp(reader.message(tag))
            case 2:
                let line = try reader.slice(tag)
                guard line.count <= limits.lineBytesMax else { throw LokiPush.tooLongLine(limits, offset: line.start) }
                record.body = LineText.body(line.bytes(in: reader.body))
            case 3:
                guard record.fields.count < limits.fieldsMax else { throw LokiPush.tooManyFields(limits, offset: reader.offset) }
                record.fields.append(try pair(reader.message(tag)))
            default: try reader.skip(tag)
            }
        }
        record.level = LokiPush.level(record.fields, stream: level, line: record.body)
        records.append(record)
    }

    /// google.protobuf.Timestamp { seconds = 1, nanos = 2 }
    private func timestamp(_ message: ProtobufReader) throws(WireError) -> NanoTimestamp {
        var (seconds, nanos) = (Int64(0), Int64(0))
        var reader = message
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: seconds = try reader.int64(tag)
            case 2: nanos = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLate) = whole.addingReportingOverflow(nanos)
        guard !overflow, !tooLate, (0..<1_000_000_000).contains(nanos) else { throw WireError("a time out of range", offset: message.offset) }
        return NanoTimestamp(nanoseconds: sum)
    }

    private func pair(_ message: ProtobufReader) throws(WireError) -> LogField {
        var (name, value) = ("", "")
        var reader = message
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: name = try reader.string(tag)
            case 2: value = try reader.string(tag)
            default: try reader.skip(tag)
            }
        }
        guard !name.isEmpty else { throw WireError("structured metadata without a name", offset: message.offset) }
        return LogField(name, value)
    }
}

// {"streams": [{"stream": {"job": "api"}, "values": [["<ns>", "<line>", {"trace_id": "…"}]]}]}

private struct LokiJSONDecoder {
    let limits: WireLimits
    let receivedAt: NanoTimestamp
    var records: [LogRecord] = []

    init(limits: WireLimits, receivedAt: NanoTimestamp) {
        self.limits = limits
        self.receivedAt = receivedAt
    }

    mutating func request(_ reader: inout JSONReader) throws(WireError) {
        var hasStreams = false
        try reader.object { key, reader throws(WireError) in
            guard key == "streams" else { return try reader.skip() }
            hasStreams = true
            try reader.array { reader throws(WireError) in try stream(&reader) }
        }
        guard hasStreams else { throw WireError("the body has no member \"streams\"", offset: 0) }
    }

    private mutating func stream(_ reader: inout JSONReader) throws(WireError) {
        var labels = StreamLabels(limits: limits)
        var first = reader
        try first.object { key, reader throws(WireError) in
            guard key == "stream" else { return try reader.skip() }
            try reader.object { name, reader throws(WireError) in
                let offset = reader.offset
                try labels.set(name, to: try reader.string(), offset: offset)
            }
        }
        let (stream, level) = LokiPush.split(labels.build())
        try reader.object { key, reader throws(WireError) in
            guard key == "values" else { return try reader.skip() }
            try reader.array { reader throws(WireError) in try entry(&reader, stream, level) }
        }
    }

    private mutating func entry(_ reader: inout JSONReader, _ stream: Labels, _ level: LogLevel?) throws(WireError) {
        let start = reader.offset
        guard records.count < limits.recordsMax else { throw LokiPush.tooManyRecords(limits, offset: start) }
        var record = LogRecord(timestamp: receivedAt, stream: stream, body: "")
        var place = 0
        try reader.array { reader throws(WireError) in
            let offset = reader.offset
            switch place {
            case 0: record.timestamp = NanoTimestamp(nanoseconds: try reader.integer())
            case 1:
                record.body = LineText.body(try reader.string())
                guard record.body.utf8.count <= limits.lineBytesMax else { throw LokiPush.tooLongLine(limits, offset: offset) }
            case 2: try metadata(&reader, into: &record.fields)
            default: throw WireError("an entry of \"values\" has more than a time, a line and metadata", offset: offset)
            }
            place += 1
        }
        guard place >= 2 else { throw WireError("an entry of \"values\" isn't [\"<nanoseconds>\", \"<line>\"]", offset: start) }
        record.level = LokiPush.level(record.fields, stream: level, line: record.body)
        records.append(record)
    }

    private func metadata(_ reader: inout JSONReader, into fields: inout [LogField]) throws(WireError) {
        try reader.object { name, reader throws(WireError) in
            guard fields.count < limits.fieldsMax else { throw LokiPush.tooManyFields(limits, offset: reader.offset) }
            fields.append(LogField(name, try reader.string()))
        }
    }
}
