import Foundations
import Testing

@testable import Alerting

/// The same questions answered by walking the clock in steps of a quarter of an hour: nothing of it knows a rule about changes of the clock
/// beyond "a beginning counts from the first time that the wall shows it, an end from the last".
private struct WalkedClock {
    static let step: Int64 = 900_000
    let start: Timestamp
    /// Minutes on the wall at each step.
    let wall: [Int64]
    /// The latest that the wall has shown up to a step.
    let latest: [Int64]
    /// The earliest that it shows from a step on.
    let earliest: [Int64]

    init(zone: ZoneClock, from start: Timestamp, steps: Int) {
        self.start = start
        wall = (0..<steps).map { step in
            let moment = start.advanced(byMilliseconds: Int64(step) * Self.step)
            return (moment.milliseconds / 1000 + zone.offsetSeconds(at: moment)) / 60
        }
        var (latest, earliest) = (wall, wall)
        for step in wall.indices.dropFirst() { latest[step] = max(latest[step], latest[step - 1]) }
        for step in wall.indices.dropLast().reversed() { earliest[step] = min(earliest[step], earliest[step + 1]) }
        (self.latest, self.earliest) = (latest, earliest)
    }

    func moment(_ step: Int) -> Timestamp { start.advanced(byMilliseconds: Int64(step) * Self.step) }

    private static func minutes(_ time: LocalTime) -> Int64 { time.date.days * 1440 + Int64(time.minuteOfDay) }

    func person(_ layer: OnCallSchedule.Layer, _ step: Int) -> String? {
        if let end = layer.end, moment(step) >= end { return nil }
        if !layer.restrictions.isEmpty, !layer.restrictions.contains(where: { isIn($0, step) }) { return nil }
        let rotation = layer.rotation
        let begin = Self.minutes(rotation.start)
        let turn: Int64
        switch rotation.cadence {
        case .days(let days):
            guard latest[step] >= begin else { return nil }
            turn = (latest[step] - begin) / (Int64(days) * 1440)
        case .elapsed(let milliseconds):
            guard let first = latest.firstIndex(where: { $0 >= begin }), first <= step else { return nil }
            turn = Int64(step - first) * Self.step / milliseconds
        }
        return rotation.people[Int(turn) % rotation.people.count]
    }

    private func isIn(_ restriction: Restriction, _ step: Int) -> Bool {
        let today = wall[step] / 1440
        return ((today - 9)...(today + 2)).contains { day in
            guard restriction.weekdays.contains(LocalDate(days: day).weekday) else { return false }
            let (from, to) = (day * 1440 + Int64(restriction.fromMinute), (day + restriction.daysLater) * 1440 + Int64(restriction.toMinute))
            return latest[step] >= from && earliest[step] < to
        }
    }

    func person(_ schedule: OnCallSchedule, _ step: Int) -> String? {
        let moment = moment(step)
        if let override = schedule.overrides.last(where: { $0.start <= moment && moment < $0.end }) { return override.person }
        for layer in schedule.layers.reversed() { if let person = person(layer, step) { return person } }
        return nil
    }
}

/// The moments at which a zone's clock is set from 2020 to 2040.
private func transitions(_ zone: ZoneClock) -> [Timestamp] {
    let (start, end) = (LocalDate("2020-01-01")!.days * 86_400, LocalDate("2041-01-01")!.days * 86_400)
    var found: [Timestamp] = []
    for second in stride(from: start, to: end, by: 5 * 86_400) {
        var (low, high) = (second, second + 5 * 86_400)
        let before = zone.offsetSeconds(at: Timestamp(seconds: low))
        if before == zone.offsetSeconds(at: Timestamp(seconds: high)) { continue }
        while high - low > 1 {
            let middle = (low + high) / 2
            if zone.offsetSeconds(at: Timestamp(seconds: middle)) == before { low = middle } else { high = middle }
        }
        found.append(Timestamp(seconds: high))
    }
    return found
}

