import Foundations
import Glibc

/// Numbers as PromQL writes them: decimal, hexadecimal, octal with a leading 0, underscores between digits.
enum NumberText {
    /// Nil where `text` is no number.
    static func parse(_ text: String) -> Double? {
        var digits = text
        if text.utf8.contains(UInt8(ascii: "_")) {
            guard hasPlainUnderscores(Array(text.utf8)) else { return nil }
            digits.removeAll { $0 == "_" }
        }
        let lowered = digits.lowercased()
        if lowered.hasPrefix("0x") {
            let hexadecimal = lowered.dropFirst(2)
            guard !hexadecimal.isEmpty, hexadecimal.utf8.allSatisfy(isHexadecimalDigit) else { return nil }
            return hexadecimal.utf8.reduce(0.0) { $0 * 16 + Double(value(ofHexadecimalDigit: $1)) }
        }
        if lowered.utf8.count > 1, lowered.hasPrefix("0"), lowered.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) {
            if let octal = Int64(lowered, radix: 8) { return Double(octal) }
        }
        guard isDecimal(Array(lowered.utf8)) else { return nil }
        return strtod(lowered, nil)
    }

    /// `digits [. digits] [e [sign] digits]`, a digit on at least one side of the dot.
    private static func isDecimal(_ bytes: [UInt8]) -> Bool {
        var index = 0
        func skipDigits() -> Int {
            let start = index
            while index < bytes.count, Lexer.isDigit(bytes[index]) { index += 1 }
            return index - start
        }
        var count = skipDigits()
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            count += skipDigits()
        }
        guard count > 0 else { return false }
        if index < bytes.count, bytes[index] == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
            guard skipDigits() > 0 else { return false }
        }
        return index == bytes.count
    }

    /// An underscore stands between two digits, or between `0x` and a digit.
    private static func hasPlainUnderscores(_ bytes: [UInt8]) -> Bool {
        for index in bytes.indices where bytes[index] == UInt8(ascii: "_") {
            guard index > 0, index + 1 < bytes.count, isHexadecimalDigit(bytes[index + 1] | 0x20) || Lexer.isDigit(bytes[index + 1]) else { return false }
            let before = bytes[index - 1]
            guard isHexadecimalDigit(before | 0x20) || Lexer.isDigit(before) || (before | 0x20 == UInt8(ascii: "x") && index == 2) else { return false }
        }
        return true
    }

    static func isHexadecimalDigit(_ byte: UInt8) -> Bool { Lexer.isDigit(byte) || (byte >= 0x61 && byte <= 0x66) }
    static func value(ofHexadecimalDigit byte: UInt8) -> UInt32 { Lexer.isDigit(byte) ? UInt32(byte - 0x30) : UInt32(byte - 0x61 + 10) }
}

/// Escapes in quoted strings, as Go has them.
enum StringEscape {
    /// Decodes what follows a backslash and appends it; the number of bytes used, or nil where it is no escape.
    static func decode(_ rest: ArraySlice<UInt8>, quote: UInt8, into content: inout [UInt8]) -> Int? {
        guard let first = rest.first else { return nil }
        if let control = GoEscape.control(first) {
            content.append(control)
            return 1
        }
        switch first {
        case UInt8(ascii: "\\"), quote: content.append(first)
        case UInt8(ascii: "x"): return number(rest.dropFirst(), digits: 2, radix: 16, max: 0xFF).map { content.append(UInt8($0)); return 3 }
        case 0x30...0x37: return number(rest, digits: 3, radix: 8, max: 0xFF).map { content.append(UInt8($0)); return 3 }
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let digits = first == UInt8(ascii: "u") ? 4 : 8
            guard let value = number(rest.dropFirst(), digits: digits, radix: 16, max: 0x10FFFF), let scalar = Unicode.Scalar(value) else { return nil }
            content.append(contentsOf: Array(String(Character(scalar)).utf8))
            return 1 + digits
        default: return nil
        }
        return 1
    }

    private static func number(_ rest: ArraySlice<UInt8>, digits: Int, radix: UInt32, max: UInt32) -> UInt32? {
        guard rest.count >= digits else { return nil }
        var value: UInt32 = 0
        for byte in rest.prefix(digits) {
            let lowered = Lexer.isDigit(byte) ? byte : byte | 0x20
            guard NumberText.isHexadecimalDigit(lowered) else { return nil }
            let digit = NumberText.value(ofHexadecimalDigit: lowered)
            guard digit < radix else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            if overflow { return nil }
            value = product + digit
        }
        return value <= max ? value : nil
    }

    /// Bytes in double quotes, as Go's `%q` writes them: what isn't UTF-8 or printable is escaped.
    static func quoted(_ bytes: [UInt8]) -> String {
        var result = "\""
        var index = 0
        func hexadecimal(_ byte: UInt8) -> String { "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        while index < bytes.count {
            let byte = bytes[index]
            let width = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            let part = bytes[index..<min(bytes.count, index + width)]
            guard part.count == width, let text = String(validating: part, as: UTF8.self) else {
                result += hexadecimal(byte)
                index += 1
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): result += "\\\""
            case UInt8(ascii: "\\"): result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0..<0x20, 0x7F: result += hexadecimal(byte)
            default: result += text
            }
            index += width
        }
        return result + "\""
    }
}
