import Foundations

/// A decoder that takes bytes from outside: whatever they are, it returns or throws, and never traps.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case metricBlock = "metric-block"
    case metricLog = "metric-log"
    case metricCheckpoint = "metric-checkpoint"
    case metricManifest = "metric-manifest"
    case headChunk = "head-chunk"
    case metricColumns = "metric-columns"
    case logColumns = "log-columns"
    case logTemplates = "log-templates"
    case logFields = "log-fields"
    case logHeads = "log-heads"
    case logTerms = "log-terms"
    case logBlock = "log-block"
    case remoteWrite1 = "remote-write-1"
    case remoteWrite2 = "remote-write-2"
    case otlpProtobuf = "otlp-protobuf"
    case otlpJSON = "otlp-json"
    case lokiProtobuf = "loki-protobuf"
    case lokiJSON = "loki-json"
    case exposition
    case openMetrics = "openmetrics"
    case logLine = "log-line"
    case elasticBulk = "elastic-bulk"
    case jsonLines = "json-lines"
    case journalExport = "journal-export"
    case syslog
    case gelf
    case fluent
    case redaction
    case snappy
    case zstd
    case gzip
    case promQL = "promql"
    case logQL = "logql"
    case ruleFile = "rule-file"
    case alertTemplate = "alert-template"
    case settings
    case spoolRecord = "spool-record"
    case terminalInput = "terminal-input"
    case dashboardFile = "dashboard-file"
    case seriesReply = "series-reply"

    /// Decodes the bytes.
    public func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .metricBlock, .metricLog, .metricCheckpoint, .metricManifest, .headChunk, .metricColumns: runMetricStore(bytes)
        case .logColumns, .logTemplates, .logFields, .logHeads, .logTerms, .logBlock: runLogStore(bytes)
        case .remoteWrite1, .remoteWrite2, .otlpProtobuf, .otlpJSON, .lokiProtobuf, .lokiJSON, .exposition, .openMetrics, .logLine: runWire(bytes)
        case .elasticBulk, .jsonLines, .journalExport, .syslog, .gelf, .fluent, .redaction: runLogInput(bytes)
        case .snappy, .zstd, .gzip: runCompression(bytes)
        case .promQL, .logQL, .ruleFile, .alertTemplate, .settings: runLanguage(bytes)
        case .spoolRecord, .terminalInput: runAgentAndTerminal(bytes)
        case .dashboardFile, .seriesReply: runBoards(bytes)
        }
    }

    public func run(_ bytes: [UInt8]) { bytes.withUnsafeBytes { run($0) } }

    /// What is refused is as it should be: the error is the answer.
    func refusing(_ body: () throws -> Void) {
        do { try body() } catch { _ = "\(error)" }
    }
}
