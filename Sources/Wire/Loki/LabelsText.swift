import Foundations
import Model

/// Labels as Loki's clients write them: `{job="api", path="/a \"b\""}`, strings in Go's spelling.
enum LabelsText {
    /// `offset` is where the text stands in the body, for errors.
    static func parse(_ text: UnsafeRawBufferPointer, offset: Int, limits: WireLimits) throws(WireError) -> StreamLabels {
        var labels = StreamLabels(limits: limits)
        var cursor = LineCursor(text)
        skipSpace(&cursor)
        guard cursor.take(UInt8(ascii: "{")) else { throw WireError("stream labels don't begin with {", offset: offset + cursor.index) }
        skipSpace(&cursor)
        while !cursor.take(UInt8(ascii: "}")) {
            let start = cursor.index
            while isNamePart(cursor.current) { cursor.index += 1 }
            let name = String(decoding: text[start..<cursor.index], as: UTF8.self)
            skipSpace(&cursor)
            guard !name.isEmpty, cursor.take(UInt8(ascii: "=")) else { throw WireError("a stream label isn't name=\"value\"", offset: offset + start) }
            skipSpace(&cursor)
            guard let value = GoString.read(&cursor) else {
                throw WireError("the value of the stream label \(quoted(name)) isn't a string in quotes", offset: offset + cursor.index)
            }
            try labels.set(name, to: value, offset: offset + start)
            skipSpace(&cursor)
            if cursor.take(UInt8(ascii: ",")) {
                skipSpace(&cursor)
            } else if cursor.current != UInt8(ascii: "}") {
                throw WireError("a comma or } belongs behind a stream label", offset: offset + cursor.index)
            }
        }
        skipSpace(&cursor)
        guard cursor.isAtEnd else { throw WireError("something follows the stream labels", offset: offset + cursor.index) }
        return labels
    }

    private static func skipSpace(_ cursor: inout LineCursor) { while cursor.takeAny(0x20, 0x09) {} }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        LineCursor.isLetter(byte) || LineCursor.isDigit(byte) || byte == 0x5F || byte == 0x2E || byte == 0x2D || byte == 0x3A || byte == 0x2F
    }
}

/// A string literal of Go: in double quotes with escapes, or raw in backquotes.
enum GoString {
    static func read(_ cursor: inout LineCursor) -> String? {
        if cursor.take(UInt8(ascii: "`")) {
            let start = cursor.index
            while !cursor.isAtEnd, cursor.current != UInt8(ascii: "`") { cursor.index += 1 }
            let text = String(decoding: cursor.bytes[start..<cursor.index], as: UTF8.self)
            return cursor.take(UInt8(ascii: "`")) ? text : nil
        }
        guard cursor.take(UInt8(ascii: "\"")) else { return nil }
        var result: [UInt8] = []
        while !cursor.isAtEnd {
            let byte = cursor.current
            cursor.index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: result, as: UTF8.self) }
            if byte != UInt8(ascii: "\\") {
                result.append(byte)
            } else if !appendEscape(&cursor, to: &result) {
                return nil
            }
        }
        return nil
    }

    private static func appendEscape(_ cursor: inout LineCursor, to result: inout [UInt8]) -> Bool {
        let escape = cursor.current
        cursor.index += 1
        if let control = GoEscape.control(escape) {
            result.append(control)
            return true
        }
        switch escape {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): result.append(escape)
        case UInt8(ascii: "x"):
            guard let value = number(&cursor, digits: 2, radix: 16) else { return false }
            result.append(UInt8(value))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            guard let value = number(&cursor, digits: escape == UInt8(ascii: "u") ? 4 : 8, radix: 16), let scalar = Unicode.Scalar(value) else { return false }
            result.append(contentsOf: UTF8.encode(scalar)!)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            cursor.index -= 1
            guard let value = number(&cursor, digits: 3, radix: 8), value < 256 else { return false }
            result.append(UInt8(value))
        default: return false
        }
        return true
    }

    private static func number(_ cursor: inout LineCursor, digits: Int, radix: Int) -> UInt32? {
        guard cursor.index + digits <= cursor.bytes.count else { return nil }
        let text = cursor.bytes[cursor.index..<cursor.index + digits]
        cursor.index += digits
        guard text.allSatisfy({ LineCursor.isDigit($0) || LineCursor.isLetter($0) }) else { return nil }
        return UInt32(String(decoding: text, as: UTF8.self), radix: radix)
    }
}
