import Foundation
import Foundations

extension SeededGenerator {
    /// At least 0 and below 1.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double { range.lowerBound + (range.upperBound - range.lowerBound) * uniform() }

    /// One of 0 up to `count` - 1.
    mutating func index(below count: Int) -> Int { Int(next() % UInt64(count)) }

    /// Two independent draws of the standard normal distribution (Box and Muller 1958).
    mutating func normalPair() -> (Double, Double) {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        return (radius * cos(angle), radius * sin(angle))
    }
}
