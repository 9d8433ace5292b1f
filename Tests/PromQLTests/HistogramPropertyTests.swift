import Foundations
import Model
import PromQL
import Testing

/// What the functions of native histograms must have in common.
@Suite struct HistogramPropertyTests {
    private static func randomHistogram(_ random: inout SeededGenerator) -> FloatHistogram {
        func buckets(_ count: Int) -> [Double] { (0..<count).map { _ in Double(Int.random(in: 0...5, using: &random)) } }
        var histogram = FloatHistogram(schema: Int32.random(in: -1...3, using: &random))
        if Int.random(in: 0..<4, using: &random) == 0 {
            histogram.schema = FloatHistogram.customBucketsSchema
            histogram.customValues = [0.5, 1, 2, 5]
            histogram.positiveBuckets = [0] + buckets(3) + [0]
            histogram.positiveSpans = [.init(offset: 0, length: 5)]
        } else {
            histogram.zeroThreshold = 0.01
            histogram.zeroCount = Double(Int.random(in: 0...3, using: &random))
            histogram.positiveBuckets = buckets(6)
            histogram.positiveSpans = [.init(offset: -2, length: 3), .init(offset: 1, length: 3)]
            histogram.negativeBuckets = buckets(2)
            histogram.negativeSpans = [.init(offset: 0, length: 2)]
        }
        histogram.count = (histogram.positiveBuckets + histogram.negativeBuckets).reduce(histogram.zeroCount, +)
        histogram.sum = Double.random(in: -10...100, using: &random)
        return histogram
    }

    private func value(_ query: String, _ engine: Engine) async throws -> Double {
        guard case .vector(let elements) = try await engine.instant(query, at: Timestamp(milliseconds: 0)).value, case .float(let value)? = elements.first?.value
        else { return .nan }
        return value
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func quantilesFractionsAndTrimsAgree(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (first, second) = (Self.randomHistogram(&random), Self.randomHistogram(&random))
        let reader = MemoryMetricReader([
            Series(labels: ["__name__": "h", "x": "1"], histograms: [HistogramSample(timestamp: 0, histogram: first)]),
            Series(labels: ["__name__": "g", "x": "1"], histograms: [HistogramSample(timestamp: 0, histogram: second)]),
        ])
        let engine = Engine(reader: reader)
        guard first.count > 0 else { return }
        for threshold in ["-1", "-0.3", "0.5", "0.7", "1", "3.3"] {
            let share = try await value("histogram_fraction(-Inf, \(threshold), h)", engine)
            let kept = try await value("histogram_count(h </ \(threshold)) / histogram_count(h)", engine)
            let cut = try await value("histogram_count(h >/ \(threshold)) / histogram_count(h)", engine)
            #expect((share - kept).magnitude < 1e-9, "below \(threshold) of \(first)")
            #expect((kept + cut - 1).magnitude < 1e-9, "both sides of \(threshold) of \(first)")
        }
        for q in [0.1, 0.35, 0.5, 0.83] {
            let back = try await value("histogram_fraction(-Inf, scalar(histogram_quantile(\(q), h)), h)", engine)
            #expect((back - q).magnitude < 1e-9, "quantile \(q) of \(first)")
        }
        guard first.usesCustomBuckets == second.usesCustomBuckets else {
            #expect(try await engine.instant("h + g", at: Timestamp(milliseconds: 0)).warnings == ["PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)"])
            return
        }
        for statistic in ["count", "sum", "stdvar"] {
            let (left, right) = (try await value("histogram_\(statistic)(h + g)", engine), try await value("histogram_\(statistic)(g + h)", engine))
            #expect(left == right || (left - right).magnitude <= 1e-9 * left.magnitude || (left.isNaN && right.isNaN))
        }
        let rest = try await value("histogram_count(h + g - g)", engine)
        #expect((rest - first.count).magnitude < 1e-9)
    }
}
