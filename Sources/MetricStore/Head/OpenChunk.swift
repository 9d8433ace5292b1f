import Model

/// Packed samples in order of time that no longer change.
struct HeadChunk: Sendable {
    /// Bits as `BitWriter` makes them.
    let words: ArraySlice<UInt64>
    let count: Int
    let first: Int64
    let last: Int64

    /// Appends its samples; returns false where the bits hold fewer than `count`.
    @discardableResult
    func decode(into timestamps: inout [Int64], _ values: inout [Double]) -> Bool {
        words.withUnsafeBytes { bytes in
            guard count <= bytes.count * 8 + 1 else { return false }
            return withUnsafeTemporaryAllocation(of: Int64.self, capacity: count) { times in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { floats in
                    var decoder = SampleDecoder(bytes, first: first)
                    let decoded = decoder.decode(count, times, floats)
                    timestamps.append(contentsOf: UnsafeBufferPointer(rebasing: times[..<decoded]))
                    values.append(contentsOf: UnsafeBufferPointer(rebasing: floats[..<decoded]))
                    return decoded == count
                }
            }
        }
    }
}

/// The end of a series in memory: samples are packed as they come, and only in order of time.
struct OpenChunk: Sendable {
    private(set) var count = 0
    private(set) var first: Int64 = 0
    private var bits = BitWriter()
    private var time = TimestampCoder(previous: 0)
    private var value = ValueCoder(previous: 0)

    var last: Int64 { time.previous }
    var bytes: Int { bits.words.capacity * 8 }

    @inline(__always) mutating func append(_ timestamp: Int64, _ bitPattern: UInt64) {
        if count == 0 {
            first = timestamp
            time = TimestampCoder(previous: timestamp)
        } else {
            time.write(timestamp, to: &bits)
        }
        value.write(bitPattern, to: &bits)
        count += 1
    }

    /// What is in it so far, as a chunk of its own; nil where it is empty.
    var sealed: HeadChunk? { count == 0 ? nil : HeadChunk(words: bits.finished()[...], count: count, first: first, last: last) }
}
