/// The different values of a column, as far as they are few.
struct ValueDictionary: ~Copyable {
    /// Of each different value, which is the first that has it.
    private(set) var firsts: [Int] = []
    /// Of each value its number among the different ones.
    private(set) var numbers = GrowingBuffer<UInt8>(capacity: 4096)
    /// Numbers plus one, by hash: at most half of them are in use.
    private let slots = UnsafeMutablePointer<UInt16>.allocate(capacity: slotCount)
    private static let slotCount = 512

    deinit { slots.deallocate() }

    /// False where there are more than `valuesMax`, which is at most 255.
    mutating func fill(_ values: borrowing ColumnValues, valuesMax: Int) -> Bool {
        firsts.removeAll(keepingCapacity: true)
        numbers.removeAll()
        numbers.reserve(values.count)
        slots.update(repeating: 0, count: Self.slotCount)
        for index in 0..<values.count {
            if index > 0, values.areEqual(index, index - 1) {
                numbers.push(numbers[index - 1])
                continue
            }
            var slot = Int(truncatingIfNeeded: ByteHash.of(values[index])) & (Self.slotCount - 1)
            while slots[slot] != 0, !values.areEqual(firsts[Int(slots[slot]) - 1], index) { slot = (slot + 1) & (Self.slotCount - 1) }
            if slots[slot] == 0 {
                if firsts.count == valuesMax { return false }
                firsts.append(index)
                slots[slot] = UInt16(firsts.count)
            }
            numbers.push(UInt8(truncatingIfNeeded: slots[slot] - 1))
        }
        return true
    }
}
