import Model

/// logfmt and other `key=value` pairs in a line, anywhere in it: `level=info msg="a b" took=1.5`.
enum KeyValuePairs {
    static func read(_ bytes: UnsafeRawBufferPointer, into fields: inout [LogField]) {
        let limit = min(bytes.count, Limits.pairSearchBytes)
        // The start of the run of key characters that ends here, and whether it is behind a separator.
        var keyStart = -1
        var index = 0
        while index < limit {
            let byte = bytes[index]
            if isKey(byte) {
                if keyStart < 0 { keyStart = index }
                index += 1
            } else if byte == UInt8(ascii: "="), keyStart >= 0, begins(bytes, keyStart, index), index + 1 >= limit || bytes[index + 1] != byte {
                guard fields.count < Limits.lineFieldsMax else { return }
                if fields.isEmpty { fields.reserveCapacity(Limits.lineFieldsUsual) }
                let key = String(decoding: bytes[keyStart..<index], as: UTF8.self)
                let (value, end) = value(bytes, from: index + 1, limit: limit, opener: keyStart > 0 ? bytes[keyStart - 1] : 0x20)
                fields.append(LogField(key, value))
                index = max(end, index + 1)
                keyStart = -1
            } else if byte == UInt8(ascii: "\""), keyStart < 0 {
                index = skipQuoted(bytes, from: index, limit: limit)
            } else {
                keyStart = -1
                index += 1
            }
        }
    }

    @inline(__always) private static func isKey(_ byte: UInt8) -> Bool {
        LineCursor.isLetter(byte) || LineCursor.isDigit(byte) || byte == 0x5F || byte == 0x2E || byte == 0x2D || byte == 0x2F || byte == 0x40
    }

    /// Whether the run is a key: a letter, `_` or `@` first, behind the line's start or a separator.
    private static func begins(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
        guard end - start <= Limits.pairKeyBytesMax, LineCursor.isLetter(bytes[start]) || bytes[start] == 0x5F || bytes[start] == 0x40 else { return false }
        if start == 0 { return true }
        switch bytes[start - 1] {
        case 0x20, 0x09, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "|"): return true
        default: return false
        }
    }

    private static func value(_ bytes: UnsafeRawBufferPointer, from start: Int, limit: Int, opener: UInt8) -> (FieldValue, end: Int) {
        if start < limit, bytes[start] == UInt8(ascii: "\""), let quoted = quotedValue(bytes, from: start, limit: limit) { return quoted }
        // `a=1, b=2` and `(a=1)`: the punctuation is the list's, not the value's. A comma with a key behind it ends the value as well.
        var end = start
        var isList = false
        var hasOpener = false
        scan: while end < limit {
            switch bytes[end] {
            case 0x20, 0x09: break scan
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                isList = isListEnd(bytes, at: end, limit: limit)
                if isList { break scan }
            case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"): hasOpener = true
            default: break
            }
            end += 1
        }
        var valueEnd = end
        if valueEnd > start, !hasOpener, bytes[valueEnd - 1] == closer(of: opener) || bytes[valueEnd - 1] == UInt8(ascii: ")") { valueEnd -= 1 }
        return (BareValue.typed(UnsafeRawBufferPointer(rebasing: bytes[start..<valueEnd])), isList ? end + 1 : end)
    }

    private static func closer(of opener: UInt8) -> UInt8 {
        switch opener {
        case UInt8(ascii: "["): UInt8(ascii: "]")
        case UInt8(ascii: "("): UInt8(ascii: ")")
        default: UInt8(ascii: "}")
        }
    }

    /// Whether the comma or semicolon stands at a value's end: before a blank, the line's end or the next key.
    private static func isListEnd(_ bytes: UnsafeRawBufferPointer, at comma: Int, limit: Int) -> Bool {
        var index = comma + 1
        if index >= limit || bytes[index] == 0x20 || bytes[index] == 0x09 { return true }
        while index < limit, isKey(bytes[index]), index - comma <= Limits.pairKeyBytesMax { index += 1 }
        return index > comma + 1 && index < limit && bytes[index] == UInt8(ascii: "=")
    }

    /// A value in quotes with backslash escapes; nil where it doesn't end.
    private static func quotedValue(_ bytes: UnsafeRawBufferPointer, from start: Int, limit: Int) -> (FieldValue, end: Int)? {
        var index = start + 1
        var hasEscapes = false
        while index < limit, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1
            }
            index += 1
        }
        guard index < limit else { return nil }
        let inner = UnsafeRawBufferPointer(rebasing: bytes[start + 1..<index])
        return (.string(hasEscapes ? unescaped(inner) : String(decoding: inner, as: UTF8.self)), index + 1)
    }

    private static func unescaped(_ bytes: UnsafeRawBufferPointer) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\\"), index < bytes.count {
                byte = bytes[index]
                index += 1
                switch byte {
                case UInt8(ascii: "n"): byte = 0x0A
                case UInt8(ascii: "t"): byte = 0x09
                case UInt8(ascii: "r"): byte = 0x0D
                default: break
                }
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Text in quotes has no pairs. A quote that isn't closed is just a character.
    private static func skipQuoted(_ bytes: UnsafeRawBufferPointer, from start: Int, limit: Int) -> Int {
        quotedValueEnd(bytes, from: start, limit: limit) ?? start + 1
    }

    private static func quotedValueEnd(_ bytes: UnsafeRawBufferPointer, from start: Int, limit: Int) -> Int? {
        var index = start + 1
        while index < limit, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index < limit ? index + 1 : nil
    }
}

/// A value without quotes, with the type its spelling has.
enum BareValue {
    /// A number only where writing it again gives the same text: `007` and `1e5` stay text.
    static func typed(_ bytes: UnsafeRawBufferPointer) -> FieldValue {
        if let number = number(bytes) { return number }
        if bytes.count == 4, bytes.elementsEqual("true".utf8) { return .bool(true) }
        if bytes.count == 5, bytes.elementsEqual("false".utf8) { return .bool(false) }
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    private static let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]

    private static func number(_ bytes: UnsafeRawBufferPointer) -> FieldValue? {
        var index = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        // 18 digits fit 64 bits; 15 digits are exact as a fraction.
        guard index < bytes.count, bytes.count - index <= 18, LineCursor.isDigit(bytes[index]) else { return nil }
        if bytes[index] == UInt8(ascii: "0"), index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: ".") { return nil }
        var mantissa: Int64 = 0
        var fractionDigits = -1
        for byte in bytes[index...] {
            if byte == UInt8(ascii: "."), fractionDigits < 0 {
                fractionDigits = 0
            } else if LineCursor.isDigit(byte) {
                mantissa = mantissa * 10 + Int64(byte &- 0x30)
                if fractionDigits >= 0 { fractionDigits += 1 }
            } else {
                return nil
            }
        }
        if fractionDigits < 0 { return isNegative && mantissa == 0 ? nil : .integer(isNegative ? -mantissa : mantissa) }
        guard fractionDigits > 0, bytes.count - index <= 16, fractionDigits < powersOfTen.count else { return nil }
        let value = Double(mantissa) / powersOfTen[fractionDigits]
        return .double(isNegative ? -value : value)
    }
}
