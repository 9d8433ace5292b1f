import Foundations
import Model
import TestSupport
import Testing

@testable import MetricStore

/// Random runs of everything against the plain model.
@Suite struct ModelPropertyTests {
    /// What a cursor over a part of a scan's range reads.
    private static func series(_ scan: any MetricScan, _ start: Int64, _ end: Int64) throws -> [Series] {
        let cursor = scan.makeCursor(from: start, through: end)
        var series: [Series] = []
        for (index, labels) in scan.labels.enumerated() {
            try cursor.read(index) { view in
                guard view.sampleCount > 0 else { return }
                series.append(Series(labels: labels, timestamps: Array(view.timestamps), values: Array(view.values), histograms: view.histograms))
            }
        }
        #expect(cursor.figures.samples == series.reduce(0) { $0 + $1.sampleCount })
        return series
    }

    @Test(arguments: 0..<24)
    func storeEqualsThePlainModelAfterEachStep(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let fileSystem = SimulatedFileSystem(seed: UInt64(seed))
        let clock = ManualClock(milliseconds: baseMilliseconds + 1000 * hour)
        let options = testOptions {
            $0.segmentBytesMax = 4096
            $0.checkpointLogBytes = 8192
            $0.mergedBlockMilliseconds = seed % 2 == 0 ? [4 * hour, 12 * hour] : [6 * hour]
        }
        var plain = PlainStore()
        var time = baseMilliseconds
        var store = try MetricStore.open(directory: "/data", fileSystem: fileSystem, clock: clock, options: options)
        for step in 0..<60 {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<12:
                let batch = Self.batch(&time, &generator)
                plain.append(batch, windowMilliseconds: options.outOfOrderWindowMilliseconds)
                _ = try await store.append(batch)
            case 12:
                let (matchers, start, end) = Self.range(time, &generator)
                plain.delete(matchers, start, end)
                try await store.delete(matchers, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))
            case 13: try await store.maintain()
            case 14: try await store.checkpoint()
            case 15:
                await store.close()
                store = try MetricStore.open(directory: "/data", fileSystem: fileSystem, clock: clock, options: options)
            case 16: time += Int64.random(in: 0...5 * hour, using: &generator)
            default:
                let (matchers, start, end) = Self.range(time, &generator)
                let found = try await store.all(matchers, from: start, through: end)
                try #require(areSame(found, plain.select(matchers, start, end)), "step \(step): \(matchers) from \(start) through \(end)")
                let scan = try await store.scan(MetricQuery(matchers: matchers, start: .distantPast, end: .distantFuture))
                try #require(areSame(try Self.series(scan, start, end), found), "step \(step): a cursor of \(matchers) from \(start) through \(end)")
            }
            if step % 5 == 0 {
                let found = try await store.all()
                try #require(areSame(found, plain.select([], .min, .max)), "step \(step)")
            }
        }
        let tick = MetricBatch.one(["__name__": "tick"], time + 10 * hour, 1)
        plain.append(tick, windowMilliseconds: options.outOfOrderWindowMilliseconds)
        _ = try await store.append(tick)
        try await store.maintain()
        #expect(store.statistics().blockCount > 0)
        #expect(store.statistics().headSamples == 1)
        let blocks = store.store.catalog.withLock { $0.blocks }
        #expect(blocks.contains { $0.footer.merged != nil })
        for block in blocks { try block.verify() }
        #expect(areSame(try await store.all(), plain.select([], .min, .max)))
        #expect(store.statistics().damagedTotal == 0)
        await store.close()
        store = try MetricStore.open(directory: "/data", fileSystem: fileSystem, clock: clock, options: options)
        #expect(areSame(try await store.all(), plain.select([], .min, .max)))
        await store.close()
    }

    /// Some series with samples that mostly go on, sometimes come late, twice, or again with another value.
    static func batch(_ time: inout Int64, _ generator: inout SeededGenerator) -> MetricBatch {
        var batch = MetricBatch()
        time += Int64.random(in: 0...600_000, using: &generator)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let labels = Labels.test(["cpu", "memory", "up"].randomElement(using: &generator)!, Int.random(in: 0..<4, using: &generator))
            var entry = MetricBatch.Entry(labels: labels)
            if Int.random(in: 0..<5, using: &generator) == 0 {
                for offset in 0..<Int64.random(in: 1...3, using: &generator) { entry.histograms.append(Adversarial.histogram(time + offset, &generator)) }
            } else {
                for _ in 0..<Int.random(in: 1...40, using: &generator) {
                    let isLate = Int.random(in: 0..<4, using: &generator) == 0
                    let timestamp = isLate ? time - Int64.random(in: 0...200, using: &generator) * 30_000 : time
                    entry.samples.append(Sample(timestamp: timestamp, value: Adversarial.float(&generator)))
                    if !isLate { time += Int64([0, 1000, 10_000, 15_000].randomElement(using: &generator)!) }
                }
            }
            batch.entries.append(entry)
        }
        return batch
    }

    static func range(_ time: Int64, _ generator: inout SeededGenerator) -> (matchers: [Matcher], start: Int64, end: Int64) {
        let matchers: [[Matcher]] = [
            [Matcher("__name__", equals: "cpu")], [try! Matcher("instance", .notEqual, "host-1")], [try! Matcher("job", .regex, "api|web")],
            [try! Matcher("instance", .notRegex, "host-[12]"), Matcher("job", equals: "db")], [Matcher("missing", equals: "")],
        ]
        let start = time - Int64.random(in: 0...10 * hour, using: &generator)
        return (matchers.randomElement(using: &generator)!, start, start + Int64.random(in: 0...3 * hour, using: &generator))
    }
}
