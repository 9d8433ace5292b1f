import Foundations
import Model

/// A job that is to say that it ran: when it is expected, and how its absence is told.
public struct Heartbeat: Sendable, Hashable {
    public enum Schedule: Sendable, Hashable {
        /// So long after it was last heard of.
        case every(milliseconds: Int64)
        case cron(CronSchedule)
    }

    /// Letters, digits, `_`, `-`, `.` and `:`; the label `job` of its alerts.
    public var name: String
    /// Nil: only its failures and overruns are told.
    public var schedule: Schedule?
    /// How long after the expected moment it is late.
    public var graceMilliseconds: Int64
    /// How long a run may take; nil is without bound.
    public var durationMillisecondsMax: Int64?
    public var severity: String
    public var labels: [String: String]

    public static let graceMillisecondsDefault: Int64 = 300_000

    public init(
        name: String, schedule: Schedule?, graceMilliseconds: Int64 = Self.graceMillisecondsDefault, durationMillisecondsMax: Int64? = nil,
        severity: String = "warning", labels: [String: String] = [:]
    ) {
        self.name = name
        self.schedule = schedule
        self.graceMilliseconds = graceMilliseconds
        self.durationMillisecondsMax = durationMillisecondsMax
        self.severity = severity
        self.labels = labels
    }

    /// Whether a text can be a name: 1 to 128 of the characters above, so that it stands in a path and a label as it is.
    public static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39 || [0x5F, 0x2D, 0x2E, 0x3A].contains(byte)
            }
    }

    /// `every 1h`, `30 4 * * * (Europe/Berlin)`.
    public var scheduleText: String {
        switch schedule {
        case .every(let milliseconds)?: "every \(DurationText.format(milliseconds: milliseconds))"
        case .cron(let cron)?: "\(cron.text) (\(cron.zone.name))"
        case nil: "whenever it runs"
        }
    }

    /// When it is next expected after it was heard of, or began to be watched.
    func due(after moment: Timestamp) -> Timestamp? {
        switch schedule {
        case .every(let milliseconds)?: moment.advanced(byMilliseconds: milliseconds)
        // A ping a moment before its time, by a clock that is ahead, is that time's.
        case .cron(let cron)?: cron.next(after: moment.advanced(byMilliseconds: min(graceMilliseconds, Limits.heartbeatEarlyMilliseconds)))
        case nil: nil
        }
    }
}

/// How a heartbeat is written: in nightjar.yml, as parameters of a ping, and in the database.
public struct HeartbeatText: Sendable, Hashable, Codable {
    public var every: String?
    public var cron: String?
    public var zone: String?
    public var grace: String?
    public var max: String?
    public var severity: String?
    public var labels: [String: String]?

    public init(
        every: String? = nil, cron: String? = nil, zone: String? = nil, grace: String? = nil, max: String? = nil, severity: String? = nil,
        labels: [String: String]? = nil
    ) {
        self.every = every
        self.cron = cron
        self.zone = zone
        self.grace = grace
        self.max = max
        self.severity = severity
        self.labels = labels
    }

    /// What it says. Throws with the key that is wrong.
    public func heartbeat(named name: String) throws(HeartbeatProblem) -> Heartbeat {
        guard Heartbeat.isName(name) else { throw HeartbeatProblem(key: "name", reason: "a heartbeat's name has 1 to 128 letters, digits, `_`, `-`, `.` and `:`") }
        if every != nil, cron != nil { throw HeartbeatProblem(key: "cron", reason: "there are both `every` and `cron`; keep one of them") }
        if zone != nil, cron == nil { throw HeartbeatProblem(key: "zone", reason: "`zone` needs `cron`") }
        var heartbeat = Heartbeat(name: name, schedule: nil)
        if let every { heartbeat.schedule = .every(milliseconds: try Self.duration(every, "every", atLeast: 1000)) }
        if let cron {
            guard let clock = ZoneClock(zone ?? "") else { throw HeartbeatProblem(key: "zone", reason: "there is no time zone `\(SafeText(zone ?? ""))`; write one such as Europe/Berlin") }
            do throws(CronSchedule.Problem) {
                heartbeat.schedule = .cron(try CronSchedule(cron, zone: clock))
            } catch {
                throw HeartbeatProblem(key: "cron", reason: error.description)
            }
        }
        if let grace { heartbeat.graceMilliseconds = try Self.duration(grace, "grace", atLeast: 0) }
        if let max { heartbeat.durationMillisecondsMax = try Self.duration(max, "max", atLeast: 1000) }
        if let severity, !severity.isEmpty { heartbeat.severity = severity }
        heartbeat.labels = labels ?? [:]
        if let wrong = heartbeat.labels.keys.first(where: { !LabelName.isLegacy($0) || [AlertLabel.name, "job"].contains($0) }) {
            throw HeartbeatProblem(key: "labels", reason: "`\(SafeText(wrong))` can't be a label of a heartbeat")
        }
        return heartbeat
    }

    private static func duration(_ text: String, _ key: String, atLeast least: Int64) throws(HeartbeatProblem) -> Int64 {
        guard let milliseconds = DurationText.milliseconds(text), (least...Limits.heartbeatMillisecondsMax).contains(milliseconds) else {
            throw HeartbeatProblem(key: key, reason: "`\(key)` must be a duration such as 1h30m, not `\(SafeText(text))`")
        }
        return milliseconds
    }
}

/// What is wrong with a heartbeat's declaration, and at which key.
public struct HeartbeatProblem: Error, Equatable, CustomStringConvertible, Sendable {
    public let key: String
    public let reason: String
    public var description: String { reason }
}
