/// What lines of a kind have in common: the first line's text with its varying parts written as `<_>`.
///
/// A pure function of the line: equal lines have equal templates in every process and version, as files hold their identifiers.
public struct LogTemplate: Hashable, Sendable, CustomStringConvertible {
    /// At most this much of the text is kept, cut between two characters: enough to tell kinds apart, little enough to keep thousands.
    public static let textBytesMax = 512
    /// What stands for a varying part.
    public static let placeholder = "<_>"
    private static let placeholderBytes = Array(placeholder.utf8)

    public let text: String
    /// A hash of the text (FNV-1a with a final mix).
    public let id: UInt64

    public init(_ line: String) {
        var line = line
        self = line.withUTF8 { LogTemplate(UnsafeRawBufferPointer($0)) }
    }

    /// Of a line's bytes; those that are no UTF-8 become `�`.
    public init(_ line: UnsafeRawBufferPointer) {
        var text: [UInt8] = []
        text.reserveCapacity(min(line.count, Self.textBytesMax) + 8)
        let first = Self.firstLine(of: line)
        var tokens = LogTokens(first)
        var copied = 0
        // A few bytes more than are kept, so that the cut never falls into bytes that weren't looked at.
        while text.count < Self.textBytesMax + 4, let token = tokens.next() {
            text.append(contentsOf: first[copied..<token.lowerBound])
            text.append(contentsOf: Self.placeholderBytes)
            copied = token.upperBound
        }
        if text.count < Self.textBytesMax + 4 { text.append(contentsOf: first[copied...].prefix(Self.textBytesMax + 4)) }
        self.init(joined: text)
    }

    /// Takes a template as it stands: what `text` gave once.
    public init(text: String) { self.init(joined: Array(text.utf8)) }

    /// Takes the first line's text with placeholders, or at least `textBytesMax + 4` bytes of it.
    public init(joined bytes: [UInt8]) {
        var text = String(decoding: bytes, as: UTF8.self)
        if text.utf8.count > Self.textBytesMax {
            var end = text.utf8.index(text.startIndex, offsetBy: Self.textBytesMax)
            while text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
            text = String(text.unicodeScalars[..<end])
        }
        self.text = text
        id = Self.hash(&text)
    }

    private static func firstLine(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else { return line }
        return UnsafeRawBufferPointer(rebasing: line[..<end])
    }

    private static func hash(_ text: inout String) -> UInt64 {
        text.withUTF8 { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash ^= hash >> 32
            return hash &* 0x9E37_79B9_7F4A_7C15
        }
    }

    public var description: String { text }
    // The text decides; the identifier follows from it.
    public static func == (left: LogTemplate, right: LogTemplate) -> Bool { left.id == right.id && left.text == right.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
