import Foundations
import Model
import Testing

@testable import Wire

private func bulk(_ text: String, index: String? = nil, shape: DocumentShape = DocumentShape()) throws -> BulkRequest {
    try Array(text.utf8).withUnsafeBytes { try BulkRequest($0, defaultIndex: index, shape: shape, receivedAt: receivedAt) }
}

private func statuses(_ request: BulkRequest) -> [Int] {
    request.items.map { item in
        switch item.outcome {
        case .record: 201
        case .refused(let status, _, _): status
        }
    }
}

@Suite struct BulkRequestTests {
    @Test func everyActionHasItsAnswerAndItsDocument() throws {
        let request = try bulk(
            """
            {"create":{"_index":"logs","_id":"1"}}
            {"@timestamp":"2024-05-01T12:34:56.789Z","message":"one","host":{"name":"web-1"},"log":{"level":"error","file":{"path":"/a.log"}}}
            {"index":{}}
            {"log":"two","time":1714566896,"kubernetes":{"namespace_name":"shop","container_name":"cart","labels":{"a.b":"c"}}}
            {"update":{"_index":"logs","_id":"1"}}
            {"doc":{"message":"changed"}}
            {"delete":{"_index":"logs","_id":"1"}}
            {"index":{"_index":"other"}}
            not json
            {"create":{"_index":"other"}}
            {"status":503,"duration":1.5,"ok":true,"list":[1,2]}

            """, index: "path")
        #expect(request.items.map(\.action) == [.create, .index, .update, .delete, .index, .create])
        #expect(request.items.map(\.index) == ["logs", "path", "logs", "logs", "other", "other"])
        #expect(request.items[0].id == "1")
        #expect(statuses(request) == [201, 201, 400, 400, 400, 201])
        #expect(request.records == [
            LogRecord(
                timestamp: NanoTimestamp(nanoseconds: 1_714_566_896_789_000_000), stream: ["instance": "web-1", "job": "logs", "filename": "/a.log"],
                level: .error, body: "one", fields: [LogField("log.level", "error")]),
            LogRecord(
                timestamp: NanoTimestamp(nanoseconds: 1_714_566_896_000_000_000), stream: ["job": "cart", "namespace": "shop"], body: "two",
                fields: [LogField("kubernetes.labels.a.b", "c")]),
            LogRecord(
                timestamp: receivedAt, stream: ["job": "other"], body: #"{"status":503,"duration":1.5,"ok":true,"list":[1,2]}"#,
                fields: [LogField("status", .integer(503)), LogField("duration", .double(1.5)), LogField("ok", .bool(true)), LogField("list", "[1,2]")]),
        ])
    }

    @Test func theRequestSaysWhichMembersAreTheLineTheTimeAndTheStream() throws {
        let shape = DocumentShape(messageNames: ["text"], timeNames: ["at"], streamNames: ["app", "env.name"], ignoredNames: ["secret"])
        let request = try bulk(
            """
            {"index":{"_index":"i"}}
            {"text":"level=warn hello","at":"2024-05-01T00:00:00Z","app":"cart","env":{"name":"prod"},"secret":"x","message":"not the line"}
            """, shape: shape)
        #expect(request.records == [
            LogRecord(
                timestamp: NanoTimestamp(nanoseconds: 1_714_521_600_000_000_000), stream: ["app": "cart", "env_name": "prod", "job": "i"], level: .warn,
                body: "level=warn hello", fields: [LogField("message", "not the line"), LogField("level", "warn")])
        ])
    }

    @Test(arguments: [
        ("{\"index\":{\"_index\":\"i\"}}\n", "has no document"), ("{\"index\":{}}\n{}\n", "names no index"), ("{\"put\":{}}\n{}\n", "one of create"),
        ("{\"index\":1}\n{}\n", "object belongs here"), ("", "no actions"), ("[]\n", "object belongs"),
        ("{\"index\":{\"_index\":\"\(String(repeating: "i", count: 600))\"}}\n{}\n", "longer than 512"),
    ])
    func whatCantBePairedEndsTheRequest(text: String, reason: String) {
        #expect { try bulk(text) } throws: { "\($0)".contains(reason) }
    }

    @Test func invalidUTF8IsKeptAndMarked() throws {
        var body = Array("{\"index\":{\"_index\":\"i\"}}\n{\"message\":\"a".utf8)
        body += [0xFF]
        body += Array("b\"}\n".utf8)
        let records = try body.withUnsafeBytes { try BulkRequest($0, defaultIndex: nil, receivedAt: receivedAt) }.records
        #expect(records.map(\.body) == ["a\u{FFFD}b"])
        #expect(records[0].field("invalid_utf8") == .bool(true))
    }

    @Test func nestingBeyondTheCapIsKeptAsText() throws {
        let depth = 100
        let document = String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
        let record = try #require(try bulk("{\"index\":{\"_index\":\"i\"}}\n\(document)\n").records.first)
        #expect(record.fields.count == 1)
        #expect(record.fields[0].name == String(repeating: "a.", count: 63) + "a")
        #expect(record.fields[0].value.description.hasPrefix("{\"a\":"))
        #expect(record.body == document)
    }

    @Test func aBombOfNestedKeysHasBoundedNames() throws {
        let key = String(repeating: "k", count: 5000)
        let document = String(repeating: "{\"\(key)\":", count: 50) + "1" + String(repeating: "}", count: 50)
        let record = try #require(try bulk("{\"index\":{\"_index\":\"i\"}}\n\(document)\n").records.first)
        #expect(record.fields.map(\.name.utf8.count) == [256])
    }

    @Test func aDocumentOverAMebibyteIsStillALine() throws {
        let document = "{\"message\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
        let request = try bulk("{\"index\":{\"_index\":\"i\"}}\n\(document)\n")
        #expect(request.records.map(\.body) == [document])
    }

    @Test func tracesAndSpansAreFoundWhateverTheyAreCalled() throws {
        let records = try bulk(
            """
            {"index":{"_index":"i"}}
            {"message":"a","traceId":"1","span":{"id":"2"}}
            {"index":{"_index":"i"}}
            {"message":"{\\"trace.id\\":\\"3\\"}"}
            """).records
        #expect(records[0].field("trace_id") == .string("1"))
        #expect(records[0].field("span_id") == .string("2"))
        #expect(records[1].field("trace_id") == .string("3"))
    }
}

@Suite struct LinesOfJSONTests {
    private func read(_ text: String, shape: DocumentShape = DocumentShape()) throws -> LinesOfJSON {
        try Array(text.utf8).withUnsafeBytes { try LinesOfJSON($0, shape: shape, labels: [("region", "eu")], receivedAt: receivedAt) }
    }

    @Test func aLineIsARecordAndWhatIsNoObjectIsCounted() throws {
        let lines = try read("{\"_msg\":\"a\",\"_time\":\"x\",\"n\":1}\r\n\n  \nnope\n[1]\n{\"log\":{\"level\":\"info\"},\"msg\":\"b\"}")
        #expect(lines.records.map(\.body) == ["a", "b"])
        #expect(lines.records.map(\.stream) == [["region": "eu"], ["region": "eu"]])
        #expect(lines.records[1].level == .info)
        #expect(lines.refused == 2)
        #expect(lines.firstRefusedOffset == 36)
    }

    @Test func aBodyOfNothingHoldsNothing() throws {
        let lines = try read("\n\n")
        #expect(lines.records.isEmpty && lines.refused == 0)
    }
}
