/// Which receiver gets alerts, grouped how.
public struct Route: Sendable, Hashable {
    public var receiver: String
    /// Labels whose values a group's alerts have in common; `alertname` is always among them. `...` is all labels.
    public var groupBy: [String]
    /// A message about alerts that still fire is sent again after this.
    public var repeatIntervalMilliseconds: Int64
    /// How long the first message of a group waits for more alerts; critical ones never wait.
    public var groupWaitMilliseconds: Int64
    /// Who gets the alerts of severity `none`, which no person is to be woken for; nil is nobody.
    public var watchdog: Watchdog?

    public static let repeatIntervalMillisecondsDefault: Int64 = 4 * 3_600_000

    /// Where the alert that always fires goes: an outside switch that raises the alarm when it stops coming.
    public struct Watchdog: Sendable, Hashable {
        public var receiver: String
        public var intervalMilliseconds: Int64

        public static let intervalMillisecondsDefault: Int64 = 5 * 60_000

        public init(receiver: String, intervalMilliseconds: Int64 = Watchdog.intervalMillisecondsDefault) {
            self.receiver = receiver
            self.intervalMilliseconds = intervalMilliseconds
        }
    }

    public init(
        receiver: String, groupBy: [String] = [], repeatIntervalMilliseconds: Int64 = Route.repeatIntervalMillisecondsDefault,
        groupWaitMilliseconds: Int64 = 0, watchdog: Watchdog? = nil
    ) {
        self.receiver = receiver
        self.groupBy = groupBy
        self.repeatIntervalMilliseconds = repeatIntervalMilliseconds
        self.groupWaitMilliseconds = groupWaitMilliseconds
        self.watchdog = watchdog
    }
}
