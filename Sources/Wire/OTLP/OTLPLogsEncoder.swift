import Foundations
import Model

extension OTLPLogs {
    /// A request with all records, not compressed. Runs of records of one stream share its resource; the order is kept.
    ///
    /// Decoding gives the same records, where label names are letters, digits and underscores, labels and fields keep to `WireLimits`,
    /// and times lie after 1970: a time of 0 is OTLP's word for «unknown».
    public static func encode(_ records: [LogRecord]) -> [UInt8] {
        var writer = ProtobufWriter(capacity: records.reduce(64) { $0 + $1.body.utf8.count + 64 + $1.fields.count * 32 })
        var start = 0
        while start < records.count {
            let stream = records[start].stream
            var end = start + 1
            while end < records.count, records[end].stream == stream { end += 1 }
            writer.message(1) { resourceLogs in
                if !stream.isEmpty { resourceLogs.message(1) { encode(stream, to: &$0) } }
                resourceLogs.message(2) { scopeLogs in
                    for index in start..<end { scopeLogs.message(2) { encode(records[index], to: &$0) } }
                }
            }
            start = end
        }
        return writer.bytes
    }

    private static func encode(_ stream: Labels, to writer: inout ProtobufWriter) {
        stream.forEachBytes { name, value in
            writer.message(1) { attribute in
                attribute.run(1, name)
                attribute.message(2) { $0.run(1, value) }
            }
        }
    }

    private static func encode(_ record: LogRecord, to writer: inout ProtobufWriter) {
        let time = UInt64(clamping: record.timestamp.nanoseconds)
        if time != 0 { writer.fixed64(1, time) }
        writer.varint(2, whereSet: UInt64(record.level.rawValue))
        writer.message(5) { $0.string(1, record.body) }
        let ids = IDs(record.fields)
        for field in record.fields[..<ids.attributeCount] { writer.message(6) { OTLPValue.encode(field, to: &$0) } }
        if let trace = ids.trace { trace.withUnsafeBytes { writer.run(9, $0) } }
        if let span = ids.span { span.withUnsafeBytes { writer.run(10, $0) } }
    }

    /// Trace and span go into their own places where they are the record's last fields, as decoding puts them; elsewhere they go as
    /// attributes, so that the fields come back in their order.
    private struct IDs {
        var attributeCount: Int
        var trace: [UInt8]?
        var span: [UInt8]?

        init(_ fields: [LogField]) {
            attributeCount = fields.count
            span = take(OTLPLogs.spanField, from: fields, bytes: 8)
            trace = take(OTLPLogs.traceField, from: fields, bytes: 16)
        }

        private mutating func take(_ name: String, from fields: [LogField], bytes count: Int) -> [UInt8]? {
            guard attributeCount > 0, fields[attributeCount - 1].name == name, case .string(let text) = fields[attributeCount - 1].value,
                text.utf8.count == count * 2, let bytes = Binary.bytes(lowercaseHexadecimal: text)
            else { return nil }
            attributeCount -= 1
            return bytes
        }
    }
}
