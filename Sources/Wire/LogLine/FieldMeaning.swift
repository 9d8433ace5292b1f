import Model

/// Fields that say when a line was written and how grave it is.
enum FieldMeaning {
    private static let timestampNames: Set<String> = [
        "time", "ts", "timestamp", "@timestamp", "t", "date", "datetime", "asctime", "eventTime", "event_time", "Timestamp", "Time", "@t",
    ]
    private static let levelNames: Set<String> = [
        "level", "lvl", "severity", "log.level", "log_level", "loglevel", "logLevel", "levelname", "level_name", "severity_text", "severityText",
        "Level", "Severity", "LEVEL", "SEVERITY", "@l", "priority", "PRIORITY",
    ]
    private static let nameBytesMax = 13

    /// The first field with a name and a value of a moment, and the moment.
    static func timestamp(_ fields: [LogField], _ reader: TimestampText) -> (index: Int, moment: Int64)? {
        for (index, field) in fields.enumerated() where field.name.utf8.count <= nameBytesMax && timestampNames.contains(field.name) {
            if let moment = moment(field.value, reader) { return (index, moment) }
        }
        return nil
    }

    static func moment(_ value: FieldValue, _ reader: TimestampText) -> Int64? {
        switch value {
        case .string(var text):
            return text.withUTF8 { bytes in
                var cursor = LineCursor(UnsafeRawBufferPointer(bytes))
                return reader.read(&cursor)
            }
        case .integer(let number): return moment(number, reader)
        case .double(let seconds):
            // A double holds today's seconds to the microsecond, not beyond.
            guard seconds >= 1e9, seconds < 9e9 else { return Int64(exactly: seconds.rounded()).flatMap { moment($0, reader) } }
            let nanoseconds = Int64((seconds * 1e6).rounded()) * 1000
            return reader.isPlausible(nanoseconds) ? nanoseconds : nil
        case .bool: return nil
        }
    }

    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, by size.
    private static func moment(_ number: Int64, _ reader: TimestampText) -> Int64? {
        let scale: Int64
        switch number {
        case 1_000_000_000..<100_000_000_000: scale = 1_000_000_000
        case 1_000_000_000_000..<100_000_000_000_000: scale = 1_000_000
        case 1_000_000_000_000_000..<100_000_000_000_000_000: scale = 1000
        case 1_000_000_000_000_000_000...: scale = 1
        default: return nil
        }
        let (moment, overflow) = number.multipliedReportingOverflow(by: scale)
        return !overflow && reader.isPlausible(moment) ? moment : nil
    }

    private static let traceNames: Set<String> = ["traceId", "traceID", "TraceId", "TraceID", "trace.id", "traceid", "trace-id", "dd.trace_id", "otelTraceID"]
    private static let spanNames: Set<String> = ["spanId", "spanID", "SpanId", "SpanID", "span.id", "spanid", "span-id", "dd.span_id", "otelSpanID"]

    /// Gives a trace's and a span's id the names under which they are looked up, `trace_id` and `span_id`, whatever a logger calls them.
    static func nameIdentifiers(_ fields: inout [LogField]) {
        for index in fields.indices {
            let count = fields[index].name.utf8.count
            guard count >= 6, count <= nameBytesMax else { continue }
            let name = fields[index].name
            switch name.utf8.first! | 0x20 {
            case UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "o"), UInt8(ascii: "s"):
                if traceNames.contains(name) { fields[index].name = "trace_id" } else if spanNames.contains(name) { fields[index].name = "span_id" }
            default: break
            }
        }
    }

    /// Whether a field of this name may tell the level.
    static func mayTellLevel(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let first = name.first, name.count <= nameBytesMax else { return false }
        switch first | 0x20 {
        case UInt8(ascii: "l"), UInt8(ascii: "s"), UInt8(ascii: "p"), UInt8(ascii: "@") | 0x20: return levelNames.contains(String(decoding: name, as: UTF8.self))
        default: return false
        }
    }

    /// A level by name, or by the numbers of pino and bunyan (10 to 60) and of syslog (0 to 7).
    static func level(_ fields: [LogField]) -> LogLevel? {
        for field in fields where field.name.utf8.count <= nameBytesMax && levelNames.contains(field.name) {
            switch field.value {
            case .string(let text):
                if let level = LogLevel(name: text) { return level }
            case .integer(let number):
                if (0...7).contains(number) { return LineHeader.level(syslogSeverity: Int(number)) }
                if number >= 10, number <= 60 { return pinoLevels[min(5, Int(number) / 10 - 1)] }
            case .double, .bool: break
            }
        }
        return nil
    }

    private static let pinoLevels: [LogLevel] = [.trace, .debug, .info, .warn, .error, .fatal]
}
