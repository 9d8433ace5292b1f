import Foundations
import Model

/// One syslog message as it stands in a datagram or in a frame: RFC 5424, or RFC 3164 as programs write it.
///
/// The line is the message's text (MSG, behind the tag), so that it reads as it was logged. The host becomes the label `instance`, the
/// program `job`; facility, process id and message id become the fields `facility`, `pid` and `msgid`, a structured datum
/// `[id name="value"]` the field `id.name`. The severity is the level.
public enum SyslogMessage {
    /// Never fails: what has no priority, or another shape, is a line by itself.
    ///
    /// `sender` stands in for the host where the message names none. A time without a year is the one nearest to `receivedAt`, one without
    /// a zone is taken at `zoneOffsetSeconds` east of UTC; a message without a time has `receivedAt`.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, sender: @autoclosure () -> String?, receivedAt: NanoTimestamp, zoneOffsetSeconds: Int = 0, limits: WireLimits = WireLimits()
    ) -> LogRecord {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D || bytes[end - 1] == 0 { end -= 1 }
        var parser = SyslogParser(
            LineCursor(UnsafeRawBufferPointer(rebasing: bytes[..<end])), reader: TimestampText(now: receivedAt.nanoseconds, zoneOffsetSeconds: zoneOffsetSeconds),
            limits: limits)
        parser.parse()
        return parser.record(sender: sender, receivedAt: receivedAt, limits: limits)
    }

    static let facilities = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0",
        "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]
}

private struct SyslogParser {
    var cursor: LineCursor
    let reader: TimestampText
    let limits: WireLimits
    var level = LogLevel.unknown
    var timestamp: Int64?
    var host = ""
    var program = ""
    var fields: [LogField] = []
    var message: Range<Int> = 0..<0

    init(_ cursor: LineCursor, reader: TimestampText, limits: WireLimits) {
        self.cursor = cursor
        self.reader = reader
        self.limits = limits
    }

    mutating func parse() {
        let whole = cursor
        if !readPriority() {
            cursor = whole
            message = 0..<cursor.bytes.count
            return
        }
        if cursor.current == UInt8(ascii: "1"), cursor.peek(1) == 0x20, parseStandard() { return }
        parseTraditional()
    }

    /// `<34>`: facility times 8 plus severity.
    private mutating func readPriority() -> Bool {
        guard cursor.take(UInt8(ascii: "<")) else { return false }
        let start = cursor.index
        var number = 0
        while LineCursor.isDigit(cursor.current), cursor.index - start < 3 {
            number = number * 10 + Int(cursor.current &- 0x30)
            cursor.index += 1
        }
        guard cursor.index > start, cursor.take(UInt8(ascii: ">")), number < 192 else { return false }
        level = LineHeader.level(syslogSeverity: number & 7)
        fields.append(LogField("facility", SyslogMessage.facilities[number >> 3]))
        return true
    }

    // MARK: RFC 5424

    /// `1 TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MSG`, `-` for what isn't known. False, with nothing taken, where it is none.
    private mutating func parseStandard() -> Bool {
        let (start, known) = (cursor, fields.count)
        cursor.index += 2
        var moment: Int64?
        if !takeNothing() {
            moment = reader.yearFirst(&cursor)
            guard moment != nil, cursor.take(0x20) else {
                cursor = start
                return false
            }
        }
        let (host, program, process, identifier) = (word(), word(), word(), word())
        guard let host, let program, let process, let identifier, readStructuredData() else {
            cursor = start
            fields.removeLast(fields.count - known)
            return false
        }
        (timestamp, self.host, self.program) = (moment, host, program)
        if !process.isEmpty { fields.append(LogField("pid", Self.value(process))) }
        if !identifier.isEmpty { fields.append(LogField("msgid", identifier)) }
        _ = cursor.take(0x20)
        // A byte order mark says that the text is UTF-8, which it is taken for anyway.
        if cursor.current == 0xEF, cursor.peek(1) == 0xBB, cursor.peek(2) == 0xBF { cursor.index += 3 }
        message = min(cursor.index, cursor.bytes.count)..<cursor.bytes.count
        return true
    }

    /// `-` and the space behind it.
    private mutating func takeNothing() -> Bool {
        guard cursor.current == UInt8(ascii: "-"), cursor.peek(1) == 0x20 else { return false }
        cursor.index += 2
        return true
    }

    /// Up to a space, which is taken; empty for `-`, nil where no word stands.
    private mutating func word() -> String? {
        let start = cursor.index
        while !cursor.isAtEnd, cursor.current > 0x20 { cursor.index += 1 }
        let text = UnsafeRawBufferPointer(rebasing: cursor.bytes[start..<cursor.index])
        guard !text.isEmpty, text.count <= Limits.syslogWordBytesMax, cursor.take(0x20) else { return nil }
        return text.elementsEqual("-".utf8) ? "" : String(decoding: text, as: UTF8.self)
    }

    /// `-`, or `[id name="value" …]` once and again. False where it is neither.
    private mutating func readStructuredData() -> Bool {
        if cursor.take(UInt8(ascii: "-")) { return cursor.isAtEnd || cursor.current == 0x20 }
        guard cursor.current == UInt8(ascii: "[") else { return false }
        while cursor.take(UInt8(ascii: "[")) {
            guard let identifier = name() else { return false }
            while cursor.take(0x20) {
                if cursor.current == UInt8(ascii: "]") { break }
                guard let name = name(), cursor.take(UInt8(ascii: "=")), let value = quotedValue() else { return false }
                // `exampleSDID@32473`: the number behind the sign says whose it is, and means nothing to a reader.
                let owner = identifier.prefix { $0 != "@" }
                if fields.count < limits.fieldsMax { fields.append(LogField("\(owner).\(name)", Self.value(value))) }
            }
            guard cursor.take(UInt8(ascii: "]")) else { return false }
        }
        return cursor.isAtEnd || cursor.current == 0x20
    }

