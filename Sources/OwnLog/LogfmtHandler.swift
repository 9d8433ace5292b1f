import Foundations
import Logging

/// Writes the product's own log as logfmt, one line an entry: `time=2026-01-02T03:04:05.678Z level=info component=agent msg="…" key=value`.
///
/// Values are made safe: control characters become visible and what could break a line is quoted.
public struct LogfmtHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let sink: OwnLogSink
    private let clock: any WallClock

    public init(label: String, sink: OwnLogSink, logLevel: Logger.Level = .info, clock: any WallClock = SystemClock()) {
        self.label = label
        self.sink = sink
        self.logLevel = logLevel
        self.clock = clock
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line = "time=\(TimestampText.rfc3339(clock.now())) level=\(Self.name(event.level)) component=\(label) msg=\(Self.value(event.message.description))"
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(Self.value(value.description))" }
        sink.write(line + "\n", level: event.level)
    }

    private static func name(_ level: Logger.Level) -> String {
        switch level {
        case .notice: "info"
        case .warning: "warn"
        case .critical: "fatal"
        default: level.rawValue
        }
    }

    /// Bare where it is one plain word, else in quotes.
    static func value(_ text: String) -> String {
        let safe = SafeText(text).string
        let isPlain = !safe.isEmpty && safe.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
        if isPlain { return safe }
        var quoted = "\""
        for character in safe {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
