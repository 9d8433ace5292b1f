import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

@Suite struct DownsamplingTests {
    let fileSystem = SimulatedFileSystem(seed: 1)
    let clock = ManualClock(milliseconds: baseMilliseconds + 30 * hour)

    func open(_ change: (inout MetricStoreOptions) -> Void) throws -> MetricStore {
        try MetricStore.open(
            directory: "/data", fileSystem: fileSystem, clock: clock,
            options: testOptions {
                $0.mergedBlockMilliseconds = [12 * hour]
                change(&$0)
            })
    }

    /// A gauge, a counter with resets, one that stands still and ends, and long fractions: a sample every ten seconds for twelve hours.
    static func fill(_ store: MetricStore) async throws {
        var generator = SeededGenerator(seed: 4)
        var gauge = 50
        var counter = 0
        var entries = (0..<4).map { MetricBatch.Entry(labels: .test("cpu", $0), samples: []) }
        for step in 0..<4320 {
            let timestamp = baseMilliseconds + Int64(step) * 10_000
            gauge += Int.random(in: -2...2, using: &generator)
            counter = Int.random(in: 0..<900, using: &generator) == 0 ? 0 : counter + Int.random(in: 0...4096, using: &generator)
            entries[0].samples.append(Sample(timestamp: timestamp, value: Double(gauge) / 10))
            entries[1].samples.append(Sample(timestamp: timestamp, value: Double(counter)))
            if step < 3000 { entries[2].samples.append(Sample(timestamp: timestamp, value: step == 2999 ? StaleMarker.value : 7.5)) }
            entries[3].samples.append(Sample(timestamp: timestamp, value: Double.random(in: 0...1, using: &generator)))
        }
        _ = try await store.append(MetricBatch(entries: entries))
        _ = try await store.append(.one(.test("tick", 0), baseMilliseconds + 16 * hour, 1))
        try await store.maintain()
    }

    func merged(_ store: MetricStore) throws -> BlockReader {
        try #require(store.store.catalog.withLock { $0.blocks.first { $0.footer.merged != nil } })
    }

    /// The same figures; sums of decimals are nearer to the truth than those of floats.
    static func areSame(_ one: SampleSummary, _ other: SampleSummary) -> Bool {
        var one = one
        if abs(one.sum - other.sum) <= max(1, abs(other.sum)) * 1e-9 { one.sum = other.sum }
        if one.resetCorrection.isNaN { one.resetCorrection = other.resetCorrection }
        return one == other
    }

    static func plain(_ samples: SampleColumns, _ range: Range<Int>) -> SampleSummary? {
        var drops = 0
        return samples.timestamps[range].withUnsafeBufferPointer { times in
            samples.values[range].withUnsafeBufferPointer { SampleSummary(times, $0, drops: &drops) }
        }
    }

    @Test func summariesAndStepsSayWhatTheSamplesSay() async throws {
        let store = try open { $0.fiveMinuteRetentionMilliseconds = nil }
        try await Self.fill(store)
        let block = try merged(store)
        try block.verify()
        #expect(block.seriesCount == 4)
        for number in 0..<4 as Range<UInt32> {
            let series = try block.entry(of: number)
            let part = try #require(series.parts.first)
            #expect(series.parts.count == 1)
            let samples = try block.samples(part)
            if let summaries = try block.summaries(of: part) {
                #expect(summaries.count == (samples.count + part.sliceSamples - 1) / part.sliceSamples)
                for (index, summary) in summaries.enumerated() {
                    let start = index * part.sliceSamples
                    let expected = try #require(Self.plain(samples, start..<min(start + part.sliceSamples, samples.count)))
                    #expect(Self.areSame(summary, expected))
                }
            }
            for resolution in Resolution.allCases {
                let steps = try #require(try block.downsampled(of: number, resolution))
                var start = 0
                for step in steps {
                    let end = resolution.end(of: samples.timestamps[start])
                    let next = samples.timestamps.lowerBound { $0 <= end }
                    #expect(Self.areSame(step, try #require(Self.plain(samples, start..<next))), "\(resolution) of series \(number)")
                    start = next
                }
                // Behind the last step are stale markers alone.
                #expect(samples.values[start...].allSatisfy { StaleMarker.isStale($0) })
            }
            var values = [Double](repeating: 0, count: 100)
            for start in [0, 1, 500, 1700, samples.count - 100] {
                try block.decodeValues(part, start..<(start + 100), to: &values)
                #expect(values.map(\.bitPattern) == samples.values[start..<(start + 100)].map(\.bitPattern))
            }
        }
        // A gauge's falls aren't resets, a counter's are.
        #expect(try block.downsampled(of: 0, .hour)?.first?.increase.isNaN == true)
        #expect(try block.downsampled(of: 1, .hour)?.allSatisfy { $0.increase >= 0 } == true)
        await store.close()
    }

    @Test func downsampledColumnsOutliveTheirSamples() async throws {
        var store = try open {
            $0.retentionMilliseconds = 48 * hour
            $0.hourRetentionMilliseconds = 1000 * hour
        }
        try await Self.fill(store)
        let steps = try merged(store).downsampled(of: 1, .hour)
        let before = try merged(store)
        #expect(steps?.count == 13)
        clock.advance(milliseconds: 100 * hour)
        try await store.maintain()
        let block = try merged(store)
        #expect(block.number > before.number)
        #expect(block.footer.contents == .hours)
        #expect(block.sizeBytes < before.sizeBytes / 10)
        #expect(try block.downsampled(of: 1, .hour) == steps)
        #expect(try block.entry(of: 1).parts.isEmpty)
        // Of each step its last sample is left.
        let left = try await store.all()
        #expect(left.map(\.labels) == (0..<4).map { .test("cpu", $0) } + [.test("tick", 0)])
        #expect(left[1].timestamps == steps?.map(\.lastTimestamp) && left[1].values == steps?.map(\.last))
        await store.close()
        // Opened again, it stays so; when the figures are too old as well, they go.
        store = try open {
            $0.retentionMilliseconds = 48 * hour
            $0.hourRetentionMilliseconds = 1000 * hour
        }
        try await store.maintain()
        #expect(try merged(store).number == block.number)
        #expect(try MetricStore.check(directory: "/data", fileSystem: fileSystem) == [])
        clock.advance(milliseconds: 2000 * hour)
        try await store.maintain()
        #expect(store.statistics().blockCount == 0, "\(store.store.catalog.withLock { $0.blocks.map(\.footer) })")
        await store.close()
    }

    @Test func columnsOfMergedBlocksAreSmall() throws {
        var generator = SeededGenerator(seed: 9)
        var gauge = 50
        let column = (0..<4320).map { _ -> Double in
            gauge += [0, 0, 0, 0, 1, -1, 1, -1, 2, -2].randomElement(using: &generator)!
            return Double(gauge)
        }
        var fast: [UInt8] = []
        FloatColumn.encode(column, into: &fast)
        var small: [UInt8] = []
        FloatColumn.encode(column, .small, into: &small)
        // The entropy is 2.12 bits a value.
        #expect(small.count * 8 < 4320 * 23 / 10)
        #expect(fast.count * 8 > 4320 * 29 / 10)
        var rare: [UInt8] = []
        FloatColumn.encode((0..<4320).map { Double($0 / 400) }, .small, into: &rare)
        #expect(rare.count < 40)
    }
}
