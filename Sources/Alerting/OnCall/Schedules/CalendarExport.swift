import Foundations

/// A schedule's shifts as iCalendar (RFC 5545), for calendars that subscribe to it.
public enum CalendarExport {
    /// One event for each shift that somebody has within a time, whole. `names` are the whole names by person.
    public static func text(_ schedule: OnCallSchedule, from start: Timestamp, to end: Timestamp, names: [String: String], now: Timestamp) -> String {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Nightjar//On call//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
            "X-WR-CALNAME:\(escaped("On call: \(schedule.name)"))", "X-WR-TIMEZONE:\(escaped(schedule.zone.name))",
        ]
        // Cut off at fixed places only, so that an event is the same one whenever it is asked for.
        let (first, last) = (start.milliseconds / cutMilliseconds - 1, end.milliseconds / cutMilliseconds + 2)
        let shifts = schedule.shifts(from: Timestamp(milliseconds: first * cutMilliseconds), to: Timestamp(milliseconds: last * cutMilliseconds))
        for shift in shifts where shift.start < end && start < shift.end {
            guard let duty = shift.duty else { continue }
            let name = names[duty.person].flatMap { $0.isEmpty ? nil : $0 } ?? duty.person
            lines += [
                "BEGIN:VEVENT", "UID:\(escaped("\(schedule.name)-\(shift.start.milliseconds / 1000)-\(duty.person)"))@nightjar", "DTSTAMP:\(stamp(now))",
                "DTSTART:\(stamp(shift.start))", "DTEND:\(stamp(shift.end))", "SUMMARY:\(escaped("\(name) on call (\(schedule.name))"))",
                "DESCRIPTION:\(escaped(duty.cause.text))", "TRANSP:TRANSPARENT", "END:VEVENT",
            ]
        }
        lines.append("END:VCALENDAR")
        return lines.map { folded($0) + "\r\n" }.joined()
    }

    /// Shifts without end are cut off at multiples of this.
    private static let cutMilliseconds: Int64 = 90 * 86_400_000

    /// `20260105T080000Z`.
    private static func stamp(_ moment: Timestamp) -> String {
        let text = TimestampText.rfc3339(moment)
        return text.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    private static func escaped(_ text: String) -> String {
        SafeText(text).string.replacing("\\", with: "\\\\").replacing(";", with: "\\;").replacing(",", with: "\\,").replacing("\n", with: "\\n")
    }

    /// Lines have at most 75 bytes; what is longer goes on after a blank.
    private static func folded(_ line: String) -> String {
        var result = ""
        var bytes = 0
        for character in line {
            let count = String(character).utf8.count
            if bytes + count > 75 {
                result += "\r\n "
                bytes = 1
            }
            result.append(character)
            bytes += count
        }
        return result
    }
}

extension OnCallSchedule.Duty.Cause {
    /// In words, for calendars and lists.
    public var text: String {
        switch self {
        case .layer(let name): "layer \(name)"
        case .override(nil): "override of the file"
        case .override(let made?): "override by \(made.by)" + (made.comment.isEmpty ? "" : ": \(made.comment)")
        }
    }
}
