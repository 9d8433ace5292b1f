import Foundations
import Model

/// systemd's journal export format: entries of `NAME=value` lines, an empty line behind each. A value with line feeds or other bytes
/// stands as `NAME`, a line feed, its length in 64 bits (little-endian), the value and a line feed.
///
/// `MESSAGE` is the line, `__REALTIME_TIMESTAMP` (microseconds) the time, `PRIORITY` the level. The stream is the unit, the machine and what
/// called it: `_SYSTEMD_UNIT`, `_HOSTNAME` and `SYSLOG_IDENTIFIER` become `unit`, `instance` and `job`. Addresses (`__CURSOR` and others
/// beginning with `__`) aren't kept; the other fields keep their names.
public enum JournalExport {
    public static func decode(
        _ body: UnsafeRawBufferPointer, labels: [(label: String, value: String)] = [], limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> [LogRecord] {
        var decoder = JournalDecoder(body, limits: limits, receivedAt: receivedAt, labels: labels)
        try decoder.entries(isEnd: true)
        return decoder.records
    }

    /// The entries that are whole in the front of a longer body, and how many bytes they take.
    public static func decode(
        prefix bytes: UnsafeRawBufferPointer, labels: [(label: String, value: String)] = [], limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> (records: [LogRecord], bytes: Int) {
        var decoder = JournalDecoder(bytes, limits: limits, receivedAt: receivedAt, labels: labels)
        try decoder.entries(isEnd: false)
        return (decoder.records, decoder.wholeBytes)
    }
}

private struct JournalDecoder {
    private let body: UnsafeRawBufferPointer
    private let limits: WireLimits
    private let receivedAt: NanoTimestamp
    private let labels: [(label: String, value: String)]
    private var offset = 0
    private(set) var records: [LogRecord] = []
    private var streams: [[String]: Labels] = [:]
    /// Where the last whole entry ends.
    private(set) var wholeBytes = 0

    // The entry that is being read.
    private var isOpen = false
    private var message: String?
    private var invalidMessage: [UInt8]?
    private var moment: NanoTimestamp?
    private var level = LogLevel.unknown
    private var stream: [(label: String, value: String)] = []
    private var fields: [LogField] = []

    init(_ body: UnsafeRawBufferPointer, limits: WireLimits, receivedAt: NanoTimestamp, labels: [(label: String, value: String)]) {
        self.body = body
        self.limits = limits
        self.receivedAt = receivedAt
        self.labels = labels
    }

    /// `isEnd`: nothing follows the bytes, so that what is cut off is an error.
    mutating func entries(isEnd: Bool) throws(WireError) {
        while offset < body.count {
            let start = offset
            let end = BodyLines.lineEnd(body, from: start)
            if end == body.count, !isEnd { return }
            offset = end + 1
            if end == start {
                try finishEntry()
                wholeBytes = offset
                continue
            }
            let line = UnsafeRawBufferPointer(rebasing: body[start..<end])
            if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                try field(UnsafeRawBufferPointer(rebasing: line[..<equals]), UnsafeRawBufferPointer(rebasing: line[(equals + 1)...]), at: start)
            } else {
                guard let value = try binaryValue(of: start, isEnd: isEnd) else { return }
                try field(line, value, at: start)
            }
        }
        if isEnd { try finishEntry() }
    }

    /// The value behind a name that stands alone on its line; nil where it goes on behind the bytes and more may come.
    private mutating func binaryValue(of start: Int, isEnd: Bool) throws(WireError) -> UnsafeRawBufferPointer? {
        guard body.count - offset >= 8 else {
            if !isEnd { return nil }
            throw WireError("a field's length is cut off", offset: start)
        }
        let length = UInt64(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        guard length <= UInt64(limits.lineBytesMax) else { throw WireError(.overLimit, "a field of \(length) bytes is longer than \(limits.lineBytesMax)", offset: start) }
        offset += 8
        // One byte more for the line feed behind it.
        guard length < UInt64(body.count - offset) else {
            if !isEnd { return nil }
            throw WireError("a field's length of \(length) bytes goes behind the end of the body", offset: start)
        }
        let value = UnsafeRawBufferPointer(rebasing: body[offset..<offset + Int(length)])
        offset += Int(length)
        guard body[offset] == 0x0A else { throw WireError("no line feed follows a field of \(length) bytes", offset: start) }
        offset += 1
        return value
    }

    private mutating func field(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, at start: Int) throws(WireError) {
        guard !name.isEmpty, name.count <= Limits.journalNameBytesMax, name.allSatisfy(Self.isNamePart) else {
            throw WireError("a field's name is 1 to \(Limits.journalNameBytesMax) of A-Z, 0-9 and underscores", offset: start)
        }
        isOpen = true
        let text = String(decoding: name, as: UTF8.self)
        switch text {
        case "MESSAGE":
            let line = LineText.trimmed(value)
            message = String(decoding: line, as: UTF8.self)
            invalidMessage = UTF8Check.isValid(line) ? nil : Array(line)
            if invalidMessage != nil { fields.append(LogField("invalid_utf8", .bool(true))) }
        case "__REALTIME_TIMESTAMP":
            guard let microseconds = Int64(String(decoding: value, as: UTF8.self)), microseconds >= 0, microseconds < Int64.max / 1000 else {
                throw WireError("__REALTIME_TIMESTAMP isn't a number of microseconds", offset: start)
            }
            moment = NanoTimestamp(nanoseconds: microseconds * 1000)
        case "PRIORITY":
            if value.count == 1, (0...7).contains(Int(value[0]) - 0x30) { level = LineHeader.level(syslogSeverity: Int(value[0]) - 0x30) }
        case "_SYSTEMD_UNIT": stream.append(("unit", String(decoding: value, as: UTF8.self)))
        case "_HOSTNAME": stream.append(("instance", String(decoding: value, as: UTF8.self)))
        case "SYSLOG_IDENTIFIER": stream.append(("job", String(decoding: value, as: UTF8.self)))
        default:
            if text.hasPrefix("__") { return }
            guard fields.count < limits.fieldsMax else { return }
            fields.append(LogField(text, BareValue.typed(value)))
        }
    }

    private static func isNamePart(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || LineCursor.isDigit(byte) || byte == 0x5F }

    private mutating func finishEntry() throws(WireError) {
        guard isOpen else { return }
        guard records.count < limits.recordsMax else {
            throw WireError(.overLimit, "the request has more than \(limits.recordsMax) entries; send smaller ones", offset: offset)
        }
        // An entry without a message, such as a core dump's, is known by its fields.
        let parsed = message.map { LogLine.parse($0, receivedAt: receivedAt) }
        if level == .unknown { level = parsed?.level ?? .unknown }
        for field in parsed?.fields ?? [] where fields.count < limits.fieldsMax && !fields.contains(where: { $0.name == field.name }) { fields.append(field) }
        records.append(
            LogRecord(timestamp: moment ?? receivedAt, stream: try streamLabels(), level: level, body: message ?? "", fields: fields, invalidBody: invalidMessage))
        (isOpen, message, invalidMessage, moment, level, stream, fields) = (false, nil, nil, nil, .unknown, [], [])
    }

    private mutating func streamLabels() throws(WireError) -> Labels {
        let pairs = labels + stream
        let key = pairs.flatMap { [$0.label, $0.value] }
        if let known = streams[key] { return known }
        var made = StreamLabels(limits: limits)
        for (label, value) in pairs { try made.setCutting(label, to: value, offset: offset) }
        let built = made.build()
        if streams.count < Limits.streamsRememberedMax { streams[key] = built }
        return built
    }
}
