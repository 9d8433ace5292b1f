import Foundations
import Model
import Settings
import TestSupport
import Testing

@testable import Alerting

private func matchers(_ text: String) throws -> [String] { try MatcherText.parse(text).map(\.description) }

@Test(arguments: [
    ("severity=\"critical\"", ["severity=\"critical\""]), ("{a=\"b\", c!=d}", ["a=\"b\"", "c!=\"d\""]), ("team=~\"a|b\"", ["team=~\"a|b\""]),
    ("x !~ y.*", ["x!~\"y.*\""]), ("\"label with spaces\"=\"v\"", ["\"label with spaces\"=\"v\""]), ("größe=\"1,2}\"", ["\"größe\"=\"1,2}\""]),
    ("a=\"say \\\"hi\\\"\"", ["a=\"say \\\"hi\\\"\""]), ("path=~\"/v\\d+\"", ["path=~\"/v\\\\d+\""]), ("a=", ["a=\"\""]), ("{}", []), ("a=b,", ["a=\"b\""]),
    ("foo = bar baz ", ["foo=\"bar baz\""]), ("a=\"\\n\"", ["a=\"\\n\""]),
])
func matchersAreReadInOldAndNewSyntax(text: String, expected: [String]) throws { #expect(try matchers(text) == expected) }

@Test(arguments: ["=x", "a", "a=\"b", "{a=b", "a=b}", "a=~\"(\"", "a b=c", "a=b\"c\""])
func whatIsNoMatcherIsRefused(text: String) { #expect(throws: MatcherText.Problem.self) { try matchers(text) } }

private let file = """
    global:
      resolve_timeout: 10m
      slack_api_url: https://hooks.slack.com/services/T/B/secret
      smtp_smarthost: mail.example.org:587
      smtp_from: nightjar@example.org
    route:
      receiver: default
      group_by: [alertname, cluster]
      routes:
        - matchers: [severity="critical"]
          receiver: pager
          group_wait: 0s
          continue: true
        - match: {team: db}
          match_re: {env: prod|stage}
          receiver: chat
          mute_time_intervals: [nights]
          routes:
            - matchers: ['{service=~"my.*"}']
              group_by: ['...']
    inhibit_rules:
      - source_matchers: [alertname="ZoneDown"]
        target_matchers: [alertname!="ZoneDown"]
        equal: [zone]
    time_intervals:
      - name: nights
        time_intervals:
          - times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "06:00"}]
            weekdays: ["monday:friday"]
            location: Europe/Berlin
    receivers:
      - name: default
        webhook_configs: [{url: http://127.0.0.1:9900/}]
      - name: pager
        pagerduty_configs: [{routing_key: secret, severity: '{{ .CommonLabels.severity }}'}]
        email_configs: [{to: ops@example.org}]
      - name: chat
        slack_configs: [{channel: "#db"}]
    """

@Test func aRoutingFileIsReadWhole() throws {
    let routing = try RoutingFile.parse(file, path: "am.yml")
    #expect(routing.receivers.map(\.name) == ["default/webhook[0]", "pager/pagerduty[0]", "pager/email[0]", "chat/slack[0]"])
    #expect(routing.receivers.map(\.sendsResolved) == [true, true, false, false] && routing.resolveTimeoutMilliseconds == 600_000)
    func routes(_ labels: Labels) -> [String] { routing.router.routes(for: labels).map { "\($0.receiver) \($0.key)" } }
    #expect(routes(["alertname": "A"]) == ["default {}"])
    #expect(routes(["alertname": "A", "severity": "critical", "team": "db", "env": "prod"]) == [
        "pager {}/{severity=\"critical\"}", "chat {}/{env=~\"prod|stage\",team=\"db\"}",
    ])
    let deep = routing.router.routes(for: ["alertname": "A", "team": "db", "env": "stage", "service": "mysql"])[0]
    #expect(deep.receiver == "chat" && deep.grouping == .allLabels && deep.groupWaitMilliseconds == 30_000 && deep.groupIntervalMilliseconds == 300_000)
    let night = routing.router.intervals["nights"]!
    // 2026-01-12 is a Monday; Berlin is an hour ahead.
    #expect(night.contains(TimestampText.parseRFC3339("2026-01-12T21:30:00Z")!.milliseconds))
    #expect(!night.contains(TimestampText.parseRFC3339("2026-01-12T20:30:00Z")!.milliseconds))
    #expect(!night.contains(TimestampText.parseRFC3339("2026-01-11T21:30:00Z")!.milliseconds))
}

