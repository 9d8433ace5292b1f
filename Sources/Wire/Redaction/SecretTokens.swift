/// Secrets that are known by their own shape, or by the word in front of them.
enum SecretTokens {
    /// `eyJ…` in base64url, a point, more of it, and mostly a signature behind another point (RFC 7519). `at`: the `e`.
    static func jsonWebToken(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Range<Int>? {
        guard bytes[place] == UInt8(ascii: "e"), bytes[place + 1] == UInt8(ascii: "y"), bytes[place + 2] == UInt8(ascii: "J") else { return nil }
        guard place == 0 || !isBase64URL(bytes[place - 1]) else { return nil }
        var end = place
        var parts = 0
        while parts < 3 {
            let start = end
            while end < bytes.count, isBase64URL(bytes[end]) { end += 1 }
            guard end - start >= 8 else { break }
            parts += 1
            guard parts < 3, end < bytes.count, bytes[end] == UInt8(ascii: ".") else { break }
            end += 1
        }
        guard parts >= 2 else { return nil }
        return place..<(bytes[end - 1] == UInt8(ascii: ".") ? end - 1 : end)
    }

    /// `AKIA` or `ASIA` and 16 capitals and digits. `at`: its second letter.
    static func accessKey(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Range<Int>? {
        guard place > 0, bytes[place - 1] == UInt8(ascii: "A"), bytes[place] == UInt8(ascii: "K") || bytes[place] == UInt8(ascii: "S"),
            bytes[place + 1] == UInt8(ascii: "I"), bytes[place + 2] == UInt8(ascii: "A")
        else { return nil }
        let start = place - 1
        guard start == 0 || !(LineCursor.isLetter(bytes[start - 1]) || LineCursor.isDigit(bytes[start - 1])) else { return nil }
        var end = start
        while end < bytes.count, isAccessKeyPart(bytes[end]) { end += 1 }
        return end - start == 20 ? start..<end : nil
    }

    private static func isAccessKeyPart(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || LineCursor.isDigit(byte) }

    /// What stands behind `Bearer `: a token of RFC 6750. `at`: the `rer` of the word.
    static func bearer(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Range<Int>? {
        let start = place - 3
        guard start >= 0, SecretKeys.matches(bytes, start, "bearer"), start == 0 || !LineCursor.isLetter(bytes[start - 1]) else { return nil }
        var index = place + 3
        if index + 2 < bytes.count, bytes[index] == UInt8(ascii: "%"), bytes[index + 1] == UInt8(ascii: "2"), bytes[index + 2] == UInt8(ascii: "0") {
            index += 3
        } else {
            guard index < bytes.count, bytes[index] == 0x20 else { return nil }
            while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        }
        let first = index
        var hasDigit = false
        while index < bytes.count, isTokenPart(bytes[index]) {
            hasDigit = hasDigit || LineCursor.isDigit(bytes[index])
            index += 1
        }
        // A point or a comma behind it ends the sentence.
        while index > first, bytes[index - 1] == UInt8(ascii: ".") { index -= 1 }
        // "Bearer authentication failed" has none: words have no digits and are shorter.
        guard index - first >= 8, hasDigit || index - first >= 24 else { return nil }
        return first..<index
    }

    /// The credentials of `Authorization: Basic …`, whatever their scheme. `at`: the `iza` of the word.
    static func authorization(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Range<Int>? {
        let start = place - 6
        guard start >= 0, SecretKeys.matches(bytes, start, "authorization"),
            let value = SecretKeys.value(bytes, behind: start + 13, allowsSpacedColon: true)
        else { return nil }
        // The first word is the scheme where another follows it.
        var index = value.lowerBound
        while index < value.upperBound, LineCursor.isLetter(bytes[index]) || bytes[index] == UInt8(ascii: "-") || LineCursor.isDigit(bytes[index]) { index += 1 }
        guard index < bytes.count, bytes[index] == 0x20, index - value.lowerBound <= 20 else { return value.count >= 8 ? value : nil }
        while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        let first = index
        while index < bytes.count, bytes[index] > 0x20, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "'"), bytes[index] != UInt8(ascii: "\\") {
            index += 1
        }
        while index > first, bytes[index - 1] == UInt8(ascii: ",") || bytes[index - 1] == UInt8(ascii: ";") || bytes[index - 1] == UInt8(ascii: "}") { index -= 1 }
        let isMarked = SecretKeys.isHarmless(String(decoding: bytes[first..<index], as: UTF8.self))
        return index - first >= 8 && !isMarked ? first..<index : nil
    }

    /// The password in `://user:password@host`. `at`: the colon.
    static func addressPassword(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Range<Int>? {
        let start = place + 3
        let limit = min(bytes.count, start + 512)
        var (colon, sign): (Int?, Int?) = (nil, nil)
        var index = start
        scan: while index < limit {
            switch bytes[index] {
            case UInt8(ascii: ":"): if colon == nil { colon = index }
            case UInt8(ascii: "@"): sign = index
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "<"), UInt8(ascii: ">"), 0...0x20:
                break scan
            default: break
            }
            index += 1
        }
        guard let colon, let sign, colon + 1 < sign else { return nil }
        let password = UnsafeRawBufferPointer(rebasing: bytes[colon + 1..<sign])
        return SecretKeys.isHarmless(String(decoding: password, as: UTF8.self)) ? nil : colon + 1..<sign
    }

    @inline(__always) private static func isBase64URL(_ byte: UInt8) -> Bool {
        LineCursor.isLetter(byte) || LineCursor.isDigit(byte) || byte == 0x2D || byte == 0x5F
    }

    @inline(__always) private static func isTokenPart(_ byte: UInt8) -> Bool {
        isBase64URL(byte) || byte == 0x2E || byte == 0x7E || byte == 0x2B || byte == 0x2F || byte == 0x3D
    }
}
