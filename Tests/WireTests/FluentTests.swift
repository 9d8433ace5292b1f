import Compression
import Foundations
import Model
import Testing

@testable import Wire

/// Writes what a sender of Fluent forward writes.
struct Pack {
    var bytes: [UInt8] = []

    static func string(_ text: String) -> [UInt8] { [0xD9, UInt8(text.utf8.count)] + Array(text.utf8) }
    static func binary(_ data: [UInt8]) -> [UInt8] { [0xC6] + withUnsafeBytes(of: UInt32(data.count).bigEndian) { Array($0) } + data }
    static func array(_ parts: [[UInt8]]) -> [UInt8] { [0x90 | UInt8(parts.count)] + parts.flatMap { $0 } }
    static func map(_ pairs: [(String, [UInt8])]) -> [UInt8] { [0x80 | UInt8(pairs.count)] + pairs.flatMap { string($0.0) + $0.1 } }
    static func integer(_ number: UInt32) -> [UInt8] { [0xCE] + withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    static func eventTime(_ seconds: UInt32, _ nanoseconds: UInt32) -> [UInt8] {
        [0xD7, 0x00] + withUnsafeBytes(of: seconds.bigEndian) { Array($0) } + withUnsafeBytes(of: nanoseconds.bigEndian) { Array($0) }
    }
}

@Suite struct FluentTests {
    private static let record = Pack.map([("log", Pack.string("level=warn one")), ("pod", Pack.map([("name", Pack.string("cart"))])), ("n", [0x07]), ("list", [0x92, 0x01, 0xC0])])
    private static let expected = LogRecord(
        timestamp: NanoTimestamp(nanoseconds: 1_714_566_896_000_000_005), stream: ["job": "app.web"], level: .warn, body: "level=warn one",
        fields: [LogField("pod.name", "cart"), LogField("n", .integer(7)), LogField("list", "[1,null]"), LogField("level", "warn")])
    private static let time = Pack.eventTime(1_714_566_896, 5)

    private func decode(_ bytes: [UInt8]) throws -> FluentMessage {
        try bytes.withUnsafeBytes { try FluentMessage($0, inflatedBytesMax: 1 << 20, receivedAt: receivedAt) }
    }

    @Test func allFourModesHoldTheSame() throws {
        let (tag, options) = (Pack.string("app.web"), Pack.map([("chunk", Pack.string("abc=")), ("size", [0x02])]))
        let entry = Pack.array([Self.time, Self.record])
        let zipped = Pack.map([("chunk", Pack.string("abc=")), ("compressed", Pack.string("gzip"))])
        let modes = [
            Pack.array([tag, Self.time, Self.record, options]), Pack.array([tag, Pack.array([entry, entry]), options]),
            Pack.array([tag, Pack.binary(entry + entry), options]), Pack.array([tag, Pack.binary(ContentEncoding.gzip.encode(entry + entry)), zipped]),
        ]
        for (index, mode) in modes.enumerated() {
            let message = try decode(mode)
            #expect(message.records == Array(repeating: Self.expected, count: index == 0 ? 1 : 2), "mode \(index)")
            #expect(message.chunk == "abc=")
            #expect(message.tag == "app.web")
        }
    }

    @Test func fluentBitsTimeWithMetadataIsRead() throws {
        let entry = Pack.array([Pack.array([Self.time, Pack.map([])]), Self.record])
        #expect(try decode(Pack.array([Pack.string("app.web"), Pack.array([entry])])).records == [Self.expected])
    }

    @Test func secondsAreATimeToo() throws {
        let message = try decode(Pack.array([Pack.string("t"), Pack.integer(1_714_566_896), Pack.map([("message", Pack.string("x"))])]))
        #expect(message.records[0].timestamp == NanoTimestamp(nanoseconds: 1_714_566_896_000_000_000))
        #expect(message.chunk == nil)
    }

    @Test func aHeartbeatHoldsNothing() throws {
        #expect(try decode([0xC0]).isHeartbeat)
    }

    @Test func nestingIsBounded() {
        let deep = Array([[UInt8]](repeating: [0x81, 0xA1, 0x61], count: 200).joined()) + [0x01]
        #expect { try decode(Pack.array([Pack.string("t"), Self.time, deep])) } throws: { ($0 as? WireError)?.kind == .overLimit }
    }

    @Test func aBombIsRefused() {
        let bomb = Pack.binary(ContentEncoding.gzip.encode([UInt8](repeating: 0xC0, count: 10 << 20)))
        let message = Pack.array([Pack.string("t"), bomb, Pack.map([("compressed", Pack.string("gzip"))])])
        #expect { try decode(message) } throws: { ($0 as? WireError)?.kind == .overLimit }
    }

    @Test(arguments: [1, 2, 5, 1000]) func aStreamIsCutIntoMessagesWhateverItsPieces(size: Int) throws {
        let message = Pack.array([Pack.string("app.web"), Pack.array([Pack.array([Self.time, Self.record])])])
        let stream = message + [0xC0] + message + message.dropLast()
        var frames = FluentFrames(messageBytesMax: 1 << 20)
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            try stream[start..<min(stream.count, start + size)].withUnsafeBytes { piece in try frames.read(piece) { found.append(Array($0)) } }
        }
        #expect(found == [message, [0xC0], message])
    }

    @Test func aMessageThatNeverEndsIsRefused() {
        var frames = FluentFrames(messageBytesMax: 100)
        let endless = [0xDD, 0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0xC0, count: 200)
        #expect(throws: WireError.self) { try endless.withUnsafeBytes { try frames.read($0) { _ in } } }
        var text = FluentFrames(messageBytesMax: 100)
        #expect(throws: WireError.self) { try Array("GET / HTTP/1.1".utf8).withUnsafeBytes { try text.read($0) { _ in } } }
    }

    @Test func theHandshakeIsReadAndWritten() throws {
        let ping = Pack.array([Pack.string("PING"), Pack.string("web-1"), Pack.string("salt"), Pack.string("digest"), Pack.string(""), Pack.string("")])
        let read = try ping.withUnsafeBytes { try FluentHandshake.Ping($0) }
        #expect(read.digested(nonce: Array("nonce".utf8), key: Array("key".utf8)) == Array("saltweb-1noncekey".utf8))
        let hello = FluentHandshake.hello(nonce: [1, 2, 3])
        #expect(hello == [0x92, 0xA4] + Array("HELO".utf8) + [0x83, 0xA5] + Array("nonce".utf8) + [0xC4, 3, 1, 2, 3] + [0xA4] + Array("auth".utf8) + [0xC4, 0]
            + [0xA9] + Array("keepalive".utf8) + [0xC3])
        #expect(FluentMessage.acknowledgement(of: "abc=") == [0x81, 0xA3, 0x61, 0x63, 0x6B, 0xA4, 0x61, 0x62, 0x63, 0x3D])
    }
}
