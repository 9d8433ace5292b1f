import Foundations

/// Times as Go's layouts write them: the layout is how the reference time, Mon Jan 2 15:04:05 MST 2006, would be written.
public enum GoTime {
    static let months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    /// The parts of a layout, longer ones before those they begin with.
    static let parts = [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "Z07:00", "Z0700", "-07:00", "-0700", "-07", "01", "02", "03", "04", "05", "06", "002", "15", "PM", "pm",
        "_2", "1", "2", "3", "4", "5",
    ]

    /// A moment as a clock shows it that is so many seconds ahead of UTC. `zone` is the zone's abbreviation; nil where it has none.
    /// `seconds` count from 1970; `nanosecond` is their fraction.
    public static func format(seconds: Int64, nanosecond: Int64, offsetSeconds offset: Int64, zone: String?, layout: String) -> String {
        let reading = Reading(seconds, nanosecond, offset)
        var result = ""
        var rest = layout[...]
        while !rest.isEmpty {
            if let fraction = fraction(rest, reading.nanosecond) {
                result += fraction.text
                rest = rest.dropFirst(fraction.count)
            } else if let part = parts.first(where: rest.hasPrefix) {
                result += text(part, reading, offset, zone)
                rest = rest.dropFirst(part.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }

    /// `.000` or `.999` after the seconds.
    private static func fraction(_ rest: Substring, _ nanosecond: Int64) -> (text: String, count: Int)? {
        guard rest.first == "." || rest.first == ",", let kind = rest.dropFirst().first, kind == "0" || kind == "9" else { return nil }
        let count = rest.dropFirst().prefix { $0 == kind }.count
        var digits = String(padded(nanosecond, 9).prefix(count))
        if kind == "9" { while digits.last == "0" { digits.removeLast() } }
        return (digits.isEmpty ? "" : "\(rest.first!)\(digits)", count + 1)
    }

    private static func text(_ part: String, _ reading: Reading, _ offset: Int64, _ zone: String?) -> String {
        let (hour, minute) = (reading.hour, reading.minute)
        let month = months[Int(reading.month) - 1]
        let sign = offset < 0 ? "-" : "+"
        let (hours, minutes) = (padded(abs(offset) / 3600, 2), padded(abs(offset) / 60 % 60, 2))
        switch part {
        case "January": return month
        case "Jan": return String(month.prefix(3))
        case "Monday": return weekdays[reading.weekday]
        case "Mon": return String(weekdays[reading.weekday].prefix(3))
        case "MST": return zone ?? "\(sign)\(hours)\(minutes == "00" ? "" : minutes)"
        case "2006": return padded(reading.year, 4)
        case "06": return padded(reading.year % 100, 2)
        case "Z07:00": return offset == 0 ? "Z" : "\(sign)\(hours):\(minutes)"
        case "Z0700": return offset == 0 ? "Z" : "\(sign)\(hours)\(minutes)"
        case "-07:00": return "\(sign)\(hours):\(minutes)"
        case "-0700": return "\(sign)\(hours)\(minutes)"
        case "-07": return "\(sign)\(hours)"
        case "01": return padded(reading.month, 2)
        case "1": return String(reading.month)
        case "02": return padded(reading.day, 2)
        case "_2": return reading.day < 10 ? " \(reading.day)" : String(reading.day)
        case "2": return String(reading.day)
        case "002": return padded(TimestampText.days(reading.year, reading.month, reading.day) - TimestampText.days(reading.year, 1, 1) + 1, 3)
        case "15": return padded(hour, 2)
        case "03": return padded((hour + 11) % 12 + 1, 2)
        case "3": return String((hour + 11) % 12 + 1)
        case "04": return padded(minute, 2)
        case "4": return String(minute)
        case "05": return padded(reading.second, 2)
        case "5": return String(reading.second)
        case "PM": return hour < 12 ? "AM" : "PM"
        default: return hour < 12 ? "am" : "pm"
        }
    }

    /// What a clock shows.
    private struct Reading {
        let year, month, day, hour, minute, second, nanosecond: Int64
        /// 0 is Sunday.
        let weekday: Int

        init(_ seconds: Int64, _ nanosecond: Int64, _ offsetSeconds: Int64) {
            let (days, secondOfDay) = Self.floored(seconds + offsetSeconds, 86_400)
            (year, month, day) = TimestampText.civil(fromDays: days)
            (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
            self.nanosecond = nanosecond
            weekday = Int(Self.floored(days + 4, 7).1)
        }

        private static func floored(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
            let rest = value % divisor
            return rest < 0 ? (value / divisor - 1, rest + divisor) : (value / divisor, rest)
        }
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
