import Foundations
import Model
import Testing

@testable import LogQL

private let records = [
    record(10, "Connection refused by peer", ["job": "app", "service": "cart"], level: .error),
    record(20, "connection opened", ["job": "app", "service": "cart"], level: .info, fields: [LogField("status", .integer(503))]),
    record(30, "healthcheck error", ["job": "app", "service": "web"], level: .warn),
    record(40, "refused connection", ["job": "app", "service": "web"], level: .fatal),
]

@Test(arguments: [
    ("", ["refused connection", "healthcheck error", "connection opened", "Connection refused by peer"]),
    ("connection refused", ["refused connection", "Connection refused by peer"]),
    ("\"connection refused\"", ["Connection refused by peer"]),
    ("level:warn", ["refused connection", "healthcheck error", "Connection refused by peer"]),
    ("level=warn", ["healthcheck error"]),
    ("-healthcheck level:warn", ["refused connection", "Connection refused by peer"]),
    ("service:cart", ["connection opened", "Connection refused by peer"]),
    ("-service:cart", ["refused connection", "healthcheck error"]),
    ("status:503", ["connection opened"]),
    ("last 25s", ["refused connection", "healthcheck error"]),
    ("last", []),
    ("12:30", []),
    (#"{service="web"} |= "error""#, ["healthcheck error"]),
])
func wordsFindLinesNewestFirst(_ query: String, _ expected: [String]) async throws {
    let engine = LogEngine(reader: ListReader(records), clock: ManualClock(moment(50)))
    #expect(try await engine.search(query, start: .distantPast, end: .distantFuture, limit: 100).map(\.body) == expected)
}

@Test func aTailTakesTheSameLinesAsASearch() throws {
    let engine = LogEngine(reader: ListReader(records), clock: ManualClock(moment(50)))
    for query in ["level:warn", "service:cart", "status:503", #"{service="web"} | level="fatal""#] {
        let plan = try engine.compileTail(query)
        let taken = records.filter { ListReader.matches($0, plan.query) }.compactMap { plan.transform($0)?.line }
        #expect(!taken.isEmpty && taken.count < 4, "\(query): \(taken)")
    }
    #expect(throws: LogQLError.self) { try engine.compileTail(#"rate({job="a"}[5m])"#) }
}

@Test func aTailOfCountsIsRefused() { #expect(throws: LogQLError.self) { try LogEngine(reader: ListReader([])).compileTail("error | by 5m") } }

@Test(arguments: ["level:loud", "\"open"])
func whatCanNotBeMeantIsSaid(_ query: String) async {
    let engine = LogEngine(reader: ListReader([]))
    await #expect(throws: LogQLError.self) { try await engine.search(query, start: .distantPast, end: .distantFuture, limit: 1) }
}