    private mutating func name() -> String? {
        let start = cursor.index
        while cursor.current > 0x20, cursor.current != UInt8(ascii: "="), cursor.current != UInt8(ascii: "]"), cursor.current != UInt8(ascii: "\"") {
            cursor.index += 1
        }
        let length = cursor.index - start
        guard length > 0, length <= Limits.syslogWordBytesMax else { return nil }
        return String(decoding: cursor.bytes[start..<cursor.index], as: UTF8.self)
    }

    /// In quotes; a backslash stands before a quote, a backslash and a bracket.
    private mutating func quotedValue() -> String? {
        guard cursor.take(UInt8(ascii: "\"")) else { return nil }
        var value: [UInt8] = []
        while !cursor.isAtEnd {
            let byte = cursor.current
            cursor.index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            let next = cursor.current
            if byte == UInt8(ascii: "\\"), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "]") {
                value.append(next)
                cursor.index += 1
            } else {
                value.append(byte)
            }
        }
        return nil
    }

    private static func value(_ text: String) -> FieldValue {
        var text = text
        return text.withUTF8 { BareValue.typed(UnsafeRawBufferPointer($0)) }
    }

    // MARK: RFC 3164

    /// `TIMESTAMP HOST TAG[PID]: MSG`; the time may be of another form, the host and the tag may be missing.
    private mutating func parseTraditional() {
        if let moment = reader.read(&cursor) {
            timestamp = moment
            // Cisco and others put a colon behind the time.
            _ = cursor.take(UInt8(ascii: ":"))
            while cursor.take(0x20) {}
            readHost()
        }
        readTag()
        message = min(cursor.index, cursor.bytes.count)..<cursor.bytes.count
    }

    /// The word behind the time, unless it is a tag already.
    private mutating func readHost() {
        let start = cursor
        while cursor.current > 0x20, cursor.current != UInt8(ascii: "["), cursor.index - start.index < Limits.syslogWordBytesMax { cursor.index += 1 }
        let text = cursor.bytes[start.index..<cursor.index]
        guard cursor.current == 0x20, let last = text.last, last != UInt8(ascii: ":") else {
            cursor = start
            return
        }
        host = String(decoding: text, as: UTF8.self)
        cursor.index += 1
    }

    /// `sshd[1234]: `, `sudo: `: up to 48 characters that name a program.
    private mutating func readTag() {
        let start = cursor
        while Self.isTagPart(cursor.current), cursor.index - start.index < 48 { cursor.index += 1 }
        let nameEnd = cursor.index
        guard nameEnd > start.index else { return }
        var process: String?
        if cursor.take(UInt8(ascii: "[")) {
            let first = cursor.index
            while cursor.current > 0x20, cursor.current != UInt8(ascii: "]"), cursor.index - first < 48 { cursor.index += 1 }
            process = String(decoding: cursor.bytes[first..<cursor.index], as: UTF8.self)
            guard cursor.take(UInt8(ascii: "]")) else {
                cursor = start
                return
            }
        }
        guard cursor.take(UInt8(ascii: ":")) else {
            cursor = start
            return
        }
        _ = cursor.take(0x20)
        program = String(decoding: cursor.bytes[start.index..<nameEnd], as: UTF8.self)
        if let process, !process.isEmpty { fields.append(LogField("pid", Self.value(process))) }
    }

    private static func isTagPart(_ byte: UInt8) -> Bool {
        LineCursor.isLetter(byte) || LineCursor.isDigit(byte) || byte == 0x2D || byte == 0x5F || byte == 0x2E || byte == 0x2F || byte == 0x28 || byte == 0x29
            || byte == 0x40
    }

    // MARK: The record

    mutating func record(sender: () -> String?, receivedAt: NanoTimestamp, limits: WireLimits) -> LogRecord {
        let text = UnsafeRawBufferPointer(rebasing: cursor.bytes[message])
        let line = LineText.trimmed(text)
        let body = String(decoding: line, as: UTF8.self)
        let isInvalid = !UTF8Check.isValid(line)
        if isInvalid { fields.append(LogField("invalid_utf8", .bool(true))) }
        let parsed = LogLine.parse(body, receivedAt: receivedAt)
        for field in parsed.fields where fields.count < limits.fieldsMax && !fields.contains(where: { $0.name == field.name }) { fields.append(field) }
        var labels = LabelsBuilder()
        labels.set("instance", to: host.isEmpty ? Self.label(sender() ?? "") : Self.label(host))
        labels.set("job", to: program.isEmpty ? "syslog" : Self.label(program))
        return LogRecord(
            timestamp: timestamp.map(NanoTimestamp.init(nanoseconds:)) ?? parsed.timestamp ?? receivedAt, stream: labels.build(),
            level: level == .unknown ? parsed.level : level, body: body, fields: fields, invalidBody: isInvalid ? Array(line) : nil)
    }

    /// Words of a header are short already; what isn't UTF-8 was repaired.
    private static func label(_ text: String) -> String { String(text.prefix(Limits.syslogWordBytesMax)) }
}