@Test(arguments: [
    ("route: {receiver: a}\nreceivers: [{name: a}]\ncolour: red", "3: `colour` is no key"),
    ("route: {receiver: b}\nreceivers: [{name: a}]", "1: there is no receiver \"b\""),
    ("receivers: [{name: a}]", "1: there is no `route`"),
    ("route: {receiver: a, matchers: [x=y]}\nreceivers: [{name: a}]", "1: the root route takes all alerts"),
    ("route:\n  receiver: a\n  routes:\n    - matchers: ['x']\nreceivers: [{name: a}]", "4: \"x\" is no list of matchers"),
    ("route:\n  receiver: a\n  routes:\n    - mute_time_intervals: [n]\nreceivers: [{name: a}]", "4: there is no time interval \"n\""),
    ("route: {receiver: a}\nreceivers:\n  - name: a\n    discord_configs: [{webhook_url: x}]", "4: the receiver \"a\" has `discord_configs`"),
    ("route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]", "1: `group_interval` must be"),
    ("route: {receiver: a}\nreceivers:\n  - name: a\n    slack_configs: [{channel: x}]", "4: there is no `api_url`"),
    ("route: {receiver: a}\nreceivers:\n  - name: a\n    webhook_configs: [{url: 'http://h', text: '{{ .X'}]", "4: `text` is no key"),
    ("route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: n, time_intervals: [{weekdays: ['funday']}]}]", "3: \"funday\" can't stand"),
    ("route: {receiver: a, group_by: ['...', x]}\nreceivers: [{name: a}]", "1: `...` stands for all"),
])
func routingFaultsAreNamedWithTheirLine(yaml: String, problem: String) {
    do {
        _ = try RoutingFile.parse(yaml, path: "am.yml")
        Issue.record("nothing was wrong with \(yaml)")
    } catch {
        #expect(error.problems.contains { "\($0.line): \($0.reason)".hasPrefix(problem) }, "\(error)")
    }
}

@Test func unsentReceiversMayStayWhereNoRouteUsesThem() throws {
    let routing = try RoutingFile.parse("route: {receiver: a}\nreceivers: [{name: a}, {name: b, discord_configs: [{webhook_url: x}]}]", path: "am.yml")
    #expect(routing.receivers.isEmpty && routing.receiverNames == ["a", "b"])
}

@Test(arguments: [
    ("1:5", "2026-02-05T00:00:00Z", true), ("1:5", "2026-02-06T00:00:00Z", false), ("-1:-1", "2026-02-28T12:00:00Z", true),
    ("-3:-1", "2024-02-27T12:00:00Z", true), ("-3:-1", "2024-02-26T12:00:00Z", false), ("1:-1", "2026-04-30T12:00:00Z", true), ("31:31", "2026-04-30T12:00:00Z", false),
])
func daysOfMonthCountFromBothEnds(range: String, moment: String, isIn: Bool) throws {
    let yaml = "route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: n, time_intervals: [{days_of_month: ['\(range)']}]}]"
    let interval = try RoutingFile.parse(yaml, path: "am.yml").router.intervals["n"]!
    #expect(interval.contains(TimestampText.parseRFC3339(moment)!.milliseconds) == isIn)
}

// Recurrence

private func isSilent(_ rule: String, _ zone: String, start: String, hours: Int64, at moment: String) throws -> Bool {
    let recurrence = try Recurrence(rule: rule, zone: ZoneClock(zone)!, durationMilliseconds: hours * 3_600_000)
    let (start, moment) = (TimestampText.parseRFC3339(start)!.milliseconds, TimestampText.parseRFC3339(moment)!.milliseconds)
    return recurrence.occurrence(containing: moment, startingAt: start) != nil
}

@Test(arguments: [
    ("FREQ=DAILY", "2026-01-05T09:30:00Z", true), ("FREQ=DAILY", "2026-01-05T11:30:00Z", false), ("FREQ=DAILY", "2025-12-31T09:30:00Z", false),
    ("FREQ=DAILY;INTERVAL=2", "2026-01-02T09:30:00Z", false), ("FREQ=DAILY;INTERVAL=2", "2026-01-03T09:30:00Z", true),
    ("FREQ=WEEKLY;BYDAY=MO,FR", "2026-01-05T09:30:00Z", true), ("FREQ=WEEKLY;BYDAY=MO,FR", "2026-01-06T09:30:00Z", false),
    ("FREQ=WEEKLY", "2026-01-08T09:30:00Z", true), ("FREQ=WEEKLY", "2026-01-07T09:30:00Z", false),
    ("FREQ=MONTHLY;BYDAY=-1SU", "2026-01-25T09:30:00Z", true), ("FREQ=MONTHLY;BYDAY=-1SU", "2026-01-18T09:30:00Z", false),
    ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-13T09:30:00Z", true), ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-02-28T09:30:00Z", true),
    ("FREQ=DAILY;COUNT=3", "2026-01-03T09:30:00Z", true), ("FREQ=DAILY;COUNT=3", "2026-01-04T09:30:00Z", false),
    ("FREQ=DAILY;UNTIL=20260103T235959Z", "2026-01-04T09:30:00Z", false), ("FREQ=YEARLY", "2027-01-01T09:30:00Z", true),
])
func recurringSilencesComeBack(rule: String, moment: String, expected: Bool) throws {
    #expect(try isSilent(rule, "UTC", start: "2026-01-01T09:00:00Z", hours: 2, at: moment) == expected)
}

