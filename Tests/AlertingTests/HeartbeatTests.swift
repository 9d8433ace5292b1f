import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

private func moment(_ text: String) -> Timestamp { TimestampText.parseRFC3339(text)!.milliseconds }

@Test(arguments: [
    ("30 4 * * *", "UTC", "2026-03-01T04:30:00Z", "2026-03-02T04:30:00Z"),
    ("*/15 * * * *", "UTC", "2026-03-01T04:31:00Z", "2026-03-01T04:45:00Z"),
    ("0 9 * * mon-fri", "Europe/Berlin", "2026-03-06T12:00:00Z", "2026-03-09T08:00:00Z"),
    ("0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
    // The clock skips 02:30 on that day, and it isn't expected.
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
    // 02:30 comes twice, and the first counts.
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
    ("0 12 13 * 5", "UTC", "2026-03-10T00:00:00Z", "2026-03-13T12:00:00Z"),
    ("@weekly", "UTC", "2026-03-03T00:00:00Z", "2026-03-08T00:00:00Z"),
])
func aCronScheduleNamesTheNextTime(_ text: String, _ zone: String, _ after: String, _ next: String) throws {
    let schedule = try CronSchedule(text, zone: #require(ZoneClock(zone)))
    #expect(schedule.next(after: moment(after)) == moment(next))
}

@Test(arguments: ["", "* * * *", "60 * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 30 2 *", "a * * * *", "1,,2 * * * *"])
func aWrongCronScheduleIsRefused(_ text: String) {
    #expect(throws: CronSchedule.Problem.self) { try CronSchedule(text) }
}

/// Minute by minute, as cron itself looks at the wall.
@Test func cronSchedulesAgreeWithLookingAtTheWallEveryMinute() throws {
    var random = SeededGenerator(seed: 95)
    let zone = try #require(ZoneClock("America/New_York"))
    for _ in 0..<40 {
        let minute = Int.random(in: 0...59, using: &random)
        let hour = Int.random(in: 0...23, using: &random)
        let weekday = Int.random(in: 0...6, using: &random)
        let schedule = try CronSchedule("\(minute) \(hour) * * \(weekday)", zone: zone)
        let start = Timestamp(seconds: 1_772_000_000 / 60 * 60 + Int64.random(in: 0...30, using: &random) * 86_400)
        var wall = start
        var seen: Set<String> = []
        var expected: Timestamp?
        while expected == nil {
            wall = wall.advanced(byMilliseconds: 60_000)
            let reading = zone.reading(at: wall)
            let isFirst = seen.insert("\(reading.day) \(reading.minuteOfDay)").inserted
            if reading.weekday == weekday, reading.minuteOfDay == hour * 60 + minute, isFirst { expected = wall }
        }
        #expect(schedule.next(after: start) == expected, "\(schedule.text) after \(TimestampText.rfc3339(start))")
    }
}

@Suite struct HeartbeatServiceTests {
    let folder = TemporaryDirectory("heartbeats")
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let sent = Locked<[String]>([])

    private func service(_ heartbeats: [Heartbeat]) async throws -> AlertingService {
        let sent = sent
        var options = AlertingOptions(
            ruleGlobs: [], databasePath: folder.path("a.db"), externalURL: "http://n", receivers: [Harness.hook("hook")], route: Route(receiver: "hook"))
        options.heartbeats = heartbeats
        let service = try AlertingService(
            options: options, evaluator: FakeEvaluator(), write: { _ in }, clock: clock, logger: silentLogger,
            deliverer: { _ in
                FakeDeliverer { request in
                    sent.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
                    return DeliveryReply(status: 200)
                }
            })
        try await service.start()
        return service
    }

    private func firing(_ service: AlertingService, after seconds: Int64 = 0) async -> [String] {
        clock.advance(milliseconds: seconds * 1000)
        await service.heartbeats.tick()
        return await service.activeAlerts().map { "\($0.name) \($0.labels["job"] ?? "")" }
    }

    private var hourly: Heartbeat {
        Heartbeat(name: "backup", schedule: .every(milliseconds: 3_600_000), graceMilliseconds: 60_000, durationMillisecondsMax: 600_000, severity: "critical", labels: ["team": "db"])
    }

    @Test func aJobThatNeverRunsIsLateOrFailsIsPagedAndItsEndToo() async throws {
        let service = try await service([hourly])
        #expect(await firing(service, after: 3_600) == [])
        #expect(await firing(service, after: 61) == ["HeartbeatNever backup"])
        try await service.ping("backup", .success, sender: "host")
        #expect(await firing(service) == [])
        #expect(await firing(service, after: 3_661) == ["HeartbeatLate backup"])
        try await service.ping("backup", .failure(exitCode: 3), sender: "host")
        #expect(await firing(service) == ["HeartbeatFailed backup"])
        await service.deliverDue()
        #expect(sent.withLock { $0.contains { $0.contains("failed with exit code 3") && $0.contains(#""team":"db""#) } })
        try await service.ping("backup", .start, sender: "host")
        #expect(await firing(service) == ["HeartbeatFailed backup"], "a start is no success")
        try await service.ping("backup", .success, sender: "host")
        #expect(await firing(service) == [])
        await service.deliverDue()
        #expect(sent.withLock { $0.last?.contains(#""status":"resolved""#) } == true)
    }

    @Test func aRunThatTakesTooLongIsToldWhileItRuns() async throws {
        let service = try await service([hourly])
        try await service.ping("backup", .start, sender: "host")
        #expect(await firing(service, after: 600) == [])
        #expect(await firing(service, after: 1) == ["HeartbeatOverrun backup"])
        try await service.ping("backup", HeartbeatPing(path: "0")!, sender: "host")
        #expect(await firing(service) == [])
        #expect(await service.heartbeatStatuses().first?.durationMilliseconds == 601_000)
    }

    @Test func aJobIsLearntFromItsPingsAndKnownAfterARestart() async throws {
        var service: AlertingService? = try await service([])
        await #expect(throws: ActionError.self) { try await service!.ping("sync", .success, sender: "host") }
        await #expect(throws: ActionError.self) { try await service!.ping("sync", .success, learnt: HeartbeatText(every: "soon"), sender: "host") }
        try await service!.ping("sync", .success, learnt: HeartbeatText(every: "10m", grace: "1m"), sender: "host")
        #expect(await firing(service!, after: 661) == ["HeartbeatLate sync"])
        service = nil
        let again = try await self.service([])
        #expect(await firing(again, after: 5) == ["HeartbeatLate sync"])
        try await again.ping("sync", .success, sender: "host")
        #expect(await firing(again) == [])
        try await again.removeHeartbeat("sync")
        #expect(await again.heartbeatStatuses().isEmpty)
    }

    @Test func whatWasDueWhileTheCollectorWasDownIsNotHeldAgainstAJob() async throws {
        var service: AlertingService? = try await service([hourly])
        try await service!.ping("backup", .success, sender: "host")
        #expect(await firing(service!, after: 1_800) == [])
        service = nil
        clock.advance(milliseconds: 7_200_000)
        let again = try await self.service([hourly])
        #expect(await firing(again) == [])
        #expect(await firing(again, after: 3_601) == [])
        #expect(await firing(again, after: 60) == ["HeartbeatLate backup"])
    }
}
