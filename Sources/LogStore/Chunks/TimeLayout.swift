import Foundations

/// A way to write a moment in a line. Lines mostly hold the time that their record has, so a column of times costs one byte.
struct TimeLayout: Equatable {
    private static let nothing: UInt8 = 0

    /// Its number in a chunk (Docs/Formats/log-partition.md): the sum of the parts below.
    let code: UInt8

    // Date: none, `2026-11-21T`, `2026-11-21` alone, `2026:`. Time: `12:00:00`. Fraction: none, 3, 6 or 9 digits behind a point.
    private var date: UInt8 { code & 3 }
    private var fraction: UInt8 { code >> 2 & 3 }
    private var isZulu: Bool { code & 16 != 0 }
    private var form: UInt8 { code >> 5 }
    // Forms.
    private static let clock: UInt8 = 0
    private static let dateAlone: UInt8 = 1
    private static let epochSeconds: UInt8 = 2
    private static let fractionAlone: UInt8 = 3

    init?(code: UInt8) {
        self.code = code
        guard Self.all.contains(self) else { return nil }
    }
    private init(form: UInt8, date: UInt8 = 0, fraction: UInt8 = 0, isZulu: Bool = false) {
        code = form << 5 | (isZulu ? 16 : 0) | fraction << 2 | date
    }

    static let all: [TimeLayout] = {
        var all: [TimeLayout] = [TimeLayout(form: dateAlone)]
        for fraction: UInt8 in 0...3 {
            all.append(TimeLayout(form: clock, date: 1, fraction: fraction, isZulu: true))
            all.append(TimeLayout(form: clock, date: 1, fraction: fraction))
            all.append(TimeLayout(form: clock, date: 0, fraction: fraction))
            all.append(TimeLayout(form: epochSeconds, fraction: fraction))
            if fraction > 0 { all.append(TimeLayout(form: fractionAlone, fraction: fraction)) }
        }
        all.append(TimeLayout(form: clock, date: 2))
        return all
    }()

    /// The longest text that any layout makes.
    static let bytesMax = 40

    /// How many digits a text begins with at the most, before another byte or its end.
    var firstWordBytesMax: Int {
        switch form {
        case Self.dateAlone: 4
        case Self.epochSeconds: DecimalText.digitsMax
        case Self.fractionAlone: 3 * Int(fraction)
        default: date == 0 ? 2 : 4
        }
    }

    /// How long its text is; nil where that depends on the moment.
    private var byteCount: Int? {
        let fractionBytes = fraction == 0 ? 0 : 1 + 3 * Int(fraction)
        switch form {
        case Self.dateAlone: return 10
        case Self.epochSeconds: return nil
        case Self.fractionAlone: return fractionBytes - 1
        default: return [0, 11, 5, 0][Int(date)] + 8 + fractionBytes + (isZulu ? 1 : 0)
        }
    }

    /// The layout in which a value is the moment; nil where there is none.
    static func matching(_ value: UnsafeRawBufferPointer, _ nanoseconds: Int64, _ writer: inout TimeWriter) -> TimeLayout? {
        guard value.count >= 3, value.count <= bytesMax, let first = value.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
        return all.first { ($0.byteCount ?? value.count) == value.count && writer.isText($0, nanoseconds, value) }
    }

