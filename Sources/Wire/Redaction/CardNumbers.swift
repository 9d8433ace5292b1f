import Foundations

/// Numbers of payment cards in a text: 13 to 19 digits, single spaces or dashes between them, an issuer's prefix of 2 to 6, and the check
/// of Luhn (ISO/IEC 7812), not inside a longer run.
enum CardNumbers {
    static let digitsMin = 13
    static let digitsMax = 19
    static let digitsKept = 4
    private static let groupDigitsMin = 4
    /// A number under it has fewer digits.
    static let smallest: Int64 = 1_000_000_000_000

    /// A card's number is 13 bytes or more of digits and separators: most text has no such run.
    static func find(in bytes: UnsafeRawBufferPointer, into found: inout [RedactionFinding]) {
        var place = ByteScan.digitRun(bytes, from: 0)
        while place < bytes.count {
            while place < bytes.count, isSeparator(bytes[place]) { place += 1 }
            guard place < bytes.count else { return }
            if LineCursor.isDigit(bytes[place]) {
                let run = run(around: place, in: bytes)
                if run.count >= digitsMin { check(run, in: bytes, into: &found) }
                place = run.upperBound
            }
            place = ByteScan.digitRun(bytes, from: place)
        }
    }

    /// The digits and single separators around a digit; begins and ends with a digit.
    private static func run(around digit: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int> {
        var start = digit
        while start > 0 {
            if LineCursor.isDigit(bytes[start - 1]) {
                start -= 1
            } else if start > 1, isSeparator(bytes[start - 1]), LineCursor.isDigit(bytes[start - 2]) {
                start -= 2
            } else {
                break
            }
        }
        var end = digit + 1
        while end < bytes.count {
            if LineCursor.isDigit(bytes[end]) {
                end += 1
            } else if end + 1 < bytes.count, isSeparator(bytes[end]), LineCursor.isDigit(bytes[end + 1]) {
                end += 2
            } else {
                break
            }
        }
        return start..<end
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x2D }

    /// Looks for numbers in a run, group by group: spaces also stand between a card's number and others (`200 4111 1111 1111 1111 12`).
    private static func check(_ run: Range<Int>, in bytes: UnsafeRawBufferPointer, into found: inout [RedactionFinding]) {
        // Beside a letter or behind a point in a number the run is part of something else.
        if run.lowerBound > 0, LineCursor.isLetter(bytes[run.lowerBound - 1]) { return }
        if run.lowerBound > 1, bytes[run.lowerBound - 1] == 0x2E, LineCursor.isDigit(bytes[run.lowerBound - 2]) { return }
        if run.upperBound < bytes.count, LineCursor.isLetter(bytes[run.upperBound]) { return }
        if run.upperBound + 1 < bytes.count, bytes[run.upperBound] == 0x2E, LineCursor.isDigit(bytes[run.upperBound + 1]) { return }
        var start = run.lowerBound
        while start < run.upperBound {
            if let end = number(from: start, in: run, bytes) {
                found.append(RedactionFinding(range: start..<end, kind: .cards))
                start = end + 1
            } else {
                // The next group.
                while start < run.upperBound, LineCursor.isDigit(bytes[start]) { start += 1 }
                start += 1
            }
        }
    }

    /// Where a card's number that begins here ends, at the end of a group; nil where there is none. The longest counts.
    private static func number(from start: Int, in run: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes[start] >= UInt8(ascii: "2"), bytes[start] <= UInt8(ascii: "6") else { return nil }
        var digits = 0
        // Luhn from the front: which digits are doubled depends on how many there are, so both sums are kept.
        var (doubledEven, doubledOdd) = (0, 0)
        var index = start
        var end: Int?
        var groupDigits = 0
        while index < run.upperBound {
            // A date and a time in digits are no card: its groups, but for the last, have four digits at least.
            if isSeparator(bytes[index]) {
                guard groupDigits >= groupDigitsMin else { break }
                groupDigits = 0
            } else {
                groupDigits += 1
            }
            let digit = Int(bytes[index] &- 0x30)
            if digit < 10 {
                digits += 1
                guard digits <= digitsMax else { break }
                let doubled = digit > 4 ? digit * 2 - 9 : digit * 2
                doubledEven += digits % 2 == 0 ? doubled : digit
                doubledOdd += digits % 2 == 0 ? digit : doubled
            }
            index += 1
            let isGroupEnd = index == run.upperBound || !LineCursor.isDigit(bytes[index])
            if digit < 10, isGroupEnd, digits >= digitsMin, (digits % 2 == 0 ? doubledOdd : doubledEven) % 10 == 0 { end = index }
        }
        return end
    }

    /// Every digit but the last four as a star; what stands between them stays.
    static func appendMasked(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to output: inout [UInt8]) {
        var left = bytes[range].count { LineCursor.isDigit($0) } - digitsKept
        for byte in bytes[range] {
            if LineCursor.isDigit(byte), left > 0 {
                output.append(UInt8(ascii: "*"))
                left -= 1
            } else {
                output.append(byte)
            }
        }
    }
}
