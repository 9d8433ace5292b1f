import ArgumentParser
import Compression
import Foundations
import Model
import Wire

/// Reading log lines from each protocol, and taking secrets out of them, without storing.
struct LogInputBench: ModuleBench {
    let lines: Int

    private static let linesPerBody = 1000
    private static let now = NanoTimestamp(nanoseconds: 1_767_225_600_000_000_000)

    var title: String { "Log inputs: \(grouped(lines)) lines of some 190 bytes, MB of lines per CPU second" }

    func measure() async throws -> [Measure] {
        let texts = SampleLines(count: lines).texts
        let megabytes = Double(texts.reduce(0) { $0 + $1.utf8.count }) / 1e6
        var measures: [Measure] = []
        for format in Format.allCases {
            let bodies = stride(from: 0, to: texts.count, by: Self.linesPerBody).map { format.body(texts[$0..<min(texts.count, $0 + Self.linesPerBody)]) }
            let (records, cost) = try await Cost.of { try bodies.reduce(0) { $0 + (try format.read($1, Self.now)) } }
            guard records == texts.count else { throw BenchError("\(format.rawValue) gave \(records) records of \(texts.count)") }
            measures.append(Measure(title: "read \(format.rawValue)", unit: .megabytesPerSecond, value: megabytes / cost.cpuSeconds))
        }
        return try await measures + redaction(texts, megabytes)
    }

    /// Lines as they are, of which none has a secret, and with one in each hundred.
    private func redaction(_ texts: [String], _ megabytes: Double) async throws -> [Measure] {
        let redactor = Redactor()
        func redact(_ texts: [String]) -> Int {
            var counts = RedactionCounts()
            for text in texts {
                var text = text
                redactor.redact(&text, counting: &counts)
            }
            return counts.total
        }
        let some = texts.enumerated().map { $0 % 100 == 0 ? $1 + " password=hunter2 card=4111111111111111" : $1 }
        var batches = stride(from: 0, to: texts.count, by: Self.linesPerBody).map { first in
            LogColumns(texts[first..<min(texts.count, first + Self.linesPerBody)].map { LogRecord(timestamp: Self.now, stream: [:], body: $0) })
        }
        let (_, batched) = await Cost.of {
            var counts = RedactionCounts()
            for index in batches.indices { redactor.redact(&batches[index], counting: &counts) }
        }
        let (none, clean) = await Cost.of { redact(texts) }
        let (found, dirty) = await Cost.of { redact(some) }
        // Of many random ids of 16 hexadecimal digits one may be all digits, and a card's number.
        guard found - none == 2 * ((texts.count + 99) / 100) else { throw BenchError("redaction found \(none) and \(found) secrets") }
        return [
            Measure(title: "redact batches of lines without a secret", unit: .megabytesPerSecond, value: megabytes / batched.cpuSeconds),
            Measure(title: "redact lines without a secret", unit: .megabytesPerSecond, value: megabytes / clean.cpuSeconds),
            Measure(title: "redact lines, each hundredth with two secrets", unit: .megabytesPerSecond, value: megabytes / dirty.cpuSeconds),
        ]
    }
}

/// A protocol: how its senders write lines, and how they are read.
private enum Format: String, CaseIterable {
    case line = "lines alone (level, fields, time)"
    case bulk = "Elasticsearch _bulk"
    case jsonLines = "ndjson"
    case journal = "journal export"
    case syslog = "syslog, RFC 5424, counted"
    case gelf = "GELF"
    case fluent = "Fluent forward, packed"
    case loki = "Loki push, JSON"

