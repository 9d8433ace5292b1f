import Foundations
import Model
import Terminal

/// A log line as the collector gives it, made safe for a terminal when it comes in.
struct LogItem: Hashable, Sendable {
    var timestamp: NanoTimestamp
    var level: LogLevel
    var stream: [AlertItem.LabelPair]
    var line: SafeText
    var fields: [AlertItem.LabelPair]
    /// Bytes that were cut off the line.
    var cutBytes: Int

    init(timestamp: NanoTimestamp, level: LogLevel, stream: [AlertItem.LabelPair], line: String, fields: [AlertItem.LabelPair] = []) {
        self.timestamp = timestamp
        self.level = level
        self.stream = stream
        self.fields = fields
        let bytes = line.utf8.prefix(Limits.logLineBytes)
        cutBytes = line.utf8.count - bytes.count
        self.line = cutBytes == 0 ? SafeText(line) : SafeText(bytes: bytes)
    }

    func style(_ theme: Theme) -> Style {
        switch level {
        case .fatal, .error: theme.critical
        case .warn: theme.warning
        case .info: theme.text
        case .debug, .trace, .unknown: theme.muted
        }
    }

    /// Four letters, so that lines stay aligned.
    var levelWord: SafeText {
        switch level {
        case .fatal: "FATL"
        case .error: "ERRO"
        case .warn: "WARN"
        case .info: "INFO"
        case .debug: "DEBG"
        case .trace: "TRCE"
        case .unknown: "    "
        }
    }
}
