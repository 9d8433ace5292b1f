import ArgumentParser
import Compression
import Foundations
import Model
import Wire

/// How a shipper sends lines: path, headers and body of its requests.
enum LogPushFormat: String, CaseIterable, ExpressibleByArgument {
    /// What Promtail, Alloy and Fluent Bit's own output for Loki send.
    case lokiProtobuf = "loki-protobuf"
    case lokiJSON = "loki-json"
    case jsonLine = "jsonline"
    case bulk
    case otlp

    var path: String {
        switch self {
        case .lokiProtobuf, .lokiJSON: "/loki/api/v1/push"
        case .jsonLine: "/insert/jsonline?_stream_fields=job,instance,source&_time_field=_time&_msg_field=_msg"
        case .bulk: "/_bulk?_stream_fields=job,instance,source&_time_field=@timestamp&_msg_field=message"
        case .otlp: "/v1/logs"
        }
    }

    var contentType: String {
        switch self {
        case .lokiProtobuf, .otlp: "application/x-protobuf"
        case .lokiJSON: "application/json"
        case .jsonLine: "application/stream+json"
        case .bulk: "application/x-ndjson"
        }
    }

    /// How it is called in the document.
    var title: String {
        switch self {
        case .lokiProtobuf: "Loki's push as protobuf with snappy"
        case .lokiJSON: "Loki's push as JSON"
        case .jsonLine: "lines of JSON to /insert/jsonline"
        case .bulk: "Elasticsearch's _bulk"
        case .otlp: "OTLP as protobuf"
        }
    }

    func body(_ lines: [LogCorpus.Line]) -> [UInt8] {
        switch self {
        case .lokiProtobuf: Snappy.compress(Self.lokiProtobuf(lines))
        case .lokiJSON: Self.lokiJSON(lines)
        case .jsonLine: Self.documents(lines, action: "", time: "_time", message: "_msg")
        case .bulk: Self.documents(lines, action: "{\"create\":{\"_index\":\"logs\"}}\n", time: "@timestamp", message: "message")
        case .otlp: OTLPLogs.encode(Self.grouped(lines).flatMap { stream, lines in lines.map { LogRecord(timestamp: NanoTimestamp(nanoseconds: $0.nanoseconds), stream: stream.labels, level: .unknown, body: $0.text) } })
        }
    }

    private static let streams = LogCorpus.streams.map { Labels($0.map { (name: $0.0, value: $0.1) }) }

    /// The lines of each stream, in order.
    private static func grouped(_ lines: [LogCorpus.Line]) -> [(stream: (pairs: [(String, String)], labels: Labels), lines: [LogCorpus.Line])] {
        Dictionary(grouping: lines, by: \.stream).sorted { $0.key < $1.key }.map { ((LogCorpus.streams[$0.key], streams[$0.key]), $0.value) }
    }

    /// PushRequest { streams = 1 { labels = 1, entries = 2 { timestamp = 1 { seconds = 1, nanoseconds = 2 }, line = 2 } } }
    private static func lokiProtobuf(_ lines: [LogCorpus.Line]) -> [UInt8] {
        var (request, stream, entry, time): ([UInt8], [UInt8], [UInt8], [UInt8]) = ([], [], [], [])
        for group in grouped(lines) {
            stream = [0x0A]
            stream.append(lengthPrefixed: "{" + group.stream.pairs.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ", ") + "}")
            for line in group.lines {
                time = [0x08]
                time.append(varint: UInt64(line.nanoseconds / 1_000_000_000))
                time.append(0x10)
                time.append(varint: UInt64(line.nanoseconds % 1_000_000_000))
                entry = [0x0A]
                entry.append(lengthPrefixed: time)
                entry.append(0x12)
                entry.append(lengthPrefixed: line.text)
                stream.append(0x12)
                stream.append(lengthPrefixed: entry)
            }
            request.append(0x0A)
            request.append(lengthPrefixed: stream)
        }
        return request
    }

    private static func lokiJSON(_ lines: [LogCorpus.Line]) -> [UInt8] {
        var body = Array("{\"streams\":[".utf8)
        for (index, group) in grouped(lines).enumerated() {
            let labels = group.stream.pairs.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
            body += Array("\(index > 0 ? "," : ""){\"stream\":{\(labels)},\"values\":[".utf8)
            for (index, line) in group.lines.enumerated() {
                body += Array("\(index > 0 ? "," : "")[\"\(line.nanoseconds)\",".utf8)
                quote(line.text, to: &body)
                body.append(UInt8(ascii: "]"))
            }
            body += Array("]}".utf8)
        }
        return body + Array("]}".utf8)
    }

    /// A document a line, in the order of time, each behind its action where there are such.
    private static func documents(_ lines: [LogCorpus.Line], action: String, time: String, message: String) -> [UInt8] {
        let heads = LogCorpus.streams.map { $0.map { "\"\($0.0)\":\"\($0.1)\"," }.joined() }
        var body: [UInt8] = []
        for line in lines {
            body += Array("\(action){\"\(time)\":\"\(TimestampText.rfc3339(NanoTimestamp(nanoseconds: line.nanoseconds)))\",\(heads[line.stream])\"\(message)\":".utf8)
            quote(line.text, to: &body)
            body += Array("}\n".utf8)
        }
        return body
    }

    /// As a string of JSON.
    private static func quote(_ text: String, to body: inout [UInt8]) {
        body.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): body += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): body += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\t"): body += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            default: body.append(byte)
            }
        }
        body.append(UInt8(ascii: "\""))
    }
}
