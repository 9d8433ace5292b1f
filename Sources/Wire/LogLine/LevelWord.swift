import Model

/// Finds a level's word at the front of a plain line.
enum LevelWord {
    /// The first word that stands as a level does: in capitals (`ERROR`), in brackets (`[warn]`, `[core:error]`), before a colon (`fatal:`), or
    /// right behind the moment. In running text such words don't count.
    static func find(in bytes: UnsafeRawBufferPointer, headerEnd: Int) -> LogLevel? {
        let limit = min(bytes.count, headerEnd + Limits.levelSearchBytes)
        var index = 0
        var isFirstWord = headerEnd > 0
        while index < limit {
            guard LineCursor.isLetter(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, index - start <= 13, LineCursor.isLetter(bytes[index]) { index += 1 }
            let isBehindHeader = isFirstWord && start >= headerEnd
            if isBehindHeader { isFirstWord = false }
            if (3...13).contains(index - start), let level = level(bytes, start..<index, isBehindHeader: isBehindHeader) { return level }
            while index < limit, LineCursor.isLetter(bytes[index]) { index += 1 }
        }
        return nil
    }

    private static func level(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, isBehindHeader: Bool) -> LogLevel? {
        let before = range.lowerBound > 0 ? bytes[range.lowerBound - 1] : 0x20
        let after = range.upperBound < bytes.count ? bytes[range.upperBound] : 0x20
        // `[core:error]` ends in the level.
        let isBracketed = opens(before) && closes(after) || before == UInt8(ascii: ":") && after == UInt8(ascii: "]")
        let isColoned = after == UInt8(ascii: ":") && isOpen(before)
        let endsWord = isOpen(after) || after == UInt8(ascii: ",") || after == UInt8(ascii: ":")
        let isCapital = (isOpen(before) || opens(before)) && endsWord && bytes[range].allSatisfy { $0 & 0x20 == 0 }
        let isFirst = isBehindHeader && isOpen(before) && isOpen(after)
        guard isBracketed || isColoned || isCapital || isFirst else { return nil }
        guard let found = level(named: UnsafeRawBufferPointer(rebasing: bytes[range])) else { return nil }
        // Words that mean other things as well need the colon or the brackets.
        return found.isAmbiguous && !isColoned && !isBracketed ? nil : found.level
    }

    private static func opens(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: "|")
    }

    private static func closes(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "]") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "|")
    }

    /// What stands between words.
    private static func isOpen(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: "|") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]")
    }

    private static let names: [UInt64: (level: LogLevel, isAmbiguous: Bool)] = {
        let ambiguous: Set<String> = ["log", "config", "note", "fine", "failure", "alert", "verbose", "trace", "panic"]
        let all = [
            "trace", "finest", "finer", "verbose", "debug", "dbug", "dbg", "fine", "info", "notice", "note", "config", "log", "warn", "warning", "wrn",
            "error", "err", "severe", "eror", "failure", "fatal", "critical", "crit", "alert", "emerg", "panic",
        ]
        var names: [UInt64: (level: LogLevel, isAmbiguous: Bool)] = [:]
        for name in all { names[pack(name.utf8)] = (LogLevel(name: name)!, ambiguous.contains(name)) }
        return names
    }()

    /// Up to eight letters as one number, in lower case.
    @inline(__always) private static func pack(_ letters: some Sequence<UInt8>) -> UInt64 {
        var packed: UInt64 = 0
        for letter in letters { packed = packed << 8 | UInt64(letter | 0x20) }
        return packed
    }

    static func level(named word: UnsafeRawBufferPointer) -> (level: LogLevel, isAmbiguous: Bool)? {
        if word.count <= 8 { return names[pack(word)] }
        guard word[0] | 0x20 == UInt8(ascii: "i") || word[0] | 0x20 == UInt8(ascii: "e") else { return nil }
        return LogLevel(name: String(decoding: word, as: UTF8.self)).map { ($0, false) }
    }
}
