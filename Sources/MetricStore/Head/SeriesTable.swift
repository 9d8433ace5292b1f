import Glibc

/// From a hash to the numbers of things with that hash: open addressing, 8 bytes a slot, at most three quarters full.
///
/// The caller compares the things themselves: a slot keeps 32 bits of the hash to spare it most wrong ones.
struct SeriesTable: Sendable {
    /// Upper half: the hash's lower half, whose lowest bits choose the slot. Lower half: the number plus 1; 0 is empty.
    private var slots: [UInt64]
    private(set) var count = 0

    init(minimumCapacity: Int = 0) {
        var size = 64
        while size * 3 < minimumCapacity * 4 { size *= 2 }
        slots = Array(repeating: 0, count: size)
    }

    var bytes: Int { slots.count * 8 }

    /// The number that `isSame` accepts among those with this hash.
    @inline(__always) func find(_ hash: UInt64, _ isSame: (UInt32) -> Bool) -> UInt32? {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count &- 1
            let tag = hash & 0xFFFF_FFFF
            var index = Int(truncatingIfNeeded: tag) & mask
            while true {
                let slot = slots[index]
                if slot == 0 { return nil }
                if slot &>> 32 == tag {
                    let number = UInt32(truncatingIfNeeded: slot) &- 1
                    if isSame(number) { return number }
                }
                index = (index &+ 1) & mask
            }
        }
    }

    mutating func insert(_ number: UInt32, hash: UInt64) {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        place(hash &<< 32 | UInt64(number &+ 1))
        count += 1
    }

    mutating func removeAll() {
        guard count > 0 else { return }
        slots = Array(repeating: 0, count: 64)
        count = 0
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 { place(slot) }
    }

    @inline(__always) private mutating func place(_ slot: UInt64) {
        slots.withUnsafeMutableBufferPointer { slots in
            let mask = slots.count &- 1
            var index = Int(truncatingIfNeeded: slot &>> 32) & mask
            while slots[index] != 0 { index = (index &+ 1) & mask }
            slots[index] = slot
        }
    }
}

/// A hash of bytes for tables in memory: multiply and fold, 16 bytes a step (Wang Yi's wyhash family). Never stored.
@inline(__always) func memoryHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    @inline(__always) func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
    @inline(__always) func load(_ offset: Int) -> UInt64 { bytes.baseAddress!.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    let count = bytes.count
    var state = 0xA076_1D64_78BD_642F ^ UInt64(count)
    if count >= 16 {
        var offset = 0
        while offset &+ 16 <= count {
            state = fold(load(offset) ^ 0xE703_7ED1_A0B4_28DB, load(offset &+ 8) ^ state)
            offset &+= 16
        }
        // The last 16 bytes, some of them a second time.
        return fold(load(count &- 16) ^ 0x8EBC_6AF0_9C88_C6E3, fold(load(count &- 8) ^ 0x5899_65CC_7537_4CC3, state))
    }
    var low: UInt64 = 0
    var high: UInt64 = 0
    if count >= 8 {
        low = load(0)
        high = load(count &- 8)
    } else {
        for index in 0..<count { low |= UInt64(bytes[index]) &<< UInt64(8 &* index) }
    }
    return fold(low ^ 0x8EBC_6AF0_9C88_C6E3, fold(high ^ 0x5899_65CC_7537_4CC3, state))
}

/// Whether two arrays hold the same bytes.
@inline(__always) func haveEqualBytes(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }

/// Whether two runs of `count` bytes are the same. The runs of a pair of labels are short: eight bytes at a time beat a call.
@inline(__always) func isEqualMemory(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    if count >= 8 {
        if count > 64 { return memcmp(left, right, count) == 0 }
        var offset = 0
        while offset &+ 8 <= count {
            if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
            offset &+= 8
        }
        let last = count &- 8
        return left.loadUnaligned(fromByteOffset: last, as: UInt64.self) == right.loadUnaligned(fromByteOffset: last, as: UInt64.self)
    }
    var index = 0
    while index < count {
        if left.load(fromByteOffset: index, as: UInt8.self) != right.load(fromByteOffset: index, as: UInt8.self) { return false }
        index &+= 1
    }
    return true
}
