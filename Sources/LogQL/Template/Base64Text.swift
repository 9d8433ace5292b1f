/// Base64 (RFC 4648, section 4) with padding.
enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            let group = (0..<3).reduce(0) { $0 << 8 | ($1 < count ? Int(bytes[index + $1]) : 0) }
            for place in 0..<4 { result.append(place <= count ? alphabet[group >> (18 - 6 * place) & 63] : UInt8(ascii: "=")) }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Nil where the text is no Base64.
    static func decoded(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8.filter { $0 != 0x0A && $0 != 0x0D })
        guard bytes.count % 4 == 0 else { return nil }
        var result: [UInt8] = []
        var group = 0
        var bits = 0
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        for byte in bytes.dropLast(padding) {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> bits))
                group &= (1 << bits) - 1
            }
        }
        return result
    }
}
