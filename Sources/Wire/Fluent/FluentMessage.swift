import Compression
import Foundations
import Model

/// A message of the Fluent forward protocol (v1): one event, several, or several packed together, plain or gzipped.
///
/// The tag becomes the label `job` where a record names no service of its own. An option `chunk` asks for an acknowledgement.
public struct FluentMessage: Sendable {
    public private(set) var tag = ""
    public private(set) var records: [LogRecord] = []
    /// What the sender waits to have named back once all is durable.
    public private(set) var chunk: String?
    /// A message without events, by which a sender asks whether somebody is there.
    public private(set) var isHeartbeat = false

    /// `inflatedBytesMax` bounds the events of a compressed message.
    public init(
        _ bytes: UnsafeRawBufferPointer, inflatedBytesMax: Int, shape: DocumentShape = DocumentShape(), limits: WireLimits = WireLimits(),
        receivedAt: NanoTimestamp
    ) throws(WireError) {
        var reader = MessagePackReader(bytes)
        if try reader.takeNone() {
            isHeartbeat = true
            return
        }
        let count = try reader.arrayCount()
        guard count >= 2 else { throw WireError("a message of Fluent forward has a tag and events", offset: 0) }
        tag = try reader.string()
        var events = FluentEvents(tag: tag, shape: shape, limits: limits, receivedAt: receivedAt)
        // The options say how the events are packed, and stand behind them.
        let start = reader
        let mode = try reader.kind()
        let isSingle = mode != .array && mode != .string && mode != .binary
        try reader.skip()
        if isSingle { try reader.skip() }
        let used = isSingle ? 3 : 2
        var options = FluentOptions()
        if count > used { options = try FluentOptions(&reader) }
        chunk = options.chunk
        reader = start
        switch mode {
        case .array:
            for _ in 0..<(try reader.arrayCount()) { try events.entry(&reader) }
        case .string, .binary: try events.packed(try reader.data(), options.compressed, inflatedBytesMax: inflatedBytesMax)
        default: try events.event(&reader)
        }
        records = events.records
    }

    /// `{"ack": chunk}`
    public static func acknowledgement(of chunk: String) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.map(1)
        writer.string("ack")
        writer.string(chunk)
        return writer.bytes
    }
}

private struct FluentOptions {
    var chunk: String?
    var compressed: ContentEncoding = .identity

    init() {}

    init(_ reader: inout MessagePackReader) throws(WireError) {
        if try reader.takeNone() { return }
        for _ in 0..<(try reader.mapCount()) {
            switch try reader.string() {
            case "chunk":
                let text = try reader.string()
                guard text.utf8.count <= Limits.bulkNameBytesMax else {
                    throw WireError(.overLimit, "the option chunk is longer than \(Limits.bulkNameBytesMax) bytes", offset: reader.offset)
                }
                chunk = text
            case "compressed":
                let name = try reader.string()
                guard let encoding = ContentEncoding(header: name), encoding != .identity || name == "text" || name.isEmpty else {
                    throw WireError("events compressed with \(quoted(String(name.prefix(32)))) aren't understood; use gzip", offset: reader.offset)
                }
                compressed = encoding
            default: try reader.skip()
            }
        }
    }
}

/// The events of one message.
private struct FluentEvents {
    let tag: String
    let limits: WireLimits
    let receivedAt: NanoTimestamp
    private var maker: DocumentRecord
    private(set) var records: [LogRecord] = []

    init(tag: String, shape: DocumentShape, limits: WireLimits, receivedAt: NanoTimestamp) {
        self.tag = tag
        self.limits = limits
        self.receivedAt = receivedAt
        maker = DocumentRecord(shape, limits: limits, receivedAt: receivedAt)
    }

    /// `[time, record]`; Fluent Bit writes `[[time, metadata], record]`.
    mutating func entry(_ reader: inout MessagePackReader) throws(WireError) {
        let count = try reader.arrayCount()
        guard count >= 2 else { throw WireError("an event has a time and a record", offset: reader.offset) }
        try event(&reader)
        for _ in 2..<max(2, count) { try reader.skip() }
    }

    /// Events one behind the other.
    mutating func packed(_ data: UnsafeRawBufferPointer, _ encoding: ContentEncoding, inflatedBytesMax: Int) throws(WireError) {
        guard encoding != .identity else {
            var reader = MessagePackReader(data)
            while !reader.isAtEnd { try entry(&reader) }
            return
        }
        let inflated: [UInt8]
        do throws(CompressionError) {
            inflated = try encoding.decode(data, bytesMax: inflatedBytesMax)
        } catch {
            throw WireError(error == .tooLarge(bytesMax: inflatedBytesMax) ? .overLimit : .malformed, error.description, offset: 0)
        }
        var failure: WireError?
        inflated.withUnsafeBytes { bytes in
            do throws(WireError) {
                var reader = MessagePackReader(bytes)
                while !reader.isAtEnd { try entry(&reader) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// A time and a record.
    mutating func event(_ reader: inout MessagePackReader) throws(WireError) {
        guard records.count < limits.recordsMax else {
            throw WireError(.overLimit, "the message has more than \(limits.recordsMax) events; send smaller ones", offset: reader.offset)
        }
        let moment = try time(&reader)
        var fields: [LogField] = []
        try MessagePackFields.append(&reader, to: &fields, limits: limits)
        records.append(try maker.make(fields, document: MessagePackFields.text(of: fields), defaults: [("job", tag)], timestamp: moment))
    }

    /// Seconds, or the extension EventTime of seconds and nanoseconds; zero is unknown.
    private func time(_ reader: inout MessagePackReader) throws(WireError) -> NanoTimestamp? {
        let start = reader.offset
        switch try reader.kind() {
        case .integer:
            guard let seconds = try reader.integer(), seconds > 0 else { return nil }
            let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            guard !overflow else { throw WireError("an event's time is out of range", offset: start) }
            return NanoTimestamp(nanoseconds: nanoseconds)
        case .double:
            let seconds = try reader.double()
            guard seconds > 0, seconds < 9e9 else { return nil }
            return NanoTimestamp(nanoseconds: Int64((seconds * 1e6).rounded()) * 1000)
        case .ext:
            let (type, data) = try reader.ext()
            guard type == 0, data.count == 8 else { throw WireError("an event's time is an extension of type \(type), not 0", offset: start) }
            let seconds = UInt32(bigEndian: data.loadUnaligned(as: UInt32.self))
            let nanoseconds = UInt32(bigEndian: data.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            if seconds == 0 { return nil }
            return NanoTimestamp(nanoseconds: Int64(seconds) * 1_000_000_000 + Int64(min(nanoseconds, 999_999_999)))
        case .array:
            let count = try reader.arrayCount()
            guard count >= 1 else { throw WireError("an event's time is missing", offset: start) }
            guard try reader.kind() != .array else { throw WireError("an event's time is nested", offset: start) }
            let moment = try time(&reader)
            for _ in 1..<max(1, count) { try reader.skip() }
            return moment
        default: throw WireError("an event's time is no number", offset: start)
        }
    }
}
