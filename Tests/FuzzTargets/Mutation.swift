import Foundations

/// Changes bytes as decoders meet them when something is wrong: the same changes for the same seed.
public struct Mutation {
    private var generator: SeededGenerator
    private static let interesting: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x22, 0x5C, 0x7B, 0x7D, 0x5B, 0x28, 0x1B]

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// A changed copy; `other` lends a part now and then.
    public mutating func mutate(_ input: [UInt8], other: [UInt8] = []) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where place < bytes.count: bytes[place] = Self.interesting.randomElement(using: &generator)!
            case 2: bytes.removeLast(bytes.count - place)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 4 where place + 8 <= bytes.count: bytes.replace(at: place, littleEndian: UInt64.max >> UInt64.random(in: 0..<64, using: &generator))
            case 5 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...16, using: &generator)))
            case 6 where place < bytes.count && bytes.count < 1 << 16:
                bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + Int.random(in: 1...64, using: &generator))], at: place)
            default:
                guard !other.isEmpty else { continue }
                let start = Int.random(in: 0..<other.count, using: &generator)
                bytes.insert(contentsOf: other[start..<min(other.count, start + Int.random(in: 1...32, using: &generator))], at: place)
            }
        }
        return bytes
    }
}
