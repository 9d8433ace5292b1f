import Foundations

extension GoTime {
    /// A time read by a layout.
    public struct Parsed: Equatable, Sendable {
        /// As its clock shows it, as seconds since 1970 of a clock in UTC.
        public var clockSeconds: Int64
        public var nanosecond: Int64
        /// How far that clock is ahead of UTC; nil where the text doesn't say.
        public var offsetSeconds: Int64?
    }

    /// Reads a time; nil where `text` isn't written as the layout says. A fraction may follow the seconds where the layout has none.
    public static func parse(_ text: String, layout: String) -> Parsed? {
        var reader = TimeReader(text)
        var rest = layout[...]
        while !rest.isEmpty {
            if rest.first == "." || rest.first == ",", let kind = rest.dropFirst().first, kind == "0" || kind == "9" {
                let count = rest.dropFirst().prefix { $0 == kind }.count
                guard reader.takeFraction(isOptional: kind == "9") else { return nil }
                rest = rest.dropFirst(count + 1)
            } else if let part = parts.first(where: rest.hasPrefix) {
                guard reader.take(part) else { return nil }
                rest = rest.dropFirst(part.count)
                if part == "05" || part == "5", rest.first != ".", rest.first != "," { _ = reader.takeFraction(isOptional: true) }
            } else {
                guard reader.takeLiteral(rest.removeFirst()) else { return nil }
            }
        }
        return reader.finish()
    }
}

/// Takes the parts of a time off the front of a text.
private struct TimeReader {
    private var rest: Substring
    private var year: Int64 = 0
    private var month: Int64 = 1
    private var day: Int64 = 1
    private var dayOfYear: Int64?
    private var hour: Int64 = 0
    private var minute: Int64 = 0
    private var second: Int64 = 0
    private var nanosecond: Int64 = 0
    private var isAfternoon: Bool?
    private var offsetSeconds: Int64?

    init(_ text: String) { rest = text[...] }

    mutating func takeLiteral(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    mutating func take(_ part: String) -> Bool {
        switch part {
        case "January": return takeName(GoTime.months, length: nil) { $0.month = Int64($1 + 1) }
        case "Jan": return takeName(GoTime.months, length: 3) { $0.month = Int64($1 + 1) }
        case "Monday": return takeName(GoTime.weekdays, length: nil) { _, _ in }
        case "Mon": return takeName(GoTime.weekdays, length: 3) { _, _ in }
        case "MST": return takeZoneName()
        case "2006": return takeNumber(4...4) { $0.year = $1 }
        case "06": return takeNumber(2...2) { $0.year = $1 + ($1 >= 69 ? 1900 : 2000) }
        case "Z07:00", "Z0700":
            if takeLiteral("Z") {
                offsetSeconds = 0
                return true
            }
            return takeOffset(hasColon: part.contains(":"), hasMinutes: true)
        case "-07:00", "-0700": return takeOffset(hasColon: part.contains(":"), hasMinutes: true)
        case "-07": return takeOffset(hasColon: false, hasMinutes: false)
        case "01": return takeNumber(2...2) { $0.month = $1 }
        case "1": return takeNumber(1...2) { $0.month = $1 }
        case "02": return takeNumber(2...2) { $0.day = $1 }
        case "_2":
            _ = takeLiteral(" ")
            return takeNumber(1...2) { $0.day = $1 }
        case "2": return takeNumber(1...2) { $0.day = $1 }
        case "002": return takeNumber(3...3) { $0.dayOfYear = $1 }
        case "15", "03": return takeNumber(2...2) { $0.hour = $1 }
        case "3": return takeNumber(1...2) { $0.hour = $1 }
        case "04": return takeNumber(2...2) { $0.minute = $1 }
        case "4": return takeNumber(1...2) { $0.minute = $1 }
        case "05": return takeNumber(2...2) { $0.second = $1 }
        case "5": return takeNumber(1...2) { $0.second = $1 }
        case "PM", "pm":
            let word = rest.prefix(2).uppercased()
            guard word == "AM" || word == "PM" else { return false }
            isAfternoon = word == "PM"
            rest = rest.dropFirst(2)
            return true
        default: return false
        }
    }

    /// `.123` or `,123`.
    mutating func takeFraction(isOptional: Bool) -> Bool {
        guard rest.first == "." || rest.first == "," else { return isOptional }
        let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return isOptional }
        nanosecond = Int64(digits.prefix(9) + String(repeating: "0", count: max(0, 9 - digits.count))) ?? 0
        rest = rest.dropFirst(digits.count + 1)
        return true
    }

    /// The time, where nothing of the text is left and there is such a moment.
    func finish() -> GoTime.Parsed? {
        var hour = hour
        if let isAfternoon {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        guard rest.isEmpty, (0...9999).contains(year), hour < 24, minute < 60, second < 60 else { return nil }
        var days = TimestampText.days(year, month, day)
        if let dayOfYear {
            guard (1...366).contains(dayOfYear) else { return nil }
            days = TimestampText.days(year, 1, 1) + dayOfYear - 1
        } else {
            guard (1...12).contains(month), TimestampText.civil(fromDays: days) == (year, month, day) else { return nil }
        }
        return GoTime.Parsed(clockSeconds: days * 86_400 + hour * 3600 + minute * 60 + second, nanosecond: nanosecond, offsetSeconds: offsetSeconds)
    }

    private mutating func takeName(_ names: [String], length: Int?, _ set: (inout TimeReader, Int) -> Void) -> Bool {
        for (index, name) in names.enumerated() {
            let name = length.map { String(name.prefix($0)) } ?? name
            guard rest.prefix(name.count).lowercased() == name.lowercased() else { continue }
            rest = rest.dropFirst(name.count)
            set(&self, index)
            return true
        }
        return false
    }

    private mutating func takeNumber(_ count: ClosedRange<Int>, _ set: (inout TimeReader, Int64) -> Void) -> Bool {
        let digits = rest.prefix(count.upperBound).prefix { $0.isASCII && $0.isNumber }
        guard count.contains(digits.count), let value = Int64(digits) else { return false }
        rest = rest.dropFirst(digits.count)
        set(&self, value)
        return true
    }

    private mutating func takeZoneName() -> Bool {
        let name = rest.prefix { $0.isASCII && $0.isUppercase }
        guard (1...5).contains(name.count) else { return false }
        if name == "UTC" || name == "GMT" { offsetSeconds = 0 }
        rest = rest.dropFirst(name.count)
        return true
    }

    private mutating func takeOffset(hasColon: Bool, hasMinutes: Bool) -> Bool {
        guard let sign = rest.first, sign == "+" || sign == "-" else { return false }
        rest.removeFirst()
        var seconds: Int64 = 0
        guard takeNumber(2...2, { _, value in seconds = value * 3600 }) else { return false }
        if hasMinutes {
            if hasColon { guard takeLiteral(":") else { return false } }
            guard takeNumber(2...2, { _, value in seconds += value * 60 }) else { return false }
        }
        offsetSeconds = sign == "-" ? -seconds : seconds
        return true
    }
}
