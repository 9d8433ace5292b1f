/// Values of a column while it is made: places in the lines' bytes.
struct ColumnValues: ~Copyable {
    let lines: UnsafePointer<UInt8>
    let count: Int
    /// Where each begins, then how long each is.
    private let places: UnsafeMutablePointer<UInt32>
    private let isOwner: Bool
    private var starts: UnsafeMutablePointer<UInt32> { places }
    private var lengths: UnsafeMutablePointer<UInt32> { places + count }

    init(_ lines: UnsafePointer<UInt8>, count: Int) {
        self.lines = lines
        self.count = count
        places = .allocate(capacity: 2 * count)
        isOwner = true
    }

    /// In memory of another, which lives longer: room for two numbers a value.
    fileprivate init(_ lines: UnsafePointer<UInt8>, count: Int, places: UnsafeMutablePointer<UInt32>) {
        self.lines = lines
        self.count = count
        self.places = places
        isOwner = false
    }

    deinit { if isOwner { places.deallocate() } }

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
        let table = ByteClasses.table
        // Kept apart, so that no byte waits for the one before it.
        var (even, odd): (UInt8, UInt8) = (0, 0)
        for index in 0..<count {
            let length = length(index)
            nature.bytesMin = min(nature.bytesMin, length)
            nature.bytesMax = max(nature.bytesMax, length)
            nature.bytes &+= length
            if nature.isSame {
                // What equals the first value has nothing new in it.
                if index > 0, areEqual(index, 0) { continue }
                nature.isSame = index == 0
            }
            let bytes = start(index)
            var place = 0
            while place &+ 1 < length {
                even |= table[Int(bytes[place])]
                odd |= table[Int(bytes[place &+ 1])]
                place &+= 2
            }
            if place < length { even |= table[Int(bytes[place])] }
        }
        nature.classes = even | odd
        return nature
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

/// Values of several words, cut at their separators: the first words of all, then the second ones.
struct ColumnParts: ~Copyable {
    /// Those of each value, in order.
    let separators: [UInt8]
    private let lines: UnsafePointer<UInt8>
    private let rows: Int
    private let places: UnsafeMutablePointer<UInt32>

    private static let separatorsMax = 15

    /// Nil where a value has other separators than the first one, or that has none or too many.
    init?(_ values: borrowing ColumnValues) {
        let classes = ByteClasses.table
        let separators = values[0].filter { classes[Int($0)] & ByteClasses.separator != 0 }
        guard !separators.isEmpty, separators.count <= Self.separatorsMax else { return nil }
        let rows = values.count
        let places = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * rows * (separators.count + 1))
        for row in 0..<rows where !Self.cut(values, row, separators, places) {
            places.deallocate()
            return nil
        }
        (self.separators, self.rows, self.places, lines) = (separators, rows, places, values.lines)
    }

    deinit { places.deallocate() }

    /// How many parts each value has.
    var count: Int { separators.count + 1 }

    /// The parts of one number. Only as long as the whole lives.
    func part(_ number: Int) -> ColumnValues { ColumnValues(lines, count: rows, places: places + 2 * rows * number) }

    @inline(__always) private static func cut(
        _ values: borrowing ColumnValues, _ row: Int, _ separators: [UInt8], _ places: UnsafeMutablePointer<UInt32>
    ) -> Bool {
        let classes = ByteClasses.table
        let rows = values.count
        let bytes = values.start(row)
        let length = values.length(row)
        let first = bytes - values.lines
        return separators.withUnsafeBufferPointer { separators in
            var (begin, found) = (0, 0)
            for place in 0..<length where classes[Int(bytes[place])] & ByteClasses.separator != 0 {
                guard found < separators.count, separators[found] == bytes[place] else { return false }
                set(places, rows, row, found, first &+ begin, place &- begin)
                found &+= 1
                begin = place &+ 1
            }
            set(places, rows, row, found, first &+ begin, length &- begin)
            return found == separators.count
        }
    }

    @inline(__always) private static func set(_ places: UnsafeMutablePointer<UInt32>, _ rows: Int, _ row: Int, _ part: Int, _ start: Int, _ length: Int) {
        let place = 2 &* rows &* part &+ row
        places[place] = UInt32(truncatingIfNeeded: start)
        places[place &+ rows] = UInt32(truncatingIfNeeded: length)
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
