import Foundations

/// A segment file of a journal, with where its records stand.
struct Segment: Sendable {
    let path: String
    let ordinal: UInt64
    let firstSequence: UInt64
    /// By sequence from `firstSequence`: the record's place, 0 where it is missing. 4 bytes a record keep the index of a full spool small.
    private(set) var offsets: [UInt32] = []
    /// Where the next record goes.
    var endOffset: Int
    /// Its name and header are durable.
    var isDurable: Bool

    init(path: String, ordinal: UInt64, firstSequence: UInt64, endOffset: Int, isDurable: Bool) {
        self.path = path
        self.ordinal = ordinal
        self.firstSequence = firstSequence
        self.endOffset = endOffset
        self.isDurable = isDurable
    }

    /// The number of the last record; one below the first where there is none.
    var lastSequence: UInt64 { firstSequence + UInt64(offsets.count) - 1 }

    mutating func add(_ sequence: UInt64, at offset: Int, end: Int) {
        precondition(sequence > lastSequence || offsets.isEmpty, "sequences grow")
        while firstSequence + UInt64(offsets.count) < sequence { offsets.append(0) }
        offsets.append(UInt32(offset))
        endOffset = end
    }

    /// Forgets the records from `sequence` on.
    mutating func cut(from sequence: UInt64) {
        while let last = offsets.last, lastSequence >= sequence {
            if last > 0 { endOffset = Int(last) }
            offsets.removeLast()
        }
    }

    /// The first record after `sequence` and up to `limit`.
    func next(after sequence: UInt64, through limit: UInt64) -> (sequence: UInt64, offset: Int)? {
        var index = sequence < firstSequence ? 0 : Int(clamping: sequence - firstSequence) + 1
        while index < offsets.count {
            let found = firstSequence + UInt64(index)
            if found > limit { return nil }
            if offsets[index] > 0 { return (found, Int(offsets[index])) }
            index += 1
        }
        return nil
    }

    func count(after sequence: UInt64) -> Int {
        let index = sequence < firstSequence ? 0 : min(offsets.count, Int(clamping: sequence - firstSequence) + 1)
        return offsets[index...].reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    }

    static let suffix = ".segment"

    static func name(_ ordinal: UInt64) -> String {
        let digits = String(ordinal, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits + suffix
    }

    static func ordinal(ofName name: String) -> UInt64? {
        name.hasSuffix(suffix) && name.utf8.count == 16 + suffix.utf8.count ? UInt64(name.dropLast(suffix.utf8.count), radix: 16) : nil
    }
}
