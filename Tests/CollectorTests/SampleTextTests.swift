import Foundations
import Model
import TestSupport
import Testing

@testable import Collector

/// Samples written many at a time, beside one at a time.
@Suite struct SampleTextTests {
    private static func plainly(_ timestamps: [Int64], _ values: [Double]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for (timestamp, value) in zip(timestamps, values) { writer.sample(timestamp, value) }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func value(_ generator: inout SeededGenerator) -> Double {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: Double(bitPattern: generator.next())
        case 1: Double(Int.random(in: -1_000_000...1_000_000, using: &generator))
        case 2: Double(Int.random(in: -1_000_000_000...1_000_000_000, using: &generator)) / [10, 100, 1000, 1e4, 1e6, 1e7].randomElement(using: &generator)!
        case 3: Double.random(in: -1e6...1e6, using: &generator)
        case 4: Double(Int.random(in: 0...1000, using: &generator)) / 10 + 1e-13
        default: [0, -0.0, .nan, .infinity, -.infinity, 1e21, 1e-6, 9.99e-4, 0x1p52, 0x1p53, 0.1 + 0.2, 1 / 3, 999_999_999.5].randomElement(using: &generator)!
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func manySamplesAreWrittenAsEachAlone(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var writer = JSONWriter()
        var expected = ""
        var timestamps: [Int64] = []
        writer.beginArray()
        for round in 0..<12 {
            // Every other series has the timestamps of the one before.
            if round % 2 == 0 {
                let count = Int.random(in: 0...1500, using: &generator)
                timestamps = (0..<count).map { _ in Int64.random(in: -4_000_000_000_000...4_000_000_000_000, using: &generator) / [1, 1000].randomElement(using: &generator)! }
            }
            let values = timestamps.map { _ in Self.value(&generator) }
            writer.samples(timestamps, values)
            expected += (round > 0 ? "," : "") + Self.plainly(timestamps, values)
        }
        writer.endArray()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[\(expected)]")
    }

    @Test func theFurthestMomentsFit() {
        var writer = JSONWriter()
        writer.samples([.min, -1, 0, .max], [-1.2345678901234567e-300, -0.0000012345678901234567, 1, .greatestFiniteMagnitude])
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == Self.plainly([.min, -1, 0, .max], [-1.2345678901234567e-300, -0.0000012345678901234567, 1, .greatestFiniteMagnitude]))
    }
}
