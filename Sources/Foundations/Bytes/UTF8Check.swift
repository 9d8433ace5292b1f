/// Whether bytes are UTF-8: sixteen at a time where they are ASCII.
public enum UTF8Check {
    public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let asciiCount = ByteScan.notASCII(bytes)
        if asciiCount == bytes.count { return true }
        return isValidFromLead(UnsafeRawBufferPointer(rebasing: bytes[asciiCount...]))
    }

    private static func isValidFromLead(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            let count = sequenceBytes(bytes, at: index)
            if count == 0 { return false }
            index += count
        }
        return true
    }

    /// How many bytes the character takes that begins at a place; 0 where none does. Table 3-7 of the Unicode standard: well-formed byte sequences.
    public static func sequenceBytes(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let lead = bytes[index]
        if lead < 0x80 { return 1 }
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
        default: return 0
        }
        guard index + more < bytes.count, second.contains(bytes[index + 1]) else { return 0 }
        for next in 1..<max(1, more) where bytes[index + 1 + next] & 0xC0 != 0x80 { return 0 }
        return more + 1
    }
}
