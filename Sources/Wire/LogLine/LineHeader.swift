import Model

/// What the front of a plain line tells: a moment, and a level where the form has a place for it.
struct LineHeader {
    var timestamp: Int64?
    var level: LogLevel?
    /// Where the header ends: behind the moment, or 0.
    var end = 0

    /// How far into a line a moment may begin that isn't in front.
    private static let tokenSearchBytes = 64
    /// How far in an access log's bracket may stand: behind an address, an identity and a user.
    private static let bracketSearchBytes = 256

    init(_ bytes: UnsafeRawBufferPointer, _ reader: TimestampText) {
        var cursor = LineCursor(bytes)
        readPriority(&cursor)
        if readKlog(cursor, reader) || readRedis(cursor, reader) { return }
        while cursor.current == UInt8(ascii: "[") || cursor.current == UInt8(ascii: "(") || cursor.current == 0x20 { cursor.index += 1 }
        if take(reader, at: cursor) { return }
        search(cursor, reader)
    }

    private mutating func take(_ reader: TimestampText, at cursor: LineCursor) -> Bool {
        var cursor = cursor
        guard let moment = reader.read(&cursor) else { return false }
        timestamp = moment
        end = cursor.index
        return true
    }

    /// Syslog's `<34>`, and the version that follows in RFC 5424: facility times 8 plus severity.
    private mutating func readPriority(_ cursor: inout LineCursor) {
        guard cursor.current == UInt8(ascii: "<") else { return }
        var inner = cursor
        inner.index += 1
        var number = 0
        let start = inner.index
        while LineCursor.isDigit(inner.current), inner.index - start < 3 {
            number = number * 10 + Int(inner.current &- 0x30)
            inner.index += 1
        }
        guard inner.index > start, inner.take(UInt8(ascii: ">")), number < 192 else { return }
        level = Self.level(syslogSeverity: number & 7)
        if inner.current == UInt8(ascii: "1"), inner.peek(1) == 0x20 { inner.index += 2 }
        end = inner.index
        cursor = inner
    }

    static func level(syslogSeverity: Int) -> LogLevel {
        switch syslogSeverity {
        case 0...2: .fatal
        case 3: .error
        case 4: .warn
        case 5, 6: .info
        default: .debug
        }
    }

    /// `I0501 12:34:56.789012    1234 file.go:123]`
    private mutating func readKlog(_ cursor: LineCursor, _ reader: TimestampText) -> Bool {
        let found: LogLevel
        switch cursor.current {
        case UInt8(ascii: "I"): found = .info
        case UInt8(ascii: "W"): found = .warn
        case UInt8(ascii: "E"): found = .error
        case UInt8(ascii: "F"): found = .fatal
        default: return false
        }
        var inner = cursor
        inner.index += 1
        guard LineCursor.isDigit(inner.current), let moment = reader.monthAndDay(&inner) else { return false }
        (timestamp, level, end) = (moment, found, inner.index)
        return true
    }

    /// `1234:M 01 May 2024 12:34:56.789 * message`: the mark behind the moment is the level.
    private mutating func readRedis(_ cursor: LineCursor, _ reader: TimestampText) -> Bool {
        var inner = cursor
        while LineCursor.isDigit(inner.current) { inner.index += 1 }
        guard inner.index > cursor.index, inner.index - cursor.index <= 10, inner.take(UInt8(ascii: ":")), LineCursor.isLetter(inner.current),
            inner.peek(1) == 0x20
        else { return false }
        inner.index += 2
        guard take(reader, at: inner) else { return false }
        inner.index = end
        guard inner.take(0x20), inner.peek(1) == 0x20 else { return true }
        switch inner.current {
        case UInt8(ascii: "."): level = .debug
        case UInt8(ascii: "-"), UInt8(ascii: "*"): level = .info
        case UInt8(ascii: "#"): level = .warn
        default: break
        }
        return true
    }

    /// A moment behind other words: `INFO 2024-05-01 12:34:56`, `1.2.3.4 - - [01/May/2024:12:34:56 +0000]`.
    private mutating func search(_ start: LineCursor, _ reader: TimestampText) {
        let bytes = start.bytes
        var index = start.index + 1
        let limit = min(bytes.count, start.index + Self.bracketSearchBytes)
        while index < limit {
            let byte = bytes[index]
            defer { index += 1 }
            guard LineCursor.isDigit(byte) else { continue }
            let before = bytes[index - 1]
            let beginsDate = index + 4 < bytes.count && (bytes[index + 4] == 0x2D || bytes[index + 4] == 0x2F)
            if before == UInt8(ascii: "["), index + 2 < bytes.count, bytes[index + 2] == 0x2F || beginsDate {
                if take(reader, at: LineCursor(bytes, at: index)) { return }
            } else if index < start.index + Self.tokenSearchBytes, beginsDate, !LineCursor.isDigit(before), !LineCursor.isLetter(before) {
                var cursor = LineCursor(bytes, at: index)
                if let moment = reader.yearFirst(&cursor) {
                    (timestamp, end) = (moment, cursor.index)
                    return
                }
            }
        }
    }
}
