import Foundations
import Model
import Settings
import Yams

extension AlertmanagerParser {
    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]

    func namedIntervals(_ root: SettingsSection, _ key: String, known: [String]) -> [NamedTimeIntervals] {
        var named: [NamedTimeIntervals] = []
        for section in root.sections(key) ?? [] {
            let name = section.requiredString("name") ?? ""
            if known.contains(name) || named.contains(where: { $0.name == name }) {
                section.report("name", "the time interval \(quoted(name)) stands twice", remedy: "rename one of them")
            }
            named.append(NamedTimeIntervals(name: name, intervals: (section.sections("time_intervals") ?? []).map(interval)))
            section.finish()
        }
        return named
    }

    private func interval(_ section: SettingsSection) -> TimeInterval {
        var interval = TimeInterval()
        for times in section.sections("times") ?? [] {
            let start = times.requiredString("start_time").flatMap { minute($0, times, "start_time") }
            let end = times.requiredString("end_time").flatMap { minute($0, times, "end_time") }
            times.finish()
            guard let start, let end else { continue }
            if start < end { interval.times.append(start..<end) } else {
                times.report("end_time", "`end_time` must come after `start_time`", remedy: "write a time over midnight as two: up to 24:00, and from 00:00")
            }
        }
        interval.weekdays = ranges(section, "weekdays", names: Self.weekdays, first: 0, allowed: 0...6)
        interval.months = ranges(section, "months", names: Self.months, first: 1, allowed: 1...12)
        interval.daysOfMonth = ranges(section, "days_of_month", names: [], first: 0, allowed: -31...31)
        interval.years = ranges(section, "years", names: [], first: 0, allowed: 1...9999)
        if let name = section.string("location") {
            if let zone = ZoneClock(name) { interval.zone = zone } else {
                section.report("location", "there is no time zone \(quoted(SafeText(name).string))", remedy: "use a name such as Europe/Berlin")
            }
        }
        section.finish()
        return interval
    }

    /// `06:00` to `24:00`.
    private func minute(_ text: String, _ section: SettingsSection, _ key: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, parts[0].count == 2, parts[1].count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), (0..<60).contains(minute),
            (0..<24).contains(hour) || (hour == 24 && minute == 0)
        { return hour * 60 + minute }
        section.report(key, "`\(key)` must be a time from 00:00 to 24:00, not `\(SafeText(text))`")
        return nil
    }

    /// `monday:friday`, `1:5`, `-3:-1`, `december`.
    private func ranges(_ section: SettingsSection, _ key: String, names: [String], first: Int, allowed: ClosedRange<Int>) -> [NumberRange] {
        (section.strings(key) ?? []).compactMap { text in
            let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            let numbers = parts.compactMap { part in names.firstIndex(of: part).map { $0 + first } ?? (names == Self.weekdays ? nil : Int(part)) }
            guard (1...2).contains(parts.count), numbers.count == parts.count, let start = numbers.first, let end = numbers.last,
                allowed.contains(start), allowed.contains(end), key != "days_of_month" || (start != 0 && end != 0)
            else {
                section.report(key, "\(quoted(SafeText(text).string)) can't stand in `\(key)`", remedy: "write a single one, or a range such as \(names.isEmpty ? "1:5" : "\(names[1]):\(names[3])")")
                return nil
            }
            if start < 0 && end > 0 || start > end && (start > 0) == (end > 0) {
                section.report(key, "the range \(quoted(text)) ends before its start", remedy: "write it as two ranges")
                return nil
            }
            return NumberRange(first: start, last: end)
        }
    }
}
