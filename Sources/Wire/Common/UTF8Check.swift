/// Whether bytes are UTF-8, eight at a time where they are ASCII.
enum UTF8Check {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let asciiCount = leadingASCII(bytes)
        if asciiCount == bytes.count { return true }
        return isValidFromLead(UnsafeRawBufferPointer(rebasing: bytes[asciiCount...]))
    }

    /// How many bytes at the front are ASCII; may stop short of the first other byte by up to 7.
    @inline(__always) private static func leadingASCII(_ bytes: UnsafeRawBufferPointer) -> Int {
        var index = 0
        while index + 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return index }
            index += 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        return index
    }

    /// Table 3-7 of the Unicode standard: well-formed byte sequences.
    private static func isValidFromLead(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            let lead = bytes[index]
            index += 1
            if lead < 0x80 { continue }
            var second: ClosedRange<UInt8> = 0x80...0xBF
            let more: Int
            switch lead {
            case 0xC2...0xDF: more = 1
            case 0xE0: (more, second) = (2, 0xA0...0xBF)
            case 0xED: (more, second) = (2, 0x80...0x9F)
            case 0xE1...0xEF: more = 2
            case 0xF0: (more, second) = (3, 0x90...0xBF)
            case 0xF1...0xF3: more = 3
            case 0xF4: (more, second) = (3, 0x80...0x8F)
            default: return false
            }
            guard index + more <= bytes.count, second.contains(bytes[index]) else { return false }
            for next in 1..<max(1, more) where bytes[index + next] & 0xC0 != 0x80 { return false }
            index += more
        }
        return true
    }
}
