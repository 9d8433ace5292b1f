import Model

/// A map of MessagePack as flattened fields: nested names joined with dots, arrays as JSON text.
enum MessagePackFields {
    static func append(_ reader: inout MessagePackReader, to fields: inout [LogField], limits: WireLimits) throws(WireError) {
        try appendMap(&reader, path: "", depth: 1, to: &fields, limits)
    }

    private static func appendMap(
        _ reader: inout MessagePackReader, path: String, depth: Int, to fields: inout [LogField], _ limits: WireLimits
    ) throws(WireError) {
        guard depth <= Limits.valueNestingMax else {
            throw WireError(.overLimit, "a record is nested more than \(Limits.valueNestingMax) deep", offset: reader.offset)
        }
        for _ in 0..<(try reader.mapCount()) {
            let key = try name(&reader)
            let full = path.isEmpty ? key : cut("\(path).\(key)")
            if try reader.kind() == .map {
                try appendMap(&reader, path: full, depth: depth + 1, to: &fields, limits)
            } else if let value = try value(&reader, depth: depth), fields.count < limits.fieldsMax, !full.isEmpty {
                fields.append(LogField(full, value))
            }
        }
    }

    private static func name(_ reader: inout MessagePackReader) throws(WireError) -> String {
        switch try reader.kind() {
        case .string, .binary: cut(try reader.string())
        case .integer: try reader.integer().map(String.init) ?? ""
        default: throw WireError("a record's key is no string", offset: reader.offset)
        }
    }

    private static func cut(_ name: String) -> String {
        name.utf8.count <= Limits.jsonNameBytesMax ? name : String(decoding: name.utf8.prefix(Limits.jsonNameBytesMax), as: UTF8.self)
    }

    /// Nil for nil.
    private static func value(_ reader: inout MessagePackReader, depth: Int) throws(WireError) -> FieldValue? {
        switch try reader.kind() {
        case .none:
            try reader.skip()
            return nil
        case .bool: return .bool(try reader.bool())
        case .integer: return try reader.integer().map(FieldValue.integer) ?? .string("18446744073709551615")
        case .double: return .double(try reader.double())
        case .string, .binary: return .string(try reader.string())
        case .ext:
            let (_, data) = try reader.ext()
            return .string(Binary.base64(data))
        case .array, .map:
            var text: [UInt8] = []
            try appendJSON(&reader, depth: depth + 1, to: &text)
            return .string(String(decoding: text, as: UTF8.self))
        }
    }

    private static func appendJSON(_ reader: inout MessagePackReader, depth: Int, to text: inout [UInt8]) throws(WireError) {
        guard depth <= Limits.valueNestingMax else {
            throw WireError(.overLimit, "a record is nested more than \(Limits.valueNestingMax) deep", offset: reader.offset)
        }
        switch try reader.kind() {
        case .array:
            text.append(UInt8(ascii: "["))
            for index in 0..<(try reader.arrayCount()) {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                try appendJSON(&reader, depth: depth + 1, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .map:
            text.append(UInt8(ascii: "{"))
            for index in 0..<(try reader.mapCount()) {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSONText.append(try name(&reader), to: &text)
                text.append(UInt8(ascii: ":"))
                try appendJSON(&reader, depth: depth + 1, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        default:
            if let value = try value(&reader, depth: depth) { JSONText.append(value, to: &text) } else { text.append(contentsOf: "null".utf8) }
        }
    }

    /// A record without a line of its own, as JSON of its flattened members.
    static func text(of fields: [LogField]) -> String {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (index, field) in fields.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            JSONText.append(field.name, to: &text)
            text.append(UInt8(ascii: ":"))
            JSONText.append(field.value, to: &text)
        }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }
}
