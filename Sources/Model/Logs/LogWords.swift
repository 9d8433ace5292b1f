import Foundations

/// The words of a line, in order and folded to lower case: what phrases are made of and what an index holds.
///
/// A word is a run of letters, digits, underscores and combining marks; an ideograph or kana is a word of its own. Whether a
/// scalar belongs to a word depends on that scalar alone, so every cut through a text between scalars keeps the words on both sides.
public struct LogWords {
    private enum Class: UInt8, Sendable {
        case separator, word, upper, wide
    }

    private static let classes: [Class] = (0..<256).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): .word
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): .upper
        case 0x80...0xFF: .wide
        default: .separator
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    /// The current word's folded UTF-8.
    public private(set) var word: [UInt8] = []
    /// Where the current word stands in the text.
    public private(set) var range: Range<Int> = 0..<0

    /// `bytes` must outlive the value.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        word.reserveCapacity(64)
    }

    /// Starts over on another text, keeping the buffer.
    public init(_ bytes: UnsafeRawBufferPointer, reusing words: consuming LogWords) {
        self.bytes = bytes
        word = words.word
    }

    /// Moves on to the next word; false at the end.
    public mutating func next() -> Bool {
        word.removeAll(keepingCapacity: true)
        var start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            switch Self.classes[Int(byte)] {
            case .word:
                word.append(byte)
                offset += 1
            case .upper:
                word.append(byte | 0x20)
                offset += 1
            case .separator:
                if !word.isEmpty { return found(start) }
                offset += 1
                start = offset
            case .wide:
                let (scalar, length) = Self.decode(bytes, at: offset)
                let kind = scalar.map(Kind.init) ?? .separator
                if kind != .letter && !word.isEmpty { return found(start) }
                offset += length
                if kind == .separator {
                    start = offset
                } else {
                    for folded in scalar!.properties.lowercaseMapping.utf8 { word.append(folded) }
                    if kind == .ideograph { return found(start) }
                }
            }
        }
        return word.isEmpty ? false : found(start)
    }

    private mutating func found(_ start: Int) -> Bool {
        range = start..<offset
        return true
    }

    /// All words of a text.
    public static func all(in text: String) -> [[UInt8]] {
        var text = text
        return text.withUTF8 { bytes in
            var scanner = LogWords(UnsafeRawBufferPointer(bytes))
            var words: [[UInt8]] = []
            while scanner.next() { words.append(scanner.word) }
            return words
        }
    }

    private enum Kind {
        case separator, letter, ideograph

        init(_ scalar: Unicode.Scalar) {
            switch scalar.value {
            case 0x2E80...0x2FDF, 0x3005...0x3007, 0x3040...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
                self = .ideograph
            default:
                let properties = scalar.properties
                switch properties.generalCategory {
                case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber, .connectorPunctuation: self = .letter
                default: self = properties.isAlphabetic ? .letter : .separator
                }
            }
        }
    }

    /// The scalar at `offset`, which holds no ASCII; nil and one byte where the bytes are no UTF-8.
    private static func decode(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> (Unicode.Scalar?, Int) {
        let first = UInt32(bytes[offset])
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, offset + length <= bytes.count else { return (nil, 1) }
        var value = first & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for index in 1..<length {
            let byte = UInt32(bytes[offset + index])
            guard byte & 0xC0 == 0x80 else { return (nil, 1) }
            value = value << 6 | byte & 0x3F
        }
        guard let scalar = Unicode.Scalar(value) else { return (nil, 1) }
        return (scalar, length)
    }
}

/// Words that must stand next to each other, in this order.
public struct LogPhrase: Sendable {
    /// Folded, in order. Empty where the text has no word in it.
    public let words: [[UInt8]]

    public init(_ text: String) { words = LogWords.all(in: text) }

    /// Of folded words.
    public init(words: [[UInt8]]) { self.words = words }

    /// Whether a line has the phrase. A phrase without words is in every line.
    public func isIn(_ line: UnsafeRawBufferPointer) -> Bool {
        if words.isEmpty { return true }
        // One bit, or flag, per word of the phrase that a partial match has reached.
        var scanner = LogWords(line)
        if words.count > 64 { return isInByFlags(&scanner) }
        let last: UInt64 = 1 << UInt64(words.count - 1)
        var reached: UInt64 = 0
        while scanner.next() {
            var equal: UInt64 = 0
            for index in words.indices where words[index] == scanner.word { equal |= 1 << UInt64(index) }
            reached = (reached << 1 | 1) & equal
            if reached & last != 0 { return true }
        }
        return false
    }

    private func isInByFlags(_ scanner: inout LogWords) -> Bool {
        var reached = [Bool](repeating: false, count: words.count)
        while scanner.next() {
            for index in words.indices.reversed() { reached[index] = (index == 0 || reached[index - 1]) && words[index] == scanner.word }
            if reached[words.count - 1] { return true }
        }
        return false
    }
}
