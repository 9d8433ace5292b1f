import Boards
import Foundations
import Model

/// A log line as a list shows it behind its time and level: without what only says these again, and with its message first.
///
/// `time=… level=info port=80 msg=started` is `started port=80`, the same in JSON too, and behind a time; other lines lose a time and a level
/// that they begin with. A level that isn't the one shown stays. Longer lines than `Limits.essenceBytes` are as they come.
enum LogEssence {
    static func text(of item: LogItem) -> SafeText {
        let line = item.line.string
        guard line.utf8.count <= Limits.essenceBytes else { return item.line }
        let rest = String(withoutHead(line[...], level: item.level))
        if let members = rest.utf8.first == UInt8(ascii: "{") ? membersOfJSON(rest) : membersOfLogfmt(rest) {
            return joined(members, level: item.level) ?? item.line
        }
        return rest.isEmpty || rest.utf8.count == line.utf8.count ? item.line : SafeText(rest)
    }

    private static let timeNames: Set<String> = ["time", "ts", "timestamp", "@timestamp", "t", "date", "datetime"]
    private static let levelNames: Set<String> = ["level", "lvl", "severity", "loglevel", "log.level", "levelname"]
    private static let messageNames: Set<String> = ["msg", "message", "@message"]

    private typealias Member = (name: String, value: String)

    /// The message and then the others as `name=value`; nil where nothing would be left.
    private static func joined(_ members: [Member], level: LogLevel) -> SafeText? {
        var message: String?
        var others = ""
        for (name, value) in members {
            let plain = name.lowercased()
            if timeNames.contains(plain) || levelNames.contains(plain) && says(value, level) { continue }
            if message == nil, !value.isEmpty, messageNames.contains(plain) {
                message = value
                continue
            }
            others += " " + name + "=" + (value.utf8.contains(0x20) ? "\"" + value + "\"" : value)
        }
        guard let message else { return others.isEmpty ? nil : SafeText(others.dropFirst()) }
        return SafeText(message + others)
    }

    private static func says(_ text: some StringProtocol, _ level: LogLevel) -> Bool { level != .unknown && LogLevel(name: String(text)) == level }

    /// Nil where it is no whole object.
    private static func membersOfJSON(_ line: String) -> [Member]? {
        var line = line
        return line.withUTF8 { bytes -> [Member]? in
            var reader = ReplyReader(UnsafeRawBufferPointer(bytes))
            var members: [Member] = []
            let isWhole = reader.eachMember { name, reader in
                guard let value = reader.scalarText() else { return false }
                members.append((name, value))
                return true
            }
            return isWhole ? members : nil
        }
    }

    /// Nil where one of the words has no name: it is a sentence then.
    private static func membersOfLogfmt(_ line: String) -> [Member]? {
        var members: [Member] = []
        var rest = line.utf8[...]
        while true {
            rest = rest.drop { $0 == space }
            if rest.isEmpty { return members.isEmpty ? nil : members }
            guard let end = rest.firstIndex(where: { $0 == equals || $0 == space || $0 == quote }), rest[end] == equals, end > rest.startIndex else { return nil }
            let name = String(Substring(rest[..<end]))
            guard let (value, after) = logfmtValue(rest[rest.index(after: end)...]) else { return nil }
            members.append((name, value))
            rest = after
        }
    }

    private static let (space, equals, quote, backslash) = (UInt8(ascii: " "), UInt8(ascii: "="), UInt8(ascii: "\""), UInt8(ascii: "\\"))

    /// A value, in quotes or up to a space, and what comes after it.
    private static func logfmtValue(_ text: Substring.UTF8View) -> (value: String, rest: Substring.UTF8View)? {
        guard text.first == quote else {
            let end = text.firstIndex(of: space) ?? text.endIndex
            return (String(Substring(text[..<end])), text[end...])
        }
        var value: [UInt8] = []
        var isEscaped = false
        for index in text.dropFirst().indices {
            let byte = text[index]
            if isEscaped {
                value.append(byte == UInt8(ascii: "n") ? space : byte)
                isEscaped = false
            } else if byte == backslash {
                isEscaped = true
            } else if byte == quote {
                return (String(decoding: value, as: UTF8.self), text[text.index(after: index)...])
            } else {
                value.append(byte)
            }
        }
        return nil
    }

    /// Without times and levels that it begins with, in brackets or not.
    private static func withoutHead(_ line: Substring, level: LogLevel) -> Substring {
        var rest = line.utf8
        while true {
            let start = rest.drop { $0 == space }
            guard let after = afterTime(start) ?? afterLevel(start, level) else { return rest.startIndex == line.startIndex ? line : Substring(start) }
            rest = after
        }
    }

    /// What comes after `2026-01-02T03:04:05.678Z`, with a space for the `T`, a comma for the point, any zone or none, in brackets or not.
    private static func afterTime(_ text: Substring.UTF8View) -> Substring.UTF8View? {
        var scan = ShapeScan(text)
        let isBracketed = scan.take("[")
        guard scan.digits(4), scan.take("-") || scan.take("/"), scan.digits(2), scan.take("-") || scan.take("/"), scan.digits(2), scan.take("T") || scan.take(" "),
            scan.digits(2), scan.take(":"), scan.digits(2), scan.take(":"), scan.digits(2)
        else { return nil }
        if scan.take(".") || scan.take(",") { scan.takeDigits() }
        if !scan.take("Z"), scan.take("+") || scan.take("-") {
            scan.takeDigits()
            if scan.take(":") { scan.takeDigits() }
        }
        if isBracketed, !scan.take("]") { return nil }
        return scan.isAtWordsEnd ? scan.rest : nil
    }

    /// What comes after the level as `INFO`, `INFO:` or `[info]`; in small letters it may be a word of the sentence.
    private static func afterLevel(_ text: Substring.UTF8View, _ level: LogLevel) -> Substring.UTF8View? {
        let isBracketed = text.first == UInt8(ascii: "[")
        let word = text.dropFirst(isBracketed ? 1 : 0).prefix { (0x41...0x5A).contains($0) || isBracketed && (0x61...0x7A).contains($0) }
        guard !word.isEmpty, word.count <= levelLettersMax, says(Substring(word), level) else { return nil }
        var scan = ShapeScan(text[word.endIndex...])
        if isBracketed, !scan.take("]") { return nil }
        _ = scan.take(":")
        return scan.isAtWordsEnd ? scan.rest : nil
    }

    /// Of the longest name of a level.
    private static let levelLettersMax = "informational".utf8.count
}

/// Goes through a text that may have a certain shape.
private struct ShapeScan {
    private(set) var rest: Substring.UTF8View

    init(_ text: Substring.UTF8View) { rest = text }

    var isAtWordsEnd: Bool { rest.first == UInt8(ascii: " ") || rest.isEmpty }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: scalar) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// So many digits and no more.
    mutating func digits(_ count: Int) -> Bool { takeDigits() == count }

    @discardableResult
    mutating func takeDigits() -> Int {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        return digits.count
    }
}
