import Foundations
import Model
import Settings

extension OnCallParser {
    func readSchedule(_ section: SettingsSection) {
        let name = newName(section, "schedule", taken: file.schedules.map(\.name))
        let zone = readZone(section)
        let layers = (section.sections("layers") ?? []).prefix(Limits.onCallLayersMax).compactMap { readLayer($0, zone) }
        if (section.sections("layers") ?? []).isEmpty { section.report("layers", "the schedule has no layers", remedy: "add `layers:` with at least one rotation") }
        let overrides = (section.sections("overrides") ?? []).prefix(Limits.onCallOverridesMax).compactMap { readOverride($0, zone) }
        let allowsGaps = section.bool("allow_gaps") ?? false
        let description = section.string("description") ?? ""
        section.finish()
        guard let name else { return }
        file.schedules.append(OnCallSchedule(name: name, zone: zone, layers: layers, overrides: overrides, allowsGaps: allowsGaps, description: description))
    }

    private func readZone(_ section: SettingsSection) -> ZoneClock {
        guard let name = section.requiredString("zone") else { return .utc }
        // A name that changes its meaning with the machine is no place to hand over at.
        if name != "Local", name == "UTC" || name.contains("/"), let zone = ZoneClock(name) { return zone }
        section.report("zone", "there is no time zone \(quoted(SafeText(name).string))", remedy: "use an IANA name such as Europe/Amsterdam, or UTC")
        return .utc
    }

    private func readLayer(_ section: SettingsSection, _ zone: ZoneClock) -> OnCallSchedule.Layer? {
        let name = section.requiredString("name")
        let people = section.strings("people") ?? []
        for person in people { checkPerson(person, "people", section) }
        if people.isEmpty { section.report("people", "the layer has nobody in turn", remedy: "add `people: [NAME, …]`") }
        if people.count > Limits.onCallPeopleMax { section.report("people", "there are more than \(Limits.onCallPeopleMax) people in turn", remedy: "remove some") }
        let rotation = readRotation(section, people: people, zone)
        let restrictions = (section.sections("restrictions") ?? []).prefix(Limits.onCallRestrictionsMax).compactMap(readRestriction)
        let end = section.value("end") == nil ? nil : existingTime(section, "end", zone: zone).map { zone.moment(of: $0, .last) }
        section.finish()
        guard let name, let rotation, !people.isEmpty else { return nil }
        return OnCallSchedule.Layer(name: name, rotation: rotation, restrictions: restrictions, end: end)
    }

    private func readRotation(_ section: SettingsSection, people: [String], _ zone: ZoneClock) -> Rotation? {
        let kind = section.requiredString("rotation")
        switch kind {
        case "daily", "weekly", "custom":
            let every = section.integer("every", in: 1...366) ?? 1
            let handover = readHandover(section, isWeekly: kind == "weekly")
            guard let text = section.requiredString("start") else { return nil }
            guard let date = LocalDate(text) else {
                section.report("start", "`start` must be a day such as `2026-01-05`, not `\(SafeText(text))`")
                return nil
            }
            if kind == "custom", section.value("every") == nil { section.report("every", "`every` is missing", remedy: "add `every:` with the days of a turn") }
            guard let handover, !people.isEmpty else { return nil }
            // The week that holds `start` is the first person's.
            let back = handover.weekday.map { Int64((date.weekday - $0 + 7) % 7) } ?? 0
            let start = LocalTime(LocalDate(days: date.days - back), minuteOfDay: handover.minute)
            return Rotation(people: people, cadence: .days(kind == "weekly" ? 7 * every : every), start: start, zone: zone)
        case "elapsed":
            let length = section.durationMilliseconds("length", in: Limits.onCallTurnMillisecondsMin...(366 * 86_400_000))
            if section.value("length") == nil { section.report("length", "`length` is missing", remedy: "add `length:` with a turn's duration, such as 12h") }
            guard let start = existingTime(section, "start", zone: zone), let length, !people.isEmpty else { return nil }
            return Rotation(people: people, cadence: .elapsed(milliseconds: length), start: start, zone: zone)
        case let kind?:
            section.report("rotation", "there is no rotation \(quoted(SafeText(kind).string))", remedy: "use daily, weekly, custom or elapsed")
        case nil: break
        }
        return nil
    }

