/// Values of a column while it is made: places in the lines' bytes.
struct ColumnValues: ~Copyable {
    let lines: UnsafePointer<UInt8>
    let count: Int
    fileprivate let starts: UnsafeMutablePointer<UInt32>
    fileprivate let lengths: UnsafeMutablePointer<UInt32>

    init(_ lines: UnsafePointer<UInt8>, count: Int) {
        self.lines = lines
        self.count = count
        starts = .allocate(capacity: count)
        lengths = .allocate(capacity: count)
    }

    deinit {
        starts.deallocate()
        lengths.deallocate()
    }

    @inline(__always) func set(_ index: Int, _ start: Int, _ end: Int) {
        starts[index] = UInt32(truncatingIfNeeded: start)
        lengths[index] = UInt32(truncatingIfNeeded: end &- start)
    }

    @inline(__always) func start(_ index: Int) -> UnsafePointer<UInt8> { lines + Int(starts[index]) }
    @inline(__always) func length(_ index: Int) -> Int { Int(lengths[index]) }
    @inline(__always) subscript(_ index: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start(index), count: length(index)) }

    @inline(__always) func areEqual(_ left: Int, _ right: Int) -> Bool { memoryIsEqual(self[left], self[right]) }

    /// What the values have in common.
    func nature() -> ColumnNature {
        var nature = ColumnNature(isSame: true, bytesMin: .max, bytesMax: 0, bytes: 0, classes: 0)
        let classes = ByteClasses.table
        for index in 0..<count {
            let length = length(index)
            nature.bytesMin = min(nature.bytesMin, length)
            nature.bytesMax = max(nature.bytesMax, length)
            nature.bytes &+= length
            if nature.isSame && !areEqual(index, 0) { nature.isSame = false }
            let bytes = start(index)
            for place in 0..<length { nature.classes |= classes[Int(bytes[place])] }
        }
        return nature
    }

    /// The separators of the first value, in order; nil where another has others.
    func separators() -> [UInt8]? {
        let classes = ByteClasses.table
        var separators: [UInt8] = []
        for byte in self[0] where classes[Int(byte)] & ByteClasses.separator != 0 { separators.append(byte) }
        guard separators.count <= Self.separatorsMax else { return nil }
        for index in 1..<count {
            var found = 0
            for byte in self[index] where classes[Int(byte)] & ByteClasses.separator != 0 {
                guard found < separators.count, separators[found] == byte else { return nil }
                found += 1
            }
            if found < separators.count { return nil }
        }
        return separators
    }

    private static let separatorsMax = 15

    /// What stands before the separator of a number, behind the one before it. All values have the same separators.
    func part(_ number: Int) -> ColumnValues {
        let classes = ByteClasses.table
        let part = ColumnValues(lines, count: count)
        for index in 0..<count {
            let bytes = start(index)
            let length = length(index)
            var (begin, end, passed) = (0, 0, 0)
            while end < length {
                if classes[Int(bytes[end])] & ByteClasses.separator != 0 {
                    if passed == number { break }
                    passed &+= 1
                    begin = end &+ 1
                }
                end &+= 1
            }
            part.set(index, Int(starts[index]) &+ begin, Int(starts[index]) &+ end)
        }
        return part
    }

    /// How many letters each value begins and ends with, where these are the same in all of them and only digits stand between.
    func affixes() -> (prefix: Int, suffix: Int)? {
        let classes = ByteClasses.table
        func isDigit(_ byte: UInt8) -> Bool { classes[Int(byte)] == ByteClasses.digit }
        let first = self[0]
        guard let prefix = first.firstIndex(where: isDigit), let last = first.lastIndex(where: isDigit) else { return nil }
        let suffix = first.count - last - 1
        for index in 0..<count {
            let value = self[index]
            guard value.count > prefix + suffix, memoryIsEqual(UnsafeRawBufferPointer(rebasing: value[..<prefix]), UnsafeRawBufferPointer(rebasing: first[..<prefix])),
                memoryIsEqual(UnsafeRawBufferPointer(rebasing: value[(value.count - suffix)...]), UnsafeRawBufferPointer(rebasing: first[(last + 1)...]))
            else { return nil }
            for byte in value[prefix..<value.count - suffix] where !isDigit(byte) { return nil }
        }
        return (prefix, suffix)
    }

    /// The values without some bytes at their ends.
    func trimmed(_ prefix: Int, _ suffix: Int) -> ColumnValues {
        let trimmed = ColumnValues(lines, count: count)
        for index in 0..<count {
            let start = Int(starts[index])
            trimmed.set(index, start + prefix, start + length(index) - suffix)
        }
        return trimmed
    }
}

/// What a column's values have in common.
struct ColumnNature {
    var isSame: Bool
    var bytesMin: Int
    var bytesMax: Int
    /// Of all together.
    var bytes: Int
    /// Those of all bytes that occur.
    var classes: UInt8

    var isFixed: Bool { bytesMin == bytesMax }
    func consistsOf(_ allowed: UInt8) -> Bool { classes & ~allowed == 0 }
    func has(_ wanted: UInt8) -> Bool { classes & wanted != 0 }
}

/// Of each byte, what it may be part of.
enum ByteClasses {
    static let digit: UInt8 = 1
    /// `a` to `f`.
    static let lowHex: UInt8 = 2
    /// `A` to `F`.
    static let highHex: UInt8 = 4
    /// Another letter, or `_`.
    static let letter: UInt8 = 8
    /// From 0x80.
    static let wide: UInt8 = 16
    static let separator: UInt8 = 32

    // Written once, here: any thread may read it.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in 0..<256 {
            table[byte] =
                switch UInt8(byte) {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
                case UInt8(ascii: "a")...UInt8(ascii: "f"): lowHex
                case UInt8(ascii: "A")...UInt8(ascii: "F"): highHex
                case UInt8(ascii: "g")...UInt8(ascii: "z"), UInt8(ascii: "G")...UInt8(ascii: "Z"), UInt8(ascii: "_"): letter
                case 0x80...0xFF: wide
                default: separator
                }
        }
        return UnsafePointer(table)
    }()
}