@Test func aRecurringSilenceFollowsTheWallClockThroughSummerTime() throws {
    // 09:00 in Berlin is 08:00 UTC in winter and 07:00 in summer.
    #expect(try isSilent("FREQ=DAILY", "Europe/Berlin", start: "2026-01-01T08:00:00Z", hours: 1, at: "2026-02-01T08:30:00Z"))
    #expect(try isSilent("FREQ=DAILY", "Europe/Berlin", start: "2026-01-01T08:00:00Z", hours: 1, at: "2026-07-01T07:30:00Z"))
    #expect(try !isSilent("FREQ=DAILY", "Europe/Berlin", start: "2026-01-01T08:00:00Z", hours: 1, at: "2026-07-01T08:30:00Z"))
}

@Test(arguments: ["", "FREQ=HOURLY", "FREQ=DAILY;BYDAY=1MO", "FREQ=DAILY;X=1", "FREQ=DAILY;INTERVAL=0", "INTERVAL=1"])
func wrongRecurrencesAreRefused(rule: String) {
    #expect(throws: Recurrence.Problem.self) { try Recurrence(rule: rule, zone: .utc, durationMilliseconds: 1) }
}

// Tests of routes

@Test func routeTestsSayWhoIsPagedAndWhyNot() throws {
    let folder = TemporaryDirectory("route-tests")
    write(file, to: folder.path("am.yml"))
    let tests = """
        routes: am.yml
        dependencies: [{name: net, when: ['alertname="NetDown"'], mutes: ['alertname="PeerLost"'], same: []}]
        tests:
          - name: by day
            at: 2026-01-12T12:00:00Z
            silences: [{matchers: ['instance="web-9"']}]
            firing: [{alertname: ZoneDown, zone: a}, {alertname: NetDown}]
            alerts:
              - {labels: {alertname: A}, receivers: [default], group: {alertname: A}}
              - {labels: {alertname: A, severity: critical, team: db, env: prod}, receivers: [pager, chat], held: {}}
              - {labels: {alertname: A, instance: web-9}, receivers: [], held: {default: silenced}}
              - {labels: {alertname: A, zone: a}, held: {default: inhibited}}
              - {labels: {alertname: PeerLost}, held: {default: dependency}}
          - name: at night
            at: 2026-01-12T22:00:00Z
            alerts:
              - {labels: {alertname: A, team: db, env: prod}, receivers: [], held: {chat: muted}}
              - {labels: {alertname: A}, receivers: [pager]}
        """
    let report = try RouteTestFile.run(tests, path: folder.path("tests.yml"))
    #expect(report.total == 11 && report.failures.map(\.line) == [18], "\(report.failures)")
    #expect(report.failures.first?.remedy == "the routes say [default]")
    #expect(throws: SettingsProblems.self) { try RouteTestFile.run("routes: am.yml\ntests: [{colour: red}]", path: folder.path("tests.yml")) }
}

@Test func routeTestsNameWhoIsOnCall() throws {
    let folder = TemporaryDirectory("route-tests")
    write(file, to: folder.path("am.yml"))
    write(
        """
        people:
          - {name: ana, webhook: {url: "https://h/ana"}}
          - {name: ben, webhook: {url: "https://h/ben"}}
        schedules:
          - name: primary
            zone: Europe/Amsterdam
            layers: [{name: week, people: [ana, ben], rotation: weekly, handover: monday 09:00, start: 2026-01-05}]
        policies:
          - name: platform
            steps: [{notify: [{schedule: primary}]}, {after: 10m, notify: [{person: ben}]}]
            fallback: [{person: ben}]
        bind: {pager: platform}
        """, to: folder.path("oncall.yml"))
    func run(_ oncall: String) throws -> RouteTestFile.Report {
        try RouteTestFile.run(
            """
            routes: am.yml
            \(oncall)
            tests:
              - at: 2026-01-07T12:00:00Z
                alerts: [{labels: {alertname: A, severity: critical}, people: [ana], escalation: [[ana], [ben]]}]
              - at: 2026-01-14T12:00:00Z
                alerts: [{labels: {alertname: A, severity: critical}, people: [ana]}]
            """, path: folder.path("tests.yml"))
    }
    let report = try run("oncall: oncall.yml")
    #expect(report.total == 3 && report.failures.map(\.remedy) == ["the routes say [ben]"], "\(report.failures)")
    #expect(throws: SettingsProblems.self) { try run("") }
}
