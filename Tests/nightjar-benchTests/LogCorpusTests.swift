import Compression
import Foundations
import Model
import Testing
import Wire

@testable import nightjar_bench

struct LogCorpusTests {
    private static let start: Int64 = 1_767_225_600_000_000_000

    private func lines(_ bytes: Int, seed: UInt64 = 20) -> [LogCorpus.Line] {
        var corpus = LogCorpus(bytes: bytes, start: Self.start, seed: seed)
        return corpus.batch(bytes: bytes)
    }

    @Test func theSameSeedMakesTheSameLines() {
        let texts = lines(100_000).map(\.text)
        #expect(texts == lines(100_000).map(\.text))
        #expect(texts != lines(100_000, seed: 21).map(\.text))
    }

    @Test func eachKindHasItsShareOfTheBytes() {
        let lines = lines(1_000_000)
        let total = Double(lines.reduce(0) { $0 + $1.text.utf8.count + 1 })
        func share(_ isOfKind: (LogCorpus.Line) -> Bool) -> Double { Double(lines.filter(isOfKind).reduce(0) { $0 + $1.text.utf8.count + 1 }) / total }
        func job(_ line: LogCorpus.Line) -> String { LogCorpus.streams[line.stream][0].1 }
        #expect(abs(share { job($0) == "app" } - 0.35) < 0.01)
        #expect(abs(share { job($0) == "nginx" } - 0.30) < 0.01)
        #expect(abs(share { job($0) == "syslog" } - 0.20) < 0.01)
        #expect(abs(share { job($0) == "java" } - 0.15) < 0.01)
        #expect(abs(share { $0.text.contains("\n\tat ") } - 0.05) < 0.01)
    }

    @Test func timesRiseThroughTheDay() {
        let lines = lines(1_000_000)
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.nanoseconds <= $1.nanoseconds })
        #expect(lines.allSatisfy { (Self.start..<Self.start + 86_400_000_000_000).contains($0.nanoseconds) })
        #expect(lines.last!.nanoseconds - Self.start > 85_000_000_000_000)
    }

    @Test(arguments: LogPushFormat.allCases) func aBodyHoldsEveryLineWithItsTimeAndStream(_ format: LogPushFormat) throws {
        let lines = lines(200_000)
        let body = format.body(lines)
        let records = try body.withUnsafeBytes { bytes -> [LogRecord] in
            let now = NanoTimestamp(nanoseconds: Self.start)
            let names = ["job", "instance", "source"]
            switch format {
            case .lokiProtobuf: return try Snappy.decompress(bytes, bytesMax: 1 << 24).withUnsafeBytes { try LokiPush.decode(protobuf: $0, receivedAt: now) }
            case .lokiJSON: return try LokiPush.decode(json: bytes, receivedAt: now)
            case .jsonLine:
                return try LinesOfJSON(bytes, shape: DocumentShape(messageNames: ["_msg"], timeNames: ["_time"], streamNames: names), receivedAt: now).records
            case .bulk:
                let shape = DocumentShape(messageNames: ["message"], timeNames: ["@timestamp"], streamNames: names)
                return try BulkRequest(bytes, defaultIndex: nil, shape: shape, receivedAt: now).records
            case .otlp: return try OTLPLogs.decode(protobuf: bytes, receivedAt: now)
            }
        }
        func key(_ time: Int64, _ stream: [(String, String)], _ text: String) -> String { "\(time) \(stream.map(\.1).sorted()) \(text)" }
        let sent = lines.map { key($0.nanoseconds, LogCorpus.streams[$0.stream], $0.text) }
        let read = records.map { record in key(record.timestamp.nanoseconds, ["job", "instance", "source"].map { ($0, record.stream[$0] ?? "") }, record.body) }
        #expect(sent.sorted() == read.sorted())
    }
}
