import Foundations
import Model
import Testing

@testable import MetricStore

@Suite struct SummaryTests {
    static func summary(_ values: [Double]) -> SampleSummary? {
        let timestamps = values.indices.map { Int64($0) * 10 }
        var drops = 0
        return timestamps.withUnsafeBufferPointer { times in values.withUnsafeBufferPointer { SampleSummary(times, $0, drops: &drops) } }
    }

    @Test func aSummaryLeavesStaleMarkersOutAndMakesUpForResets() throws {
        let summary = try #require(Self.summary([StaleMarker.value, 5, 8, 2, StaleMarker.value, 4, 1, StaleMarker.value]))
        #expect(summary.firstTimestamp == 10 && summary.lastTimestamp == 60)
        #expect(summary.count == 5 && summary.staleCount == 3)
        #expect(summary.sum == 20 && summary.minimum == 1 && summary.maximum == 8)
        #expect(summary.first == 5 && summary.last == 1 && summary.resetCorrection == 12)
        #expect(summary.increase == 3 + 2 + 2 + 1)
        #expect(Self.summary([StaleMarker.value]) == nil)
    }

    @Test func aNaNIsInTheSumAlone() throws {
        let summary = try #require(Self.summary([.nan, 3, 7]))
        #expect(summary.sum.isNaN && summary.minimum == 3 && summary.maximum == 7 && summary.first.isNaN)
    }

    @Test(arguments: 0..<20)
    func joinedSummariesAreThoseOfTheWhole(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let values = (0..<100).map { _ in Double(Int.random(in: 0...9, using: &generator)) }
        let cut = Int.random(in: 1..<99, using: &generator)
        var joined = try #require(Self.summary(Array(values[..<cut])))
        var rest = try #require(Self.summary(Array(values[cut...])))
        rest.firstTimestamp += Int64(cut) * 10
        rest.lastTimestamp += Int64(cut) * 10
        joined.join(rest)
        #expect(joined == Self.summary(values))
    }

    @Test func aStepReachesFromBehindItsStartThroughItsEnd() {
        #expect(Resolution.fiveMinutes.end(of: 600_000) == 600_000)
        #expect(Resolution.fiveMinutes.end(of: 600_001) == 900_000)
        #expect(Resolution.hour.end(of: -1) == 0)
        #expect(Resolution.hour.end(of: .max) == .max)
    }
}
