import Foundations
import Model
import PromQL
import Testing

@Suite struct EnginePropertyTests {
    static func randomData(seed: UInt64) -> MemoryMetricReader {
        var random = SeededGenerator(seed: seed)
        let reader = MemoryMetricReader()
        for name in ["a_total", "b_total", "c", "h"] {
            for x in 1...3 {
                for y in ["p", "q"] where Bool.random(using: &random) || x == 1 {
                    var series = Series(labels: ["__name__": name, "x": "\(x)", "y": y])
                    var value = 0.0
                    var timestamp = Int64.random(in: 0..<30_000, using: &random)
                    while timestamp < 1_200_000 {
                        value += Double(Int.random(in: 0...20, using: &random))
                        switch Int.random(in: 0..<40, using: &random) {
                        case 0: value = 0
                        case 1: series.append(timestamp, StaleMarker.value)
                        case 2: series.append(timestamp, .nan)
                        case 3: timestamp += 400_000
                        case _ where name == "h" || (name == "c" && x == 3):
                            series.histograms.append(
                                HistogramSample(
                                    timestamp: timestamp,
                                    histogram: FloatHistogram(
                                        schema: x == 2 ? 1 : 0, zeroThreshold: 0.001, zeroCount: 1, count: value + 1, sum: value * 2,
                                        positiveSpans: [.init(offset: 0, length: 2)], positiveBuckets: [value / 2, value / 2])))
                        default: series.append(timestamp, value)
                        }
                        timestamp += Int64.random(in: 10_000...40_000, using: &random)
                    }
                    reader.append(series)
                }
            }
        }
        return reader
    }

    /// The columns of a range query against one instant query for each of its steps.
    @Test(arguments: 0..<8 as Range<UInt64>, [EngineOptions.NameRemoval.immediate, .delayed])
    func aRangeQueryIsAnInstantQueryAtEachStep(seed: UInt64, nameRemoval: EngineOptions.NameRemoval) async throws {
        let engine = Engine(reader: Self.randomData(seed: seed), options: EngineOptions(nameRemoval: nameRemoval))
        var generator = ExpressionGenerator(seed: 500 + seed)
        for _ in 0..<30 {
            let query = generator.vector(3)
            let (start, end, step): (Int64, Int64, Int64) = (100_000, 1_300_000, 75_000)
            var fromInstants: [Int64: [Labels: MetricValue]] = [:]
            var instantFailure: String?
            for moment in stride(from: start, through: end, by: Int64.Stride(step)) {
                do {
                    guard case .vector(let elements) = try await engine.instant(query, at: Timestamp(milliseconds: moment)).value else { continue }
                    for element in elements { fromInstants[moment, default: [:]][element.labels] = element.value }
                } catch { instantFailure = "\(error)" }
            }
            do {
                let result = try await engine.range(query, start: .init(milliseconds: start), end: .init(milliseconds: end), stepMilliseconds: step)
                #expect(instantFailure == nil, "\(query)")
                guard case .matrix(let all) = result.value else { continue }
                for series in all {
                    for (moment, value) in series.points { expectSame(fromInstants[moment]?.removeValue(forKey: series.labels), value, query, moment, series.labels) }
                }
                for (moment, left) in fromInstants { #expect(left.isEmpty, "\(query) at \(moment)") }
            } catch { #expect(instantFailure != nil, "\(query): \(error)") }
        }
    }

    private func expectSame(_ left: MetricValue?, _ right: MetricValue, _ query: String, _ moment: Int64, _ labels: Labels) {
        guard case .float(let a)? = left, case .float(let b) = right else {
            #expect(left.map { "\($0)" } == "\(right)", "\(query) at \(moment) of \(labels)")
            return
        }
        let isNear = a == b || (a.isNaN && b.isNaN) || (a - b).magnitude <= 1e-9 * max(a.magnitude, b.magnitude, 1e-9)
        #expect(isNear, "\(query) at \(moment) of \(labels): \(a) alone, \(b) in the range")
    }
}

extension Series {
    mutating func append(_ timestamp: Int64, _ value: Double) {
        timestamps.append(timestamp)
        values.append(value)
    }

    var points: [(Int64, MetricValue)] {
        zip(timestamps, values).map { ($0, .float($1)) } + histograms.map { ($0.timestamp, .histogram($0.histogram)) }
    }
}