    func body(_ lines: ArraySlice<String>) -> [UInt8] {
        var body: [UInt8] = []
        switch self {
        case .line: for line in lines { body += Array((line + "\n").utf8) }
        case .bulk:
            for line in lines {
                body += Array("{\"create\":{\"_index\":\"logs\"}}\n{\"@timestamp\":\"2026-01-01T00:00:00.123Z\",\"message\":\(quoted(line)),\"host\":{\"name\":\"web-1\"},\"log\":{\"file\":{\"path\":\"/var/log/app.log\"},\"offset\":123}}\n".utf8)
            }
        case .jsonLines: for line in lines { body += Array("{\"_time\":\"2026-01-01T00:00:00.123Z\",\"_msg\":\(quoted(line)),\"host\":\"web-1\"}\n".utf8) }
        case .journal: for line in lines { body += Array("__REALTIME_TIMESTAMP=1767225600000000\n_HOSTNAME=web-1\nSYSLOG_IDENTIFIER=app\nPRIORITY=6\n_PID=42\nMESSAGE=\(line)\n\n".utf8) }
        case .syslog:
            for line in lines {
                let message = "<14>1 2026-01-01T00:00:00.123Z web-1 app 42 - - \(line)"
                body += Array("\(message.utf8.count) \(message)".utf8)
            }
        case .gelf: for line in lines { body += Array("{\"version\":\"1.1\",\"host\":\"web-1\",\"short_message\":\(quoted(line)),\"timestamp\":1767225600.123,\"level\":6}\u{0}".utf8) }
        case .fluent:
            var events: [UInt8] = []
            for line in lines { events += [0x92, 0xD7, 0, 0x69, 0x55, 0xB9, 0, 0, 0, 0, 0, 0x81] + Self.string("log") + Self.string(line) }
            body = [0x92] + Self.string("app") + [0xC6] + Self.bigEndian(UInt32(events.count)) + events
        case .loki:
            let values = lines.map { "[\"1767225600000000000\",\(quoted($0))]" }.joined(separator: ",")
            body = Array("{\"streams\":[{\"stream\":{\"job\":\"app\"},\"values\":[\(values)]}]}".utf8)
        }
        return body
    }

    /// The number of records.
    func read(_ body: [UInt8], _ now: NanoTimestamp) throws -> Int {
        try body.withUnsafeBytes { bytes in
            switch self {
            case .line: return bytes.split(separator: 0x0A).reduce(0) { count, line in
                _ = LogLine.parse(UnsafeRawBufferPointer(rebasing: line), receivedAt: now)
                return count + 1
            }
            case .bulk: return try BulkRequest(bytes, defaultIndex: nil, receivedAt: now).columns.count
            case .jsonLines: return try LinesOfJSON(bytes, receivedAt: now).columns.count
            case .journal: return try JournalExport.decode(bytes, receivedAt: now).count
            case .syslog:
                var (frames, count) = (SyslogFrames(messageBytesMax: 1 << 20), 0)
                try frames.read(bytes) { message, _ in
                    _ = SyslogMessage.parse(message, sender: nil, receivedAt: now)
                    count += 1
                }
                return count
            case .gelf: return try bytes.split(separator: 0).reduce(0) { count, message in
                _ = try GELFMessage.decode(UnsafeRawBufferPointer(rebasing: message), bytesMax: 1 << 20, receivedAt: now)
                return count + 1
            }
            case .fluent: return try FluentMessage(bytes, inflatedBytesMax: 1 << 24, receivedAt: now).records.count
            case .loki: return try LokiPush.decodeColumns(json: bytes, receivedAt: now).count
            }
        }
    }

    private func quoted(_ line: String) -> String { "\"" + line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }

    private static func string(_ text: String) -> [UInt8] { [0xDA, UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 255)] + Array(text.utf8) }
    private static func bigEndian(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}

/// Lines as services write them: JSON, logfmt, an access log, plain text.
private struct SampleLines {
    let texts: [String]

    init(count: Int) {
        var random = SeededGenerator(seed: 3)
        texts = (0..<count).map { number in
            let (id, milliseconds) = (String(random.next(), radix: 16), random.next() % 900)
            switch number % 4 {
            case 0:
                return "{\"ts\":\"2026-01-01T00:00:00.\(100 + number % 900)Z\",\"level\":\"info\",\"msg\":\"request served\",\"path\":\"/api/orders/\(random.next() % 100_000)\",\"status\":200,\"duration_ms\":\(milliseconds),\"request\":{\"id\":\"\(id)\",\"user\":\(random.next() % 5000)}}"
            case 1:
                return "time=2026-01-01T00:00:00Z level=warn msg=\"slow upstream answered late\" upstream=cart-\(number % 7) duration=\(milliseconds)ms request=\(id) attempt=2 region=eu-central-1"
            case 2:
                return "10.0.\(number % 250).\(random.next() % 250) - - [01/Jan/2026:00:00:00 +0000] \"GET /static/app.\(id).js HTTP/1.1\" 200 \(random.next() % 90_000) \"https://shop.example/cart\" \"Mozilla/5.0 (X11; Linux x86_64)\""
            default:
                return "2026-01-01 00:00:00,\(100 + number % 900) ERROR [worker-\(number % 16)] c.e.shop.CartService - order \(random.next() % 100_000) could not be stored, the connection to db-\(number % 3) was refused after \(milliseconds) ms"
            }
        }
    }
}

/// `nightjar-bench log-inputs`
struct LogInputCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log-inputs", abstract: "Reading log lines from each protocol, and redaction.")

    @Option(help: "Lines.") var lines = 200_000

    func run() async throws { try await LogInputBench(lines: lines).report() }
}
