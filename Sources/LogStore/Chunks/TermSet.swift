import Foundations
import Model

/// Terms for the full-text index, each once (Docs/Formats/log-partition.md).
struct TermSet: ~Copyable {
    /// Terms, each with a space behind it.
    private var terms = GrowingBuffer<UInt8>(capacity: 16 << 10)
    /// Half of a term's hash, and where it begins in `terms` plus one; 0 is free.
    private var slots: UnsafeMutablePointer<UInt64>
    private var slotCount = 1 << 13
    private var used = 0
    /// A bit for each number of up to `digitsMax` digits: most of a chunk's terms are such, and are met often.
    private var numbers: UnsafeMutablePointer<UInt64>

    private static let digitsMax = 5
    /// Where the bits of numbers of so many digits begin.
    private static let firstBit = [0, 0, 10, 110, 1110, 11_110]
    private static let numberWords = 111_110 / 64 + 1

    private enum Fold {
        static let separator: UInt8 = 0
        /// Only Unicode can tell.
        static let wide: UInt8 = 1
    }

    // Written once, here: any thread may read it. By byte: what it is within a word, folded; or one of `Fold`.
    nonisolated(unsafe) private static let folded: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in 0..<256 {
            table[byte] =
                switch UInt8(byte) {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): UInt8(byte)
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(byte) | 0x20
                case 0x80...0xFF: Fold.wide
                default: Fold.separator
                }
        }
        return UnsafePointer(table)
    }()

    init() {
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        numbers = .allocate(capacity: Self.numberWords)
        numbers.initialize(repeating: 0, count: Self.numberWords)
    }

    deinit {
        slots.deallocate()
        numbers.deallocate()
    }

    /// The terms, with spaces between them.
    var joined: [UInt8] { Array(terms.bytes.dropLast()) }

    // MARK: Adding

    /// Adds the words of a part of a line. `mark` stands before each where it is given.
    mutating func addWords(of text: UnsafeRawBufferPointer, mark: UInt8? = nil) {
        guard let bytes = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let folded = Self.folded
        var start = 0
        var index = 0
        while index < text.count {
            let fold = folded[Int(bytes[index])]
            if fold == Fold.wide { return addWideWords(of: text, mark) }
            if fold == Fold.separator {
                if index > start { addWord(bytes + start, index &- start, mark) }
                start = index &+ 1
            }
            index &+= 1
        }
        if index > start { addWord(bytes + start, index &- start, mark) }
    }

    private mutating func addWideWords(of text: UnsafeRawBufferPointer, _ mark: UInt8?) {
        var words = LogWords(text)
        while words.next() {
            let word = words.word
            word.withUnsafeBufferPointer { addWord($0.baseAddress!, $0.count, mark) }
        }
    }

    /// Adds one word, not folded yet, without separators in it.
    @inline(__always) mutating func addWord(_ word: UnsafePointer<UInt8>, _ length: Int, _ mark: UInt8?) {
        if length <= Self.digitsMax, mark == nil, let bit = Self.bit(word, length) {
            guard numbers[bit >> 6] & 1 << UInt64(bit & 63) == 0 else { return }
            numbers[bit >> 6] |= 1 << UInt64(bit & 63)
            terms.reserve(Self.digitsMax + 1)
            for index in 0..<length { terms.push(word[index]) }
            terms.push(UInt8(ascii: " "))
            return
        }
        addAny(word, length, mark)
    }

    /// The bit of a number; nil where the word is none.
    @inline(__always) private static func bit(_ word: UnsafePointer<UInt8>, _ length: Int) -> Int? {
        var value = 0
        for index in 0..<length {
            let digit = word[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            value = value &* 10 &+ Int(digit)
        }
        return firstBit.withUnsafeBufferPointer { $0[length] } &+ value
    }

    private mutating func addAny(_ word: UnsafePointer<UInt8>, _ length: Int, _ mark: UInt8?) {
        terms.reserve(Limits.wordBytesMax + Terms.longWordBytesMax + 2)
        let start = terms.count
        let folded = Self.folded
        if let mark { terms.push(mark) }
        var hash = Terms.hashSeed
        if length <= Limits.wordBytesMax {
            for index in 0..<length {
                let fold = folded[Int(word[index])]
                let byte = fold == Fold.wide ? word[index] : fold
                terms.push(byte)
            }
            hash = ByteHash.of(UnsafeRawBufferPointer(start: terms.base + start, count: terms.count &- start))
        } else {
            let kept = Terms.startBytes(word)
            for index in 0..<length {
                let fold = folded[Int(word[index])]
                let byte = fold == Fold.wide ? word[index] : fold
                if index < kept { terms.push(byte) }
                hash = (hash ^ UInt64(byte)) &* Terms.hashPrime
            }
            Terms.pushWordHash(hash, to: &terms)
        }
        finish(start, ByteHash.mixed(hash, UInt64(mark ?? 0)))
    }

    /// Adds the term of a field whose text isn't words of the line.
    mutating func addField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        terms.reserve(Terms.fieldBytes + 1)
        let start = terms.count
        let hash = Terms.pushField(name, value, to: &terms)
        finish(start, ByteHash.mixed(hash, UInt64(UInt8(ascii: "="))))
    }

    /// Keeps what was appended from `start` on where it is new.
    @inline(__always) private mutating func finish(_ start: Int, _ hash: UInt64) {
        terms.append(UInt8(ascii: " "))
        let length = terms.count &- start
        let tag = hash >> 32
        var slot = Int(tag) & (slotCount &- 1)
        while slots[slot] != 0 {
            let entry = slots[slot]
            let known = Int(entry & 0xFFFF_FFFF) &- 1
            // A term ends with its space, so none is the beginning of another.
            if entry >> 32 == tag, known &+ length <= start, isEqual(known, start, length) {
                terms.advance(-length)
                return
            }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
        slots[slot] = tag << 32 | UInt64(start &+ 1)
        used &+= 1
        if used &* 2 > slotCount { grow() }
    }

    @inline(__always) private func isEqual(_ left: Int, _ right: Int, _ length: Int) -> Bool {
        memoryIsEqual(UnsafeRawBufferPointer(start: terms.base + left, count: length), UnsafeRawBufferPointer(start: terms.base + right, count: length))
    }

    private mutating func grow() {
        let (old, oldCount) = (slots, slotCount)
        slotCount *= 4
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        for index in 0..<oldCount where old[index] != 0 {
            var slot = Int(old[index] >> 32) & (slotCount - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
            slots[slot] = old[index]
        }
        old.deallocate()
    }
}
