import Model

/// Prometheus's XOR chunk: two bytes with the number of samples, then times by the difference of differences and values by XOR.
///
/// Source: Prometheus's documentation of its chunk format (tsdb/docs/format/chunks.md).
enum FloatChunk {
    /// One chunk of samples that ascend in time; 1 to 65,535.
    static func encode(_ timestamps: ArraySlice<Int64>, _ values: ArraySlice<Double>) -> [UInt8] {
        precondition(timestamps.count == values.count && (1...Int(UInt16.max)).contains(timestamps.count))
        var bits = ChunkBits(header: [UInt8(timestamps.count >> 8), UInt8(timestamps.count & 0xFF)])
        var value = XORValue(values.first!)
        var previous = timestamps.first!
        var delta: Int64 = 0
        for index in timestamps.indices {
            if index == timestamps.startIndex {
                bits.append(zigzag: previous)
                bits.append(double: values.first!)
                continue
            }
            let next = timestamps[index] - previous
            if index == timestamps.startIndex + 1 { bits.append(varint: UInt64(bitPattern: next)) } else { append(change: next - delta, to: &bits) }
            value.append(values[values.startIndex + (index - timestamps.startIndex)], to: &bits)
            (previous, delta) = (timestamps[index], next)
        }
        return bits.bytes
    }

    private static func append(change: Int64, to bits: inout ChunkBits) {
        let value = UInt64(bitPattern: change)
        if change == 0 {
            bits.append(0, bits: 1)
        } else if ChunkBits.fits(change, bits: 14) {
            bits.append(0b10, bits: 2)
            bits.append(value, bits: 14)
        } else if ChunkBits.fits(change, bits: 17) {
            bits.append(0b110, bits: 3)
            bits.append(value, bits: 17)
        } else if ChunkBits.fits(change, bits: 20) {
            bits.append(0b1110, bits: 4)
            bits.append(value, bits: 20)
        } else {
            bits.append(0b1111, bits: 4)
            bits.append(value, bits: 64)
        }
    }
}
