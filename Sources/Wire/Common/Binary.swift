/// Binary values as text: hexadecimal for ids, base64 (RFC 4648) for the rest.
enum Binary {
    private static let hexadecimalDigits = Array("0123456789abcdef".utf8)
    private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Lower-case digits, two a byte.
    static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { output in
            writeHexadecimal(bytes, to: UnsafeMutableRawBufferPointer(output))
            return bytes.count * 2
        }
    }

    /// The same into room for two digits a byte.
    static func writeHexadecimal(_ bytes: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer) {
        for (index, byte) in bytes.enumerated() {
            output[2 * index] = hexadecimalDigits[Int(byte >> 4)]
            output[2 * index + 1] = hexadecimalDigits[Int(byte & 15)]
        }
    }

    /// Nil where `text` isn't pairs of lower-case digits.
    static func bytes(lowercaseHexadecimal text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }

    static func base64(_ bytes: UnsafeRawBufferPointer) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let given = min(3, bytes.count - index)
            var group: UInt32 = 0
            for place in 0..<3 { group = group << 8 | (place < given ? UInt32(bytes[index + place]) : 0) }
            for place in 0..<4 {
                output.append(place <= given ? base64Digits[Int(group >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }
}
