import Foundations
import Model
import Testing

@testable import Wire

/// OpenMetrics text in pieces, and back.
@Suite struct OpenMetricsTests {
    /// Keeps what is read, in order.
    final class Gathered: OpenMetricsReceiver {
        var labels: [Labels] = []
        var lines: [String] = []
        var values: [UInt64] = []
        var histograms: [HistogramSample] = []
        var exemplars: [Exemplar] = []
        var metadata: [String: Metadata] = [:]
        var refusedCount = 0

        func series(_ labels: Labels) -> UInt32? {
            if labels["refused"] != nil { return nil }
            if let known = self.labels.firstIndex(of: labels) { return UInt32(known) }
            self.labels.append(labels)
            return UInt32(self.labels.count - 1)
        }
        func sample(_ series: UInt32, _ timestamp: Int64, _ value: Double) {
            lines.append("\(labels[Int(series)]) \(timestamp)")
            values.append(value.bitPattern)
        }
        func histogram(_ series: UInt32, _ sample: HistogramSample) { histograms.append(sample) }
        func exemplar(_ series: UInt32, _ exemplar: Exemplar) { exemplars.append(exemplar) }
        func refused(_ labels: Labels) { refusedCount += 1 }
        func metadata(_ family: String, _ metadata: Metadata) { self.metadata[family] = metadata }
    }

