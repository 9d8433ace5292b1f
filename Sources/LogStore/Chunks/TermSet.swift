import Foundations
import Model

/// Terms for the full-text index, each once, joined by spaces (Docs/Formats/log-partition.md).
struct TermSet {
    private(set) var joined: [UInt8] = []
    private(set) var count = 0
    /// Start of a term in `joined` and its length, plus one; 0 is free.
    private var slots = [UInt64](repeating: 0, count: 1024)
    private var word: [UInt8] = []

    /// By byte: what it is within a word, folded; 0 for a separator, 1 where only Unicode can tell.
    private static let folded: [UInt8] = (0..<256).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): UInt8(byte)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(byte) | 0x20
        case 0x80...0xFF: 1
        default: 0
        }
    }

    /// Adds the words of a part of a line. `mark` stands before each where it is given.
    mutating func addWords(of text: UnsafeRawBufferPointer, mark: UInt8? = nil) {
        var word: [UInt8] = []
        swap(&word, &self.word)
        defer { swap(&word, &self.word) }
        let isWide = Self.folded.withUnsafeBufferPointer { folded in
            word.removeAll(keepingCapacity: true)
            for byte in text {
                let fold = folded[Int(byte)]
                if fold > 1 {
                    word.append(fold)
                    continue
                }
                if fold == 1 { return true }
                if !word.isEmpty {
                    addWord(word, mark)
                    word.removeAll(keepingCapacity: true)
                }
            }
            if !word.isEmpty { addWord(word, mark) }
            return false
        }
        if isWide { addWideWords(of: text, mark) }
    }

    private mutating func addWideWords(of text: UnsafeRawBufferPointer, _ mark: UInt8?) {
        var words = LogWords(text)
        while words.next() { addWord(words.word, mark) }
    }

    private mutating func addWord(_ word: [UInt8], _ mark: UInt8?) {
        begin(mark)
        Terms.appendWord(word, to: &joined)
        finish()
    }

    /// Adds the term of a field whose text isn't words of the line.
    mutating func addField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        begin(nil)
        Terms.appendField(name, value, to: &joined)
        finish()
    }

    private var start = 0

    private mutating func begin(_ mark: UInt8?) {
        joined.append(UInt8(ascii: " "))
        start = joined.count
        if let mark { joined.append(mark) }
    }

    /// Keeps what was appended since `begin` where it is new.
    private mutating func finish() {
        let length = joined.count - start
        let isNew = joined.withUnsafeBytes { bytes in
            let term = UnsafeRawBufferPointer(rebasing: bytes[start...])
            var slot = Int(truncatingIfNeeded: ByteHash.of(term)) & (slots.count - 1)
            while slots[slot] != 0 {
                let known = Int(slots[slot] >> 16)
                if Int(slots[slot] & 0xFFFF) == length + 1, memoryIsEqual(UnsafeRawBufferPointer(rebasing: bytes[known..<known + length]), term) { return false }
                slot = (slot + 1) & (slots.count - 1)
            }
            slots[slot] = UInt64(start) << 16 | UInt64(length + 1)
            return true
        }
        if isNew {
            count += 1
            if count * 2 > slots.count { grow() }
        } else {
            joined.removeLast(length + 1)
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 4)
        joined.withUnsafeBytes { bytes in
            for entry in old where entry != 0 {
                let start = Int(entry >> 16)
                let term = UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(entry & 0xFFFF) - 1])
                var slot = Int(truncatingIfNeeded: ByteHash.of(term)) & (slots.count - 1)
                while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
                slots[slot] = entry
            }
        }
    }

    /// Adds all terms of another set.
    mutating func add(_ other: TermSet) {
        other.joined.withUnsafeBytes { bytes in
            var begin = 1
            while begin <= bytes.count {
                var end = begin
                while end < bytes.count, bytes[end] != UInt8(ascii: " ") { end += 1 }
                if end > begin {
                    self.begin(nil)
                    joined.append(contentsOf: bytes[begin..<end])
                    finish()
                }
                begin = end + 1
            }
        }
    }
}
