/// Every cap of the dashboard, with its reason.
enum Limits {
    /// Boards that links led away from, which lead back one by one: nobody remembers more.
    static let boardTrail = 20
    /// Bytes of one answer: some 5000 hosts with 61 points of seven measures each.
    static let replyBytes = 64 << 20
    /// Seconds for one answer; the collector gives up on a query after 30.
    static let replySeconds: Double = 30
    /// Seconds between looks at the collector.
    static let statusIntervalSeconds: Double = 2
    /// Seconds that a question for changes waits for one; the collector answers after 25 at most.
    static let changeWaitSeconds = 20
    /// Seconds between looks at the alerts where the collector can't be asked for changes.
    static let alertIntervalSeconds: Double = 0.5
    /// Seconds between looks at what changes with the alerts, in case it changes alone.
    static let dutyIntervalSeconds: Double = 15
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
    /// A longer line is shown as it comes: its fields would be read with each frame.
    static let essenceBytes = 4 << 10
    /// Bytes of a line of the tail; a longer one is dropped and counted, as the collector takes lines up to 1 MiB.
    static let tailLineBytes = 8 << 20
    /// Points of a chart: enough for two dots a column on 120 columns.
    static let chartPoints = 240
    /// Age of a host's newest sample from which its state isn't known any more: six intervals of the agent.
    static let staleSeconds: Double = 60
    /// Age of the last answer from which the link lags, and from which a failing one counts as broken: two intervals.
    static let laggingSeconds: Double = 5
    static let disconnectedSeconds: Double = 4
    /// How long after a key the selected row is taken to be in use, and follows its alert or host.
    static let attendedSeconds: Double = 30
    /// The least screen for more than the list of alerts.
    static let columnsMin = 60
    static let rowsMin = 15
    /// The least time between two frames: 30 a second.
    static let frameMilliseconds: Int64 = 33
    /// The same after a key, which people wait for.
    static let keyFrameMilliseconds: Int64 = 8
    /// Characters of an error's reason that are shown.
    static let reasonCharacters = 300
    /// Incidents asked for: what a year of bad nights makes.
    static let incidents = 200
    /// Lines of an alert's history.
    static let storyLines = 100
    /// Lines before and after a hit.
    static let contextLines = 30
    /// Screens that can be gone back to.
    static let historyScreens = 50
    /// Lines of history of each prompt, as shells keep some hundreds.
    static let historyLines = 200
    /// Bytes of the file that they are kept in: five prompts of so many lines, of some hundred bytes each.
    static let historyBytes = 1 << 20
    /// Completions that are gone through.
    static let completions = 200
    /// Labels of logs whose values are fetched for completion, and values of each.
    static let completedLabels = 20
    static let completedValues = 200
    /// Actions that can be taken back.
    static let undoSteps = 50
    static let bookmarks = 1000
    /// Seconds between looks at the files of dashboards.
    static let boardFilesSeconds: Double = 2
    /// Hosts that the overview shows beside its matrix.
    static let overviewHosts = 40
    /// Columns below which lists show no courses.
    static let trendColumnsMin = 100
    /// Seconds of a step of the past that is asked for anew while it plays.
    static let playStepSeconds: Int64 = 15
    /// Seconds that a wall shows one screen, and stays with what fires.
    static let wallSeconds: Double = 15
    static let wallAlarmSeconds: Double = 60
    /// Seconds within which the age of anything in a list is one step.
    static let steadySeconds: Int64 = 10
    /// Bytes of a clipboard: terminals take 74,994 to 100,000 bytes of base64.
    static let clipboardBytes = 56_000
    /// Bytes of a settings file.
    static let settingsBytes = 1 << 20
}
