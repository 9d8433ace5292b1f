/// Reads a moment written as text, in the forms that logs use.
struct TimestampText {
    /// For forms without a year, a date or a zone.
    private let now: Int64
    private let zoneOffsetSeconds: Int

    init(now: Int64, zoneOffsetSeconds: Int) {
        // Kept off the ends of the range, so that a day or a year more or less can't overflow.
        self.now = min(max(0, now), 9_180_000_000_000_000_000)
        self.zoneOffsetSeconds = zoneOffsetSeconds
    }

    /// The moment that stands at the cursor, which is then behind it; nil where none does.
    func read(_ cursor: inout LineCursor) -> Int64? {
        let start = cursor
        let first = cursor.current
        if LineCursor.isDigit(first) {
            if let moment = yearFirst(&cursor) { return moment }
            cursor = start
            if let moment = dayFirst(&cursor) { return moment }
            cursor = start
            if let moment = epoch(&cursor) { return moment }
            cursor = start
            if let moment = compact(&cursor) { return moment }
            cursor = start
            if let moment = timeAlone(&cursor) { return moment }
        } else if LineCursor.isLetter(first) {
            if let moment = named(&cursor) { return moment }
        }
        cursor = start
        return nil
    }

    /// RFC 3339 and its kin: `2024-05-01T12:34:56.789Z`, `2024-05-01 12:34:56,789 +0200`, `2024/05/01 12:34:56`.
    func yearFirst(_ cursor: inout LineCursor) -> Int64? {
        var time = CivilTime()
        guard let year = cursor.digits(4) else { return nil }
        let separator = cursor.current
        guard separator == 0x2D || separator == 0x2F || separator == 0x2E else { return nil }
        cursor.index += 1
        guard let month = cursor.digits(2), cursor.take(separator), let day = cursor.digits(2) else { return nil }
        (time.year, time.month, time.day) = (year, month, day)
        switch cursor.current {
        case UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: "_"), UInt8(ascii: "-"): cursor.index += 1
        case 0x20: _ = cursor.takeSpaces()
        default: return nil
        }
        guard readTime(&cursor, into: &time) else { return nil }
        return time.nanoseconds(zoneOffsetSeconds: readZone(&cursor) ?? zoneOffsetSeconds)
    }

    /// `01/May/2024:12:34:56 +0000`, `01 May 2024 12:34:56.789`, `01-May-2024 12:34:56`.
    private func dayFirst(_ cursor: inout LineCursor) -> Int64? {
        var time = CivilTime()
        guard let day = cursor.digits(2) ?? cursor.digits(1) else { return nil }
        let separator = cursor.current
        guard separator == 0x2F || separator == 0x20 || separator == 0x2D else { return nil }
        cursor.index += 1
        guard let month = cursor.month(), cursor.take(separator), let year = cursor.digits(4), cursor.takeAny(0x3A, 0x20) else { return nil }
        (time.year, time.month, time.day) = (year, month, day)
        guard readTime(&cursor, into: &time) else { return nil }
        return time.nanoseconds(zoneOffsetSeconds: readZone(&cursor) ?? zoneOffsetSeconds)
    }

    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their digits; seconds may have a fraction.
    private func epoch(_ cursor: inout LineCursor) -> Int64? {
        var digits = 0
        while LineCursor.isDigit(cursor.peek(digits)) { digits += 1 }
        let scale: Int64
        switch digits {
        case 10: scale = 1_000_000_000
        case 13: scale = 1_000_000
        case 16: scale = 1000
        case 19: scale = 1
        default: return nil
        }
        // 19 digits over the range wrap to a negative number.
        guard let number = cursor.digits(digits), number >= 0 else { return nil }
        var (moment, overflow) = Int64(number).multipliedReportingOverflow(by: scale)
        if overflow { return nil }
        if digits == 10, cursor.current == 0x2E, LineCursor.isDigit(cursor.peek(1)) {
            cursor.index += 1
            moment += Int64(readFraction(&cursor))
        }
        return Self.isSeparator(cursor.current) && isPlausible(moment) ? moment : nil
    }

    /// A bare number may be anything; as a time it must lie in the past 10 years, or a day ahead.
    func isPlausible(_ moment: Int64) -> Bool {
        moment > now - 10 * 31_556_952_000_000_000 && moment < now + 86_400_000_000_000
    }

    /// MySQL before 5.7: `240501  9:34:56`.
    private func compact(_ cursor: inout LineCursor) -> Int64? {
        var time = CivilTime()
        guard let year = cursor.digits(2), let month = cursor.digits(2), let day = cursor.digits(2), cursor.take(0x20) else { return nil }
        (time.year, time.month, time.day) = (2000 + year, month, day)
        guard readTime(&cursor, into: &time) else { return nil }
        return time.nanoseconds(zoneOffsetSeconds: zoneOffsetSeconds)
    }

    /// Logback's `12:34:56.789`: the fraction tells it from other numbers.
    private func timeAlone(_ cursor: inout LineCursor) -> Int64? {
        var time = CivilTime()
        let start = cursor.index
        guard readTime(&cursor, into: &time), cursor.index - start > 9, Self.isSeparator(cursor.current) else { return nil }
        return time.nanosecondsNearestDay(now, zoneOffsetSeconds: zoneOffsetSeconds)
    }

    /// `May  1 12:34:56` (RFC 3164), `May 01, 2024 12:34:56 PM`, `Wed May  1 12:34:56.789 2024`, `Wed, 01 May 2024 12:34:56 GMT`.
    private func named(_ cursor: inout LineCursor) -> Int64? {
        if isWeekday(cursor) {
            cursor.index += 3
            _ = cursor.take(0x2C)
            guard cursor.takeSpaces() else { return nil }
            if LineCursor.isDigit(cursor.current) { return dayFirst(&cursor) }
        }
        var time = CivilTime()
        guard let month = cursor.month(), cursor.take(0x20), let day = cursor.dayOrHour() else { return nil }
        (time.month, time.day) = (month, day)
        var hasYear = false
        _ = cursor.take(0x2C)
        guard cursor.takeSpaces() else { return nil }
        if LineCursor.isDigit(cursor.peek(3)), cursor.peek(4) == 0x20, let year = cursor.digits(4), cursor.takeSpaces() {
            (time.year, hasYear) = (year, true)
        }
        guard readTime(&cursor, into: &time) else { return nil }
        readHalfOfDay(&cursor, into: &time)
        let zone = readZone(&cursor) ?? zoneOffsetSeconds
        if !hasYear, cursor.current == 0x20, LineCursor.isDigit(cursor.peek(4)), !LineCursor.isDigit(cursor.peek(5)), cursor.peek(5) != 0x3A {
            var behind = cursor
            behind.index += 1
            if let year = behind.digits(4), (CivilTime.yearMin...CivilTime.yearMax).contains(year), Self.isSeparator(behind.current) {
                (time.year, hasYear, cursor) = (year, true, behind)
            }
        }
        return hasYear ? time.nanoseconds(zoneOffsetSeconds: zone) : time.nanosecondsNearest(now, zoneOffsetSeconds: zone)
    }

    private func isWeekday(_ cursor: LineCursor) -> Bool {
        guard cursor.index + 4 < cursor.bytes.count, cursor.peek(3) == 0x20 || cursor.peek(3) == 0x2C else { return false }
        switch (cursor.peek(0), cursor.peek(1), cursor.peek(2)) {
        case (0x4D, 0x6F, 0x6E), (0x54, 0x75, 0x65), (0x57, 0x65, 0x64), (0x54, 0x68, 0x75), (0x46, 0x72, 0x69), (0x53, 0x61, 0x74), (0x53, 0x75, 0x6E):
            return true
        default: return false
        }
    }

    /// klog's `0501 12:34:56.789012`, behind its letter.
    func monthAndDay(_ cursor: inout LineCursor) -> Int64? {
        var time = CivilTime()
        guard let month = cursor.digits(2), let day = cursor.digits(2), cursor.take(0x20) else { return nil }
        (time.month, time.day) = (month, day)
        guard readTime(&cursor, into: &time) else { return nil }
        return time.nanosecondsNearest(now, zoneOffsetSeconds: zoneOffsetSeconds)
    }

    /// `12:34:56`, with a fraction behind a point or a comma where there is one.
    private func readTime(_ cursor: inout LineCursor, into time: inout CivilTime) -> Bool {
        guard let hour = cursor.dayOrHour(), cursor.take(0x3A), let minute = cursor.digits(2), cursor.take(0x3A), let second = cursor.digits(2) else {
            return false
        }
        (time.hour, time.minute, time.second) = (hour, minute, second)
        if cursor.current == 0x2E || cursor.current == 0x2C, LineCursor.isDigit(cursor.peek(1)) {
            cursor.index += 1
            time.nanosecond = readFraction(&cursor)
        }
        return true
    }

    /// Digits of a fraction as nanoseconds; those behind the ninth are passed over.
    private func readFraction(_ cursor: inout LineCursor) -> Int {
        var nanoseconds = 0
        var scale = 100_000_000
        while LineCursor.isDigit(cursor.current) {
            nanoseconds += Int(cursor.current &- 0x30) * scale
            scale /= 10
            cursor.index += 1
        }
        return nanoseconds
    }

    private func readHalfOfDay(_ cursor: inout LineCursor, into time: inout CivilTime) {
        guard cursor.current == 0x20, cursor.peek(2) | 0x20 == UInt8(ascii: "m"), !LineCursor.isLetter(cursor.peek(3)) else { return }
        switch cursor.peek(1) | 0x20 {
        case UInt8(ascii: "a") where time.hour == 12: time.hour = 0
        case UInt8(ascii: "p") where time.hour < 12: time.hour += 12
        case UInt8(ascii: "a"), UInt8(ascii: "p"): break
        default: return
        }
        cursor.index += 3
    }

    /// `Z`, `+02:00`, `+0200`, ` +0200`, ` UTC`, ` GMT` as seconds east; nil where no zone stands there.
    private func readZone(_ cursor: inout LineCursor) -> Int? {
        if cursor.current == UInt8(ascii: "Z") || cursor.current == UInt8(ascii: "z") {
            cursor.index += 1
            return 0
        }
        var zone = cursor
        let hadSpace = zone.take(0x20)
        if hadSpace, zone.index + 3 <= zone.bytes.count, !LineCursor.isLetter(zone.peek(3)) {
            let name = (zone.peek(0), zone.peek(1), zone.peek(2))
            if name == (0x55, 0x54, 0x43) || name == (0x47, 0x4D, 0x54) {
                cursor.index = zone.index + 3
                return 0
            }
        }
        guard zone.current == 0x2B || zone.current == 0x2D else { return nil }
        let sign = zone.current == 0x2B ? 1 : -1
        zone.index += 1
        guard let hours = zone.digits(2), hours <= 14 else { return nil }
        let hasColon = zone.take(0x3A)
        let minutes = zone.digits(2)
        guard let minutes = minutes ?? (hasColon || hadSpace ? nil : 0), minutes < 60, !LineCursor.isDigit(zone.current) else { return nil }
        cursor = zone
        return sign * (hours * 3600 + minutes * 60)
    }

    /// What may stand behind a moment: not a letter, a digit or what continues a word.
    static func isSeparator(_ byte: UInt8) -> Bool {
        !(LineCursor.isLetter(byte) || LineCursor.isDigit(byte) || byte == 0x2E || byte == 0x2D || byte == 0x5F || byte == 0x3A || byte == 0x2F)
    }
}
