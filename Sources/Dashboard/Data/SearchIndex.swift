import Foundations
import Glibc

/// The texts of a list's rows in lower case, in one run of bytes, so that 100,000 rows are searched between two keys.
struct SearchIndex: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int32] = []
    /// Bytes of a row's text that room is made for at first.
    private static let usualBytes = 96

    init() {}

    /// `write` appends what a row is found by.
    init<Item>(_ items: [Item], _ write: (Item, inout String) -> Void) {
        ends.reserveCapacity(items.count)
        bytes.reserveCapacity(items.count * Self.usualBytes)
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
                bytes.append(contentsOf: text.utf8.lazy.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
            } else {
                bytes.append(contentsOf: text.lowercased().utf8)
            }
        }
        ends.append(Int32(bytes.count))
    }

    var count: Int { ends.count }

    /// The rows that a filter takes, in order: each of its words stands in the row's text, and none of those that begin with `!`.
    func rows(matching filter: String) -> [Int32] { rows(matching: filter, from: [], of: nil) }

    /// The same, where the rows of an earlier filter are known: if the new one can only take fewer, no others are looked at.
    func rows(matching filter: String, from known: [Int32], of earlier: String?) -> [Int32] {
        let words = FilterWord.all(in: filter)
        if words.isEmpty { return Array(0..<Int32(ends.count)) }
        let before = earlier.map { FilterWord.all(in: $0) } ?? []
        let isNarrower = !before.isEmpty && FilterWord.narrows(words, before)
        return bytes.withUnsafeBytes { all in
            ends.withUnsafeBufferPointer { ends in
                func isTaken(_ row: Int32) -> Bool {
                    let start = row == 0 ? 0 : Int(ends[Int(row) - 1])
                    let text = UnsafeRawBufferPointer(rebasing: all[start..<Int(ends[Int(row)])])
                    for word in words where !word.takes(text) { return false }
                    return true
                }
                return isNarrower ? known.filter(isTaken) : (0..<Int32(ends.count)).filter(isTaken)
            }
        }
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

    /// Whether words take no row that `others` don't: each of those has become longer, or is still there.
    static func narrows(_ words: [FilterWord], _ others: [FilterWord]) -> Bool {
        guard words.count >= others.count else { return false }
        return zip(words, others).allSatisfy { word, other in
            word.isExcluding == other.isExcluding && (word.isExcluding ? word.bytes == other.bytes : word.bytes.starts(with: other.bytes))
        }
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
