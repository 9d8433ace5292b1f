import Foundations
import Model
import Testing

@testable import Wire

@Suite struct OTLPLogsTests {
    @Test(arguments: 0..<40) func recordsComeBackAsTheyWent(seed: UInt64) throws {
        var sampler = Sampler(seed: seed)
        let records = (0..<sampler.number(0...30)).map { _ in sampler.record() }
        #expect(try OTLPLogs.encode(records).decodeOTLP() == records)
    }

    @Test func aRequestIsReadFromItsBytes() throws {
        let body = [UInt8](hexadecimal: """
            0a 3b
              0a 15  0a 13  0a 0c 736572766963652e6e616d65  12 03  0a 01 61
              12 22
                0a 03  0a 01 73
                12 1b  09 0100000000000000  10 11  2a 04  0a 02 6869  32 08  0a 01 6b  12 03  18 d209
            """)
        #expect(try body.decodeOTLP() == [LogRecord(
            timestamp: NanoTimestamp(nanoseconds: 1), stream: ["service_name": "a", "scope": "s"], level: .error, body: "hi",
            fields: [LogField("k", .integer(1234))])])
    }

    @Test func valuesOfEveryTypeAreReadAlikeFromProtobufAndJSON() throws {
        let protobuf = message { request in
            request.message(1) { resourceLogs in
                resourceLogs.message(2) { scopeLogs in
                    scopeLogs.message(2) { record in
                        record.fixed64(11, 5)
                        record.string(3, "WARN")
                        record.message(5) { body in
                            body.message(6) { list in
                                list.message(1) { $0.string(1, "a"); $0.message(2) { $0.int64(3, -1) } }
                                list.message(1) { $0.string(1, "b"); $0.message(2) { $0.message(5) { array in
                                    array.message(1) { $0.string(1, "x\n") }
                                    array.message(1) { $0.double(4, 0.5) }
                                    array.message(1) { $0.varint(2, 1) }
                                    array.message(1) { _ in }
                                } } }
                            }
                        }
                        record.message(6) { $0.string(1, "flag"); $0.message(2) { $0.varint(2, 0) } }
                        record.message(6) { $0.string(1, "ratio"); $0.message(2) { $0.double(4, 1.5) } }
                        record.message(6) { $0.string(1, "raw"); $0.message(2) { value in [UInt8](0...3).withUnsafeBytes { value.run(7, $0) } } }
                        [UInt8](0..<16).withUnsafeBytes { record.run(9, $0) }
                        [UInt8](0..<8).withUnsafeBytes { record.run(10, $0) }
                        record.string(12, "started")
                    }
                }
            }
        }
        let json = """
            {"resourceLogs": [{"scopeLogs": [{"logRecords": [{
              "observedTimeUnixNano": "5", "severityText": "WARN",
              "body": {"kvlistValue": {"values": [{"key": "a", "value": {"intValue": "-1"}},
                 {"key": "b", "value": {"arrayValue": {"values": [{"stringValue": "x\\n"}, {"doubleValue": 0.5}, {"boolValue": true}, {}]}}}]}},
              "attributes": [{"key": "flag", "value": {"boolValue": false}}, {"key": "ratio", "value": {"doubleValue": 1.5}},
                 {"key": "raw", "value": {"bytesValue": "AAECAw=="}}],
              "traceId": "000102030405060708090A0B0C0D0E0F", "spanId": "0001020304050607", "eventName": "started", "unknown": [1, {"a": null}]
            }]}], "resource": {"attributes": []}}]}
            """
        let record = LogRecord(
            timestamp: NanoTimestamp(nanoseconds: 5), stream: [:], level: .warn, body: #"{"a":-1,"b":["x\n",0.5,true,null]}"#,
            fields: [
                LogField("flag", .bool(false)), LogField("ratio", .double(1.5)), LogField("raw", "AAECAw=="), LogField("event_name", "started"),
                LogField("trace_id", "000102030405060708090a0b0c0d0e0f"), LogField("span_id", "0001020304050607"),
            ])
        #expect(try protobuf.decodeOTLP() == [record])
        #expect(try Array(json.utf8).decodeOTLPJSON() == [record])
    }

    @Test func aRecordWithoutATimeGetsTheTimeItCameIn() throws {
        let body = message { $0.message(1) { $0.message(2) { $0.message(2) { $0.message(5) { $0.string(1, "x") } } } } }
        #expect(try body.decodeOTLP()[0].timestamp == receivedAt)
    }

    @Test func nestingIsBounded() {
        var value = message { $0.string(1, "x") }
        for _ in 0..<200 {
            value = message { $0.message(5) { array in value.withUnsafeBytes { array.run(1, $0) } } }
        }
        let body = message { $0.message(1) { $0.message(2) { $0.message(2) { record in value.withUnsafeBytes { record.run(5, $0) } } } } }
        #expect { try body.decodeOTLP() } throws: { "\($0)".contains("nested more than 64") }
        let json = #"{"unknown":"# + String(repeating: "[", count: 100_000)
        #expect { try Array(json.utf8).decodeOTLPJSON() } throws: { "\($0)".contains("nested more than 64") }
    }

    @Test(arguments: [("17", LogLevel.error), ("\"18\"", .error), ("\"SEVERITY_NUMBER_WARN3\"", .warn), ("\"SEVERITY_NUMBER_UNSPECIFIED\"", .unknown), ("0", .unknown)])
    func jsonSeveritiesAreNumbersOrTheirNames(text: String, level: LogLevel) throws {
        let body = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":"# + text + "}]}]}]}"
        #expect(try Array(body.utf8).decodeOTLPJSON().map(\.level) == [level])
    }

    @Test func longResourceAttributesAreCutAtAWholeCharacter() throws {
        var limits = WireLimits()
        limits.labelValueBytesMax = 5
        let record = LogRecord(timestamp: receivedAt, stream: ["command": "abcdé"], body: "x")
        #expect(try OTLPLogs.encode([record]).decodeOTLP(limits: limits)[0].stream == ["command": "abcd"])
    }

    @Test func limitsAreHeld() {
        var limits = WireLimits()
        limits.recordsMax = 1
        limits.lineBytesMax = 10
        limits.fieldsMax = 1
        let many = [LogRecord(timestamp: receivedAt, stream: [:], body: "a"), LogRecord(timestamp: receivedAt, stream: [:], body: "b")]
        #expect { try OTLPLogs.encode(many).decodeOTLP(limits: limits) } throws: { "\($0)".contains("more than 1 log records") }
        let long = LogRecord(timestamp: receivedAt, stream: [:], body: String(repeating: "x", count: 99))
        #expect { try OTLPLogs.encode([long]).decodeOTLP(limits: limits) } throws: { "\($0)".contains("longer than 10") }
        let wide = LogRecord(timestamp: receivedAt, stream: [:], body: "", fields: [LogField("a", "1"), LogField("b", "2")])
        #expect { try OTLPLogs.encode([wide]).decodeOTLP(limits: limits) } throws: { "\($0)".contains("more than 1 attributes") }
    }

    @Test func cutAndChangedRequestsNeverTrap() {
        var sampler = Sampler(seed: 11)
        attack(OTLPLogs.encode((0..<8).map { _ in sampler.record() }), seed: 12) { _ = try $0.decodeOTLP() }
        let json = """
            {"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"\\ud83d\\ude42 \\u00e9"}}]},"scopeLogs":[{"scope":{"name":"s"},
            "logRecords":[{"timeUnixNano":"1544712660300000000","severityNumber":9,"body":{"stringValue":"x"},"attributes":[{"key":"k","value":
            {"kvlistValue":{"values":[{"key":"n","value":{"doubleValue":-1.5e3}}]}}}]}]}]}]}
            """
        attack(Array(json.utf8), seed: 13) { _ = try $0.decodeOTLPJSON() }
    }
}

