import Foundations
import Model

@testable import MetricStore

/// What the store should hold, kept as plainly as can be: a dictionary of times for each series.
struct PlainStore {
    var floats: [Labels: [Int64: UInt64]] = [:]
    var histograms: [Labels: [Int64: HistogramSample]] = [:]
    var newest = Int64.min

    /// Takes what the store takes: nothing older than the window behind the newest sample of earlier batches.
    mutating func append(_ batch: MetricBatch, windowMilliseconds: Int64) {
        let oldest = newest == .min ? Int64.min : newest - windowMilliseconds
        for entry in batch.entries {
            for sample in entry.samples where sample.timestamp >= oldest {
                floats[entry.labels, default: [:]][sample.timestamp] = sample.value.bitPattern
                newest = max(newest, sample.timestamp)
            }
            for sample in entry.histograms where sample.timestamp >= oldest {
                histograms[entry.labels, default: [:]][sample.timestamp] = sample
                newest = max(newest, sample.timestamp)
            }
        }
    }

    mutating func delete(_ matchers: [Matcher], _ start: Int64, _ end: Int64) {
        for labels in Set(floats.keys).union(histograms.keys) where matchers.matches(labels) {
            floats[labels] = floats[labels]?.filter { $0.key < start || $0.key > end }
            histograms[labels] = histograms[labels]?.filter { $0.key < start || $0.key > end }
        }
    }

    func select(_ matchers: [Matcher], _ start: Int64, _ end: Int64) -> [Series] {
        var result: [Series] = []
        for labels in Set(floats.keys).union(histograms.keys) where matchers.matches(labels) {
            let histograms = (self.histograms[labels] ?? [:]).values.filter { $0.timestamp >= start && $0.timestamp <= end }
                .sorted { $0.timestamp < $1.timestamp }
            let taken = Set(histograms.map(\.timestamp))
            let times = (floats[labels] ?? [:]).keys.filter { $0 >= start && $0 <= end && !taken.contains($0) }.sorted()
            if times.isEmpty && histograms.isEmpty { continue }
            result.append(
                Series(labels: labels, timestamps: times, values: times.map { Double(bitPattern: floats[labels]![$0]!) }, histograms: histograms))
        }
        return result.sorted { $0.labels < $1.labels }
    }
}

/// The same series, times and bits.
func areSame(_ left: [Series], _ right: [Series]) -> Bool {
    left.count == right.count
        && zip(left, right).allSatisfy { one, other in
            one.labels == other.labels && one.timestamps == other.timestamps && one.values.map(\.bitPattern) == other.values.map(\.bitPattern)
                && haveSameBits(one.histograms, other.histograms)
        }
}

/// Equality of histograms by bits, which tells NaNs and zeros apart.
func haveSameBits(_ left: [HistogramSample], _ right: [HistogramSample]) -> Bool {
    func bits(_ histogram: FloatHistogram) -> [UInt64] {
        ([histogram.count, histogram.sum, histogram.zeroCount, histogram.zeroThreshold] + histogram.positiveBuckets + histogram.negativeBuckets
            + histogram.customValues).map(\.bitPattern)
    }
    return left.count == right.count
        && zip(left, right).allSatisfy { one, other in
            one.timestamp == other.timestamp && one.isInteger == other.isInteger && one.histogram.schema == other.histogram.schema
                && one.histogram.counterReset == other.histogram.counterReset && one.histogram.positiveSpans == other.histogram.positiveSpans
                && one.histogram.negativeSpans == other.histogram.negativeSpans && bits(one.histogram) == bits(other.histogram)
        }
}

/// Values that codecs get wrong.
enum Adversarial {
    static let floats: [Double] = [
        0, -0.0, 1, -1, 0.1, 0.30000000000000004, 0.3, 1e15, 1e16, 9_007_199_254_740_991, 9_007_199_254_740_992, 9_007_199_254_740_994, 1e22, 1e-9,
        1e300, -1e300, .infinity, -.infinity, .nan, -Double.nan, StaleMarker.value, StaleMarker.ordinaryNaN, Double(bitPattern: 0x7FF8_0000_DEAD_BEEF),
        Double(bitPattern: 0xFFF0_0000_0000_0001), .leastNonzeroMagnitude, .greatestFiniteMagnitude, .leastNormalMagnitude, 123.456, 4096, 65536.5,
        Double(Int64.max), Double(Int64.min), .pi,
    ]

    static func float(_ generator: inout SeededGenerator) -> Double {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: floats.randomElement(using: &generator)!
        case 1: Double(bitPattern: generator.next())
        case 2: Double(Int.random(in: -1000...1000, using: &generator)) / 10
        case 3: Double(Int.random(in: 0...1_000_000_000, using: &generator) * 4096)
        case 4: Double.random(in: -1...1, using: &generator)
        default: 42
        }
    }

    static func histogram(_ timestamp: Int64, _ generator: inout SeededGenerator) -> HistogramSample {
        let isInteger = Bool.random(using: &generator)
        func count() -> Double { isInteger ? Double(Int.random(in: 0...5000, using: &generator)) : float(&generator) }
        let positive = Int.random(in: 0...5, using: &generator)
        let negative = Int.random(in: 0...2, using: &generator)
        let isCustom = Int.random(in: 0..<5, using: &generator) == 0
        return HistogramSample(
            timestamp: timestamp,
            histogram: FloatHistogram(
                schema: isCustom ? FloatHistogram.customBucketsSchema : Int32.random(in: -4...8, using: &generator),
                counterReset: .init(rawValue: UInt8.random(in: 0...3, using: &generator))!, zeroThreshold: float(&generator), zeroCount: count(),
                count: count(), sum: float(&generator),
                positiveSpans: positive > 0 ? [.init(offset: Int32.random(in: -100...100, using: &generator), length: UInt32(positive))] : [],
                positiveBuckets: (0..<positive).map { _ in count() },
                negativeSpans: negative > 0 ? [.init(offset: 0, length: 1), .init(offset: 3, length: UInt32(negative - 1))] : [],
                negativeBuckets: (0..<negative).map { _ in count() }, customValues: isCustom ? [0.1, 1, .infinity] : []),
            isInteger: isInteger)
    }
}
