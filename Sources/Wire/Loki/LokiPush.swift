import Foundations
import Model

/// Loki's push API: `PushRequest` as protobuf (snappy already undone) and as JSON.
///
/// Structured metadata become fields. The level is that of the metadata or stream label `level` (or another of its usual names) where it is one;
/// a stream label that was understood so is taken off the stream, since `level` names the record's level. A line that is no valid UTF-8 is kept
/// as it is, and marked.
public enum LokiPush {
    public static func decode(
        protobuf body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> [LogRecord] {
        try decodeColumns(protobuf: body, limits: limits, receivedAt: receivedAt).records
    }

    public static func decode(
        json body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> [LogRecord] {
        try decodeColumns(json: body, limits: limits, receivedAt: receivedAt).records
    }

    /// The same without an object a line.
    public static func decodeColumns(
        protobuf body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> LogColumns {
        var decoder = LokiProtobufDecoder(limits: limits, receivedAt: receivedAt)
        decoder.columns.reserve(rows: min(limits.recordsMax, body.count / Limits.lokiEntryBytesUsual), lineBytes: body.count)
        var reader = ProtobufReader(body)
        while let tag = try reader.nextTag() {
            if tag.field == 1 { try decoder.stream(reader.message(tag)) } else { try reader.skip(tag) }
        }
        return decoder.columns
    }

    public static func decodeColumns(
        json body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> LogColumns {
        let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: body.count + JSONReader.copySlackBytes)
        defer { scratch.deallocate() }
        var decoder = LokiJSONDecoder(limits: limits, receivedAt: receivedAt, scratch: scratch)
        decoder.columns.reserve(rows: min(limits.recordsMax, body.count / Limits.lokiEntryBytesUsual), lineBytes: body.count)
        var reader = try JSONReader(body, nestingMax: limits.nestingMax, takesInvalid: true)
        try decoder.request(&reader)
        try reader.end()
        return decoder.columns
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
    static func level(_ metadata: LokiMetadata, stream: LogLevel?, line: UnsafeRawBufferPointer) -> LogLevel {
        metadata.level ?? stream ?? LineLevel.find(in: line) ?? .unknown
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

/// The structured metadata of one entry while it is read: how many, and those that may tell the level.
struct LokiMetadata {
    private(set) var count = 0
    private var telling: [LogField] = []
    private var detected: LogLevel?

    private static let detectedName: StaticString = "detected_level"

    /// Ready for the next entry.
    mutating func clear() {
        count = 0
        if !telling.isEmpty { telling.removeAll() }
        detected = nil
    }

    mutating func note(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        count += 1
        if FieldMeaning.mayTellLevel(name) {
            telling.append(LogField(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        } else if detected == nil, equalBytes(name, Self.detectedName) {
            detected = LogLevel(name: String(decoding: value, as: UTF8.self))
        }
    }

    /// The level that they give.
    var level: LogLevel? { (telling.isEmpty ? nil : FieldMeaning.level(telling)) ?? detected }
}
