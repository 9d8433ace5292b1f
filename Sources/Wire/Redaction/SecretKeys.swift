/// Values of keys that are named as secrets are: `password=…`, `"api_key": "…"`, `token: '…'`.
enum SecretKeys {
    /// How a key ends that holds a secret. What stands in front of it is the key's own: `db_password`, `x-access-token`, `clientSecret`.
    private static let endings: [StaticString] = [
        "password", "passphrase", "secret", "pwd", "passwd", "token", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key",
        "secretkey", "secret_key", "secret-key", "privatekey", "private_key", "private-key", "encryption_key", "signing_key", "auth_key", "account_key",
        "accountkey",
    ]

    /// Of the first of them the text behind a colon and a space is the value even without quotes; behind the others it may be a sentence.
    private static let plainCount = 3
    /// `PWD=/root` is where a shell stands, as sudo logs it.
    private static let directoryEnding = 3

    /// How far around a trigger a key's ending may reach.
    private static let reachBytes = 14

    /// Whether a field of this name holds a secret.
    static func isSecret(_ name: UnsafeRawBufferPointer) -> Bool {
        endings.contains { ending in
            let count = ending.utf8CodeUnitCount
            return name.count >= count && matches(name, name.count - count, ending)
        }
    }

    /// The value of the key whose ending stands around a trigger; nil where there is none.
    static func value(_ bytes: UnsafeRawBufferPointer, near place: Int) -> Range<Int>? {
        // The end of the word that the trigger stands in.
        var end = place
        while end < bytes.count, end - place < reachBytes, LineCursor.isLetter(bytes[end]) { end += 1 }
        guard let ending = ending(bytes, at: end), let range = value(bytes, behind: end, allowsSpacedColon: ending < plainCount) else { return nil }
        return ending == directoryEnding && bytes[range.lowerBound] == UInt8(ascii: "/") ? nil : range
    }

    /// Which of the endings stands in front of `end`.
    private static func ending(_ bytes: UnsafeRawBufferPointer, at end: Int) -> Int? {
        endings.firstIndex { ending in
            let start = end - ending.utf8CodeUnitCount
            return start >= 0 && matches(bytes, start, ending)
        }
    }

    /// The value behind a key that ends at `end`: a quote that closes the key, `=` or `:`, and the value in quotes or without.
    static func value(_ bytes: UnsafeRawBufferPointer, behind end: Int, allowsSpacedColon: Bool) -> Range<Int>? {
        var index = end
        let hasQuotedKey = skipQuote(bytes, &index)
        skipSpace(bytes, &index)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "=") || bytes[index] == UInt8(ascii: ":") else { return nil }
        let isColon = bytes[index] == UInt8(ascii: ":")
        index += 1
        // `==`, `::`, `=>` (which Ruby writes between key and value).
        if index < bytes.count, bytes[index] == UInt8(ascii: "=") || bytes[index] == UInt8(ascii: ":") { return nil }
        if !isColon, index < bytes.count, bytes[index] == UInt8(ascii: ">") { index += 1 }
        let afterSign = index
        skipSpace(bytes, &index)
        let start = index
        guard index < bytes.count else { return nil }
        let isSpaced = index > afterSign
        let range: Range<Int>
        if skipQuote(bytes, &index) {
            range = quoted(bytes, from: index, quote: bytes[index - 1], isEscaped: index - start == 2)
        } else {
            // `password = x` with a space, as in settings, but not `token = a sentence`.
            if isSpaced, isColon, !hasQuotedKey, !allowsSpacedColon { return nil }
            range = bare(bytes, from: index)
        }
        if range.isEmpty || isHarmless(bytes, range) { return nil }
        return range
    }

    /// A quote, also one behind a backslash (JSON in a string of JSON).
    private static func skipQuote(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
        var place = index
        if place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\") { place += 1 }
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "'") else { return false }
        index = place + 1
        return true
    }

    private static func skipSpace(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    }

    /// Up to the quote that ends it; to the end where none does.
    private static func quoted(_ bytes: UnsafeRawBufferPointer, from start: Int, quote: UInt8, isEscaped: Bool) -> Range<Int> {
        var index = start
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\") {
                if isEscaped, index + 1 < bytes.count, bytes[index + 1] == quote { return start..<index }
                index += 2
                continue
            }
            if bytes[index] == quote { return start..<index }
            index += 1
        }
        return start..<min(index, bytes.count)
    }

    private static func bare(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int> {
        var index = start
        scan: while index < bytes.count {
            switch bytes[index] {
            case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ")"),
                UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|"):
                break scan
            case UInt8(ascii: "\\") where index + 1 < bytes.count && (bytes[index + 1] == UInt8(ascii: "\"") || bytes[index + 1] == UInt8(ascii: "n")):
                break scan
            default: index += 1
            }
        }
        return start..<index
    }

    private static func isHarmless(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        range.count <= 16 && isHarmless(String(decoding: bytes[range], as: UTF8.self))
            || bytes[range].starts(with: Redactor.mark.utf8)
    }

    /// What is no secret: nothing, truth values, and what was taken out before, here or by the program itself.
    static func isHarmless(_ value: String) -> Bool {
        switch value.lowercased() {
        case "", "null", "nil", "none", "true", "false", "undefined", "[", "{", "-", Redactor.mark, "[filtered]", "[hidden]", "redacted", "<redacted>": return true
        default: return value.hasPrefix(Redactor.mark) || value.utf8.allSatisfy { $0 == UInt8(ascii: "*") } || value == "xxx" || value == "xxxxx"
        }
    }

    /// Whether a word in lower case stands there, in any case.
    static func matches(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start >= 0, start + count <= bytes.count else { return false }
        for place in 0..<count {
            let byte = bytes[start + place]
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if lower != word.utf8Start[place] { return false }
        }
        return true
    }
}