/// A schedule whose handovers lie around a change of the clock, often just within the hour that is skipped or comes twice.
private func randomSchedule(around moment: Timestamp, _ zone: ZoneClock, _ random: inout SeededGenerator) -> OnCallSchedule {
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let wall = zone.localTime(at: moment)
    func quarter() -> Int { number(0...2) > 0 ? (wall.minuteOfDay / 15 * 15 + 15 * number(-6...6) + 2880) % 1440 : 15 * number(0...95) }
    let layers = (0..<number(1...3)).map { layer in
        let people = (0..<number(1...4)).map { "p\(layer)\($0)" }
        let start = LocalTime(LocalDate(days: wall.date.days - Int64(number(-1...6))), minuteOfDay: quarter())
        let cadence: Rotation.Cadence = number(0...2) == 0 ? .elapsed(milliseconds: WalkedClock.step * Int64(number(4...200))) : .days([1, 2, 7][number(0...2)])
        let restrictions = (0..<number(0...2)).map { _ in
            let (from, to, later) = (quarter(), quarter(), Int64(number(0...2)))
            return Restriction(
                weekdays: Set((0...6).filter { _ in number(0...2) > 0 }), fromMinute: from, daysLater: later == 0 && to <= from ? 1 : later, toMinute: to)
        }
        let end = number(0...4) == 0 ? moment.advanced(byMilliseconds: WalkedClock.step * Int64(number(-100...100))) : nil
        return OnCallSchedule.Layer(name: "layer\(layer)", rotation: Rotation(people: people, cadence: cadence, start: start, zone: zone), restrictions: restrictions, end: end)
    }
    let overrides = (0..<number(0...2)).map { index in
        let start = moment.advanced(byMilliseconds: WalkedClock.step * Int64(number(-150...100)))
        return OnCallSchedule.Override(person: "o\(index)", start: start, end: start.advanced(byMilliseconds: WalkedClock.step * Int64(number(1...40))))
    }
    return OnCallSchedule(name: "s", zone: zone, layers: layers, overrides: overrides)
}

