import Foundations
import Model

// ExportLogsServiceRequest { resource_logs = 1 }, ResourceLogs { resource = 1, scope_logs = 2 }, Resource { attributes = 1 },
// ScopeLogs { scope = 1, log_records = 2 }, InstrumentationScope { name = 1 }

struct OTLPLogsDecoder {
    private let limits: WireLimits
    private let receivedAt: NanoTimestamp
    private(set) var columns = LogColumns()
    private var severities = SeverityNames()

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
        guard columns.count + count <= limits.recordsMax else {
            throw WireError(.overLimit, "the request has more than \(limits.recordsMax) log records; send smaller ones", offset: message.offset)
        }
        let number = columns.number(of: stream.build())
        reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 2 { try record(reader.message(tag), stream: number) } else { try reader.skip(tag) }
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
    private mutating func record(_ message: ProtobufReader, stream: Int) throws(WireError) {
        var reader = message
        var (time, observed) = (UInt64(0), UInt64(0))
        var severityNumber = 0
        var attributes = 0
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        var (severityText, body, trace, span, event) = (none, ProtobufReader(none), none, none, none)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: time = try reader.fixed64(tag)
            case 2: severityNumber = Int(truncatingIfNeeded: try reader.varint(tag))
            case 3: severityText = try reader.stringBytes(tag)
            case 5: body = try reader.message(tag)
            case 6:
                guard attributes < limits.fieldsMax else {
                    throw WireError(.overLimit, "a log record has more than \(limits.fieldsMax) attributes", offset: reader.offset)
                }
                attributes += 1
                try attribute(reader.message(tag))
            case 9: trace = try reader.slice(tag).bytes(in: reader.body)
            case 10: span = try reader.slice(tag).bytes(in: reader.body)
            case 11: observed = try reader.fixed64(tag)
            case 12: event = try reader.stringBytes(tag)
            default: try reader.skip(tag)
            }
        }
        let timestamp = try OTLPLogs.timestamp(event: time, observed: observed, receivedAt: receivedAt, offset: message.offset)
        let named = severities.level(severityText)
        var level = LogLevel(severityNumber: severityNumber)
        if level == .unknown { level = named ?? .unknown }
        let isSaid = severityNumber != 0 || !severityText.isEmpty
        if !severityText.isEmpty, named != level { add(OTLPLogs.severityField, severityText) }
        if !event.isEmpty { add(OTLPLogs.eventField, event) }
        addHexadecimal(OTLPLogs.traceField, trace)
        addHexadecimal(OTLPLogs.spanField, span)
        try withBody(body) { columns, line, isInvalid in
            // Where the sender doesn't say, the line may.
            if !isSaid, let found = LineLevel.find(in: line) { level = found }
            columns.append(timestamp: timestamp.nanoseconds, stream: stream, level: level, line: line, isInvalid: isInvalid)
        }
    }

    private mutating func add(_ name: String, _ text: UnsafeRawBufferPointer) {
        var name = name
        name.withUTF8 { columns.add(name: UnsafeRawBufferPointer($0), text: text) }
    }

    private mutating func addHexadecimal(_ name: String, _ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        withUnsafeTemporaryAllocation(byteCount: bytes.count * 2, alignment: 1) { digits in
            Binary.writeHexadecimal(bytes, to: digits)
            add(name, UnsafeRawBufferPointer(digits))
        }
    }

    /// KeyValue { key = 1, value = 2 }: a text is taken in place, any other value in its own way.
    private mutating func attribute(_ message: ProtobufReader) throws(WireError) {
        var reader = message
        var (name, text): (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: name = try reader.stringBytes(tag)
            case 2: text = try OTLPValue.plainText(reader.message(tag))
            default: try reader.skip(tag)
            }
        }
        if let name, !name.isEmpty, let text, UTF8Check.isValid(text) {
            columns.add(name: name, text: text)
        } else {
            columns.add(try OTLPValue.attribute(message, limits: limits))
        }
    }

    /// Calls `use` with a body's line: a string as it is, any other value as text.
    private mutating func withBody(
        _ message: ProtobufReader, _ use: (inout LogColumns, _ line: UnsafeRawBufferPointer, _ isInvalid: Bool) -> Void
    ) throws(WireError) {
        guard message.end - message.offset <= limits.lineBytesMax + 8 else {
            throw WireError(.overLimit, "a log line is longer than \(limits.lineBytesMax) bytes", offset: message.offset)
        }
        if let text = try OTLPValue.plainText(message) {
            let line = LineText.trimmed(text)
            return use(&columns, line, !UTF8Check.isValid(line))
        }
        var text = try OTLPValue.value(message, limits: limits, depth: 1).description
        text.withUTF8 { use(&columns, LineText.trimmed(UnsafeRawBufferPointer($0)), false) }
    }
}

/// The levels of severities' texts, of which a request has few.
private struct SeverityNames {
    private var known: [(text: [UInt8], level: LogLevel?)] = []
    private static let knownMax = 8

    mutating func level(_ text: UnsafeRawBufferPointer) -> LogLevel? {
        if text.isEmpty { return nil }
        if let found = known.first(where: { equalBytes($0.text, text) }) { return found.level }
        let level = LogLevel(name: String(decoding: text, as: UTF8.self))
        if known.count < Self.knownMax { known.append((Array(text), level)) }
        return level
    }
}
