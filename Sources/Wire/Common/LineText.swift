/// A line as `LogRecord.body` holds it.
enum LineText {
    /// Invalid UTF-8 becomes `�`; line ends at the end go.
    static func body(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: trimmed(bytes), as: UTF8.self) }

    /// The line without its line ends.
    @inline(__always) static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var count = bytes.count
        if count > 0, bytes[count - 1] == UInt8(ascii: "\n") {
            count -= 1
            if count > 0, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
            while count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        }
        return UnsafeRawBufferPointer(rebasing: bytes[..<count])
    }

    static func body(_ text: String) -> String {
        guard text.utf8.last == UInt8(ascii: "\n") else { return text }
        var text = text
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
