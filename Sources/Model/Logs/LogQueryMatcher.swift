import Foundations
import Glibc

/// A line filter prepared for many lines. Works on bytes.
public struct LineMatcher: Sendable {
    private enum Test: Sendable {
        case contains(TextFinder)
        case phrase(LogPhrase)
        case pattern(RegularExpression)
    }

    private let test: Test
    private let expected: Bool

    public init(_ filter: LineFilter) {
        switch filter.kind {
        case .contains, .containsNot: test = .contains(TextFinder(Array(filter.text.utf8)))
        case .matches, .matchesNot: test = .pattern(filter.pattern!)
        case .phrase, .phraseNot:
            // A text without words, such as `***`, is looked for as it stands.
            let phrase = LogPhrase(filter.text)
            test = phrase.words.isEmpty ? .contains(TextFinder(Array(filter.text.utf8))) : .phrase(phrase)
        }
        switch filter.kind {
        case .contains, .matches, .phrase: expected = true
        case .containsNot, .matchesNot, .phraseNot: expected = false
        }
    }

    public func matches(_ line: UnsafeRawBufferPointer) -> Bool {
        switch test {
        case .contains(let text): (text.firstOffset(in: line) != nil) == expected
        case .phrase(let phrase): phrase.isIn(line) == expected
        case .pattern(let pattern): pattern.matchesPart(line) == expected
        }
    }
}

/// A text that is looked for many times.
public struct TextFinder: Sendable {
    public let text: [UInt8]
    private let rare: Int

    public init(_ text: [UInt8]) {
        self.text = text
        rare = text.withUnsafeBytes(rarest)
    }

    /// Where the text first stands in `bytes` from `start` on; nil where it doesn't. An empty text stands everywhere.
    @inline(__always) public func firstOffset(in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
        text.withUnsafeBytes { Model.firstOffset(of: $0, rare: rare, in: bytes, from: start) }
    }
}

/// Where `text` first stands in `bytes` from `start` on; nil where it doesn't. An empty text stands everywhere.
public func firstOffset(of text: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
    firstOffset(of: text, rare: rarest(text), in: bytes, from: start)
}

/// The position of the byte that is rarest in log lines; 0 for an empty text.
private func rarest(_ text: UnsafeRawBufferPointer) -> Int { text.indices.min { commonness(text[$0]) < commonness(text[$1]) } ?? 0 }

/// `rare`: the position of the byte that memchr looks for.
private func firstOffset(of text: UnsafeRawBufferPointer, rare: Int, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let wanted = text.baseAddress, !text.isEmpty else { return start }
    guard let base = bytes.baseAddress, start + text.count <= bytes.count else { return nil }
    let end = bytes.count - (text.count - 1 - rare)
    var offset = start + rare
    while offset < end, let hit = memchr(base + offset, Int32(text[rare]), end - offset) {
        let candidate = UnsafeRawPointer(hit) - rare
        if memcmp(candidate, wanted, text.count) == 0 { return candidate - base }
        offset = candidate - base + rare + 1
    }
    return nil
}

/// A rough rank of how often a byte stands in log lines.
private func commonness(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "e"), UInt8(ascii: "t"), UInt8(ascii: "a"), UInt8(ascii: "o"), UInt8(ascii: "i"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "s"), UInt8(ascii: " "): 3
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "/"): 2
    case UInt8(ascii: "b")...UInt8(ascii: "y"): 1
    default: 0
    }
}

/// The conditions of a log query, prepared for many records. What a store answers agrees with it.
public struct LogQueryMatcher: Sendable {
    /// The levels that satisfy the query, those of matchers on the label `level` included; nil is all.
    public let levels: Set<LogLevel>?
    /// The matchers on labels of streams, without those on `level`.
    public let streamMatchers: [Matcher]
    public let fieldMatchers: [Matcher]
    public let lineMatchers: [LineMatcher]
    private let start: NanoTimestamp
    private let end: NanoTimestamp

    public init(_ query: LogQuery) {
        start = query.start
        end = query.end
        levels = Self.levels(of: query.streamMatchers, among: query.levels)
        streamMatchers = query.streamMatchers.filter { $0.name != "level" }
        fieldMatchers = query.fieldMatchers
        lineMatchers = query.lineFilters.map(LineMatcher.init)
    }

    /// The levels that the matchers on the label `level` leave of some; nil is all.
    public static func levels(of matchers: [Matcher], among levels: Set<LogLevel>? = nil) -> Set<LogLevel>? {
        let ofLevel = matchers.filter { $0.name == "level" }
        if ofLevel.isEmpty { return levels }
        return (levels ?? Set(LogLevel.allCases)).filter { level in ofLevel.allSatisfy { $0.matches(level.name) } }
    }

    public func matches(_ record: LogRecord) -> Bool {
        guard record.timestamp >= start, record.timestamp < end, levels?.contains(record.level) != false, streamMatchers.matches(record.stream),
            fieldMatchers.allSatisfy({ matcher in
                matcher.matches(record.fields.first { $0.name.utf8.elementsEqual(matcher.name.utf8) }?.value.description ?? "")
            })
        else { return false }
        if lineMatchers.isEmpty { return true }
        var body = record.body
        return body.withUTF8 { matchesLine(UnsafeRawBufferPointer($0)) }
    }

    public func matchesLine(_ line: UnsafeRawBufferPointer) -> Bool { lineMatchers.allSatisfy { $0.matches(line) } }
}
