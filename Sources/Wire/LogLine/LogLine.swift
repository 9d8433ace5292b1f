import Foundations
import Model

/// Finds in a log line what can be searched by: when it happened, how grave it is, and its named values.
public enum LogLine {
    /// Reads JSON objects, logfmt and other `key=value` pairs, moments at the line's front (RFC 3339, RFC 3164 and 5424, the common forms of
    /// nginx, Apache, Java, Python, Go, PostgreSQL, MySQL, Redis and klog, seconds since 1970) and the words for levels.
    ///
    /// `timestamp` is nil where the line has none. A moment without a year is the one nearest to `receivedAt`; one without a zone is taken
    /// at `zoneOffsetSeconds` east of UTC. The member that gave the moment is left out of `fields`; the line itself has it.
    /// At most 128 fields. Never fails: an unknown line has no moment, no level and no fields.
    public static func parse(
        _ line: String, receivedAt: NanoTimestamp, zoneOffsetSeconds: Int = 0
    ) -> (timestamp: NanoTimestamp?, level: LogLevel, fields: [LogField]) {
        var line = line
        return line.withUTF8 { parse(UnsafeRawBufferPointer($0), receivedAt: receivedAt, zoneOffsetSeconds: zoneOffsetSeconds) }
    }

    /// The same over the line's bytes, which should be UTF-8: names and values that aren't are repaired.
    public static func parse(
        _ line: UnsafeRawBufferPointer, receivedAt: NanoTimestamp, zoneOffsetSeconds: Int = 0
    ) -> (timestamp: NanoTimestamp?, level: LogLevel, fields: [LogField]) {
        let reader = TimestampText(now: receivedAt.nanoseconds, zoneOffsetSeconds: zoneOffsetSeconds)
        var fields: [LogField] = []
        var header: LineHeader?
        if line.first(where: { $0 != 0x20 && $0 != 0x09 }) != UInt8(ascii: "{") || !JSONLine.read(line, into: &fields) {
            header = LineHeader(line, reader)
            KeyValuePairs.read(line, into: &fields)
        }
        var timestamp = header?.timestamp
        if timestamp == nil, let (index, moment) = FieldMeaning.timestamp(fields, reader) {
            timestamp = moment
            fields.remove(at: index)
        }
        FieldMeaning.nameIdentifiers(&fields)
        let level = FieldMeaning.level(fields) ?? header?.level ?? header.flatMap { LevelWord.find(in: line, headerEnd: $0.end) }
        return (timestamp.map(NanoTimestamp.init(nanoseconds:)), level ?? .unknown, fields)
    }
}
