/// Every cap of this module that a caller doesn't choose, with its reason.
enum Limits {
    /// Series or labels quoted in an error are cut here, so that an error stays a sentence.
    static let quotedCharactersMax = 240

    /// What one pass of the JSON line reader takes to levels of names joined with dots; deeper is kept as JSON text.
    /// As deep as messages may be nested elsewhere.
    static let jsonLineDepthMax: Int32 = 64

    /// A flattened member's name is cut here, as the log store cuts it: keys nested in keys can be as long as the line.
    static let jsonNameBytesMax = 256

    /// JSON lines beyond it are kept as plain text: the size to which the log line itself is capped.
    static let jsonLineBytesMax = 1 << 20

    /// Streams of one request whose labels are remembered; with more, each record's are made anew.
    static let streamsRememberedMax = 1024

    /// What an entry of a push takes, about: what room there is made for at first.
    static let lokiEntryBytesUsual = 128

    /// An index's name is at most 255 bytes and a document's id 512, by Elasticsearch's own rules.
    static let bulkNameBytesMax = 512

    /// A field's name in a journal, by its own rule.
    static let journalNameBytesMax = 64

    /// Looks at a line that had a secret, until none is found: one is enough but for lines made to be odd.
    static let redactionPassesMax = 8

    /// A name in a structured datum of RFC 5424 (its own rule is 32) and a word of a header.
    static let syslogWordBytesMax = 256

    /// Chunks of one GELF message, by its own rule.
    static let gelfChunksMax = 128

    /// How deep MessagePack and GELF values may be nested.
    static let valueNestingMax = 64

    /// Parsers kept for reuse: lines are rarely parsed on more threads at once.
    static let pooledJSONParsersMax = 8

    /// A line of OpenMetrics text: far above 64 labels of 2 KiB with an exemplar, and below what a native histogram of 10,000 buckets can take.
    static let openMetricsLineBytesMax = 1 << 20

    /// Series of an OpenMetrics text whose text is remembered, so that their labels are read once: some 30 MiB.
    static let openMetricsKnownSeriesMax = 100_000

    /// Families of an OpenMetrics text whose metadata is kept.
    static let openMetricsFamiliesMax = 100_000

    /// Fields read from one line; what is behind them stays in the line alone.
    static let lineFieldsMax = 128

    /// Fields for which there is room from the start: what most lines have.
    static let lineFieldsUsual = 10

    /// The part of a line in which a level's word is looked for: beyond it, it is a message about levels.
    static let levelSearchBytes = 160

    /// The part of a line in which a value named `level` is looked for.
    static let levelNameSearchBytes = 1024

    /// The part of a line in which key=value pairs are looked for, so that one giant line can't hold a thread.
    static let pairSearchBytes = 64 * 1024

    /// The longest key of a key=value pair; longer runs are text, not keys.
    static let pairKeyBytesMax = 128

    /// Samples of a chunk in a remote read's answer: what Prometheus itself cuts at.
    static let samplesPerChunk = 120

    /// Queries of one remote read: Prometheus sends one, other clients one a selector.
    static let remoteReadQueriesMax = 100

    /// Matchers of one query of a remote read: more than any selector that people write.
    static let remoteReadMatchersMax = 100
}

/// What a request may hold; over it, the whole of it is refused with an error that names the limit.
public struct WireLimits: Sendable {
    /// Series in one request.
    public var seriesMax = 100_000
    /// Symbols in one remote write 2 request: some for each series, and every value at most once.
    public var symbolsMax = 1_000_000
    /// Labels of one series, stream or exemplar.
    public var labelsMax = 64
    /// A label's name.
    public var labelNameBytesMax = 128
    /// A label's value.
    public var labelValueBytesMax = 2048
    /// Log records in one request.
    public var recordsMax = 100_000
    /// Fields (attributes) of one log record.
    public var fieldsMax = 128
    /// A log line. What is longer than a store keeps (1 MiB) is cut, marked and counted there, so that one giant line doesn't take a batch
    /// with it; here it is bounded by what a body may be.
    public var lineBytesMax = 16 << 20
    /// How deep messages and JSON values may be nested.
    public var nestingMax = 64

    public init() {}
}
