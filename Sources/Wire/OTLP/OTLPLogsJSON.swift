import Foundations
import Model

extension OTLPLogs {
    /// As columns, what `decode(json:)` reads.
    public static func decodeColumns(
        json body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> LogColumns {
        LogColumns(try decode(json: body, limits: limits, receivedAt: receivedAt))
    }

    /// All records of a request in OTLP's JSON: names in lowerCamelCase, 64-bit numbers as text, ids in hexadecimal.
    public static func decode(
        json body: UnsafeRawBufferPointer, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> [LogRecord] {
        var decoder = OTLPLogsJSONDecoder(limits: limits, receivedAt: receivedAt)
        var reader = try JSONReader(body, nestingMax: limits.nestingMax)
        try decoder.request(&reader)
        try reader.end()
        return decoder.records
    }
}

private struct OTLPLogsJSONDecoder {
    let limits: WireLimits
    let receivedAt: NanoTimestamp
    var records: [LogRecord] = []

    init(limits: WireLimits, receivedAt: NanoTimestamp) {
        self.limits = limits
        self.receivedAt = receivedAt
    }

    mutating func request(_ reader: inout JSONReader) throws(WireError) {
        try reader.object { key, reader throws(WireError) in
            guard key == "resourceLogs" else { return try reader.skip() }
            try reader.array { reader throws(WireError) in try resourceLogs(&reader) }
        }
    }

    /// The resource is read before its records, wherever it stands.
    private mutating func resourceLogs(_ reader: inout JSONReader) throws(WireError) {
        var stream = StreamLabels(limits: limits)
        var first = reader
        try first.object { key, reader throws(WireError) in
            guard key == "resource" else { return try reader.skip() }
            try reader.object { key, reader throws(WireError) in
                guard key == "attributes" else { return try reader.skip() }
                try reader.array { reader throws(WireError) in
                    let offset = reader.offset
                    let attribute = try attribute(&reader)
                    try stream.setCutting(attribute.name, to: attribute.value.description, offset: offset)
                }
            }
        }
        try reader.object { key, reader throws(WireError) in
            guard key == "scopeLogs" else { return try reader.skip() }
            try reader.array { reader throws(WireError) in try scopeLogs(&reader, stream) }
        }
    }

    private mutating func scopeLogs(_ reader: inout JSONReader, _ resource: StreamLabels) throws(WireError) {
        var stream = resource
        var first = reader
        try first.object { key, reader throws(WireError) in
            guard key == "scope" else { return try reader.skip() }
            try reader.object { key, reader throws(WireError) in
                guard key == "name" else { return try reader.skip() }
                let offset = reader.offset
                let name = try reader.string()
                if !name.isEmpty { try stream.set(OTLPLogs.scopeLabel, to: name, offset: offset) }
            }
        }
        let labels = stream.build()
        try reader.object { key, reader throws(WireError) in
            guard key == "logRecords" else { return try reader.skip() }
            try reader.array { reader throws(WireError) in try record(&reader, labels) }
        }
    }

    private mutating func record(_ reader: inout JSONReader, _ stream: Labels) throws(WireError) {
        let offset = reader.offset
        guard records.count < limits.recordsMax else {
            throw WireError(.overLimit, "the request has more than \(limits.recordsMax) log records; send smaller ones", offset: offset)
        }
        var record = LogRecord(timestamp: receivedAt, stream: stream, body: "")
        var (time, observed) = (UInt64(0), UInt64(0))
        var severityNumber = 0
        var (severityText, trace, span, event) = ("", "", "", "")
        try reader.object { key, reader throws(WireError) in
            switch key {
            case "timeUnixNano": time = try reader.integer()
            case "observedTimeUnixNano": observed = try reader.integer()
            case "severityNumber": severityNumber = try severity(&reader)
            case "severityText": severityText = try reader.string()
            case "body": record.body = try body(&reader)
            case "attributes":
                try reader.array { reader throws(WireError) in
                    guard record.fields.count < limits.fieldsMax else {
                        throw WireError(.overLimit, "a log record has more than \(limits.fieldsMax) attributes", offset: reader.offset)
                    }
                    record.fields.append(try attribute(&reader))
                }
            case "traceId": trace = try id(&reader)
            case "spanId": span = try id(&reader)
            case "eventName": event = try reader.string()
            default: try reader.skip()
            }
        }
        record.timestamp = try OTLPLogs.timestamp(event: time, observed: observed, receivedAt: receivedAt, offset: offset)
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

    /// A number; some libraries give the enumeration's name instead: `SEVERITY_NUMBER_ERROR2`.
    private func severity(_ reader: inout JSONReader) throws(WireError) -> Int {
        guard try reader.kind() == .string else { return try reader.integer() }
        let offset = reader.offset
        let text = try reader.string()
        if let number = Int(text) { return number }
        let name = text.hasPrefix("SEVERITY_NUMBER_") ? text.dropFirst("SEVERITY_NUMBER_".count) : "?"
        if name == "UNSPECIFIED" { return 0 }
        guard let level = LogLevel(name: name.prefix { !$0.isNumber }) else { throw WireError("severityNumber is neither a number nor its name", offset: offset) }
        return Int(level.rawValue)
    }

    /// An id in hexadecimal, in lower case as in protobuf; anything else as it is.
    private func id(_ reader: inout JSONReader) throws(WireError) -> String {
        let text = try reader.string()
        return text.allSatisfy(\.isHexDigit) ? text.lowercased() : text
    }

    private func body(_ reader: inout JSONReader) throws(WireError) -> String {
        let offset = reader.offset
        let text = LineText.body(try value(&reader).description)
        guard text.utf8.count <= limits.lineBytesMax else {
            throw WireError(.overLimit, "a log line is longer than \(limits.lineBytesMax) bytes", offset: offset)
        }
        return text
    }

    private func attribute(_ reader: inout JSONReader) throws(WireError) -> LogField {
        let offset = reader.offset
        var field = LogField("", "")
        try reader.object { key, reader throws(WireError) in
            switch key {
            case "key": field.name = try reader.string()
            case "value": field.value = try value(&reader)
            default: try reader.skip()
            }
        }
        guard !field.name.isEmpty else { throw WireError("an attribute has no key", offset: offset) }
        return field
    }

    private func value(_ reader: inout JSONReader) throws(WireError) -> FieldValue {
        var value = FieldValue.string("")
        try reader.object { key, reader throws(WireError) in
            switch key {
            case "stringValue", "bytesValue": value = .string(try reader.string())
            case "boolValue": value = .bool(try reader.bool())
            case "intValue": value = .integer(try reader.integer())
            case "doubleValue": value = .double(try reader.double())
            case "arrayValue", "kvlistValue":
                var text: [UInt8] = []
                try appendList(&reader, isKeyed: key == "kvlistValue", to: &text)
                value = .string(String(decoding: text, as: UTF8.self))
            default: try reader.skip()
            }
        }
        return value
    }

    /// `{"values": […]}` as plain JSON.
    private func appendList(_ reader: inout JSONReader, isKeyed: Bool, to text: inout [UInt8]) throws(WireError) {
        text.append(UInt8(ascii: isKeyed ? "{" : "["))
        var isFirst = true
        try reader.object { key, reader throws(WireError) in
            guard key == "values" else { return try reader.skip() }
            try reader.array { reader throws(WireError) in
                if !isFirst { text.append(UInt8(ascii: ",")) }
                isFirst = false
                if isKeyed { try appendPair(&reader, to: &text) } else { try appendValue(&reader, to: &text) }
            }
        }
        text.append(UInt8(ascii: isKeyed ? "}" : "]"))
    }

    private func appendPair(_ reader: inout JSONReader, to text: inout [UInt8]) throws(WireError) {
        var name = ""
        var value = Array("null".utf8)
        try reader.object { key, reader throws(WireError) in
            switch key {
            case "key": name = try reader.string()
            case "value":
                value = []
                try appendValue(&reader, to: &value)
            default: try reader.skip()
            }
        }
        JSONText.append(name, to: &text)
        text.append(UInt8(ascii: ":"))
        text.append(contentsOf: value)
    }

    private func appendValue(_ reader: inout JSONReader, to text: inout [UInt8]) throws(WireError) {
        let start = text.count
        try reader.object { key, reader throws(WireError) in
            text.removeSubrange(start...)
            switch key {
            case "arrayValue", "kvlistValue": try appendList(&reader, isKeyed: key == "kvlistValue", to: &text)
            case "stringValue", "bytesValue": JSONText.append(try reader.string(), to: &text)
            case "boolValue": JSONText.append(.bool(try reader.bool()), to: &text)
            case "intValue": JSONText.append(.integer(try reader.integer()), to: &text)
            case "doubleValue": JSONText.append(try reader.double(), to: &text)
            default: try reader.skip()
            }
        }
        if text.count == start { text.append(contentsOf: "null".utf8) }
    }
}
