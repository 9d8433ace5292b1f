import Foundations

/// Samples of one batch as columns of the log: references and timestamps in runs, values in the bytes they need.
///
/// Layout: `Docs/Formats/metric-write-ahead-log.md`, "Samples".
struct SampleFrame: Sendable {
    /// The names that the log segment gives series; in the head, their numbers.
    var references: [UInt32] = []
    var timestamps: [Int64] = []
    var values: [UInt64] = []

    var count: Int { references.count }

    @inline(__always) mutating func append(_ reference: UInt32, _ timestamp: Int64, _ value: UInt64) {
        references.append(reference)
        timestamps.append(timestamp)
        values.append(value)
    }

    mutating func removeAll() {
        references.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    mutating func reserve(_ count: Int) {
        references.reserveCapacity(count)
        timestamps.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(count))
        guard count > 0 else { return }
        Self.encodeReferences(references, into: &bytes)
        Self.encodeTimestamps(timestamps, into: &bytes)
        Self.encodeValues(values, into: &bytes)
    }

    /// Nil where the bytes can't be a frame.
    static func decode(_ reader: inout ByteReader) -> SampleFrame? {
        // A value takes four bits at least.
        guard let declared = reader.readVarint(), declared <= UInt64(reader.remaining) * 2 else { return nil }
        let count = Int(declared)
        var frame = SampleFrame()
        guard count > 0 else { return frame }
        frame.reserve(count)
        guard decodeReferences(&reader, count, into: &frame.references), decodeTimestamps(&reader, count, into: &frame.timestamps),
            decodeValues(&reader, count, into: &frame.values)
        else { return nil }
        return frame
    }

    /// Runs of references that grow by one: the distance from the end of the run before, and the length.
    private static func encodeReferences(_ references: [UInt32], into bytes: inout [UInt8]) {
        var expected: UInt32 = 0
        var start = 0
        while start < references.count {
            var end = start + 1
            while end < references.count, references[end] == references[end - 1] &+ 1 { end += 1 }
            bytes.append(zigzag: Int64(references[start]) - Int64(expected))
            bytes.append(varint: UInt64(end - start))
            expected = references[end - 1] &+ 1
            start = end
        }
    }

    private static func decodeReferences(_ reader: inout ByteReader, _ count: Int, into references: inout [UInt32]) -> Bool {
        var expected: Int64 = 0
        while references.count < count {
            guard let distance = reader.readZigzag(), let length = reader.readVarint(), length > 0, length <= UInt64(count - references.count)
            else { return false }
            let (first, overflow) = expected.addingReportingOverflow(distance)
            guard !overflow, first >= 0, first <= Int64(UInt32.max) - Int64(length) else { return false }
            for offset in 0..<Int64(length) { references.append(UInt32(first + offset)) }
            expected = first + Int64(length)
        }
        return true
    }

    /// Runs of equal timestamps: the distance from the one before, and the length.
    private static func encodeTimestamps(_ timestamps: [Int64], into bytes: inout [UInt8]) {
        var previous: Int64 = 0
        var start = 0
        while start < timestamps.count {
            let timestamp = timestamps[start]
            var end = start + 1
            while end < timestamps.count, timestamps[end] == timestamp { end += 1 }
            bytes.append(zigzag: timestamp &- previous)
            bytes.append(varint: UInt64(end - start))
            previous = timestamp
            start = end
        }
    }

    private static func decodeTimestamps(_ reader: inout ByteReader, _ count: Int, into timestamps: inout [Int64]) -> Bool {
        var previous: Int64 = 0
        while timestamps.count < count {
            guard let distance = reader.readZigzag(), let length = reader.readVarint(), length > 0, length <= UInt64(count - timestamps.count)
            else { return false }
            previous = previous &+ distance
            timestamps.append(contentsOf: repeatElement(previous, count: Int(length)))
        }
        return true
    }

    /// Two values' controls in each byte, then the values' bytes: 0 to 8 are bytes of a whole number, 9 to 15 the upper 2 to 8 of a float.
    private static func encodeValues(_ values: [UInt64], into bytes: inout [UInt8]) {
        let room = (values.count + 1) / 2 + values.count * 8
        // Each value is stored as eight bytes, of which the next one overwrites those that it doesn't need.
        bytes.append(contentsOf: [UInt8](unsafeUninitializedCapacity: room + 8) { output, count in
            let start = UnsafeMutableRawPointer(output.baseAddress!)
            var next = start + (values.count + 1) / 2
            for index in values.indices {
                let (control, payload, width) = code(values[index])
                if index & 1 == 0 { output[index &>> 1] = control } else { output[index &>> 1] |= control &<< 4 }
                next.storeBytes(of: payload.littleEndian, as: UInt64.self)
                next += width
            }
            count = next - start
        })
    }

    @inline(__always) private static func code(_ value: UInt64) -> (control: UInt8, payload: UInt64, width: Int) {
        let number = Double(bitPattern: value)
        if number.magnitude < 9_007_199_254_740_992 {
            let whole = Int64(number)
            if Double(whole).bitPattern == value {
                let code = zigzag(whole)
                let width = (bitWidth(code) + 7) / 8
                return (UInt8(width), code, width)
            }
        }
        let width = max(2, 8 - value.trailingZeroBitCount / 8)
        return (UInt8(width + 7), value >> UInt64(64 - 8 * width), width)
    }

    private static func decodeValues(_ reader: inout ByteReader, _ count: Int, into values: inout [UInt64]) -> Bool {
        guard let controls = reader.readBytes((count + 1) / 2) else { return false }
        for index in 0..<count {
            let control = Int(controls[index / 2] >> UInt8(4 * (index & 1)) & 15)
            let width = control <= 8 ? control : control - 7
            guard let payload = reader.readBytes(width) else { return false }
            let code = BitReader.load(payload, at: 0, width: 8 * width)
            values.append(control <= 8 ? Double(unzigzag(code)).bitPattern : code &<< UInt64(64 - 8 * width))
        }
        return true
    }
}
