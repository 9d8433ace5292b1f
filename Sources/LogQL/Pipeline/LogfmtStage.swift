import Foundations

/// Takes labels out of `key=value key="quoted value"` lines.
enum LogfmtStage {
    static func run(_ entry: inout LogEntry, _ expressions: [(name: String, key: String)], isStrict: Bool, keepsEmpty: Bool) {
        let (pairs, problem) = parse(entry.line)
        if let problem, isStrict { return entry.fail("LogfmtParserErr", problem) }
        if expressions.isEmpty {
            for (key, value) in pairs where keepsEmpty || !value.isEmpty { entry.extract(key, value) }
            return
        }
        for (name, key) in expressions { entry.setParsed(name, to: pairs.last { $0.key == key }?.value ?? "") }
    }

    /// Pairs in order, and what was no pair. A word without `=` is a key with an empty value.
    static func parse(_ line: String) -> (pairs: [(key: String, value: String)], problem: String?) {
        let bytes = Array(line.utf8)
        var pairs: [(key: String, value: String)] = []
        var problem: String?
        var position = 0
        while position < bytes.count, pairs.count < Limits.extractedLabelsMax {
            while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
            let keyStart = position
            while position < bytes.count, bytes[position] > 0x20, bytes[position] != UInt8(ascii: "="), bytes[position] != UInt8(ascii: "\"") { position += 1 }
            let key = String(decoding: bytes[keyStart..<position], as: UTF8.self)
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                problem = problem ?? "unexpected quote at byte \(position)"
                position += 1
                continue
            }
            guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
                if !key.isEmpty { pairs.append((key, "")) }
                continue
            }
            position += 1
            let value = value(bytes, &position)
            if key.isEmpty { problem = problem ?? "unexpected = at byte \(keyStart)" } else { pairs.append((key, value)) }
        }
        return (pairs, problem)
    }

    private static func value(_ bytes: [UInt8], _ position: inout Int) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            let start = position
            while position < bytes.count, bytes[position] > 0x20 { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        position += 1
        var result: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count {
                position += 1
                let escapes: [UInt8: UInt8] = [UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D]
                result.append(escapes[bytes[position]] ?? bytes[position])
            } else {
                result.append(bytes[position])
            }
            position += 1
        }
        position = min(position + 1, bytes.count)
        return String(decoding: result, as: UTF8.self)
    }
}
