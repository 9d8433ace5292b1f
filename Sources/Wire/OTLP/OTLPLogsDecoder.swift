import Foundations
import Model

// ExportLogsServiceRequest { resource_logs = 1 }, ResourceLogs { resource = 1, scope_logs = 2 }, Resource { attributes = 1 },
// ScopeLogs { scope = 1, log_records = 2 }, InstrumentationScope { name = 1 }

struct OTLPLogsDecoder {
    private let limits: WireLimits
    private let receivedAt: NanoTimestamp
    private(set) var records: [LogRecord] = []

    init(limits: WireLimits, receivedAt: NanoTimestamp) {
        self.limits = limits
        self.receivedAt = receivedAt
    }

    mutating func request(_ message: ProtobufReader) throws(WireError) {
        var reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 1 { try resourceLogs(reader.message(tag)) } else { try reader.skip(tag) }
        }
    }

    /// The resource is read before its records, wherever it stands.
    private mutating func resourceLogs(_ message: ProtobufReader) throws(WireError) {
        var stream = StreamLabels(limits: limits)
        var reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 1 { try resource(reader.message(tag), into: &stream) } else { try reader.skip(tag) }
        }
        reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 2 { try scopeLogs(reader.message(tag), stream: stream) } else { try reader.skip(tag) }
        }
    }

    private func resource(_ message: ProtobufReader, into stream: inout StreamLabels) throws(WireError) {
        var reader = message
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else {
                try reader.skip(tag)
                continue
            }
            let offset = reader.offset
            let attribute = try OTLPValue.attribute(reader.message(tag), limits: limits)
            try stream.setCutting(attribute.name, to: attribute.value.description, offset: offset)
        }
    }

    private mutating func scopeLogs(_ message: ProtobufReader, stream: StreamLabels) throws(WireError) {
        var stream = stream
        var reader = message
        var count = 0
        while let tag = try reader.nextTag() {
            if tag.field == 1 { try scope(reader.message(tag), into: &stream) } else { try reader.skip(tag) }
            if tag.field == 2 { count += 1 }
        }
        guard records.count + count <= limits.recordsMax else {
            throw WireError(.overLimit, "the request has more than \(limits.recordsMax) log records; send smaller ones", offset: message.offset)
        }
        // Doubled rather than exact, so that many small scopes don't copy the records again and again.
        if records.capacity < records.count + count { records.reserveCapacity(max(records.capacity * 2, records.count + count)) }
        let labels = stream.build()
        reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 2 { try record(reader.message(tag), stream: labels) } else { try reader.skip(tag) }
        }
    }

    private func scope(_ message: ProtobufReader, into stream: inout StreamLabels) throws(WireError) {
        var reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 1 {
                let name = try reader.string(tag)
                if !name.isEmpty { try stream.set(OTLPLogs.scopeLabel, to: name, offset: message.offset) }
            } else {
                try reader.skip(tag)
            }
        }
    }

    /// LogRecord { time = 1, severity_number = 2, severity_text = 3, body = 5, attributes = 6, trace = 9, span = 10, observed = 11, event = 12 }
    private mutating func record(_ message: ProtobufReader, stream: Labels) throws(WireError) {
        var reader = message
        var record = LogRecord(timestamp: receivedAt, stream: stream, body: "")
        var (time, observed) = (UInt64(0), UInt64(0))
        var severityNumber = 0
        var (severityText, trace, span, event) = ("", "", "", "")
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: time = try reader.fixed64(tag)
            case 2: severityNumber = Int(truncatingIfNeeded: try reader.varint(tag))
            case 3: severityText = try reader.string(tag)
            case 5: record.body = try body(reader.message(tag))
            case 6:
                guard record.fields.count < limits.fieldsMax else {
                    throw WireError(.overLimit, "a log record has more than \(limits.fieldsMax) attributes", offset: reader.offset)
                }
                record.fields.append(try OTLPValue.attribute(reader.message(tag), limits: limits))
            case 9: trace = Binary.hexadecimal(try reader.slice(tag).bytes(in: reader.body))
            case 10: span = Binary.hexadecimal(try reader.slice(tag).bytes(in: reader.body))
            case 11: observed = try reader.fixed64(tag)
            case 12: event = try reader.string(tag)
            default: try reader.skip(tag)
            }
        }
        record.timestamp = try OTLPLogs.timestamp(event: time, observed: observed, receivedAt: receivedAt, offset: message.offset)
        record.level = OTLPLogs.level(severityNumber: severityNumber, severityText: severityText)
        // Where the sender doesn't say, the line may.
        if severityNumber == 0, severityText.isEmpty, let level = LineLevel.find(in: record.body) { record.level = level }
        if OTLPLogs.isWorthKeeping(severityText: severityText, level: record.level) {
            record.fields.append(LogField(OTLPLogs.severityField, severityText))
        }
        if !event.isEmpty { record.fields.append(LogField(OTLPLogs.eventField, event)) }
        if !trace.isEmpty { record.fields.append(LogField(OTLPLogs.traceField, trace)) }
        if !span.isEmpty { record.fields.append(LogField(OTLPLogs.spanField, span)) }
        records.append(record)
    }

    /// A string as it is; any other value as text.
    private func body(_ message: ProtobufReader) throws(WireError) -> String {
        guard message.end - message.offset <= limits.lineBytesMax + 8 else {
            throw WireError(.overLimit, "a log line is longer than \(limits.lineBytesMax) bytes", offset: message.offset)
        }
        return LineText.body(try OTLPValue.value(message, limits: limits, depth: 1).description)
    }
}
