/// From a hash to the numbers of things with that hash: open addressing, 8 bytes a slot, at most three quarters full.
///
/// The caller compares the things themselves: a slot keeps 32 bits of the hash to spare it most wrong ones.
struct SeriesTable: Sendable {
    /// Upper half: the hash's upper half. Lower half: the number plus 1; 0 is empty.
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
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        let tag = hash >> 32
        while true {
            let slot = slots[index]
            if slot == 0 { return nil }
            if slot >> 32 == tag {
                let number = UInt32(truncatingIfNeeded: slot) &- 1
                if isSame(number) { return number }
            }
            index = (index + 1) & mask
        }
    }

    /// Adds a number; `hashOf` gives the hashes again when the table grows.
    mutating func insert(_ number: UInt32, hash: UInt64, hashOf: (UInt32) -> UInt64) {
        if (count + 1) * 4 > slots.count * 3 { grow(hashOf) }
        place(number, hash)
        count += 1
    }

    mutating func removeAll() {
        guard count > 0 else { return }
        slots = Array(repeating: 0, count: 64)
        count = 0
    }

    private mutating func grow(_ hashOf: (UInt32) -> UInt64) {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 {
            let number = UInt32(truncatingIfNeeded: slot) &- 1
            place(number, hashOf(number))
        }
    }

    private mutating func place(_ number: UInt32, _ hash: UInt64) {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index] != 0 { index = (index + 1) & mask }
        slots[index] = (hash >> 32) << 32 | UInt64(number &+ 1)
    }
}

/// A hash of bytes for tables in memory: multiply and fold, 16 bytes a step (Wang Yi's wyhash family). Never stored.
@inline(__always) func memoryHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    @inline(__always) func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
    var state = 0xA076_1D64_78BD_642F ^ UInt64(bytes.count)
    var offset = 0
    while offset + 16 <= bytes.count {
        let low = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let high = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        state = fold(low ^ 0xE703_7ED1_A0B4_28DB, high ^ state)
        offset += 16
    }
    var low: UInt64 = 0
    var high: UInt64 = 0
    if offset + 8 <= bytes.count {
        low = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset += 8
    }
    var shift: UInt64 = 0
    while offset < bytes.count {
        high |= UInt64(bytes[offset]) &<< shift
        shift += 8
        offset += 1
    }
    return fold(low ^ 0x8EBC_6AF0_9C88_C6E3, fold(high ^ 0x5899_65CC_7537_4CC3, state))
}

/// Whether two arrays hold the same bytes.
@inline(__always) func haveEqualBytes(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
