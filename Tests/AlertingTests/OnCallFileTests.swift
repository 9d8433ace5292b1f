import Foundations
import Settings
import TestSupport
import Testing

@testable import Alerting

private let whole = """
    channels:
      email: {smarthost: "mail.example.org:587", from: oncall@example.org}
      phone: {command: [/usr/local/bin/call, --urgent]}
    people:
      - {name: ana, full_name: Ana Lima, phone: "+3120", email: ana@example.org}
      - {name: ben, webhook: {url: "https://hooks.example.org/ben"}, slack: U1}
    schedules:
      - name: primary
        zone: Europe/Amsterdam
        description: first line
        layers:
          - {name: week, people: [ana, ben], rotation: weekly, handover: monday 09:00, start: 2026-01-07}
          - name: office
            people: [ben]
            rotation: daily
            handover: "08:00"
            start: 2026-01-05
            restrictions: [{days: [monday-friday], from: "09:00", to: "17:00"}, {from: friday 22:00, to: saturday 06:00}]
        overrides: [{person: ana, from: 2026-12-24 18:00, to: 2026-12-26 09:00}]
    policies:
      - name: platform
        steps:
          - notify: [{schedule: primary}]
          - {after: 10m, notify: [{person: ana}, {receiver: chat}], by: [email, phone]}
        repeat: 2
        repeat_after: 15m
        fallback: [{person: ana}]
        ack_expires: 2h
    bind: {on-call: platform}
    """

@Test func anOnCallFileIsReadWhole() throws {
    let file = try OnCallFile.parse(whole, path: "oncall.yml")
    #expect(file.person("ana")?.contacts.map(\.kind) == [.phone, .email])
    #expect(file.person("ben")?.contacts.map(\.destination) == ["oncall/ben/webhook", nil])
    #expect(file.destinations.map(\.name) == ["oncall/ana/phone", "oncall/ana/email", "oncall/ben/webhook"])
    guard case .command(let command)? = file.destinations.first?.kind else { return #expect(Bool(false), "the phone is a command") }
    #expect(command.arguments == ["/usr/local/bin/call", "--urgent", "+3120"])
    let schedule = try #require(file.schedule("primary"))
    // The week that holds `start` is the first person's: it began on the Monday before.
    #expect(schedule.layers[0].rotation.start == LocalTime("2026-01-05 09:00"))
    #expect(schedule.layers[1].restrictions[1] == Restriction(weekdays: [5], fromMinute: 1320, daysLater: 1, toMinute: 360))
    let policy = try #require(file.policy("platform"))
    #expect(policy.steps.map(\.afterMilliseconds) == [0, 600_000])
    #expect(policy.steps[1].targets == [.init(.person, "ana"), .init(.receiver, "chat")])
    #expect(policy.acknowledgementMilliseconds == 7_200_000)
    #expect(file.problems(at: Timestamp(milliseconds: 1_767_830_400_000)).isEmpty)
    #expect(file.unknownReceivers(known: ["on-call"]).map(\.description) == ["oncall.yml:21:11: there is no receiver \"chat\" in the routes; known are on-call"])
}

/// The problems of a text in which one thing is replaced.
private func problems(_ old: String, _ new: String) -> [String] {
    #expect(whole.contains(old))
    do {
        _ = try OnCallFile.parse(whole.replacing(old, with: new, maxReplacements: 1), path: "o.yml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Test(arguments: [
    ("Europe/Amsterdam", "Europe/Amsterdm", "there is no time zone \"Europe/Amsterdm\""),
    ("zone: Europe/Amsterdam", "zone: Local", "there is no time zone \"Local\""),
    ("people: [ana, ben]", "people: [ana, cem]", "there is no person \"cem\"; known are ana, ben"),
    ("handover: monday 09:00", "handover: 09:00", "`handover` must be a day and a time"),
    ("handover: \"08:00\"", "handover: \"24:00\"", "`handover` must be a time"),
    ("rotation: weekly", "rotation: wekly", "there is no rotation \"wekly\""),
    ("rotation: weekly", "rotatoin: weekly", "did you mean `rotation`?"),
    ("2026-01-07", "2026-02-30", "`start` must be a day"),
    ("2026-12-24 18:00", "2026-03-29 02:30", "2026-03-29 02:30 doesn't exist in Europe/Amsterdam"),
    ("to: 2026-12-26 09:00", "to: 2026-12-20 09:00", "the override ends before it begins"),
    ("to: \"17:00\"", "to: monday 17:00", "only one of `from` and `to` names a day"),
    ("{schedule: primary}", "{schedule: secondary}", "there is no schedule \"secondary\"; known are primary"),
    ("{schedule: primary}", "{schedule: primary, person: ana}", "must name one person, schedule or receiver"),
    ("by: [email, phone]", "by: [pager]", "`pager` is no way to reach somebody"),
    ("by: [email, phone]", "by: [webhook]", "ana can't be paged by webhook"),
    ("    fallback: [{person: ana}]\n", "", "says nobody for when nobody is on call"),
    ("bind: {on-call: platform}", "bind: {on-call: platfrom}", "there is no policy \"platfrom\""),
    ("bind: {on-call: platform}", "bind: {chat: platform}", "would go round in a circle"),
    ("fallback: [{person: ana}]", "fallback: [{schedule: primary}]", "a schedule is no fallback"),
    ("{name: ben,", "{name: ana,", "the person \"ana\" stands twice"),
    ("webhook: {url: \"https://hooks.example.org/ben\"}, slack: U1", "full_name: Ben", "there is no way to reach \"ben\""),
])
func whatIsWrongIsToldWithItsLine(_ old: String, _ new: String, _ expected: String) {
    let found = problems(old, new)
    #expect(found.contains { $0.contains(expected) && $0.hasPrefix("o.yml:") && $0.split(separator: ":")[1] != "0" }, "\(found)")
}

@Test func hoursThatNobodyCoversAndTimesThatDontExistAreFound() throws {
    let text = """
        people: [{name: ana, receivers: [chat]}]
        schedules:
          - name: office
            zone: Europe/Amsterdam
            layers:
              - {name: day, people: [ana], rotation: daily, handover: "02:30", start: 2026-01-05, restrictions: [{days: [monday-friday], from: "09:00", to: "17:00"}]}
        """
    let now = ZoneClock("Europe/Amsterdam")!.moment(of: LocalTime("2026-01-05 09:00")!, .first)
    let problems = try OnCallFile.parse(text, path: "o.yml").problems(at: now).map(\.description)
    #expect(problems.count == 2)
    #expect(problems[0].hasPrefix("o.yml:3:11: the handover of layer \"day\" at 2026-03-29 02:30 doesn't exist in Europe/Amsterdam"))
    #expect(problems[1].contains("nobody is on call in office for") && problems[1].contains("2026-01-05 17:00 to 2026-01-06 09:00"))
    let allowed = try OnCallFile.parse(text.replacing("    layers:", with: "    allow_gaps: true\n    layers:").replacing("02:30", with: "09:00"), path: "o.yml")
    #expect(allowed.problems(at: now).isEmpty)
}

@Test func theExampleFileIsSound() throws {
    let file = try OnCallFile.load(repositoryFolder("Docs") + "/oncall.yml")
    #expect(file.problems(at: Timestamp(milliseconds: 1_780_000_000_000)).isEmpty)
    #expect(file.unknownReceivers(known: ["on-call"]).isEmpty)
}
