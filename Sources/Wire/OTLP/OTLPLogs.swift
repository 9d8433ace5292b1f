import Foundations
import Model

/// OTLP logs (OpenTelemetry protocol 1.x): `ExportLogsServiceRequest` as protobuf and as JSON.
///
/// Resource attributes are the stream's labels (`service.name` becomes `service_name`); values over the limit are cut, since resources hold
/// whole command lines. The scope's name is the label `scope` where it is set. Attributes become fields with their types; an array or a list
/// of pairs becomes JSON text, bytes become base64. A body of protobuf that is no valid UTF-8 is kept as it is, and marked. Trace and span become the fields `trace_id` and `span_id`, an event's name `event_name`.
/// Not kept: dropped counts, flags, schema addresses, the scope's version and attributes.
public enum OTLPLogs {
    static let scopeLabel = "scope"
    static let traceField = "trace_id"
    static let spanField = "span_id"
    static let eventField = "event_name"
    static let severityField = "severity_text"

    /// All records, or an error. `receivedAt` is the time of records that have none of their own.
    public static func decode(
        protobuf body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> [LogRecord] {
        try decodeColumns(protobuf: body, limits: limits, receivedAt: receivedAt).records
    }

    /// The same without an object a record.
    public static func decodeColumns(
        protobuf body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> LogColumns {
        var decoder = OTLPLogsDecoder(limits: limits, receivedAt: receivedAt)
        try decoder.request(ProtobufReader(body))
        return decoder.columns
    }

    /// A record's level: the number where it is set, else the text.
    static func level(severityNumber: Int, severityText: String) -> LogLevel {
        let level = LogLevel(severityNumber: severityNumber)
        return level == .unknown && !severityText.isEmpty ? LogLevel(name: severityText) ?? .unknown : level
    }

    /// Whether a severity's text says more than the level it was read as.
    static func isWorthKeeping(severityText: String, level: LogLevel) -> Bool {
        !severityText.isEmpty && LogLevel(name: severityText) != level
    }

    /// The time of the event, else when it was observed, else when it came in.
    static func timestamp(event: UInt64, observed: UInt64, receivedAt: NanoTimestamp, offset: Int) throws(WireError) -> NanoTimestamp {
        let nanoseconds = event != 0 ? event : observed
        if nanoseconds == 0 { return receivedAt }
        guard let exact = Int64(exactly: nanoseconds) else {
            throw WireError("a record's time of \(nanoseconds) ns lies behind the year 2262", offset: offset)
        }
        return NanoTimestamp(nanoseconds: exact)
    }
}