    private func readHandover(_ section: SettingsSection, isWeekly: Bool) -> (weekday: Int?, minute: Int)? {
        guard let text = section.requiredString("handover") else { return nil }
        if let place = readPlace(text), (place.weekday != nil) == isWeekly, place.minute < 1440 { return place }
        section.report("handover", "`handover` must be \(isWeekly ? "a day and a time such as `monday 09:00`" : "a time such as `09:00`"), not `\(SafeText(text))`")
        return nil
    }

    /// `09:00` or `monday 09:00`.
    private func readPlace(_ text: String) -> (weekday: Int?, minute: Int)? {
        let parts = text.split(separator: " ")
        guard let last = parts.last, let minute = LocalTime.minuteOfDay(last), parts.count <= 2 else { return nil }
        if parts.count == 1 { return (nil, minute) }
        return Weekday.number(parts[0]).map { ($0, minute) }
    }

    /// `{days: [monday-friday], from: "09:00", to: "17:00"}`, or `{from: friday 17:00, to: monday 09:00}`.
    private func readRestriction(_ section: SettingsSection) -> Restriction? {
        let days = readDays(section)
        let texts = (section.requiredString("from"), section.requiredString("to"))
        section.finish()
        guard let fromText = texts.0, let toText = texts.1 else { return nil }
        guard let from = readPlace(fromText), from.minute < 1440 else {
            section.report("from", "`from` must be a time such as `09:00` or `friday 17:00`, not `\(SafeText(fromText))`")
            return nil
        }
        guard let to = readPlace(toText) else {
            section.report("to", "`to` must be a time such as `17:00` or `monday 09:00`, not `\(SafeText(toText))`")
            return nil
        }
        switch (from.weekday, to.weekday) {
        case (let first?, let last?):
            if section.value("days") != nil { section.report("days", "`days` doesn't go together with days in `from` and `to`", remedy: "remove `days`") }
            var later = Int64((last - first + 7) % 7)
            if later == 0, to.minute <= from.minute { later = 7 }
            return Restriction(weekdays: [first], fromMinute: from.minute, daysLater: later, toMinute: to.minute)
        case (nil, nil):
            return Restriction(weekdays: days ?? Set(0...6), fromMinute: from.minute, daysLater: to.minute <= from.minute ? 1 : 0, toMinute: to.minute)
        default:
            section.report("to", "only one of `from` and `to` names a day", remedy: "name one in both, or in none")
            return nil
        }
    }

    private func readDays(_ section: SettingsSection) -> Set<Int>? {
        guard let texts = section.strings("days") else { return nil }
        var days: Set<Int> = []
        for text in texts {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Weekday.number($0) }
            switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
            case (1, let day?, _): days.insert(day)
            case (2, let first?, let last?): days.formUnion((0...((last - first + 7) % 7)).map { (first + $0) % 7 })
            default: section.report("days", "`\(SafeText(text))` is no day of the week", remedy: "write monday, or monday-friday")
            }
        }
        if texts.isEmpty { section.report("days", "`days` is empty", remedy: "remove it, or name days") }
        return days
    }

    private func readOverride(_ section: SettingsSection, _ zone: ZoneClock) -> OnCallSchedule.Override? {
        let person = section.requiredString("person")
        if let person { checkPerson(person, "person", section) }
        let (from, to) = (existingTime(section, "from", zone: zone), existingTime(section, "to", zone: zone))
        section.finish()
        guard let person, let from, let to else { return nil }
        let (start, end) = (zone.moment(of: from, .first), zone.moment(of: to, .last))
        if start >= end {
            section.report("to", "the override ends before it begins", remedy: "put `to` after `from`")
            return nil
        }
        return OnCallSchedule.Override(person: person, start: start, end: end)
    }
}
