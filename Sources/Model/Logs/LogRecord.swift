import Foundations

/// How grave a log line is. The raw values are the lowest of OTLP's severity numbers of the same name.
public enum LogLevel: UInt8, Hashable, Sendable, Comparable, CaseIterable {
    case unknown = 0, trace = 1, debug = 5, info = 9, warn = 13, error = 17, fatal = 21

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    public var name: String { String(describing: self) }

    /// Any of the names in use: `warning`, `ERR`, `crit`, `notice`, syslog's and Java's. Nil where it is none.
    public init?(name: some StringProtocol) {
        switch name.lowercased() {
        case "trace", "finest", "finer", "verbose": self = .trace
        case "debug", "dbug", "dbg", "fine": self = .debug
        case "info", "information", "informational", "notice", "note", "config", "log": self = .info
        case "warn", "warning", "wrn": self = .warn
        case "error", "err", "severe", "eror", "failure": self = .error
        case "fatal", "critical", "crit", "alert", "emerg", "emergency", "panic": self = .fatal
        case "unknown": self = .unknown
        default: return nil
        }
    }

    /// OTLP's severity number 1…24; 0 and others are unknown.
    public init(severityNumber: Int) {
        switch severityNumber {
        case 1...4: self = .trace
        case 5...8: self = .debug
        case 9...12: self = .info
        case 13...16: self = .warn
        case 17...20: self = .error
        case 21...24: self = .fatal
        default: self = .unknown
        }
    }
}

/// A field's value with the type it had in the line.
public enum FieldValue: Hashable, Sendable, CustomStringConvertible {
    case string(String)
    case integer(Int64)
    case double(Double)
    case bool(Bool)

    /// As text, for matching and for showing.
    public var description: String {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        }
    }
}

/// A named value that was read from a line or came beside it. Nested names are joined with dots.
public struct LogField: Hashable, Sendable {
    public var name: String
    public var value: FieldValue

    public init(_ name: String, _ value: FieldValue) {
        self.name = name
        self.value = value
    }
    public init(_ name: String, _ text: String) { self.init(name, .string(text)) }
}

/// One log line with what is known of it.
public struct LogRecord: Hashable, Sendable {
    /// When it happened.
    public var timestamp: NanoTimestamp
    /// The stream it belongs to: a small set such as instance, job and filename.
    public var stream: Labels
    public var level: LogLevel
    /// The line as it was, byte for byte but for invalid UTF-8, which became `�`. Never ends in a line feed.
    public var body: String
    public var fields: [LogField]
    /// The line's own bytes where they are no valid UTF-8, kept beside their repaired text; nil for all other lines.
    public var invalidBody: [UInt8]?

    public init(
        timestamp: NanoTimestamp, stream: Labels, level: LogLevel = .unknown, body: String, fields: [LogField] = [], invalidBody: [UInt8]? = nil
    ) {
        self.timestamp = timestamp
        self.stream = stream
        self.level = level
        self.body = body
        self.fields = fields
        self.invalidBody = invalidBody
    }

    /// A line's bytes, whatever they are; those that are no valid UTF-8 are repaired in `body` and kept in `invalidBody`.
    public init(timestamp: NanoTimestamp, stream: Labels, level: LogLevel = .unknown, line: UnsafeRawBufferPointer, fields: [LogField] = []) {
        let text = String(validating: line, as: UTF8.self)
        self.init(
            timestamp: timestamp, stream: stream, level: level, body: text ?? String(decoding: line, as: UTF8.self), fields: fields,
            invalidBody: text == nil ? Array(line) : nil)
    }

    /// A field's value by name; the first where a name stands more than once.
    public func field(_ name: String) -> FieldValue? { fields.first { $0.name == name }?.value }
}
