import Foundations
import Model

/// What of a record goes into the full-text index.
///
/// A term is a folded word of a varying part of the line, one of its template behind `-`, or `=` and a hash of name and value of a
/// field whose text isn't in the line as whole words. FTS5's `ascii` tokenizer cuts the joined terms at the spaces again and
/// changes nothing else.
enum Terms {
    /// FTS5 sees letters, digits and these as parts of a term.
    static let tokenizer = "ascii tokenchars '_=~-'"
    /// Words of templates stand apart from those of varying parts.
    static let templateMark = UInt8(ascii: "-")
    /// 20 bits, which part words that have the same start; those of identifiers differ in it already.
    private static let wordHashDigits = 4
    private static let fieldHashDigits = 8

    /// Whether the words of a part of the line are whole words of the line. Such a part needs no term of its own.
    static func standsAlone(_ range: Range<Int>, in line: UnsafeRawBufferPointer) -> Bool {
        // Without a letter or digit of ASCII it may have no word at all, which nothing could find.
        guard range.contains(where: { line[$0] < 0x80 && mayBeWord(line[$0]) }) else { return false }
        let joinsBefore = range.lowerBound > 0 && mayBeWord(line[range.lowerBound - 1]) && mayBeWord(line[range.lowerBound])
        let joinsAfter = range.upperBound < line.count && mayBeWord(line[range.upperBound]) && mayBeWord(line[range.upperBound - 1])
        return !joinsBefore && !joinsAfter
    }

    private static func mayBeWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F || byte >= 0x80
    }

    /// A folded word as it is indexed: a long one by its start and a hash.
    static func appendWord(_ word: [UInt8], to terms: inout [UInt8]) {
        guard word.count > Limits.wordBytesMax else {
            terms.append(contentsOf: word)
            return
        }
        terms.append(contentsOf: start(of: word))
        terms.append(UInt8(ascii: "~"))
        word.withUnsafeBytes { appendHash(hash($0), digits: wordHashDigits, to: &terms) }
    }

    /// What a long word becomes at the most.
    static let longWordBytesMax = Limits.wordStartBytes + 1 + wordHashDigits

    /// What stands behind a long word's start: `hash` is that of all its folded bytes, not finished yet. There must be room.
    @inline(__always) static func pushWordHash(_ hash: UInt64, to terms: inout GrowingBuffer<UInt8>) {
        terms.push(UInt8(ascii: "~"))
        var rest = hash ^ hash >> 29
        for _ in 0..<wordHashDigits {
            terms.push(digit(rest))
            rest >>= 5
        }
    }

    /// The start of a word that searching by prefix can count on: whole characters.
    static func start(of word: [UInt8]) -> ArraySlice<UInt8> {
        guard word.count > Limits.wordStartBytes else { return word[...] }
        return word.withUnsafeBufferPointer { word[..<startBytes($0.baseAddress!)] }
    }

    /// How much of a word over `wordStartBytes` that is.
    @inline(__always) static func startBytes(_ word: UnsafePointer<UInt8>) -> Int {
        var end = Limits.wordStartBytes
        while end > 0, word[end] & 0xC0 == 0x80 { end &-= 1 }
        return end
    }

    static func fieldTerm(_ name: String, _ value: String) -> [UInt8] {
        var term: [UInt8] = []
        Array(name.utf8).withUnsafeBytes { name in Array(value.utf8).withUnsafeBytes { appendField(name, $0, to: &term) } }
        return term
    }

    /// What a field's term takes.
    static let fieldBytes = 1 + fieldHashDigits

    static func appendField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, to terms: inout [UInt8]) {
        terms.append(UInt8(ascii: "="))
        appendHash(hash(value, hash(name) &* 31), digits: fieldHashDigits, to: &terms)
    }

    /// The same, where there is room; returns the hash.
    static func pushField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, to terms: inout GrowingBuffer<UInt8>) -> UInt64 {
        let hash = hash(value, hash(name) &* 31)
        terms.push(UInt8(ascii: "="))
        for digit in 0..<fieldHashDigits { terms.push(Self.digit(hash >> UInt64(5 * digit))) }
        return hash
    }

    // FNV-1a: in files, so it stays as it is.
    static let hashSeed: UInt64 = 0xCBF2_9CE4_8422_2325
    static let hashPrime: UInt64 = 0x100_0000_01B3

    private static func hash(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64 = hashSeed) -> UInt64 {
        var hash = seed
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* hashPrime }
        return hash ^ hash >> 29
    }

    /// Five bits a digit: what collides is sorted out when the record is verified.
    private static func appendHash(_ hash: UInt64, digits count: Int, to terms: inout [UInt8]) {
        var rest = hash
        for _ in 0..<count {
            terms.append(digit(rest))
            rest >>= 5
        }
    }

    /// One of `0-9a-v` for the lowest five bits.
    @inline(__always) private static func digit(_ bits: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 31)
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
