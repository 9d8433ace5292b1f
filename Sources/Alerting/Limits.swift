/// Every cap of this module, each with its reason.
enum Limits {
    // Rule files

    /// A rule file beyond this is a mistake (the largest public rule packs have some 300 KB).
    static let ruleFileBytesMax = 4 << 20
    /// Files that one set of globs may name: beyond it a glob points at the wrong folder.
    static let ruleFilesMax = 1000
    /// Rules of one file: aliases of YAML could otherwise multiply a small file without end.
    static let rulesPerFileMax = 20_000
    /// Problems reported for one file: the rest is noise after the first few.
    static let problemsPerFileMax = 100
    /// How often files are looked at for changes.
    static let fileCheckSeconds: Int64 = 5

    // Evaluation

    /// The shortest group interval: below it a store's group commit dominates.
    static let groupIntervalMillisecondsMin: Int64 = 100
    /// Active alerts of one rule: beyond it the rule fails, as with `limit`, and keeps its states.
    static let alertsPerRuleMax = 20_000
    /// Prometheus's outage tolerance: a pending alert older than such a gap starts its `for` again.
    static let outageToleranceMilliseconds: Int64 = 3_600_000
    /// After a gap, agents need this long to deliver their backlog; until then an absent series is no resolve.
    static let restartHoldMilliseconds: Int64 = 60_000
    /// A gap of fewer missed ticks than this is an ordinary delay and isn't noted.
    static let missedTicksNoted: Int64 = 2
    /// Comparisons spent on finding a vanished alert's data by a subset of its labels.
    static let dataProbeComparisonsMax = 1_000_000

    /// Groups evaluated at the same time: more only compete for the cores.
    static let groupsAtOnceMax = 8

    // Unit tests of rules

    /// Points of one test file's series: a year at one a minute is half a million.
    static let ruleTestPointsMax = 5_000_000
    /// The latest moment of an expectation: a hundred years.
    static let ruleTestMillisecondsMax: Int64 = 36_525 * 86_400_000
    /// Evaluations of one test.
    static let ruleTestTicksMax = 1_000_000

    // Templates

    /// Expanded text of one label or annotation: what a pager shows is far shorter.
    static let templateOutputBytesMax = 64 << 10
    /// Steps of one expansion: ends a `range` over a large query.
    static let templateStepsMax = 100_000
    static let templateDepthMax = 64
    /// `query` calls of one expansion: each is a full query against the store.
    static let templateQueriesMax = 16
    /// A width or precision of printf beyond this only fills memory.
    static let printfWidthMax = 256

    // Delivery

    /// Alerts listed in one message; the rest is counted in `truncatedAlerts`.
    static let alertsPerMessageMax = 2000
    /// Requests of one receiver under way at once, each of another group.
    static let requestsPerReceiverMax = 8
    /// Unfinished messages of one group for one receiver: beyond it a new page replaces an unsent resolve of the same alert.
    static let queuedPerGroupMax = 64
    /// The first wait after a failed attempt, doubled with each; full jitter.
    static let retryBaseSeconds = 1.0
    /// The longest wait: a receiver that is back is found within five minutes.
    static let retrySecondsMax = 300.0
    /// A receiver that asks for more patience than this is asked again anyway.
    static let retryAfterSecondsMax = 3600.0
    /// After so many failures in a row a receiver is asked with one request at a time.
    static let failuresUntilProbing = 5
    /// The longest pause between such probes.
    static let probeSecondsMax = 60.0
    /// The part of a receiver's answer that is kept.
    static let answerBytesMax = 1024
    /// A receiver's reply beyond this is cut off.
    static let replyBytesMax = 64 << 10
    static let timeoutSecondsMax = 120.0
    static let headersPerReceiverMax = 64
    /// A receiver's request without an answer after this is failed and tried again.
    static let timeoutSecondsDefault = 10.0

    // Database

    /// The wait before a start that failed is tried again.
    static let startAgainMilliseconds: Int64 = 5000
    /// History of alerts, deliveries and attempts.
    static let historyMilliseconds: Int64 = 365 * 86_400_000
    /// A resolved alert whose messages are done is forgotten after this.
    static let resolvedMilliseconds: Int64 = 3_600_000
    /// Rows removed in one transaction, so that pruning never holds up a page.
    static let prunedRowsPerTransaction = 2000
    static let pruneSeconds: Int64 = 3600
    /// Events listed in one answer.
    static let eventsMax = 10_000
    /// Messages looked at for sending while the database can't be written: far more than alerts fire on one bad day.
    static let unrecordedMessagesMax = 200
    /// How soon a database that can't be written is tried again.
    static let databaseRetryMilliseconds: Int64 = 1000
    /// Deliveries listed in a status.
    static let recentDeliveriesMax = 200
}
