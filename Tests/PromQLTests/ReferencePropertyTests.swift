import Foundations
import Model
import PromQL
import Testing

/// The engine against the reference, on random queries and data.
@Suite struct ReferencePropertyTests {
    /// What the reference has at a moment; nil where it can't tell.
    private func expected(_ expression: Expression, _ reference: ReferenceEvaluator, _ moment: Int64) -> Result<ReferenceEvaluator.Vector, ReferenceProblem>? {
        do {
            switch try reference.value(expression, at: moment) {
            case .scalar(let number): return .success([(Labels(), .float(number))])
            case .vector(let vector): return .success(try reference.unique(vector))
            }
        } catch ReferenceProblem.refused {
            return .failure(.refused)
        } catch {
            return nil
        }
    }

    private func difference(_ expected: ReferenceEvaluator.Vector, _ actual: [Labels: MetricValue]) -> String? {
        for element in expected {
            switch (element.sample, actual[element.labels]) {
            case (_, nil): return "\(element.labels) is missing, \(element.sample) expected"
            case (.float(let a), .float(let b)?): if !ReferenceNumber.areNear(a, b) { return "\(element.labels): \(a) expected, \(b)" }
            case (.histogram(let a), .histogram(let b)?):
                guard let b = ReferenceHistogram(b) else { return "\(element.labels): an odd histogram" }
                if !a.isNear(b) { return "\(element.labels): \(a) expected, \(b)" }
            case (_, let value?): return "\(element.labels): \(element.sample) expected, \(value)"
            }
        }
        let odd = actual.keys.first { labels in !expected.contains { $0.labels == labels } }
        return odd.map { "\($0) isn't expected" }
    }

    private static let moments: [Int64] = [100_000, 400_000, 700_000, 1_000_000, 1_300_000]

    @Test(arguments: 0..<16 as Range<UInt64>)
    func theEngineGivesWhatThePlainReferenceGives(seed: UInt64) async throws {
        let reader = EnginePropertyTests.randomData(seed: 7000 + seed)
        let engine = Engine(reader: reader, options: EngineOptions(nameRemoval: .immediate))
        let reference = ReferenceEvaluator(series: reader.all)
        var generator = ExpressionGenerator(seed: 9000 + seed)
        var compared = 0
        for _ in 0..<30 {
            let query = generator.vector(3)
            let expression = try PromQLParser.parse(query)
            var fromRange: [Int64: [Labels: MetricValue]] = [:]
            let range = try? await engine.range(
                expression, start: .init(milliseconds: Self.moments[0]), end: .init(milliseconds: Self.moments[4]), stepMilliseconds: 300_000)
            if case .matrix(let all)? = range?.value {
                for series in all { for (moment, value) in series.points { fromRange[moment, default: [:]][series.labels] = value } }
            }
            var failures = 0
            for moment in Self.moments {
                let actual = try? await engine.instant(expression, at: Timestamp(milliseconds: moment))
                if actual == nil { failures += 1 }
                guard let expected = expected(expression, reference, moment) else { continue }
                compared += 1
                switch (expected, actual?.value) {
                case (.failure, nil): #expect(range == nil, "\(query) fails at \(moment), but not as a range")
                case (.failure, _?): Issue.record("\(query) at \(moment) should fail")
                case (.success(let vector), .vector(let elements)?):
                    let problem = difference(vector, Dictionary(elements.map { ($0.labels, $0.value) }) { first, _ in first })
                    #expect(problem == nil, "\(query) at \(moment)")
                    if range != nil { #expect(difference(vector, fromRange[moment] ?? [:]) == nil, "\(query) at \(moment) of the range") }
                case (.success, let other): Issue.record("\(query) at \(moment): \(other.map { "\($0)" } ?? "failed")")
                }
            }
            // Each step of the range is one of the moments.
            #expect(range != nil || failures > 0, "\(query) fails as a range alone")
        }
        #expect(compared > 20)
    }
}
