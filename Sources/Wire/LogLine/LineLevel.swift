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
        var index = 3
        while index < limit {
            if line[index] == UInt8(ascii: "=") || line[index] == UInt8(ascii: ":"), let found = value(line, sign: index) { return found }
            index += 1
        }
        return nil
    }

    private static func value(_ line: UnsafeRawBufferPointer, sign: Int) -> LogLevel? {
        var end = sign
        if line[end - 1] == UInt8(ascii: "\"") { end -= 1 }
        guard ends(line, end, "level") || ends(line, end, "lvl") || ends(line, end, "severity") else { return nil }
        var start = sign + 1
        while start < line.count, line[start] == 0x20 || line[start] == UInt8(ascii: "\"") { start += 1 }
        var last = start
        while last < line.count, last - start <= 13, LineCursor.isLetter(line[last]) { last += 1 }
        guard last - start >= 3 else { return nil }
        return LevelWord.level(named: UnsafeRawBufferPointer(rebasing: line[start..<last]))?.level
    }

    private static func ends(_ line: UnsafeRawBufferPointer, _ end: Int, _ word: StaticString) -> Bool {
        let start = end - word.utf8CodeUnitCount
        guard start >= 0 else { return false }
        for place in 0..<word.utf8CodeUnitCount where line[start + place] | 0x20 != word.utf8Start[place] { return false }
        return true
    }
}