@Test(arguments: [
    "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Santiago", "Asia/Beirut", "Africa/Casablanca", "America/Havana", "Asia/Kolkata",
])
func exactlyOnePersonHoldsEveryMinuteAcrossChangesOfTheClock(_ name: String) throws {
    let zone = try #require(ZoneClock(name))
    var random = SeededGenerator(seed: 20_200_101)
    let changes = transitions(zone)
    let moments = changes.isEmpty ? [Timestamp(seconds: LocalDate("2026-03-29")!.days * 86_400)] : changes
    if name == "Australia/Lord_Howe" { #expect(changes.count >= 41) }
    for moment in moments {
        let schedule = randomSchedule(around: moment, zone, &random)
        let clock = WalkedClock(zone: zone, from: moment.advanced(byMilliseconds: -9 * 86_400_000), steps: 14 * 96)
        let (first, last) = (7 * 96, 11 * 96)
        let shifts = schedule.shifts(from: clock.moment(first), to: clock.moment(last))
        #expect(shifts.first?.start == clock.moment(first) && shifts.last?.end == clock.moment(last))
        for (shift, next) in zip(shifts, shifts.dropFirst()) { #expect(shift.end == next.start && shift.duty != next.duty) }
        // All that is random lies on the steps, so what is so at each of them is so in every minute between.
        #expect(shifts.allSatisfy { ($0.start.milliseconds - moment.milliseconds) % WalkedClock.step == 0 })
        var held = 0
        for step in first..<last {
            while shifts[held].end <= clock.moment(step) { held += 1 }
            let expected = clock.person(schedule, step)
            guard shifts[held].duty?.person == expected else {
                Issue.record("\(name) at \(clock.moment(step)) of \(schedule): \(shifts[held]), expected \(expected ?? "nobody")")
                return
            }
        }
    }
}

private let amsterdam = ZoneClock("Europe/Amsterdam")!

@Test func aTimeThatComesTwiceBeginsAtItsFirstAndEndsAtItsLast() {
    // 2026-10-25: the clock goes from 03:00 back to 02:00 at 01:00 UTC.
    let time = LocalTime("2026-10-25 02:30")!
    #expect(amsterdam.moments(of: time).map(TimestampText.rfc3339) == ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"])
    let night = Restriction(weekdays: Set(0...6), fromMinute: 0, daysLater: 0, toMinute: 150)
    #expect(night.window(on: LocalDate("2026-10-25")!, amsterdam).map { ($0.upperBound.milliseconds - $0.lowerBound.milliseconds) / 60_000 } == 210)
}

@Test func aTimeThatIsSkippedIsTheMomentOfTheJump() {
    let time = LocalTime("2026-03-29 02:30")!
    #expect(amsterdam.moments(of: time).isEmpty)
    #expect(TimestampText.rfc3339(amsterdam.moment(of: time, .first)) == "2026-03-29T01:00:00.000Z")
    #expect(amsterdam.moment(of: time, .last) == amsterdam.moment(of: time, .first))
}

@Test func dailyTurnsKeepTheirTimeOnTheWallAndElapsedOnesTheirLength() {
    let start = LocalTime("2026-03-27 09:00")!
    let daily = Rotation(people: ["ana", "ben"], cadence: .days(1), start: start, zone: amsterdam)
    let elapsed = Rotation(people: ["ana", "ben"], cadence: .elapsed(milliseconds: 86_400_000), start: start, zone: amsterdam)
    let monday = amsterdam.moment(of: LocalTime("2026-03-30 09:00")!, .first)
    #expect(daily.turnStart(3) == monday)
    #expect(amsterdam.localTime(at: elapsed.turnStart(3)) == LocalTime("2026-03-30 10:00")!)
    #expect(daily.person(at: daily.turnStart(0).advanced(byMilliseconds: -1)) == nil)
}

@Test func laterLayersAndOverridesGoBeforeWhatIsBelow() {
    let start = LocalTime("2026-01-05 00:00")!
    func layer(_ person: String, _ restrictions: [Restriction] = []) -> OnCallSchedule.Layer {
        OnCallSchedule.Layer(name: person, rotation: Rotation(people: [person], cadence: .days(7), start: start, zone: amsterdam), restrictions: restrictions)
    }
    let office = Restriction(weekdays: Set(1...5), fromMinute: 540, daysLater: 0, toMinute: 1020)
    func at(_ text: String) -> Timestamp { amsterdam.moment(of: LocalTime(text)!, .first) }
    let schedule = OnCallSchedule(
        name: "s", zone: amsterdam, layers: [layer("night"), layer("office", [office])],
        overrides: [.init(person: "guest", start: at("2026-01-06 12:00"), end: at("2026-01-06 13:00"))])
    #expect(schedule.duty(at: at("2026-01-06 08:59"))?.person == "night")
    #expect(schedule.duty(at: at("2026-01-06 09:00"))?.person == "office")
    #expect(schedule.duty(at: at("2026-01-06 12:30"))?.person == "guest")
    #expect(schedule.duty(at: at("2026-01-06 17:00"))?.person == "night")
    #expect(schedule.duty(at: at("2026-01-04 12:00")) == nil)
    #expect(schedule.gaps(from: at("2026-01-04 12:00"), to: at("2026-01-10 00:00")) == [at("2026-01-04 12:00")..<at("2026-01-05 00:00")])
}

@Test func aScheduleIsACalendarThatOthersRead() {
    let rotation = Rotation(people: ["ana", "ben"], cadence: .days(7), start: LocalTime("2026-01-05 09:00")!, zone: amsterdam)
    let schedule = OnCallSchedule(name: "primary", zone: amsterdam, layers: [.init(name: "week", rotation: rotation)])
    let start = amsterdam.moment(of: LocalTime("2026-01-05 00:00")!, .first)
    let text = CalendarExport.text(schedule, from: start, to: start.advanced(byMilliseconds: 86_400_000), names: ["ana": "Ana; a name with a comma, and long enough to be folded here"], now: start)
    let lines = text.split(separator: "\r\n")
    #expect(text.hasPrefix("BEGIN:VCALENDAR\r\n") && text.hasSuffix("END:VCALENDAR\r\n"))
    #expect(lines.contains("DTSTART:20260105T080000Z") && lines.contains("DTEND:20260112T080000Z"))
    #expect(lines.count { $0 == "BEGIN:VEVENT" } == 1)
    #expect(lines.allSatisfy { $0.utf8.count <= 75 })
    #expect(text.contains("SUMMARY:Ana\\; a name with a comma\\,"))
}