    /// Writes a moment's text, at most `bytesMax` bytes, behind `text`; returns where it ends. `date`: ten bytes.
    fileprivate func write(_ nanosecondsOfDay: Int64, _ nanoseconds: Int64, date dateText: UnsafePointer<UInt8>, to text: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var end = text
        switch form {
        case Self.dateAlone:
            end.update(from: dateText, count: 10)
            return end + 10
        case Self.epochSeconds:
            end = Self.write(UInt64(nanoseconds / 1_000_000_000), digits: 1, to: end)
            return writeFraction(nanosecondsOfDay, hasPoint: true, to: end)
        case Self.fractionAlone: return writeFraction(nanosecondsOfDay, hasPoint: false, to: end)
        default:
            if date == 1 {
                end.update(from: dateText, count: 10)
                end[10] = UInt8(ascii: "T")
                end += 11
            } else if date == 2 {
                end.update(from: dateText, count: 4)
                end[4] = UInt8(ascii: ":")
                end += 5
            }
            let seconds = UInt64(nanosecondsOfDay / 1_000_000_000)
            Self.writePair(seconds / 3600, to: end)
            end[2] = UInt8(ascii: ":")
            Self.writePair(seconds / 60 % 60, to: end + 3)
            end[5] = UInt8(ascii: ":")
            Self.writePair(seconds % 60, to: end + 6)
            end = writeFraction(nanosecondsOfDay, hasPoint: true, to: end + 8)
            if isZulu {
                end[0] = UInt8(ascii: "Z")
                end += 1
            }
            return end
        }
    }

    private func writeFraction(_ nanosecondsOfDay: Int64, hasPoint: Bool, to text: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        let divisor: UInt64
        switch fraction {
        case 1: divisor = 1_000_000
        case 2: divisor = 1000
        case 3: divisor = 1
        default: return text
        }
        var end = text
        if hasPoint {
            end[0] = UInt8(ascii: ".")
            end += 1
        }
        return Self.write(UInt64(nanosecondsOfDay) % 1_000_000_000 / divisor, digits: Int(fraction) * 3, to: end)
    }

    @inline(__always) private static func writePair(_ number: UInt64, to text: UnsafeMutablePointer<UInt8>) {
        text[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number / 10)
        text[1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10)
    }

    /// A number with at least so many digits.
    private static func write(_ number: UInt64, digits: Int, to text: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        DecimalText.write(number, digitsMin: digits, to: text)
    }
}

/// Writes moments, keeping what two of one day share.
struct TimeWriter {
    private var day = Int64.min
    private var date: [UInt8] = Array(repeating: 0, count: 10)

    /// Writes a moment, which must not lie before 1970, where there is room for `bytesMax`; returns how many bytes it took.
    mutating func write(_ layout: TimeLayout, _ nanoseconds: Int64, to text: UnsafeMutablePointer<UInt8>) -> Int {
        let day = nanoseconds / Day.nanoseconds
        if day != self.day {
            self.day = day
            date = Array(Day(number: day).description.utf8)
        }
        return date.withUnsafeBufferPointer { date in
            layout.write(nanoseconds &- day &* Day.nanoseconds, nanoseconds, date: date.baseAddress!, to: text) - text
        }
    }

    mutating func isText(_ layout: TimeLayout, _ nanoseconds: Int64, _ value: UnsafeRawBufferPointer) -> Bool {
        if nanoseconds < 0 { return false }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TimeLayout.bytesMax) { scratch in
            let count = write(layout, nanoseconds, to: scratch.baseAddress!)
            return memoryIsEqual(UnsafeRawBufferPointer(start: scratch.baseAddress!, count: count), value)
        }
    }

    /// The layout in which every value is its row's moment; nil where there is none.
    mutating func layout(of values: borrowing ColumnValues, _ timestamps: UnsafePointer<Int64>) -> TimeLayout? {
        guard let layout = TimeLayout.matching(values[0], timestamps[0], &self) else { return nil }
        for index in 1..<values.count where !isText(layout, timestamps[index], values[index]) { return nil }
        return layout
    }
}

/// Numbers as decimal digits.
enum DecimalText {
    /// As many digits as any number has.
    static let digitsMax = 20

    /// Writes a number with at least so many digits, with zeros before it; returns where it ends.
    @inline(__always) static func write(_ number: UInt64, digitsMin: Int, to text: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var count = 1
        var bound: UInt64 = 10
        while count < digitsMax, number >= bound {
            count &+= 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        count = max(count, digitsMin)
        var rest = number
        var place = count
        while place > 0 {
            place &-= 1
            text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return text + count
    }
}
