import Foundations

/// Bytes that are no UTF-8 on their way through a parser that takes nothing else: each is a character that nobody uses, the last 128 of Unicode's
/// last private plane, and becomes itself again behind it.
enum InvalidBytes {
    private static let first: UInt32 = 0x10FF00

    /// The text with stand-ins; nil where it holds such characters itself.
    static func standingIn(for bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 64)
        var index = 0
        while index < bytes.count {
            let count = UTF8Check.sequenceBytes(bytes, at: index)
            if count == 0 {
                result.append(contentsOf: UTF8.encode(Unicode.Scalar(first + UInt32(bytes[index]))!)!)
                index += 1
            } else {
                if isStandIn(bytes, index) { return nil }
                result.append(contentsOf: bytes[index..<index + count])
                index += count
            }
        }
        return result
    }

    /// The bytes of a text, those that stand-ins stand for as they were.
    static func bytes(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar.value >= first + 0x80 { result.append(UInt8(scalar.value - first)) } else { result.append(contentsOf: UTF8.encode(scalar)!) }
        }
        return result
    }

    static func repaired(_ text: String) -> String {
        text.utf8.allSatisfy { $0 < 0xF4 } ? text : String(decoding: bytes(text), as: UTF8.self)
    }

    /// Whether one of the characters from U+10FF80 on begins at a place.
    private static func isStandIn(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        index + 3 < bytes.count && bytes[index] == 0xF4 && bytes[index + 1] == 0x8F && bytes[index + 2] >= 0xBE
    }
}
