import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

/// A server that answers one thing, and what it was asked.
private func asking(_ status: Int, _ body: String) -> (LoopbackServer, Locked<[LoopbackServer.Request]>) {
    let requests = Locked<[LoopbackServer.Request]>([])
    let server = LoopbackServer { request in
        requests.withLock { $0.append(request) }
        return .reply(status: status, body: Array(body.utf8))
    }
    return (server, requests)
}

@Test func aRemoteServerEvaluatesVectorsAndScalars() async throws {
    let (server, requests) = asking(
        200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1700000000.5,"2.5"]},{"metric":{},"value":[1700000000.5,"+Inf"]}]}}"#)
    defer { server.stop() }
    let evaluator = RemoteEvaluator(RemoteSource(url: server.url + "/prometheus/", tenant: TenantName("shop")), .metrics)
    let elements = try await evaluator.evaluate(#"sum by (a) (x{b=~"c|d"}) > 1"#, at: Timestamp(milliseconds: 1_700_000_000_500))
    #expect(elements.map(\.labels) == [["a": "1"], [:]] && elements.map(\.value) == [2.5, .infinity])
    let request = try #require(requests.withLock(\.first))
    #expect(request.path == "/prometheus/api/v1/query" && request.headers["x-scope-orgid"] == "shop")
    #expect(String(decoding: request.body, as: UTF8.self) == "query=sum%20by%20%28a%29%20%28x%7bb%3d%7e%22c%7cd%22%7d%29%20%3e%201&time=1700000000.500")
    #expect(try RemoteEvaluator.elements(200, Array(#"{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}"#.utf8)).map(\.value) == [3])
}

@Test func aRemoteServerIsAskedForLogRulesAsLokiIs() async throws {
    let (server, requests) = asking(200, #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
    defer { server.stop() }
    _ = try await RemoteEvaluator(RemoteSource(url: server.url), .logs).evaluate(#"count_over_time({a="b"}[5m])"#, at: Timestamp(milliseconds: 1_700_000_000_500))
    let request = try #require(requests.withLock(\.first))
    #expect(request.path == "/loki/api/v1/query" && String(decoding: request.body, as: UTF8.self).hasSuffix("&time=1700000000500000000"))
}

@Test(arguments: [
    (422, #"{"status":"error","errorType":"execution","error":"too many samples"}"#, "the source answered 422: too many samples"),
    (401, "Unauthorized\u{1B}[31m", "the source answered 401: Unauthorized\u{241B}[31m"),
    (200, #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#, "the expression gives neither a vector nor a scalar"),
    (200, #"{"status":"success"}"#, "the source answered 200: success"),
])
func whatARemoteServerRefusesIsSaid(status: Int, body: String, reason: String) {
    #expect { try RemoteEvaluator.elements(status, Array(body.utf8)) } throws: { "\($0)" == reason }
}
