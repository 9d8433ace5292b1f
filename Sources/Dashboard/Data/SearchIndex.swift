import Foundations
import Glibc

/// The texts of a list's rows in lower case, in one run of bytes, so that 100,000 rows are searched between two keys.
struct SearchIndex: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int32] = []

    init() {}

    /// `write` appends what a row is found by.
    init<Item>(_ items: [Item], _ write: (Item, inout String) -> Void) {
        ends.reserveCapacity(items.count)
        var text = ""
        for item in items {
            text.removeAll(keepingCapacity: true)
            write(item, &text)
            append(text)
        }
    }

    /// Rows beyond 2 GiB of text have none.
    private mutating func append(_ text: String) {
        if bytes.count + text.utf8.count < Int(Int32.max) {
            let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
            if isASCII {
                for byte in text.utf8 { bytes.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) }
            } else {
                bytes.append(contentsOf: text.lowercased().utf8)
            }
        }
        ends.append(Int32(bytes.count))
    }

    var count: Int { ends.count }

    /// The rows that a filter takes, in order: each of its words stands in the row's text, and none of those that begin with `!`.
    func rows(matching filter: String) -> [Int32] {
        let words = FilterWord.all(in: filter)
        if words.isEmpty { return Array(0..<Int32(ends.count)) }
        var rows: [Int32] = []
        bytes.withUnsafeBytes { all in
            var start = 0
            for (row, end) in ends.enumerated() {
                let length = Int(end) - start
                let text = UnsafeRawBufferPointer(rebasing: all[start..<start + length])
                if words.allSatisfy({ $0.takes(text) }) { rows.append(Int32(row)) }
                start = Int(end)
            }
        }
        return rows
    }
}

/// A word of a filter, in lower case.
struct FilterWord: Sendable {
    private let bytes: [UInt8]
    private let isExcluding: Bool

    /// Words are separated by spaces; text within double quotes is one.
    static func all(in filter: String) -> [FilterWord] {
        filter.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }.compactMap(FilterWord.init)
    }

    private init?(_ word: String) {
        isExcluding = word.hasPrefix("!")
        bytes = Array((isExcluding ? String(word.dropFirst()) : word).lowercased().utf8)
        if bytes.isEmpty { return nil }
    }

    /// `text` is in lower case.
    func takes(_ text: UnsafeRawBufferPointer) -> Bool { isFound(in: text) != isExcluding }

    func takes(_ text: String) -> Bool { Array(text.lowercased().utf8).withUnsafeBytes(takes) }

    private func isFound(in text: UnsafeRawBufferPointer) -> Bool {
        guard var next = text.baseAddress, text.count >= bytes.count else { return false }
        let last = next + (text.count - bytes.count)
        // memchr finds the first byte many at a time; the rest is compared where it stands.
        while next <= last, let found = memchr(next, Int32(bytes[0]), last - next + 1) {
            if memcmp(found, bytes, bytes.count) == 0 { return true }
            next = UnsafeRawPointer(found) + 1
        }
        return false
    }
}
