import Glibc

/// A hash of bytes for tables in memory: eight bytes a step, never in a file.
enum ByteHash {
    /// `seed`: what came before, where the hash is of several runs.
    @inline(__always) static func of(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64 = 0) -> UInt64 {
        let count = bytes.count
        var hash = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        guard let base = bytes.baseAddress, count > 0 else { return mixed(hash, 0) }
        if count < 8 {
            // Overlapping reads instead of one byte after the other.
            if count >= 4 {
                let low = UInt64(base.loadUnaligned(as: UInt32.self))
                let high = UInt64(base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
                return mixed(hash, high << 32 | low)
            }
            let first = UInt64(base.load(as: UInt8.self))
            let middle = UInt64(base.load(fromByteOffset: count >> 1, as: UInt8.self))
            let last = UInt64(base.load(fromByteOffset: count &- 1, as: UInt8.self))
            return mixed(hash, first << 16 | middle << 8 | last)
        }
        var offset = 0
        while offset &+ 8 < count {
            hash = mixed(hash, base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        return mixed(hash, base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
    }

    @inline(__always) static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        return product.high ^ product.low
    }
}

/// Short runs are compared in place, by reads that overlap: most values of columns are, and a call would take longer.
@inline(__always) func memoryIsEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    let count = left.count
    guard count == right.count else { return false }
    guard count > 0, let one = left.baseAddress, let other = right.baseAddress else { return true }
    if count > 16 { return memcmp(one, other, count) == 0 }
    if count >= 8 { return isEqual(one, other, count, as: UInt64.self) }
    if count >= 4 { return isEqual(one, other, count, as: UInt32.self) }
    if count >= 2 { return isEqual(one, other, count, as: UInt16.self) }
    return one.load(as: UInt8.self) == other.load(as: UInt8.self)
}

/// By the first and the last bytes, of which there are one to two times as many as a word has.
@inline(__always) private func isEqual<Word: FixedWidthInteger & BitwiseCopyable>(
    _ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int, as type: Word.Type
) -> Bool {
    let last = count &- MemoryLayout<Word>.size
    let begin = one.loadUnaligned(as: type) ^ other.loadUnaligned(as: type)
    let end = one.loadUnaligned(fromByteOffset: last, as: type) ^ other.loadUnaligned(fromByteOffset: last, as: type)
    return begin | end == 0
}
