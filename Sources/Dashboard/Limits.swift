/// Every cap of the dashboard, with its reason.
enum Limits {
    /// Bytes of one answer: some 5000 hosts with 61 points of seven measures each.
    static let replyBytes = 64 << 20
    /// Seconds for one answer; the collector gives up on a query after 30.
    static let replySeconds: Double = 30
    /// Seconds between looks at status and alerts.
    static let statusIntervalSeconds: Double = 2
    /// Seconds between queries for hosts: agents send every 10.
    static let hostIntervalSeconds: Double = 10
    /// Wait before a broken tail is opened again.
    static let tailRetrySeconds: Double = 2
    /// Silence after which a tail is broken: the collector sends a sign of life every 15 s.
    static let tailSilenceSeconds = 45
    /// Log lines asked for, and kept while following.
    static let logLines = 500
    static let logLinesKept = 2000
    /// Tailed lines that may wait to be drawn; beyond it the oldest are skipped and counted.
    static let tailLinesWaiting = 10_000
    /// Bytes of a log line that are kept; more doesn't fit on any screen.
    static let logLineBytes = 16 << 10
    /// Bytes of a line of the tail; a longer one is dropped and counted, as the collector takes lines up to 1 MiB.
    static let tailLineBytes = 8 << 20
    /// Points of a chart: enough for two dots a column on 120 columns.
    static let chartPoints = 240
    /// Age of a host's newest sample from which its state isn't known any more: six intervals of the agent.
    static let staleSeconds: Double = 60
    /// Age of the last answer from which the link lags, and from which a failing one counts as broken: two intervals.
    static let laggingSeconds: Double = 5
    static let disconnectedSeconds: Double = 4
    /// The least screen for more than the list of alerts.
    static let columnsMin = 60
    static let rowsMin = 15
    /// The least time between two frames: 30 a second.
    static let frameMilliseconds: Int64 = 33
    /// Characters of an error's reason that are shown.
    static let reasonCharacters = 300
}
