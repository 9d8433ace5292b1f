import Foundations
import Model
import Testing

@testable import MetricStore

/// The structures that the head is made of, against plain ones.
@Suite struct HeadTests {
    static func labels(_ index: Int, _ generator: inout SeededGenerator) -> Labels {
        var pairs: [(name: String, value: String)] = [("__name__", "m\(index % 7)")]
        for name in ["instance", "job", "path", "zone", "aé"] where Bool.random(using: &generator) {
            pairs.append((name, "v\(Int.random(in: 0..<30, using: &generator))" + String(repeating: "x", count: Int.random(in: 0...140, using: &generator))))
        }
        return Labels(pairs)
    }

    static func labels(_ name: String) -> Labels { ["__name__": "\(name)"] }

    @Test(arguments: 0..<20) func chunksInThePoolHoldTheBitsOfAnOpenChunk(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var head = Head(blockMilliseconds: .max)
        let number = Self.labels("m").encoded.withUnsafeBytes { head.findOrAdd($0) }
        // Blocks of a run that was given up are taken again, and must be empty then.
        let other = Self.labels("n").encoded.withUnsafeBytes { head.findOrAdd($0) }
        for time in 0..<200 { head.append(other, Int64(time), generator.next()) }
        head.delete([], from: .min, through: .max)
        var plain = OpenChunk()
        var timestamp: Int64 = 1_700_000_000_000
        var value: UInt64 = 0
        for _ in 0..<256 {
            timestamp += [10_000, 10_000, 10_000, 10_001, 9_000, 1 << 33].randomElement(using: &generator)!
            if Int.random(in: 0..<3, using: &generator) == 0 { value = Adversarial.float(&generator).bitPattern }
            head.append(number, timestamp, value)
            plain.append(timestamp, value)
            #expect(head.view(number).open?.words == plain.sealed?.words)
        }
    }

    @Test func aSeriesThatRepeatsItselfTakesNoRoom() {
        var head = Head(blockMilliseconds: 1 << 40)
        let number = Self.labels("m").encoded.withUnsafeBytes { head.findOrAdd($0) }
        let value = (1.5).bitPattern
        for step in 0..<3000 { head.append(number, Int64(step) * 10_000, value) }
        #expect(head.view(number).closed.isEmpty)
        #expect(head.chunks.bytes <= 64)
        head.append(number, 3000 * 10_000, (2.5).bitPattern)
        #expect(head.view(number).closed.map(\.count) == [3000])
        let samples = head.view(number).samples(from: .min, through: .max)
        #expect(samples.timestamps == (0...3000).map { Int64($0) * 10_000 })
        #expect(samples.values == Array(repeating: 1.5, count: 3000) + [2.5])
    }

    @Test(arguments: 0..<10) func labelsComeBackAndAreOrderedAsTheirTextsAre(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var head = Head(blockMilliseconds: 7_200_000)
        var known: [Labels: UInt32] = [:]
        for index in 0..<400 {
            let labels = Self.labels(index, &generator)
            let number = labels.encoded.withUnsafeBytes { head.findOrAdd($0) }
            if let before = known[labels] { #expect(number == before) } else { #expect(Int(number) == known.count) }
            known[labels] = number
        }
        for (labels, number) in known { #expect(head.labels(of: number) == labels) }
        var numbers = Array(known.values)
        head.sort(&numbers, ranks: head.index.ranks())
        #expect(numbers.map { head.labels(of: $0) } == known.keys.sorted())
    }

    @Test func numberingAnewKeepsWhatHasData() throws {
        var generator = SeededGenerator(seed: 3)
        var head = Head(blockMilliseconds: 7_200_000)
        var kept: Set<Labels> = []
        for index in 0..<500 {
            let labels = Self.labels(index, &generator)
            let number = labels.encoded.withUnsafeBytes { head.findOrAdd($0) }
            if index % 3 == 0 {
                head.append(number, Int64(index), 7)
                kept.insert(labels)
            }
        }
        head.collectEmpty()
        #expect(head.seriesCount == kept.count)
        #expect(Set(head.matching([]).map { head.labels(of: $0) }) == kept)
        for labels in kept {
            let number = try #require(labels.encoded.withUnsafeBytes { head.find($0, hash: memoryHash($0)) })
            #expect(head.labels(of: number) == labels)
            #expect(head.sampleCount(number) >= 1)
        }
    }

    @Test(arguments: 0..<50) func runsOfLabelsAreJudgedAsLabelsAre(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for index in 0..<50 {
            var bytes = Self.labels(index, &generator).encoded
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8(truncatingIfNeeded: generator.next() & 0x9F)
            }
            if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0...3, using: &generator)) }
            bytes.withUnsafeBytes { #expect(LabelRun.isCanonical($0) == Labels.isCanonical($0)) }
        }
    }

    /// Every series is replaced every hour: what was replaced leaves memory with its block, and blocks don't grow with the past.
    @Test func seriesThatAreReplacedLeaveNothingBehind() async throws {
        let clock = ManualClock(milliseconds: baseMilliseconds)
        let store = try MetricStore.open(directory: "/churn", fileSystem: SimulatedFileSystem(seed: 1), clock: clock,
            options: testOptions { $0.mergedBlockMilliseconds = [] })
        let seriesPerHour = 60
        var blockBytes: [Int] = []
        for hours in 0..<48 {
            for minutes in stride(from: 0, to: 60, by: 10) {
                let time = baseMilliseconds + Int64(hours) * hour + Int64(minutes) * 60_000
                clock.advance(milliseconds: 600_000)
                _ = try await store.append(
                    MetricBatch(
                        entries: (0..<seriesPerHour).map { index in
                            .init(labels: ["__name__": "m", "pod": "pod-\(hours)-\(index)"], samples: [Sample(timestamp: time, value: Double(index))])
                        }))
            }
            try await store.maintain()
            let figures = store.statistics()
            // The block's two hours, its delay, and the hour that is being written.
            #expect(figures.headSeries <= 5 * seriesPerHour)
            #expect(store.store.head.withLock { $0.seriesCount } <= 6 * seriesPerHour)
            blockBytes = store.store.catalog.withLock { $0.blocks.map(\.sizeBytes) }
        }
        #expect(blockBytes.count >= 20)
        #expect(try #require(blockBytes.max()) <= 2 * (try #require(blockBytes.first)))
        // The index of a block knows the series of its own hours alone.
        let most = store.store.catalog.withLock { $0.blocks.map(\.seriesCount).max() ?? 0 }
        #expect(most <= 3 * seriesPerHour)
        await store.close()
    }
}
