import Model

/// What the alerting service is to do.
public struct AlertingOptions: Sendable {
    /// Rule files, as paths or shell patterns.
    public var ruleGlobs: [String]
    /// The SQLite file; made with its folder where it is missing.
    public var databasePath: String
    /// Where this service's web API is reached, without a slash at the end; goes into pages.
    public var externalURL: String
    public var receivers: [Receiver]
    /// Nil: nobody is paged, alerts are evaluated and shown.
    public var route: Route?
    /// A file of routes and receivers in Alertmanager's format, in place of `route` and `receivers`.
    public var routingFile: String?
    /// People, schedules and escalation policies; nil: receivers alone are paged.
    public var onCallFile: String?
    /// What mutes what beside the file's own rules: dependencies.
    public var inhibitions: [InhibitRule] = []
    /// Groups of a receiver whose first page may go out within a minute; those beyond share one.
    public var stormGroupsPerMinuteMax = Limits.stormGroupsPerMinuteMax
    /// The secret of PagerDuty's webhooks, by which acknowledgements come back.
    public var pagerDutyWebhookSecret: SecretSource?
    /// Jobs that are expected to say that they ran.
    public var heartbeats: [Heartbeat] = []
    /// `$externalLabels` of templates.
    public var externalLabels: Labels
    /// For groups that say no `interval`.
    public var evaluationIntervalSeconds: Double
    /// How long an alert whose series have no samples keeps firing before it is resolved for want of data.
    public var noDataHoldSeconds: Double

    public init(
        ruleGlobs: [String], databasePath: String, externalURL: String, receivers: [Receiver] = [], route: Route? = nil,
        externalLabels: Labels = Labels(), evaluationIntervalSeconds: Double = 15, noDataHoldSeconds: Double = 3600
    ) {
        self.ruleGlobs = ruleGlobs
        self.databasePath = databasePath
        self.externalURL = externalURL
        self.receivers = receivers
        self.route = route
        self.externalLabels = externalLabels
        self.evaluationIntervalSeconds = evaluationIntervalSeconds
        self.noDataHoldSeconds = noDataHoldSeconds
    }
}
