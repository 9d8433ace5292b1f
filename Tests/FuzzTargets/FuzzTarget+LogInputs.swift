import Foundations
import Model
import Wire

extension FuzzTarget {
    private static let now = NanoTimestamp(nanoseconds: 1_767_225_600_000_000_000)

    func runLogInput(_ bytes: UnsafeRawBufferPointer) {
        refusing {
            switch self {
            case .elasticBulk: _ = try BulkRequest(bytes, defaultIndex: "i", receivedAt: Self.now)
            case .jsonLines: _ = try LinesOfJSON(bytes, receivedAt: Self.now)
            case .journalExport:
                refusing { _ = try JournalExport.decode(prefix: bytes, receivedAt: Self.now) }
                _ = try JournalExport.decode(bytes, receivedAt: Self.now)
            case .syslog:
                _ = SyslogMessage.parse(bytes, sender: nil, receivedAt: Self.now)
                var frames = SyslogFrames(messageBytesMax: 64)
                try halves(bytes) { half in try frames.read(half) { message, _ in _ = SyslogMessage.parse(message, sender: "h", receivedAt: Self.now) } }
                frames.finish { _, _ in }
            case .gelf:
                var chunks = GELFChunks(messagesMax: 4)
                if let whole = try chunks.add(bytes, monotonicNanoseconds: 0) {
                    _ = try whole.withUnsafeBytes { try GELFMessage.decode($0, bytesMax: 1 << 20, receivedAt: Self.now) }
                }
            case .fluent:
                var frames = FluentFrames(messageBytesMax: 1 << 20)
                try halves(bytes) { half in
                    try frames.read(half) { message throws(WireError) in
                        do throws(WireError) { _ = try FluentHandshake.Ping(message) } catch { _ = "\(error)" }
                        _ = try FluentMessage(message, inflatedBytesMax: 1 << 20, receivedAt: Self.now)
                    }
                }
            default: redact(bytes)
            }
        }
        if self == .gelf { refusing { _ = try GELFMessage.decode(bytes, bytesMax: 1 << 20, receivedAt: Self.now) } }
    }

    private func halves(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try body(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]))
        try body(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count / 2)...]))
    }

    private func redact(_ bytes: UnsafeRawBufferPointer) {
        var counts = RedactionCounts()
        let redactor = Redactor()
        let clean = redactor.redact(bytes, counting: &counts)
        precondition((clean == nil) == (counts.total == 0))
        redactBatch(bytes, redactor)
    }

    /// The lines of the bytes as a batch, each a second time as a field, against the same record by record.
    private func redactBatch(_ bytes: UnsafeRawBufferPointer, _ redactor: Redactor) {
        var records = bytes.split(separator: 0x0A).prefix(64).enumerated().map { index, line in
            let text = String(decoding: line, as: UTF8.self)
            return line.withContiguousStorageIfAvailable {
                LogRecord(timestamp: Self.now, stream: [:], line: UnsafeRawBufferPointer($0), fields: index % 3 == 0 ? [LogField(String(text.prefix(8)), text)] : [])
            }!
        }
        var columns = LogColumns(records)
        var (one, other) = (RedactionCounts(), RedactionCounts())
        for index in records.indices { redactor.redact(&records[index], counting: &one) }
        redactor.redact(&columns, counting: &other)
        precondition(columns.records == records && one == other)
    }
}