@Suite struct LokiPushTests {
    @Test func jsonIsRead() throws {
        let body = #"{"streams":[{"values":[["1000","a line\n"],["2000","b\u00e9\ud83d\ude42",{"trace_id":"x","level":"warn"}]],"stream":{"job":"api","level":"ERROR"}}]}"#
        #expect(try Array(body.utf8).decodeLokiJSON() == [
            LogRecord(timestamp: NanoTimestamp(nanoseconds: 1000), stream: ["job": "api"], level: .error, body: "a line"),
            LogRecord(
                timestamp: NanoTimestamp(nanoseconds: 2000), stream: ["job": "api"], level: .warn, body: "bé🙂",
                fields: [LogField("trace_id", "x"), LogField("level", "warn")]),
        ])
    }

    @Test func protobufIsRead() throws {
        let body = message { request in
            request.message(1) { stream in
                stream.message(2) { entry in
                    entry.message(1) { $0.int64(1, 3); $0.int64(2, 7) }
                    entry.string(2, "x=\u{1F642}")
                    entry.message(3) { $0.string(1, "pod"); $0.string(2, "p-1") }
                }
                stream.string(1, #"{job="a\"b\n\u00e9\x41", path=`c:\d` , app.name = "n"}"#)
            }
        }
        #expect(try body.decodeLoki() == [LogRecord(
            timestamp: NanoTimestamp(nanoseconds: 3_000_000_007), stream: ["job": "a\"b\néA", "path": #"c:\d"#, "app_name": "n"], body: "x=🙂",
            fields: [LogField("pod", "p-1")])])
        attack(body, seed: 21) { _ = try $0.decodeLoki() }
    }

    @Test(arguments: [#"{"#, #"{a"#, #"{a="#, #"{a="x"#, #"{a="x",b}"#, #"{a="x"}}"#, #"{a="\q"}"#, #"{="x"}"#, "a=\"x\"", #"{a="x" b="y"}"#, #"{a="\u00"}"#])
    func brokenLabelsAreErrors(text: String) {
        let body = message { $0.message(1) { $0.string(1, text) } }
        #expect(throws: WireError.self) { try body.decodeLoki() }
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #"{"streams":[{"values":[["x","l"]]}]}"#, #"{"streams":[{"values":[["1"]]}]}"#, #"{"streams":[{"stream":{"a":1}}]}"#,
        #"{"streams":[]} x"#, #"{"streams":[{"values":[["1","a",{"":1}]]}]}"#, #"{"streams":[{"values":[["1","\x"]]}]}"#, #"{"streams":[,]}"#,
        #"{"streams":[{"values":[["99999999999999999999","a"]]}]}"#, "{\"streams\":[{\"values\":[[\"1\",\"a\u{1}\"]]}]}", #"{"streams":[{"values":[["1","\u12"]]}]}"#,
    ]) func brokenJSONIsAnErrorWithAPlace(text: String) {
        #expect { try Array(text.utf8).decodeLokiJSON() } throws: { "\($0)".contains("at byte") }
    }

    @Test func changedJSONNeverTraps() {
        let body = #"{"streams":[{"stream":{"job":"api"},"values":[["1000","a \"quoted\" line\\"],["2000","b",{"t":"x"}]]}], "z": [1, -2.5e+3, true, false, null]}"#
        attack(Array(body.utf8), seed: 22) { _ = try $0.decodeLokiJSON() }
    }
}

@Suite struct LineLevelTests {
    @Test(arguments: [
        ("ts=1 level=warn msg=x", LogLevel.warn), (#"{"msg":"a","level":"ERROR"}"#, .error), (#"{"severity": "Critical"}"#, .fatal), ("2024-05-01 ERROR boom", .error),
        ("[debug] x", .debug), ("GET /level=1", .unknown), ("an error in the text", .unknown), (#"{"msg":"ERROR in the text"}"#, .unknown), ("", .unknown), ("level=", .unknown),
    ])
    func aPushedLineSaysItsLevel(line: String, level: LogLevel) throws {
        let quoted = line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let body = Array(#"{"streams":[{"stream":{"job":"a"},"values":[["1","\#(quoted)"]]}]}"#.utf8)
        #expect(try body.decodeLokiJSON().map(\.level) == [level])
    }
}
