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

    /// The layout in which a value is the moment; nil where there is none.
    static func matching(_ value: UnsafeRawBufferPointer, _ nanoseconds: Int64, _ writer: inout TimeWriter) -> TimeLayout? {
        guard value.count >= 3, value.count <= bytesMax, let first = value.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
        return all.first { writer.isText($0, nanoseconds, value) }
    }

    fileprivate func append(_ day: Int64, _ nanosecondsOfDay: Int64, _ nanoseconds: Int64, date dateText: [UInt8], to text: inout [UInt8]) {
        switch form {
        case Self.dateAlone: text.append(contentsOf: dateText)
        case Self.epochSeconds:
            Self.append(nanoseconds / 1_000_000_000, digits: 1, to: &text)
            appendFraction(nanosecondsOfDay, to: &text)
        case Self.fractionAlone: appendFraction(nanosecondsOfDay, hasPoint: false, to: &text)
        default:
            if date == 1 {
                text.append(contentsOf: dateText)
                text.append(UInt8(ascii: "T"))
            } else if date == 2 {
                text.append(contentsOf: dateText.prefix(4))
                text.append(UInt8(ascii: ":"))
            }
            let seconds = nanosecondsOfDay / 1_000_000_000
            Self.append(seconds / 3600, digits: 2, to: &text)
            text.append(UInt8(ascii: ":"))
            Self.append(seconds / 60 % 60, digits: 2, to: &text)
            text.append(UInt8(ascii: ":"))
            Self.append(seconds % 60, digits: 2, to: &text)
            appendFraction(nanosecondsOfDay, to: &text)
            if isZulu { text.append(UInt8(ascii: "Z")) }
        }
    }

    private func appendFraction(_ nanosecondsOfDay: Int64, hasPoint: Bool = true, to text: inout [UInt8]) {
        let divisor: Int64
        switch fraction {
        case 1: divisor = 1_000_000
        case 2: divisor = 1000
        case 3: divisor = 1
        default: return
        }
        if hasPoint { text.append(UInt8(ascii: ".")) }
        Self.append(nanosecondsOfDay % 1_000_000_000 / divisor, digits: Int(fraction) * 3, to: &text)
    }

    /// A number with at least so many digits.
    private static func append(_ number: Int64, digits: Int, to text: inout [UInt8]) {
        var rest = number
        let start = text.count
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0 || text.count - start < digits
        text[start...].reverse()
    }
}

/// Writes moments, keeping what two of one day share.
struct TimeWriter {
    private var day = Int64.min
    private var date: [UInt8] = []
    private var scratch: [UInt8] = []

    mutating func append(_ layout: TimeLayout, _ nanoseconds: Int64, to text: inout [UInt8]) {
        let day = Day(containing: NanoTimestamp(nanoseconds: nanoseconds)).number
        if day != self.day {
            self.day = day
            date = Array(Day(number: day).description.utf8)
        }
        layout.append(day, nanoseconds &- day &* Day.nanoseconds, nanoseconds, date: date, to: &text)
    }

    mutating func isText(_ layout: TimeLayout, _ nanoseconds: Int64, _ value: UnsafeRawBufferPointer) -> Bool {
        if nanoseconds < 0 { return false }
        scratch.removeAll(keepingCapacity: true)
        var text: [UInt8] = []
        swap(&text, &scratch)
        append(layout, nanoseconds, to: &text)
        swap(&text, &scratch)
        return scratch.withUnsafeBytes { memoryIsEqual($0, value) }
    }
}
