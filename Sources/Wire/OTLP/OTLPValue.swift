import Model

/// OTLP's `AnyValue { string = 1, bool = 2, int = 3, double = 4, array = 5, kvlist = 6, bytes = 7 }` as a field's value.
enum OTLPValue {
    /// KeyValue { key = 1, value = 2 }
    static func attribute(_ message: ProtobufReader, limits: WireLimits) throws(WireError) -> LogField {
        var reader = message
        var field = LogField("", "")
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: field.name = try reader.string(tag)
            case 2: field.value = try value(reader.message(tag), limits: limits, depth: 1)
            default: try reader.skip(tag)
            }
        }
        guard !field.name.isEmpty else { throw WireError("an attribute has no key", offset: message.offset) }
        return field
    }

    /// The bytes of a value that is a string and nothing else; nil for others. They may be no UTF-8.
    static func plainText(_ message: ProtobufReader) throws(WireError) -> UnsafeRawBufferPointer? {
        var reader = message
        var text = UnsafeRawBufferPointer(start: nil, count: 0)
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else { return nil }
            text = try reader.slice(tag).bytes(in: reader.body)
        }
        return text
    }

    /// Strings are repaired where they aren't UTF-8; no value at all is the empty string.
    static func value(_ message: ProtobufReader, limits: WireLimits, depth: Int) throws(WireError) -> FieldValue {
        var reader = message
        var value = FieldValue.string("")
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: value = .string(String(decoding: try reader.slice(tag).bytes(in: reader.body), as: UTF8.self))
            case 2: value = .bool(try reader.varint(tag) != 0)
            case 3: value = .integer(try reader.int64(tag))
            case 4: value = .double(try reader.double(tag))
            case 5, 6:
                let list = try reader.message(tag)
                var text: [UInt8] = []
                try appendList(list, isKeyed: tag.field == 6, limits: limits, depth: depth, to: &text)
                value = .string(String(decoding: text, as: UTF8.self))
            case 7: value = .string(Binary.base64(try reader.slice(tag).bytes(in: reader.body)))
            default: try reader.skip(tag)
            }
        }
        return value
    }

    /// ArrayValue { values = 1 } or KeyValueList { values = 1 } as JSON text.
    private static func appendList(
        _ message: ProtobufReader, isKeyed: Bool, limits: WireLimits, depth: Int, to text: inout [UInt8]
    ) throws(WireError) {
        guard depth < limits.nestingMax else {
            throw WireError(.overLimit, "values are nested more than \(limits.nestingMax) deep", offset: message.offset)
        }
        var reader = message
        text.append(UInt8(ascii: isKeyed ? "{" : "["))
        var isFirst = true
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else {
                try reader.skip(tag)
                continue
            }
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            let element = try reader.message(tag)
            if isKeyed {
                try appendPair(element, limits: limits, depth: depth + 1, to: &text)
            } else {
                try appendValue(element, limits: limits, depth: depth + 1, to: &text)
            }
        }
        text.append(UInt8(ascii: isKeyed ? "}" : "]"))
    }

    private static func appendPair(_ message: ProtobufReader, limits: WireLimits, depth: Int, to text: inout [UInt8]) throws(WireError) {
        var reader = message
        var key = ""
        var value: ProtobufReader?
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: key = try reader.string(tag)
            case 2: value = try reader.message(tag)
            default: try reader.skip(tag)
            }
        }
        JSONText.append(key, to: &text)
        text.append(UInt8(ascii: ":"))
        if let value { try appendValue(value, limits: limits, depth: depth, to: &text) } else { text.append(contentsOf: "null".utf8) }
    }

    private static func appendValue(_ message: ProtobufReader, limits: WireLimits, depth: Int, to text: inout [UInt8]) throws(WireError) {
        var reader = message
        guard let tag = try reader.nextTag() else { return text.append(contentsOf: "null".utf8) }
        if tag.field == 5 || tag.field == 6 {
            try appendList(reader.message(tag), isKeyed: tag.field == 6, limits: limits, depth: depth, to: &text)
        } else {
            JSONText.append(try value(message, limits: limits, depth: depth), to: &text)
        }
    }

    static func encode(_ value: FieldValue, to writer: inout ProtobufWriter) {
        switch value {
        case .string(let text): writer.string(1, text)
        case .bool(let flag): writer.varint(2, flag ? 1 : 0)
        case .integer(let number): writer.int64(3, number)
        case .double(let number): writer.double(4, number)
        }
    }

    static func encode(_ field: LogField, to writer: inout ProtobufWriter) {
        writer.string(1, field.name)
        writer.message(2) { encode(field.value, to: &$0) }
    }
}
