import Foundations
import Model
import TestSupport
import Testing

@testable import Wire

/// What another Prometheus is given to scrape, in the three formats.
struct FederationTests {
    @Test(arguments: [
        ("", ExpositionFormat(.text)), ("*/*", ExpositionFormat(.text)), ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", ExpositionFormat(.text)),
        ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", ExpositionFormat(.openMetrics)),
        ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6", ExpositionFormat(.text, escaping: .allowed)),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;q=0.3", ExpositionFormat(.protobuf)),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", ExpositionFormat(.text)), ("application/json", ExpositionFormat(.text)),
        ("application/openmetrics-text; version=2.0.0, text/plain; q=0.1", ExpositionFormat(.text)),
    ])
    func theFormatIsNegotiated(accept: String, format: ExpositionFormat) { #expect(ExpositionFormat(accept: accept) == format) }

    private static let exponential = FloatHistogram(
        schema: 1, zeroThreshold: 0.5, zeroCount: 1, count: 6, sum: 7.5, positiveSpans: [.init(offset: 0, length: 2)], positiveBuckets: [2, 3])
    private static let custom = FloatHistogram(
        schema: FloatHistogram.customBucketsSchema, count: 6, sum: 7.5, positiveSpans: [.init(offset: 1, length: 2)], positiveBuckets: [2, 4], customValues: [0.5, 1, 2.5])

    private static let samples = [
        FederatedSample(labels: ["__name__": "a_total", "instance": "x"], timestamp: 1_435_781_451_781, value: .float(1.5)),
        FederatedSample(labels: ["__name__": "a_total", "job": "q\"\n"], timestamp: 1_435_781_451_000, value: .float(.infinity)),
        FederatedSample(labels: ["__name__": "b.c", "instance": "x", "d e": "1"], timestamp: 1000, value: .float(2)),
        FederatedSample(labels: ["__name__": "h", "instance": "x"], timestamp: 2000, value: .histogram(exponential)),
        FederatedSample(labels: ["__name__": "n", "instance": "x"], timestamp: 3000, value: .histogram(custom)),
    ]

    private func text(_ format: ExpositionFormat) -> String { String(decoding: Exposition.federate(Self.samples, as: format), as: UTF8.self) }

    @Test func textHasTimesAndAnInstanceOfItsOwn() {
        #expect(
            text(ExpositionFormat(.text)) == """
                # TYPE a_total untyped
                a_total{instance="x"} 1.5 1435781451781
                a_total{job="q\\"\\n",instance=""} +Inf 1435781451000
                # TYPE b_c untyped
                b_c{d_e="1",instance="x"} 2 1000
                # TYPE h histogram
                h_bucket{instance="x",le="+Inf"} 6 2000
                h_sum{instance="x"} 7.5 2000
                h_count{instance="x"} 6 2000
                # TYPE n histogram
                n_bucket{instance="x",le="0.5"} 0 3000
                n_bucket{instance="x",le="1"} 2 3000
                n_bucket{instance="x",le="2.5"} 6 3000
                n_bucket{instance="x",le="+Inf"} 6 3000
                n_sum{instance="x"} 7.5 3000
                n_count{instance="x"} 6 3000

                """)
    }

    @Test func openMetricsHasSecondsAndAnEnd() throws {
        let text = text(ExpositionFormat(.openMetrics, escaping: .allowed))
        #expect(text.hasPrefix("# TYPE a_total unknown\na_total{instance=\"x\"} 1.5 1435781451.781\n") && text.hasSuffix("\n# EOF\n"))
        #expect(text.contains("# TYPE \"b.c\" unknown\n{\"b.c\",\"d e\"=\"1\",instance=\"x\"} 2 1.000\n"), "\(text)")
        let batch = try Array(text.utf8).withUnsafeBytes { try Exposition.parse($0, defaultTimestamp: Timestamp(milliseconds: 0)) }
        let read = try #require(batch.entries.first { $0.labels == Self.samples[2].labels })
        #expect(read.samples == [Sample(timestamp: 1000, value: 2)])
    }

    @Test func protobufKeepsNativeHistograms() throws {
        let bytes = Exposition.federate(Self.samples, as: ExpositionFormat(.protobuf))
        // Behind a tag each, the messages are one message's repeated field.
        var rest = bytes[...]
        var families: [[(number: UInt64, value: UInt64, bytes: [UInt8])]] = []
        while !rest.isEmpty {
            let count = Int(rest.first!) < 0x80 ? Int(rest.popFirst()!) : Int(rest.popFirst()! & 0x7F) | Int(rest.popFirst()!) << 7
            families.append(try ChunkReader.fields(Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        #expect(families.map { String(decoding: $0[0].bytes, as: UTF8.self) } == ["a_total", "b_c", "h", "n"])
        #expect(families.map { $0[1].value } == [3, 3, 4, 4])
        let metric = try ChunkReader.fields(families[2][2].bytes)
        let histogram = try ChunkReader.fields(try #require(metric.first { $0.number == 7 }).bytes)
        #expect(metric.first { $0.number == 6 }?.value == 2000)
        #expect(histogram.filter { $0.number == 14 }.map { Double(bitPattern: $0.value) } == [2, 3])
        #expect(histogram.first { $0.number == 5 }?.value == 2, "schema 1 as a zigzag")
        let buckets = try ChunkReader.fields(try #require(try ChunkReader.fields(families[3][2].bytes).first { $0.number == 7 }).bytes).filter { $0.number == 3 }
        #expect(buckets.count == 3)
    }
}