    static func read(_ text: String, pieceBytes: Int = 1 << 20, times: OpenMetricsTimes = .seconds) throws -> Gathered {
        let gathered = Gathered()
        var stream = OpenMetricsStream(times: times)
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            try bytes[start..<min(start + pieceBytes, bytes.count)].withUnsafeBytes { try stream.read($0, into: gathered) }
            start += pieceBytes
        }
        try stream.finish(into: gathered)
        return gathered
    }

    static let text = """
        # TYPE http_requests counter
        # HELP http_requests Requests, \\"all\\" of them\\nand \\\\ more.
        http_requests_total{code="200",path="/a\\"}{ \\\\"} 12 1.5
        http_requests_total{code="200",path="/a\\"}{ \\\\"} 1e3 2 # {trace_id="abc"} 0.5 1.9
        # TYPE temp_celsius gauge
        # UNIT temp_celsius celsius
        temp_celsius -0 1700000000.001
        temp_celsius{} NaN 1700000001
        temp_celsius +Inf 1700000002
        temp_celsius -Inf 1700000002.1
        temp_celsius naN 1700000003
        temp_celsius NaN 1700000004 # {__nan__="7ff80000deadbeef"} NaN
        {"a.b", "c d"="e"} 0.1 -1.25
        {__name__="dumped", x="y"} 5 6
        nh {count:3,sum:nan(7ff0000000000002),schema:3,zero_threshold:0.001,zero_count:1,negative_spans:[],negative_buckets:[],positive_spans:[-1:1,2:1],positive_buckets:[1,1],counter_reset:gauge,integer:true} 7
        # EOF

        """

    @Test(arguments: [1, 2, 3, 7, 64, 1 << 20]) func piecesOfAnySizeGiveTheSame(_ pieceBytes: Int) throws {
        let read = try Self.read(Self.text, pieceBytes: pieceBytes)
        #expect(read.lines == [
            #"http_requests_total{code="200", path="/a\"}{ \\"} 1500"#, #"http_requests_total{code="200", path="/a\"}{ \\"} 2000"#,
            "temp_celsius 1700000000001", "temp_celsius 1700000001000", "temp_celsius 1700000002000", "temp_celsius 1700000002100",
            "temp_celsius 1700000003000", "temp_celsius 1700000004000", #"{"a.b", "c d"="e"} -1250"#, #"dumped{x="y"} 6000"#,
        ])
        let expected: [Double] = [12, 1000, -0.0, StaleMarker.ordinaryNaN, .infinity, -.infinity, StaleMarker.value, Double(bitPattern: 0x7FF8_0000_DEAD_BEEF), 0.1, 5]
        #expect(read.values == expected.map(\.bitPattern))
        #expect(read.exemplars == [Exemplar(labels: ["trace_id": "abc"], sample: Sample(timestamp: 1900, value: 0.5))])
        #expect(read.metadata["http_requests"] == Metadata(kind: .counter, help: "Requests, \"all\" of them\nand \\ more."))
        #expect(read.metadata["temp_celsius"] == Metadata(kind: .gauge, unit: "celsius"))
        let histogram = try #require(read.histograms.first)
        #expect(histogram.timestamp == 7000 && histogram.isInteger && histogram.histogram.counterReset == .gauge && histogram.histogram.positiveSpans.count == 2)
        #expect(histogram.histogram.sum.bitPattern == StaleMarker.bitPattern)
    }

    @Test(arguments: [
        ("a 1 2\n", "line 2, column 1: the text doesn't end"), ("a 1 2\nb{x=1} 1 2\n# EOF\n", "line 2, column 5: the value of the label"),
        ("a 1\n# EOF\n", "line 1, column 4: a time belongs"), ("a x 1\n# EOF\n", "line 1, column 4: the value \"x\""), ("a 1 2 3\n# EOF\n", "line 1, column 7: something follows"),
        ("# EOF\na 1 2\n", "line 2, column 1: something follows # EOF"), ("\u{1}\n# EOF\n", "without a metric name"), ("a{x=\"1\",x=\"2\"} 1 2\n# EOF\n", "stands twice"),
        ("a 1 1e300\n# EOF\n", "out of range"), ("a {count:1} 2\n# EOF\n", "needs count and sum"), ("a {sum:1,sum:2} 2\n# EOF\n", "stands twice"), ("a {c:2\n# EOF\n", "no member"),
        ("# TYPE a nonsense\n# EOF\n", "line 1"), ("a 1 2 # x\n# EOF\n", "exemplar's labels"),
    ])
    func errorsNameLineAndColumn(_ text: String, _ words: String) {
        #expect { try Self.read(text) } throws: { "\($0)".contains(words) }
    }

    @Test func brokenUTF8IsAnErrorOfItsLine() {
        let gathered = Gathered()
        var stream = OpenMetricsStream()
        let bytes = Array("a 1 2\nb{x=\"".utf8) + [0xFF] + Array("\"} 1 2\n".utf8)
        #expect { try bytes.withUnsafeBytes { try stream.read($0, into: gathered) } } throws: { "\($0)".contains("line 2, column 1: the line is not valid UTF-8") }
        #expect(gathered.lines.count == 1)
    }

    @Test func millisecondsAreForTheOlderFormat() throws {
        #expect(try Self.read("{__name__=\"up\", job=\"x\"} 1 1700000000001\n", times: .milliseconds).lines == [#"up{job="x"} 1700000000001"#])
        #expect { try Self.read("a 1 1.5\n", times: .milliseconds) } throws: { "\($0)".contains("whole milliseconds") }
    }

    @Test func refusedSeriesAreCountedEachTime() throws {
        let read = try Self.read("a{refused=\"1\"} 1 2\na{refused=\"1\"} 1 3\nb 1 2\n# EOF\n")
        #expect(read.refusedCount == 2 && read.lines == ["b 2000"])
    }

    @Test func everyTimeIsKeptAndWhatPrometheusMakesOfItToo() throws {
        var generator = SeededGenerator(seed: 1)
        for index in 0..<20_000 {
            let time = index < 3000 ? 1_700_000_000_000 + Int64(index) : Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            let text = OpenMetricsWriter.seconds(time)
            // What Prometheus does with it.
            #expect(Int64(Double(text)! * 1000) == time, "\(text)")
        }
        for time in [0, 1, -1, 999, 1000, 1_700_000_000_001, 253_402_300_799_999] as [Int64] {
            #expect(try Self.read("a 1 \(OpenMetricsWriter.seconds(time))\n# EOF\n").lines == ["a \(time)"])
        }
    }

    /// Whatever is written reads back bit for bit.
    @Test(arguments: [1, 2, 3] as [UInt64]) func whatIsWrittenReadsBack(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var writer = OpenMetricsWriter()
        var values: [UInt64] = []
        var lines: [String] = []
        for series in 0..<20 {
            let labels = Labels([(name: "__name__", value: series % 3 == 0 ? "uni.code \(series)" : "plain_\(series)"), (name: "l", value: "a\"\\\n\u{7F}{}ü\(series)")])
            writer.begin(labels)
            for step in 0..<50 {
                let value = Bool.random(using: &generator) ? Double(bitPattern: generator.next()) : [.nan, StaleMarker.value, -0.0, .infinity, 0.1, 1e22].randomElement(using: &generator)!
                let time = Int64(series) * 1_000_003 + Int64(step) * 777
                writer.sample(time, value)
                values.append(value.bitPattern)
                lines.append("\(labels) \(time)")
            }
        }
        writer.end()
        let read = try Self.read(String(decoding: writer.take(), as: UTF8.self), pieceBytes: 100)
        #expect(read.values == values)
        #expect(read.lines == lines)
    }
}
