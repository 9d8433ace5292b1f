import Model

/// Writes JSON text for values that came in another form.
enum JSONText {
    private static let hexadecimal = Array("0123456789abcdef".utf8)

    /// A string in quotes (RFC 8259): quotes, backslashes and control characters escaped.
    static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case UInt8(ascii: "\n"): output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case UInt8(ascii: "\r"): output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case UInt8(ascii: "\t"): output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 0..<0x20:
                output.append(contentsOf: "\\u00".utf8)
                output.append(hexadecimal[Int(byte >> 4)])
                output.append(hexadecimal[Int(byte & 15)])
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// A number; what JSON has no number for becomes a string.
    static func append(_ number: Double, to output: inout [UInt8]) {
        if number.isFinite {
            output.append(contentsOf: number.description.utf8)
        } else {
            append(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity", to: &output)
        }
    }

    static func append(_ value: FieldValue, to output: inout [UInt8]) {
        switch value {
        case .string(let text): append(text, to: &output)
        case .integer(let number): output.append(contentsOf: String(number).utf8)
        case .double(let number): append(number, to: &output)
        case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
        }
    }
}
