import Foundations
import TestSupport
import Testing

@testable import nightjar_bench

struct ReportTests {
    private func reply(_ series: String) -> MatrixReply? {
        MatrixReply(Array(#"{"status":"success","data":{"resultType":"matrix","result":[\#(series)]}}"#.utf8))
    }

    @Test func aMatrixIsReadPointByPoint() throws {
        let read = try #require(reply(#"{"metric":{"b":"2","a":"1"},"values":[[1.5,"3"],[2,"NaN"],[3,"+Inf"]]},{"metric":{},"values":[[1,"-0"]]}"#))
        #expect(read.pointCount == 4)
        let points = try #require(read.series["a=1,b=2"])
        #expect(points.map(\.milliseconds) == [1500, 2000, 3000] && points[0].value == 3 && points[1].value.isNaN && points[2].value == .infinity)
        #expect(read.series[""]?[0].value.sign == .minus)
    }

    @Test func brokenAnswersAreRefused() {
        #expect(MatrixReply(Array(#"{"status":"error"}"#.utf8)) == nil)
        #expect(reply(#"{"metric":{"a":"1"},"values":[[1,"x"]]}"#) == nil)
        #expect(reply(#"{"metric":{"a":"1"#) == nil)
    }

    @Test func answersDifferByMoreThanTheToleranceOrByMissingPoints() throws {
        let base = try #require(reply(#"{"metric":{"a":"1"},"values":[[1,"3"],[2,"NaN"]]}"#))
        #expect(AnswerComparison(try #require(reply(#"{"metric":{"a":"1"},"values":[[1,"3.0000000001"],[2,"NaN"]]}"#)), with: base).isEqual)
        #expect(AnswerComparison(try #require(reply(#"{"metric":{"a":"1"},"values":[[1,"3.1"],[2,"NaN"]]}"#)), with: base).different == 1)
        #expect(AnswerComparison(try #require(reply(#"{"metric":{"a":"1"},"values":[[1,"3"]]}"#)), with: base).unmatched == 1)
        #expect(AnswerComparison(try #require(reply(#"{"metric":{"b":"1"},"values":[[1,"3"]]}"#)), with: base).unmatched == 3)
    }

    @Test func picksAreComparedByTheirValues() throws {
        let left = try #require(reply(#"{"metric":{"a":"1"},"values":[[1,"3"]]},{"metric":{"a":"2"},"values":[[1,"4"]]}"#))
        let right = try #require(reply(#"{"metric":{"a":"9"},"values":[[1,"4"]]},{"metric":{"a":"2"},"values":[[1,"3"]]}"#))
        #expect(!AnswerComparison(left, with: right).isEqual && AnswerComparison(left.ranked, with: right.ranked).isEqual)
    }

    @Test func onePartOfTheDocumentIsReplacedAndTheRestStays() throws {
        let folder = TemporaryDirectory()
        let path = Paths.join(folder.path, "Benchmarks.md")
        let (servers, modules) = (BenchmarksDocument.Part.servers, BenchmarksDocument.Part.modules)
        let whole = "# A\n\(servers.begin)old\n\(servers.end)middle\n\(modules.begin)kept\n\(modules.end)end\n"
        try RealFileSystem().replace(path, with: Array(whole.utf8))
        let document = BenchmarksDocument(path: path)
        try document.replace(.servers, with: "new")
        try document.replace(.servers, with: "newer")
        let text = String(decoding: try RealFileSystem().readAll(path, bytesMax: 1 << 16), as: UTF8.self)
        #expect(text == "# A\n\(servers.begin)\nnewer\n\n\(servers.end)middle\n\(modules.begin)kept\n\(modules.end)end\n")
        try RealFileSystem().replace(path, with: Array("# A\n".utf8))
        #expect(throws: BenchError.self) { try document.replace(.servers, with: "new") }
    }

    @Test func aGoalIsMetOnTheRightSideOfItsTarget() {
        var results = Results()
        let rows = IngestRows(section: "TSBS-like")
        results[rows.rate, "Nightjar"] = .figures([4e6])
        results[rows.bytesPerSample, "Nightjar"] = .remarked(0.7, "")
        results[rows.bytesPerSample, "Other"] = .remarked(0.65, "")
        results[PodStage.ready, "Nightjar"] = .missing("it fell over")
        let table = Goals(results: results, nightjar: "Nightjar", peers: ["Other"], scale: 1).table
        let lines = table.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.contains("remote write 1.0") && $0.contains("4.00 M") && $0.contains("| met") })
        #expect(lines.contains { $0.contains("bytes per sample") && $0.contains("0.650 (Other)") && $0.contains("**not met**") })
        #expect(lines.contains { $0.contains("ready after") && $0.contains("not measured: it fell over") })
    }

    @Test func figuresOfSeveralRunsShowTheMedianAndTheRange() {
        #expect(Cell.figures([3, 1, 2]).text(.milliseconds) == "2.0 ms (1.0 ms to 3.0 ms)")
        #expect([4.0, 1, 2, 3].median == 2.5 && [Double]().median.isNaN)
        #expect(grouped(13_100) == "13,100" && grouped(-999) == "-999")
    }
}
