import Foundations

/// Times as Go's layouts write them: the layout is how the reference time, Mon Jan 2 15:04:05 MST 2006, would be written.
enum GoTime {
    /// Before it a time stands for none.
    static let yearTwo = Timestamp(seconds: TimestampText.days(2, 1, 1) * 86_400).milliseconds

    private static let months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    /// The parts of a layout, longer ones before those they begin with.
    private static let parts = [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "Z07:00", "Z0700", "-07:00", "-0700", "-07", "01", "02", "03", "04", "05", "06", "002", "15", "PM", "pm",
        "_2", "1", "2", "3", "4", "5",
    ]

    static func format(_ moment: Timestamp, _ zone: ZoneClock, layout: String) -> String {
        let reading = zone.reading(at: moment)
        let offset = zone.offsetSeconds(at: moment)
        var result = ""
        var rest = layout[...]
        while !rest.isEmpty {
            if let fraction = fraction(rest, moment) {
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
    private static func fraction(_ rest: Substring, _ moment: Timestamp) -> (text: String, count: Int)? {
        guard rest.first == "." || rest.first == ",", let kind = rest.dropFirst().first, kind == "0" || kind == "9" else { return nil }
        let count = rest.dropFirst().prefix { $0 == kind }.count
        let milliseconds = ((moment.milliseconds % 1000) + 1000) % 1000
        var digits = String((padded(milliseconds, 3) + "000000").prefix(count))
        if kind == "9" { while digits.last == "0" { digits.removeLast() } }
        return (digits.isEmpty ? "" : "\(rest.first!)\(digits)", count + 1)
    }

    private static func text(_ part: String, _ reading: ZoneClock.Reading, _ offset: Int64, _ zone: ZoneClock) -> String {
        let (hour, minute) = (Int64(reading.minuteOfDay / 60), Int64(reading.minuteOfDay % 60))
        let month = months[Int(reading.month) - 1]
        let sign = offset < 0 ? "-" : "+"
        let (hours, minutes) = (padded(abs(offset) / 3600, 2), padded(abs(offset) / 60 % 60, 2))
        switch part {
        case "January": return month
        case "Jan": return String(month.prefix(3))
        case "Monday": return weekdays[reading.weekday]
        case "Mon": return String(weekdays[reading.weekday].prefix(3))
        case "MST": return zone.name == "UTC" ? "UTC" : "\(sign)\(hours)\(minutes == "00" ? "" : minutes)"
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
        case "05": return padded(Int64(reading.secondOfMinute), 2)
        case "5": return String(reading.secondOfMinute)
        case "PM": return hour < 12 ? "AM" : "PM"
        default: return hour < 12 ? "am" : "pm"
        }
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
