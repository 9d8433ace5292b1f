/// The parts of a line that vary from one line of a kind to the next: numbers, addresses, times, identifiers, values of keys.
///
/// A token is a run of letters, digits, underscores and bytes above ASCII, with `-` and `.` between two of these, and `:` between
/// two digits. It varies where it has a digit in it, and where it alone is the value of a key (`user=bob`, `"user":"bob"`) other
/// than those that say what happened (`level`, `msg`, …). Tokens begin and end beside ASCII separators or at the line's ends, so
/// a word of `LogWords` lies wholly inside or outside a token.
public struct LogTokens {
    private static let word: UInt8 = 1
    private static let digit: UInt8 = 2
    private static let joiner: UInt8 = 4
    private static let colon: UInt8 = 8

    // Written once, here: any thread may read it.
    nonisolated(unsafe) private static let classes: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: 0, count: 256)
        for byte in 0x80...0xFF { table[byte] = word }
        for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { table[Int(byte)] = word }
        for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { table[Int(byte)] = word }
        for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { table[Int(byte)] = word | digit }
        table[Int(UInt8(ascii: "_"))] = word
        table[Int(UInt8(ascii: "-"))] = joiner
        table[Int(UInt8(ascii: "."))] = joiner
        table[Int(UInt8(ascii: ":"))] = joiner | colon
        return UnsafePointer(table)
    }()

    /// Keys whose values say what happened: they stay in the template.
    private static let tellingKeys: [[UInt8]] = ["level", "lvl", "severity", "loglevel", "msg", "message", "event"].map { Array($0.utf8) }
    private static let tellingKeyBytesMax = 8

    /// Whether a varying part may have a byte in it.
    @inline(__always) public static func mayVary(_ byte: UInt8) -> Bool { classes[Int(byte)] != 0 }
    /// Whether a byte is of a word. Beside a varying part stands none.
    @inline(__always) public static func isOfWord(_ byte: UInt8) -> Bool { classes[Int(byte)] & word != 0 }

    private let bytes: UnsafeRawBufferPointer
    private let classes: UnsafePointer<UInt8>
    private var offset = 0

    /// `bytes` must outlive the value.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        classes = Self.classes
    }

    /// Where the next varying part stands; nil behind the last.
    public mutating func next() -> Range<Int>? {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        let count = bytes.count
        var index = offset
        while index < count {
            var seen = classes[Int(base[index])]
            if seen & Self.word == 0 {
                index &+= 1
                continue
            }
            let start = index
            index &+= 1
            while index < count {
                let kind = classes[Int(base[index])]
                if kind & Self.word != 0 {
                    seen |= kind
                } else if kind == 0 || index &+ 1 >= count || !joins(base, index, kind) {
                    break
                }
                index &+= 1
            }
            if seen & Self.digit != 0 || isValue(base, start, index) {
                offset = index
                return start..<index
            }
        }
        offset = count
        return nil
    }

    @inline(__always) private func joins(_ base: UnsafePointer<UInt8>, _ index: Int, _ kind: UInt8) -> Bool {
        let next = classes[Int(base[index &+ 1])]
        if kind & Self.colon == 0 { return next & Self.word != 0 }
        return next & classes[Int(base[index &- 1])] & Self.digit != 0
    }

    /// Whether the token is all of a key's value.
    @inline(__always) private func isValue(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        if start == 0 { return false }
        switch base[start &- 1] {
        case UInt8(ascii: "="): return !isTelling(base, start &- 1)
        case UInt8(ascii: "\""):
            guard start >= 3, end < bytes.count, base[end] == UInt8(ascii: "\"") else { return false }
            var sign = start &- 2
            if base[sign] == UInt8(ascii: " ") { sign &-= 1 }
            guard base[sign] == UInt8(ascii: ":") || base[sign] == UInt8(ascii: "=") else { return false }
            return !isTelling(base, base[sign &- 1] == UInt8(ascii: "\"") ? sign &- 1 : sign)
        default: return false
        }
    }

    /// Whether the word that ends before `end` is a key whose value stays.
    private func isTelling(_ base: UnsafePointer<UInt8>, _ end: Int) -> Bool {
        var start = end
        while start > 0, end - start <= Self.tellingKeyBytesMax, classes[Int(base[start - 1])] & Self.word != 0 { start -= 1 }
        return Self.tellingKeys.contains { key in
            key.count == end - start && key.indices.allSatisfy { key[$0] == base[start + $0] | 0x20 }
        }
    }
}
