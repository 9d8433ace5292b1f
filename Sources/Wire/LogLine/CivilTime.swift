/// Dates of the Gregorian calendar as moments: enough of it to read log lines, without time zones' rules.
struct CivilTime {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var nanosecond = 0

    static let yearMin = 1970
    /// The last whole year that nanoseconds in 64 bits reach.
    static let yearMax = 2261

    /// Days since 1970-01-01 (Howard Hinnant, «chrono-compatible low-level date algorithms»).
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func daysInMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Nanoseconds since 1970; nil where it is no date or time of day. A leap second (60) counts as the second after it.
    func nanoseconds(zoneOffsetSeconds: Int) -> Int64? {
        guard (Self.yearMin...Self.yearMax).contains(year), (1...12).contains(month), (1...Self.daysInMonth(month, year: year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second), abs(zoneOffsetSeconds) <= 86_400
        else { return nil }
        let seconds = Self.days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second - zoneOffsetSeconds
        return Int64(seconds) * 1_000_000_000 + Int64(nanosecond)
    }

    /// For a date without a year: that of the years around `now` which puts it nearest to `now`.
    func nanosecondsNearest(_ now: Int64, zoneOffsetSeconds: Int) -> Int64? {
        let guess = Self.yearMin + Int(now / 31_556_952_000_000_000)
        var nearest: Int64?
        for year in guess - 1...guess + 1 {
            var candidate = self
            candidate.year = year
            guard let moment = candidate.nanoseconds(zoneOffsetSeconds: zoneOffsetSeconds) else { continue }
            if nearest.map({ abs(moment - now) < abs($0 - now) }) ?? true { nearest = moment }
        }
        return nearest
    }

    /// For a time of day without a date: the day, before, on or after that of `now`, which puts it nearest to `now`.
    func nanosecondsNearestDay(_ now: Int64, zoneOffsetSeconds: Int) -> Int64? {
        let dayNanoseconds: Int64 = 86_400_000_000_000
        var onFirstDay = self
        (onFirstDay.year, onFirstDay.month, onFirstDay.day) = (1970, 1, 1)
        guard let timeOfDay = onFirstDay.nanoseconds(zoneOffsetSeconds: zoneOffsetSeconds), now >= 2 * dayNanoseconds else { return nil }
        let today = now / dayNanoseconds * dayNanoseconds + timeOfDay
        return [today - dayNanoseconds, today, today + dayNanoseconds].min { abs($0 - now) < abs($1 - now) }
    }
}
