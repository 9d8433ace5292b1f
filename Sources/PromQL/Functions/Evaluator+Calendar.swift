import Foundations
import Model

/// A moment's place in the Gregorian calendar, UTC.
struct CivilTime {
    let year: Int64
    /// From 1.
    let month: Int64
    let day: Int64
    /// From 1.
    let dayOfYear: Int64
    /// From 0, which is Sunday.
    let dayOfWeek: Int64
    let hour: Int64
    let minute: Int64

    /// Howard Hinnant's days-to-civil algorithm, with years that begin in March.
    init(seconds: Int64) {
        let days = Self.floorDivided(seconds, by: 86_400)
        let secondOfDay = seconds - days * 86_400
        hour = secondOfDay / 3600
        minute = secondOfDay % 3600 / 60
        dayOfWeek = ((days + 4) % 7 + 7) % 7
        let shifted = days + 719_468
        let era = Self.floorDivided(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let leapDay: Int64 = Self.isLeap(year) ? 1 : 0
        dayOfYear = month > 2 ? dayFromMarch + 60 + leapDay : dayFromMarch - 305
    }

    var daysInMonth: Int64 {
        switch month {
        case 2: Self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func floorDivided(_ value: Int64, by divisor: Int64) -> Int64 { value / divisor - (value % divisor < 0 ? 1 : 0) }
}

extension Evaluator {
    /// Seconds beyond which no calendar is worth speaking of: some 35 million years.
    private static let secondsMax = 0x1p50

    /// The parts of a date, of the values taken as seconds since 1970 or of the step's time.
    func calendar(_ function: PromQLFunction, _ arguments: [Expression]) throws -> [Column] {
        let columns =
            arguments.isEmpty
            ? [Column(labels: Labels(), values: (0..<steps).map { Double(grid.time($0)) / 1000 })]
            : try vector(arguments[0])
        return try map(columns) { seconds in
            guard seconds.magnitude < Self.secondsMax else { return .nan }
            let time = CivilTime(seconds: Int64(seconds))
            switch function {
            case .minute: return Double(time.minute)
            case .hour: return Double(time.hour)
            case .dayOfWeek: return Double(time.dayOfWeek)
            case .dayOfMonth: return Double(time.day)
            case .dayOfYear: return Double(time.dayOfYear)
            case .daysInMonth: return Double(time.daysInMonth)
            case .month: return Double(time.month)
            default: return Double(time.year)
            }
        }
    }

    // MARK: Sorting

    /// `sort` and its kin: only an instant query has an order.
    func sort(_ function: PromQLFunction, _ arguments: [Expression], _ place: SourceRange) throws -> [Column] {
        let columns = try vector(arguments[0])
        if !context.isInstant { annotations.warn("sort is ineffective for range queries since results are always ordered by labels", at: place) }
        // Over several steps, as in a subquery too, there is no order, but histograms go.
        guard context.isInstant, steps == 1 else {
            return function == .sort || function == .sortDesc ? columns.compactMap(\.floatsOnly) : columns
        }
        if function == .sort || function == .sortDesc {
            let floats = columns.filter { !isAbsent($0.values[0]) }
            return floats.enumerated().sorted { left, right in
                let (a, b) = (left.element.values[0], right.element.values[0])
                if a.isNaN || b.isNaN { return a.isNaN == b.isNaN ? left.offset < right.offset : b.isNaN }
                return a == b ? left.offset < right.offset : (function == .sort ? a < b : a > b)
            }.map(\.element)
        }
        let names = try arguments.dropFirst().map { try text($0) }
        let keyed = columns.map { column in (column, names.map { Array((column.labels[$0] ?? "").utf8) }) }
        let isDescending = function == .sortByLabelDesc
        return keyed.sorted { left, right in
            for (a, b) in zip(left.1, right.1) where a != b { return NaturalOrder.precedes(a, b) != isDescending }
            return (left.0.labels < right.0.labels) != isDescending
        }.map(\.0)
    }
}

/// The order in which people expect names with numbers in them: `disk2` before `disk10`.
enum NaturalOrder {
    static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var (a, b) = (0, 0)
        while a < left.count, b < right.count {
            if Lexer.isDigit(left[a]), Lexer.isDigit(right[b]) {
                let (first, second) = (digits(left, &a), digits(right, &b))
                let (x, y) = (first.drop { $0 == 0x30 }, second.drop { $0 == 0x30 })
                if x.count != y.count { return x.count < y.count }
                if x != y { return x.lexicographicallyPrecedes(y) }
                if first.count != second.count { return first.count < second.count }
            } else {
                if left[a] != right[b] { return left[a] < right[b] }
                a += 1
                b += 1
            }
        }
        return left.count - a < right.count - b
    }

    private static func digits(_ text: [UInt8], _ index: inout Int) -> ArraySlice<UInt8> {
        let start = index
        while index < text.count, Lexer.isDigit(text[index]) { index += 1 }
        return text[start..<index]
    }
}
