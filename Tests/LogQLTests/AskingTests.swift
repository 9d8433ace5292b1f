import Foundations
import Model
import Testing

@testable import LogQL

private let records: [LogRecord] = (0..<120).map { index in
    let second = Int64(index) * 30
    let stream: Labels = index % 3 == 0 ? ["app": "shop", "service": "cart"] : ["app": "shop", "service": "web"]
    let text = index < 60 ? "GET /item/\(index) 200" : index % 2 == 0 ? "GET /item/\(index) 200" : "payment of order \(index) refused"
    return record(second, text, stream, level: text.contains("refused") ? .error : .info, fields: [LogField("status", .integer(index % 4 == 0 ? 503 : 200)), LogField("took", "\(index)ms")])
}
private let now = moment(3600)

private func ask(_ text: String, start: Int64 = 0, limit: Int = 1000, context: Int = 0) async throws -> LogFindings {
    let engine = LogEngine(reader: ListReader(records), clock: ManualClock(now))
    return try await engine.ask(LogQuestion(text: text, start: moment(start), end: now, limit: limit, contextLines: context)).findings
}

@Test(arguments: [
    ("refused", 30), ("\"of order\" refused service:cart", 10), ("status>=500", 30), ("status:503 -refused", 30), ("status!=503", 90), ("took<100ms refused", 20),
    ("service:c*", 40), ("-service:c*", 80), ("level>info", 30), ("level!=error", 90), ("status:\"503\" last 10m", 5), ("\"item/7 200\"", 1),
])
func peoplesWordsFindLines(_ text: String, _ count: Int) async throws {
    guard case .lines(let lines) = try await ask(text) else { return #expect(Bool(false), "\(text)") }
    #expect(lines.count == count, "\(text)")
}

@Test func countsByTimeStandAtTheirBeginnings() async throws {
    guard case .series(let series, let step) = try await ask("refused | by 10m service") else { return #expect(Bool(false)) }
    #expect(step == 600_000 && series.map(\.labels) == [["service": "cart"], ["service": "web"]])
    #expect(series.allSatisfy { $0.timestamps == [1_800_000, 2_400_000, 3_000_000] })
    #expect(series[0].values.reduce(0, +) == 10 && series[1].values.reduce(0, +) == 20)
}

@Test func countsByNamesAndTheMostFrequentAreInOrder() async throws {
    guard case .series(let all, nil) = try await ask("| count"), case .series(let services, nil) = try await ask("| by service"),
        case .series(let top, nil) = try await ask("refused | top 1 service")
    else { return #expect(Bool(false)) }
    #expect(all.count == 1 && all[0].values == [120])
    #expect(services.map(\.labels) == [["service": "web"], ["service": "cart"]] && services.map(\.values) == [[80], [40]])
    #expect(top.map(\.labels) == [["service": "web"]] && top[0].values == [20])
}

@Test func patternsTellWhatIsNewAndWhatGrew() async throws {
    guard case .patterns(let all) = try await ask("| patterns", start: 1800), case .patterns(let new) = try await ask("| patterns new", start: 1800),
        case .patterns(let grown) = try await ask("| patterns grown", start: 1800)
    else { return #expect(Bool(false)) }
    #expect(all.count == 2 && all.reduce(0) { $0 + $1.count } == 60)
    #expect(new.map(\.pattern.template.text) == [LogTemplate("payment of order 61 refused").text] && new[0].count == 30 && new[0].countBefore == 0)
    #expect(grown.map(\.count) == [30], "what came twice as often, and what is new")
}

@Test func linesAroundAHitAreThoseOfItsStreamOnce() async throws {
    guard case .blocks(let blocks) = try await ask("item/60 context 2") else { return #expect(Bool(false)) }
    #expect(blocks.count == 1 && blocks[0].lines.map(\.isHit) == [false, false, true, false, false])
    #expect(blocks[0].lines.allSatisfy { $0.record.stream["service"] == "cart" })
    #expect(blocks[0].lines.map { $0.record.timestamp.nanoseconds / 30_000_000_000 } == [54, 57, 60, 63, 66])
    // Lines that lie in each other's surroundings make one block.
    guard case .blocks(let joined) = try await ask("service:cart refused", context: 1) else { return #expect(Bool(false)) }
    #expect(joined.count == 1 && joined[0].lines.count { $0.isHit } == 10)
    #expect(joined[0].lines.map(\.record.timestamp) == joined[0].lines.map(\.record.timestamp).sorted() && Set(joined[0].lines.map(\.record)).count == joined[0].lines.count)
}

@Test(arguments: ["| by", "| top 3", "| nosuch", "| by 5m | count", "status>many", "context 9999", "error | patterns odd"])
func commandsThatCanNotBeMeantAreExplained(_ text: String) async { await #expect(throws: LogQLError.self) { try await ask(text) } }

@Test func fieldsAreToldWithTheirTypes() async throws {
    let engine = LogEngine(reader: ListReader(records + [record(3590, #"{"deep":{"flag":true},"size":"3KB"}"#)]), clock: ManualClock(now))
    let fields = try await engine.detectedFields(#"{app=~".*"}"#, start: moment(0), end: now, lineLimit: 1000, limit: 100)
    #expect(fields.map(\.name) == ["deep_flag", "size", "status", "took"] && fields.map(\.type) == ["boolean", "bytes", "int", "duration"])
    #expect(fields.map { $0.parsers.sorted() } == [["json"], ["json"], [], []] && fields[2].values == ["200", "503"])
}

@Test func anExplanationSaysWhatWasCountedAndWhatWasRead() async throws {
    let engine = LogEngine(reader: ListReader(records), clock: ManualClock(now))
    func steps(_ query: String) async throws -> [LogQueryStatistics.Step] {
        var request = LogRequest(query: query, start: moment(600), end: now)
        request.stepNanoseconds = 600_000_000_000
        return try await engine.answer(request).statistics.steps
    }
    let counted = try await steps(#"sum by (service) (count_over_time({app="shop"} |= "refused" [10m]))"#)
    #expect(counted.count == 1 && counted[0].description.hasPrefix("counts by stream: ") && counted[0].linesRead == 0 && counted[0].countsRead > 0)
    let read = try await steps(#"sum by (service) (count_over_time({app="shop"} | logfmt [10m]))"#)
    #expect(read.count == 1 && read[0].description.hasPrefix("scan: ") && read[0].linesRead == 119)
}
