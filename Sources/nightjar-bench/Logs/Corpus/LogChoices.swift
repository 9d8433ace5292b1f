import Foundation
import Foundations

/// What is random in the lines of a corpus, from a seed.
struct LogChoices {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[Int(random.next() % UInt64(list.count))] }

    /// One of 0 up to `bound` - 1, all as likely.
    mutating func number(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    /// One of 0 up to `bound` - 1, each about inversely to its place (Zipf's law): few are frequent, many are rare.
    mutating func rank(_ bound: Int) -> Int { min(bound - 1, Int(exp(random.uniform() * log(Double(bound + 1)))) - 1) }

    mutating func ranked<Element>(_ list: [Element]) -> Element { list[rank(list.count)] }

    /// Milliseconds of a request: mostly some `usual`, now and then ten times that.
    mutating func milliseconds(usual: Double) -> Int { max(1, Int(usual * exp(random.normalPair().0 * 0.8))) }

    mutating func chance(percent: Int) -> Bool { number(100) < percent }

    /// Hexadecimal digits, at most 32.
    mutating func hex(_ digits: Int) -> String {
        let (high, low) = (random.next(), random.next())
        return String(unsafeUninitializedCapacity: digits) { buffer in
            for index in 0..<digits {
                let digit = UInt8(truncatingIfNeeded: (index < 16 ? high >> UInt64(4 * index) : low >> UInt64(4 * (index - 16))) & 15)
                buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return digits
        }
    }

    mutating func uuid() -> String { "\(hex(8))-\(hex(4))-4\(hex(3))-a\(hex(3))-\(hex(12))" }

    /// A host within the network.
    mutating func host() -> String { "10.0.\(rank(8)).\(10 + rank(200))" }

    /// One of many clients, of whom some come often.
    mutating func client() -> String {
        // The same place in the order always gives the same address.
        var mixed = UInt64(rank(120_000)) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 29
        mixed = mixed &* 0xBF58_476D_1CE4_E5B9
        return "\(20 + mixed >> 8 % 180).\(mixed >> 20 & 255).\(mixed >> 30 & 255).\(1 + mixed >> 40 % 254)"
    }
}
