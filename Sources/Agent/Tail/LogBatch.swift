import Compression
import Foundations
import Model
import Wire

/// Lines on their way to the spool, with the positions that they move.
struct LogBatch {
    private(set) var records: [LogRecord] = []
    private(set) var bytes = 0
    private(set) var positions: [FileKey: SourcePosition] = [:]
    /// When the first line or position came.
    private(set) var startNanoseconds: Int64?

    var isEmpty: Bool { records.isEmpty && positions.isEmpty }
    var isFull: Bool { bytes >= Limits.batchBytes || records.count >= Limits.batchLinesMax }

    /// Whether it has waited long enough.
    func isDue(_ monotonicNanoseconds: Int64) -> Bool {
        startNanoseconds.map { monotonicNanoseconds - $0 >= Limits.batchMilliseconds * 1_000_000 } ?? false
    }

    mutating func add(_ record: LogRecord, bytes count: Int, monotonicNanoseconds: Int64) {
        records.append(record)
        bytes += count
        if startNanoseconds == nil { startNanoseconds = monotonicNanoseconds }
    }

    mutating func set(_ position: SourcePosition, monotonicNanoseconds: Int64) {
        positions[position.key] = position
        if startNanoseconds == nil { startNanoseconds = monotonicNanoseconds }
    }

    /// The request's body; empty where there are only positions.
    func payload() -> [UInt8] { records.isEmpty ? [] : Zstd.compress(OTLPLogs.encode(records)) }
}

/// Makes log records of raw lines.
struct LineMaker {
    static let cutMarker = " […cut]"

    let clock: any WallClock
    let zoneOffsetSeconds: Int
    private let redactor: Redactor
    private var lastReceived: Int64 = 0
    /// Secrets that were taken out so far.
    private(set) var redacted = RedactionCounts()

    init(clock: any WallClock, zoneOffsetSeconds: Int, redaction: RedactionRules) {
        self.clock = clock
        redactor = Redactor(redaction)
        self.zoneOffsetSeconds = zoneOffsetSeconds
    }

    /// A line, or the lines of one record, without the line feed at its end. Secrets are taken out first of all. A carriage return at its end and zero bytes at its start are taken away (a truncated file has such a hole
    /// where its writer doesn't append); nil where nothing is left. Other zero bytes become `␀`, invalid UTF-8 `�`, both with a field that says so.
    mutating func record(_ line: UnsafeRawBufferPointer, stream: Labels, isCut: Bool) -> LogRecord? {
        var bytes = line[...]
        if bytes.last == 0x0D { bytes = bytes.dropLast() }
        bytes = bytes.drop { $0 == 0 }
        if bytes.isEmpty { return nil }
        if isCut { bytes = bytes.dropLast(Self.incompleteBytes(bytes)) }
        let slice = UnsafeRawBufferPointer(rebasing: bytes)
        if let clean = redactor.redact(slice, counting: &redacted) {
            return clean.withUnsafeBytes { cleanRecord($0, stream: stream, isCut: isCut) }
        }
        return cleanRecord(slice, stream: stream, isCut: isCut)
    }

    private mutating func cleanRecord(_ slice: UnsafeRawBufferPointer, stream: Labels, isCut: Bool) -> LogRecord {
        var extra: [LogField] = []
        var body: String
        if let valid = String(validating: slice, as: UTF8.self) {
            body = valid
        } else {
            body = String(decoding: slice, as: UTF8.self)
            extra.append(LogField("invalid_utf8", .bool(true)))
        }
        if body.utf8.contains(0) {
            body = String(String.UnicodeScalarView(body.unicodeScalars.map { $0 == "\0" ? "\u{2400}" : $0 }))
            extra.append(LogField("nul_bytes", .bool(true)))
        }
        // Lines without a time of their own keep their order.
        let received = max(clock.now().nanoseconds, lastReceived + 1)
        lastReceived = received
        let parsed = LogLine.parse(body, receivedAt: NanoTimestamp(nanoseconds: received), zoneOffsetSeconds: zoneOffsetSeconds)
        if isCut {
            body += Self.cutMarker
            extra.append(LogField("truncated", .bool(true)))
        }
        return LogRecord(
            timestamp: parsed.timestamp ?? NanoTimestamp(nanoseconds: received), stream: stream, level: parsed.level, body: body, fields: parsed.fields + extra)
    }

    /// The bytes at the end that begin a character but don't hold all of it.
    private static func incompleteBytes(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.endIndex - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? back : 0
        }
        return 0
    }
}
