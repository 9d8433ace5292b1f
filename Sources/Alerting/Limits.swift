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

    /// A query of a rule that another server evaluates: servers give up after 30 s to two minutes.
    static let remoteQuerySecondsMax = 60.0
    /// Its answer: some 200,000 elements.
    static let remoteReplyBytesMax = 64 << 20

    /// Groups evaluated at the same time: more only compete for the cores.
    static let groupsAtOnceMax = 8

    // Heartbeats

    /// Jobs that are watched: each is judged every second.
    static let heartbeatsMax = 10_000
    static let heartbeatCheckMilliseconds: Int64 = 1000
    /// The pace of `ALERTS` of heartbeats: that of ordinary rules.
    static let heartbeatSeriesMilliseconds: Int64 = 15_000
    /// A job's clock may be so far ahead of ours that its ping comes before its time.
    static let heartbeatEarlyMilliseconds: Int64 = 30_000
    /// The longest interval, grace or run: ten years.
    static let heartbeatMillisecondsMax: Int64 = 3660 * 86_400_000
    /// How far ahead a cron schedule is looked through: 29 February is at most eight years away.
    static let cronDaysMax: Int64 = 8 * 366 + 1
    /// Zones have moved their clocks by at most a day, when they crossed the date line.
    static let clockChangeSecondsMax: Int64 = 86_400

    // Incidents

    /// How long all alerts of an incident are over before it is: a flap within it doesn't part an incident in two.
    static let incidentLullMilliseconds: Int64 = 300_000
    /// An incident that ended by itself goes on where its group fires again within this.
    static let incidentReopenMilliseconds: Int64 = 1_800_000
    /// Incidents opened within a minute; alerts of further groups share one.
    static let incidentsPerMinuteMax = 20
    /// Events taken up in one transaction, so that pages get their turn between.
    static let incidentEventsPerTransaction = 250
    /// The pause between such transactions while there is more.
    static let incidentFollowPauseMilliseconds: Int64 = 100
    static let incidentFollowMilliseconds: Int64 = 500
    /// Merges that are followed from one incident to the next.
    static let incidentMergesMax = 100
    /// What is shown of the time before an incident opened and after it ended.
    static let incidentMarginMilliseconds: Int64 = 3_600_000
    static let incidentAlertsMax = 10_000
    static let incidentsListedMax = 1000
    /// How often series of deployments are looked at.
    static let deploymentLookMilliseconds: Int64 = 60_000
    static let deploymentsAtOnceMax = 1000

    // Missed evaluations and replays

    /// How far back recording rules are evaluated after a gap: agents keep longer backlogs, but graphs of the last hour are what people look at.
    static let caughtUpMilliseconds: Int64 = 3_600_000
    /// The same as a number, for groups of a short interval.
    static let caughtUpTicksMax: Int64 = 720
    /// Alerts are replayed for this long at once, so that progress is seen and memory stays small.
    static let replayWindowMilliseconds: Int64 = 6 * 3_600_000
    /// Points of one query of a replay; a collector takes 11,000.
    static let replayTicksPerQuery: Int64 = 2000
    static let replayWarmupMillisecondsMax: Int64 = 86_400_000
    /// Steps of alerts after which a replay ends and says where: rules that fire more have to be mended first.
    static let replayStepsMax = 100_000
    static let replayPagesMax = 100_000
    /// Moments at which something is due between two steps: a year of reminders every five minutes.
    static let replayFlushesMax = 105_120

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

    /// The pauses before an Opsgenie-compatible service is asked what became of a request: its answer is there within a second or two.
    static let requestStatusPausesMilliseconds: [UInt64] = [300, 700, 2000, 4000]

    // Routing and muting

    /// Matchers of one route, silence or inhibition: far more than labels that alerts have.
    static let matchersMax = 100
    /// A routing file beyond this is a mistake.
    static let routeFileBytesMax = 4 << 20
    /// Routes of one file: aliases of YAML could otherwise multiply a small file without end.
    static let routesMax = 10_000
    /// Routes within routes: the deepest trees in use have four.
    static let routeDepthMax = 32
    /// Groups of a receiver whose first page may go out within a minute; those beyond share one page.
    static let stormGroupsPerMinuteMax = 10
    static let stormWindowMilliseconds: Int64 = 60_000
    /// How long the shared page of a storm gathers before it goes out.
    static let stormWaitMilliseconds: Int64 = 300
    /// How long after it the next one goes out with what has been added or has ended.
    static let stormIntervalMilliseconds: Int64 = 60_000
    /// Firings within the window from which an alert flaps: five rounds of a minute's rule are a coincidence, six in an hour aren't.
    static let flappingFirings = 6
    static let flappingWindowMilliseconds: Int64 = 3_600_000
    /// An alert that flaps is paged again once it fired this long without a break.
    static let flappingHoldMilliseconds: Int64 = 600_000
    /// How often what is muted is looked at again, where its group's interval doesn't say sooner.
    static let mutedRecheckMilliseconds: Int64 = 30_000
    static let mutedRecheckMillisecondsMin: Int64 = 1000
    /// Groups whose messages are made in one transaction, so that attempts get their turn between.
    static let groupsPerFlushMax = 500
    /// How long a silence that comes back may last each time.
    static let recurrenceDurationMillisecondsMax: Int64 = 7 * 86_400_000
    /// COUNT of a recurrence rule, and days that are counted through for it.
    static let recurrencesMax = 1000
    static let recurrenceDaysMax: Int64 = 3660
    /// Silences that haven't ended: each is held against every alert that fires.
    static let silencesMax = 10_000
    /// Owner, reason or comment of an action.
    static let actionTextBytesMax = 4096
    /// Alerts of one posted list: forty of Prometheus's batches.
    static let postedAlertsMax = 10_000
    /// Labels and annotations of one posted alert, names and values together.
    static let postedAlertBytesMax = 64 << 10
    /// Posted alerts whose `ALERTS` series are written: those of a storm beyond are in the event log alone.
    static let postedSeriesMax = 10_000
    /// The pace of `ALERTS` of posted alerts: that of ordinary rules.
    static let postedSeriesMilliseconds: Int64 = 15_000
    /// When posted alerts that are no longer sent are looked for.
    static let expiryCheckMilliseconds: Int64 = 1000

    // On call

    /// An on-call file beyond this is a mistake.
    static let onCallFileBytesMax = 1 << 20
    /// People, schedules and policies of one file: each is looked through by name.
    static let onCallPeopleMax = 1000
    static let onCallSchedulesMax = 200
    static let onCallPoliciesMax = 200
    /// Of one schedule: each layer is asked for every change of the calendar.
    static let onCallLayersMax = 20
    static let onCallRestrictionsMax = 50
    static let onCallOverridesMax = 1000
    /// A name is part of a destination's name and of an address.
    static let onCallNameBytesMax = 64
    /// The shortest turn by elapsed time: a shorter one is a mistake, and a calendar of it endless.
    static let onCallTurnMillisecondsMin: Int64 = 900_000
    /// How far ahead a check looks for hours that nobody covers.
    static let gapCheckMilliseconds: Int64 = 90 * 86_400_000
    /// How far ahead a check looks for local times that don't exist: every change of the clock comes once within a year.
    static let handoverCheckDays: Int64 = 400
    /// Gaps and times that one problem lists.
    static let gapsListedMax = 5
    /// The longest time of shifts in one answer: two years.
    static let shiftsMillisecondsMax: Int64 = 732 * 86_400_000
    /// Of one policy.
    static let escalationStepsMax = 50
    static let escalationTargetsMax = 50
    static let escalationRepeatsMax = 100
    static let escalationDelayMillisecondsMax: Int64 = 30 * 86_400_000
    static let escalationRepeatMillisecondsDefault: Int64 = 30 * 60_000
    /// Escalations brought forward in one transaction, so that pages get their turn between.
    static let escalationsPerTurnMax = 200
    /// Escalations and notes listed in one answer.
    static let escalationsListedMax = 500
    static let onCallNotesListedMax = 50

    // Database

    /// Pages of the write-ahead log (16 MB) before they are copied into the file: a storm shouldn't wait for that.
    static let logPagesMax = 4000
    /// The wait before a start that failed is tried again.
    static let startAgainMilliseconds: Int64 = 5000
    /// History of alerts, deliveries and attempts.
    static let historyMilliseconds: Int64 = 365 * 86_400_000
    /// Events kept, whatever their age: some 4 GB.
    static let eventsKeptMax: Int64 = 10_000_000
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
