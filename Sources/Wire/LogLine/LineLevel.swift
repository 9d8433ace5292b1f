import Foundations
import Model

/// Finds a line's level without reading the rest of it: for protocols whose records carry fields of their own, and the line as it is.
enum LineLevel {
    /// A value named level, lvl or severity (`level=warn`, `"severity": "ERROR"`), else the words of `LevelWord` and of syslog's priority.
    static func find(in line: UnsafeRawBufferPointer) -> LogLevel? {
        if let named = named(line) { return named }
        guard line.first != UInt8(ascii: "{") else { return nil }
        return LevelWord.find(in: line, headerEnd: 0)
    }

    static func find(in line: String) -> LogLevel? {
        var line = line
        return line.withUTF8 { find(in: UnsafeRawBufferPointer($0)) }
    }

    private static func named(_ line: UnsafeRawBufferPointer) -> LogLevel? {
        let limit = min(line.count, Limits.levelNameSearchBytes)
        let searched = UnsafeRawBufferPointer(rebasing: line[..<limit])
        // Each of the names has a v, which is rarer than the signs behind them.
        var place = ByteScan.either(UInt8(ascii: "v"), UInt8(ascii: "V"), in: searched, from: 0)
        while place < limit {
            if let end = nameEnd(line, around: place) {
                let sign = end < line.count && line[end] == UInt8(ascii: "\"") ? end + 1 : end
                if sign < limit, line[sign] == UInt8(ascii: "=") || line[sign] == UInt8(ascii: ":"), let found = value(line, sign: sign) { return found }
            }
            place = ByteScan.either(UInt8(ascii: "v"), UInt8(ascii: "V"), in: searched, from: place + 1)
        }
        return nil
    }

    /// Where the name ends whose v stands at a place.
    private static func nameEnd(_ line: UnsafeRawBufferPointer, around place: Int) -> Int? {
        if ends(line, place + 3, "level") { return place + 3 }
        if ends(line, place + 2, "lvl") { return place + 2 }
        return ends(line, place + 6, "severity") ? place + 6 : nil
    }

    private static func value(_ line: UnsafeRawBufferPointer, sign: Int) -> LogLevel? {
        var start = sign + 1
        while start < line.count, line[start] == 0x20 || line[start] == UInt8(ascii: "\"") { start += 1 }
        var last = start
        while last < line.count, last - start <= 13, LineCursor.isLetter(line[last]) { last += 1 }
        guard last - start >= 3 else { return nil }
        return LevelWord.level(named: UnsafeRawBufferPointer(rebasing: line[start..<last]))?.level
    }

    private static func ends(_ line: UnsafeRawBufferPointer, _ end: Int, _ word: StaticString) -> Bool {
        let start = end - word.utf8CodeUnitCount
        guard start >= 0, end <= line.count else { return false }
        for place in 0..<word.utf8CodeUnitCount where line[start + place] | 0x20 != word.utf8Start[place] { return false }
        return true
    }
}
