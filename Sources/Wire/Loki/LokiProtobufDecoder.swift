import Foundations
import Model

/// `PushRequest { streams = 1 }`, `Stream { labels = 1, entries = 2 }`, `Entry { timestamp = 1, line = 2, structuredMetadata = 3 }`.
struct LokiProtobufDecoder {
    let limits: WireLimits
    let receivedAt: NanoTimestamp
    var columns = LogColumns()
    private var metadata = LokiMetadata()

    init(limits: WireLimits, receivedAt: NanoTimestamp) {
        self.limits = limits
        self.receivedAt = receivedAt
    }

    /// The labels are read before the entries, wherever they stand.
    mutating func stream(_ message: ProtobufReader) throws(WireError) {
        let (stream, level) = LokiPush.split(try labels(message))
        let number = columns.number(of: stream)
        var reader = message
        while let tag = try reader.nextTag() {
            if tag.field == 2 { try entry(reader.message(tag), number, level) } else { try reader.skip(tag) }
        }
    }

    private func labels(_ message: ProtobufReader) throws(WireError) -> Labels {
        var labels = Labels()
        var reader = message
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else {
                try reader.skip(tag)
                continue
            }
            let slice = try reader.slice(tag)
            let text = slice.bytes(in: reader.body)
            guard UTF8Check.isValid(text) else { throw WireError("stream labels are not valid UTF-8", offset: slice.start) }
            labels = try LabelsText.parse(text, offset: slice.start, limits: limits).build()
        }
        return labels
    }

    private mutating func entry(_ message: ProtobufReader, _ stream: Int, _ streamLevel: LogLevel?) throws(WireError) {
        guard columns.count < limits.recordsMax else { throw LokiPush.tooManyRecords(limits, offset: message.offset) }
        var timestamp = receivedAt.nanoseconds
        var line = UnsafeRawBufferPointer(start: nil, count: 0)
        metadata.clear()
        var reader = message
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: timestamp = try self.timestamp(reader.message(tag))
            case 2:
                let slice = try reader.slice(tag)
                guard slice.count <= limits.lineBytesMax else { throw LokiPush.tooLongLine(limits, offset: slice.start) }
                line = LineText.trimmed(slice.bytes(in: reader.body))
            case 3:
                guard metadata.count < limits.fieldsMax else { throw LokiPush.tooManyFields(limits, offset: reader.offset) }
                try pair(reader.message(tag))
            default: try reader.skip(tag)
            }
        }
        let level = LokiPush.level(metadata, stream: streamLevel, line: line)
        columns.append(timestamp: timestamp, stream: stream, level: level, line: line, isInvalid: !UTF8Check.isValid(line))
    }

    /// google.protobuf.Timestamp { seconds = 1, nanos = 2 }
    private func timestamp(_ message: ProtobufReader) throws(WireError) -> Int64 {
        var (seconds, nanos) = (Int64(0), Int64(0))
        var reader = message
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: seconds = try reader.int64(tag)
            case 2: nanos = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLate) = whole.addingReportingOverflow(nanos)
        guard !overflow, !tooLate, (0..<1_000_000_000).contains(nanos) else { throw WireError("a time out of range", offset: message.offset) }
        return sum
    }

    private mutating func pair(_ message: ProtobufReader) throws(WireError) {
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = name
        var reader = message
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: name = try reader.stringBytes(tag)
            case 2: value = try reader.stringBytes(tag)
            default: try reader.skip(tag)
            }
        }
        guard !name.isEmpty else { throw WireError("structured metadata without a name", offset: message.offset) }
        columns.add(name: name, text: value)
        metadata.note(name: name, value: value)
    }
}
