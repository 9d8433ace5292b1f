import Foundations
import Model
import Testing

@testable import Wire

@Suite struct ExpositionTests {
    @Test func textIsRead() throws {
        let text = """
            # HELP http_requests_total Requests,\\nby \\\\ code.
            # TYPE http_requests_total counter
            http_requests_total{code="200",path="/a\\"b\\\\c\\n"} 1027 1395066363000
            http_requests_total { code = "400" , }\t3

            # a comment
            up 1.5e-3
            nan NaN
            inf{le="+Inf"} -Inf\r
            {"dotted.name","a.b"="x"} 4
            """
        let batch = try Array(text.utf8).parseExposition()
        let expected: [(Labels, Int64, Double)] = [
            (["__name__": "http_requests_total", "code": "200", "path": "/a\"b\\c\n"], 1_395_066_363_000, 1027),
            (["__name__": "http_requests_total", "code": "400"], 7, 3), (["__name__": "up"], 7, 0.0015),
            (["__name__": "nan"], 7, StaleMarker.ordinaryNaN), (["__name__": "inf", "le": "+Inf"], 7, -.infinity),
            (["__name__": "dotted.name", "a.b": "x"], 7, 4),
        ]
        expectEqual(batch, MetricBatch(
            entries: expected.map { .init(labels: $0.0, samples: [Sample(timestamp: $0.1, value: $0.2)]) },
            metadata: ["http_requests_total": Metadata(kind: .counter, help: "Requests,\nby \\ code.")]))
    }

    @Test func openMetricsHasSecondsAndExemplars() throws {
        let text = """
            # TYPE foo histogram
            # UNIT foo seconds
            foo_bucket{le="1"} 8 1.5 # {trace_id="x"} 0.7 1.25
            foo_count 9 # {} 2
            # EOF

            """
        let batch = try Array(text.utf8).parseExposition()
        expectEqual(batch, MetricBatch(
            entries: [
                .init(labels: ["__name__": "foo_bucket", "le": "1"], samples: [Sample(timestamp: 1500, value: 8)],
                      exemplars: [Exemplar(labels: ["trace_id": "x"], sample: Sample(timestamp: 1250, value: 0.7))]),
                .init(labels: ["__name__": "foo_count"], samples: [Sample(timestamp: 7, value: 9)],
                      exemplars: [Exemplar(labels: [:], sample: Sample(timestamp: 7, value: 2))]),
            ], metadata: ["foo": Metadata(kind: .histogram, unit: "seconds")]))
    }

    @Test(arguments: [
        ("a 1\nb", "line 2"), ("a{ 1", "label's name"), ("a{x=1} 1", "isn't in quotes"), ("a{x=\"1} 1", "doesn't end"), ("a{x=\"1\" y=\"2\"} 1", "comma"),
        ("a 1 2 3", "something follows"), ("a 1 x", "milliseconds"), ("{x=\"1\"} 1", "without a metric name"), ("a{x=\"1\",x=\"2\"} 1", "stands twice"),
        ("# TYPE a thing", "not a type"), ("a zero", "not a number"), ("9a 1", "without a metric name"), ("a{__name__=\"b\"} 1", "stands twice"),
    ]) func brokenTextIsAnErrorWithItsLine(text: String, reason: String) {
        #expect { try Array(text.utf8).parseExposition() } throws: { "\($0)".contains(reason) && "\($0)".contains("line") }
    }

    @Test func changedTextNeverTraps() {
        let text = "# HELP a b\\n\n# TYPE a histogram\na_bucket{le=\"0.5\",x=\"é\\\"\"} 1 123\na_sum 0.25\n{\"q\",\"r\"=\"s\"} +Inf # {t=\"u\"} 1 2\n# EOF\n"
        attack(Array(text.utf8), seed: 31) { _ = try $0.parseExposition() }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let families = [
            ExpositionFamily(
                name: "requests_total", metadata: Metadata(kind: .counter, help: "All \\ of\nthem."),
                samples: [("", ["code": "a\"b\\\n"], 12), ("", [:], 0.1), ("", ["x": "y"], .infinity)]),
            ExpositionFamily(name: "took", metadata: Metadata(kind: .histogram), samples: [("_bucket", ["le": "+Inf"], 3), ("_sum", [:], 1e300)]),
            ExpositionFamily(name: "a.b", metadata: Metadata(kind: .gauge), samples: [("", ["c.d": "e"], -5)]),
        ]
        let bytes = Exposition.write(families)
        #expect(String(decoding: bytes, as: UTF8.self) == """
            # HELP requests_total All \\\\ of\\nthem.
            # TYPE requests_total counter
            requests_total{code="a\\"b\\\\\\n"} 12
            requests_total 0.1
            requests_total{x="y"} +Inf
            # TYPE took histogram
            took_bucket{le="+Inf"} 3
            took_sum 1e+300
            # TYPE "a.b" gauge
            {"a.b","c.d"="e"} -5

            """)
        let batch = try bytes.parseExposition()
        let written = families.flatMap { family in
            family.samples.map { MetricBatch.Entry(labels: $0.labels.setting("__name__", to: family.name + $0.suffix), samples: [Sample(timestamp: 7, value: $0.value)]) }
        }
        expectEqual(batch, MetricBatch(entries: written, metadata: Dictionary(uniqueKeysWithValues: families.map { ($0.name, $0.metadata) })))
    }
}
