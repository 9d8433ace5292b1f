/// A value of a syntax tree: what JSON knows, with the fields of objects in order.
public indirect enum SyntaxTreeValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case text(String)
    case list([SyntaxTreeValue])
    case object([Field])

    /// One field of an object.
    public struct Field: Equatable, Sendable {
        public let name: String
        public let value: SyntaxTreeValue

        init(_ name: String, _ value: SyntaxTreeValue) {
            self.name = name
            self.value = value
        }
    }

    /// As JSON on one line.
    public var json: String {
        var output = ""
        write(into: &output)
        return output
    }

    private func write(into output: inout String) {
        switch self {
        case .null: output += "null"
        case .boolean(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .text(let text): Self.write(text, into: &output)
        case .list(let items):
            output += "["
            for (index, item) in items.enumerated() {
                if index > 0 { output += "," }
                item.write(into: &output)
            }
            output += "]"
        case .object(let fields):
            output += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { output += "," }
                Self.write(field.name, into: &output)
                output += ":"
                field.value.write(into: &output)
            }
            output += "}"
        }
    }

    private static func write(_ text: String, into output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            // Control characters of both sets, so that a terminal is safe too.
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}
