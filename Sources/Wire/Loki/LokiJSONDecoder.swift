import Foundations
import Model

/// `{"streams": [{"stream": {"job": "api"}, "values": [["<ns>", "<line>", {"trace_id": "…"}]]}]}`.
struct LokiJSONDecoder {
    let limits: WireLimits
    let receivedAt: NanoTimestamp
    var columns = LogColumns()
    private var metadata = LokiMetadata()
    /// Room for a line with its escapes undone, and the slack that the reader wants.
    private let scratch: UnsafeMutablePointer<UInt8>

    init(limits: WireLimits, receivedAt: NanoTimestamp, scratch: UnsafeMutablePointer<UInt8>) {
        self.limits = limits
        self.receivedAt = receivedAt
        self.scratch = scratch
    }

    mutating func request(_ reader: inout JSONReader) throws(WireError) {
        var hasStreams = false
        try reader.object { key, reader throws(WireError) in
            guard key == "streams" else { return try reader.skip() }
            hasStreams = true
            try reader.array { reader throws(WireError) in
                let before = (reader, columns.count)
                if try stream(&reader) { return }
                reader = before.0
                columns.keepFirst(before.1)
                try streamInTwoPasses(&reader)
            }
        }
        guard hasStreams else { throw WireError("the body has no member \"streams\"", offset: 0) }
    }

    /// Reads a stream whose labels stand before its entries, as senders write it; false where they don't.
    private mutating func stream(_ reader: inout JSONReader) throws(WireError) -> Bool {
        var (number, level): (Int?, LogLevel?) = (nil, nil)
        var isInOrder = true
        try reader.object { key, reader throws(WireError) in
            switch key {
            case "stream" where number == nil:
                var labels = StreamLabels(limits: limits)
                try self.labels(&reader, into: &labels)
                let (stream, found) = LokiPush.split(labels.build())
                (number, level) = (columns.number(of: stream), found)
            case "values":
                if let number, isInOrder { return try entries(&reader, number, level) }
                isInOrder = false
                try reader.skip()
            default:
                if key == "stream" { isInOrder = false }
                try reader.skip()
            }
        }
        return isInOrder
    }

    private mutating func streamInTwoPasses(_ reader: inout JSONReader) throws(WireError) {
        var labels = StreamLabels(limits: limits)
        var first = reader
        try first.object { key, reader throws(WireError) in
            guard key == "stream" else { return try reader.skip() }
            try self.labels(&reader, into: &labels)
        }
        let (stream, level) = LokiPush.split(labels.build())
        let number = columns.number(of: stream)
        try reader.object { key, reader throws(WireError) in
            guard key == "values" else { return try reader.skip() }
            try entries(&reader, number, level)
        }
    }

    private func labels(_ reader: inout JSONReader, into labels: inout StreamLabels) throws(WireError) {
        try reader.object { name, reader throws(WireError) in
            let offset = reader.offset
            try labels.set(name, to: try reader.string(), offset: offset)
        }
    }

    private mutating func entries(_ reader: inout JSONReader, _ stream: Int, _ level: LogLevel?) throws(WireError) {
        guard try reader.beginArray() else { return }
        repeat { try entry(&reader, stream, level) } while try reader.nextElement()
    }

    private mutating func entry(_ reader: inout JSONReader, _ stream: Int, _ streamLevel: LogLevel?) throws(WireError) {
        let start = reader.offset
        guard columns.count < limits.recordsMax else { throw LokiPush.tooManyRecords(limits, offset: start) }
        var timestamp = receivedAt.nanoseconds
        var line = UnsafeRawBufferPointer(start: nil, count: 0)
        metadata.clear()
        var place = 0
        guard try reader.beginArray() else { throw Self.noEntry(start) }
        repeat {
            let offset = reader.offset
            switch place {
            case 0: timestamp = try reader.integer()
            case 1:
                line = LineText.trimmed(try reader.copyString(scratch))
                guard line.count <= limits.lineBytesMax else { throw LokiPush.tooLongLine(limits, offset: offset) }
            case 2: try readMetadata(&reader)
            default: throw WireError("an entry of \"values\" has more than a time, a line and metadata", offset: offset)
            }
            place += 1
        } while try reader.nextElement()
        guard place >= 2 else { throw Self.noEntry(start) }
        let level = LokiPush.level(metadata, stream: streamLevel, line: line)
        columns.append(timestamp: timestamp, stream: stream, level: level, line: line, isInvalid: !reader.isUTF8 && !UTF8Check.isValid(line))
    }

    private static func noEntry(_ offset: Int) -> WireError { WireError("an entry of \"values\" isn't [\"<nanoseconds>\", \"<line>\"]", offset: offset) }

    private mutating func readMetadata(_ reader: inout JSONReader) throws(WireError) {
        try reader.object { name, reader throws(WireError) in
            guard metadata.count < limits.fieldsMax else { throw LokiPush.tooManyFields(limits, offset: reader.offset) }
            var (name, value) = (name, try reader.string())
            name.withUTF8 { name in
                value.withUTF8 { value in
                    columns.add(name: UnsafeRawBufferPointer(name), text: UnsafeRawBufferPointer(value))
                    metadata.note(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
                }
            }
        }
    }
}
