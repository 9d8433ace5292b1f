import Model

/// Where between 0 and 1 a series stands for `limit_ratio`: by the hash that Prometheus takes of its labels, so that both choose the same.
enum SeriesSampling {
    /// XXH64 (seed 0) of the labels in order, each name and value behind its length.
    static func place(of labels: Labels) -> Double {
        var bytes: [UInt8] = []
        func append(_ text: UnsafeRawBufferPointer) {
            // One byte, or 255 and three more.
            if text.count < 255 {
                bytes.append(UInt8(text.count))
            } else {
                bytes += [255, UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8), UInt8(truncatingIfNeeded: text.count >> 16)]
            }
            bytes.append(contentsOf: text)
        }
        labels.forEachBytes { name, value in
            append(name)
            append(value)
        }
        return Double(XXH64.hash(bytes)) / 0x1p64
    }
}

/// The 64-bit hash of the xxHash family, as its specification describes it, with seed 0.
enum XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { data in
            var offset = 0
            var result: UInt64
            if data.count >= 32 {
                var lanes = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
                while offset + 32 <= data.count {
                    for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(data, offset + 8 * lane)) }
                    offset += 32
                }
                result = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
                for lane in lanes { result = (result ^ round(0, lane)) &* prime1 &+ prime4 }
            } else {
                result = prime5
            }
            result = result &+ UInt64(data.count)
            while offset + 8 <= data.count {
                result = rotate(result ^ round(0, word(data, offset)), 27) &* prime1 &+ prime4
                offset += 8
            }
            if offset + 4 <= data.count {
                let half = UInt64(UInt32(littleEndian: data.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                result = rotate(result ^ (half &* prime1), 23) &* prime2 &+ prime3
                offset += 4
            }
            while offset < data.count {
                result = rotate(result ^ (UInt64(data[offset]) &* prime5), 11) &* prime1
                offset += 1
            }
            result = (result ^ (result >> 33)) &* prime2
            result = (result ^ (result >> 29)) &* prime3
            return result ^ (result >> 32)
        }
    }

    private static func word(_ data: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 { UInt64(littleEndian: data.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 { rotate(lane &+ input &* prime2, 31) &* prime1 }
}
