import Foundations
import Model
import Testing

@testable import Wire

private func parse(_ text: String) -> LogRecord { parse(Array(text.utf8)) }

private func parse(_ bytes: [UInt8]) -> LogRecord {
    bytes.withUnsafeBytes { SyslogMessage.parse($0, sender: "10.0.0.9", receivedAt: receivedAt) }
}

@Suite struct SyslogMessageTests {
    @Test func theStandardFormIsReadWithItsStructuredData() {
        let record = parse(
            "<165>1 2024-05-01T12:34:56.003Z mymachine.example.com evntslog 8710 ID47 "
                + "[exampleSDID@32473 iut=\"3\" eventSource=\"App \\\"x\\\" \\]\"][meta sequenceId=\"7\"] \u{FEFF}An application event")
        #expect(record == LogRecord(
            timestamp: NanoTimestamp(nanoseconds: 1_714_566_896_003_000_000), stream: ["instance": "mymachine.example.com", "job": "evntslog"], level: .info,
            body: "An application event",
            fields: [
                LogField("facility", "local4"), LogField("exampleSDID.iut", .integer(3)), LogField("exampleSDID.eventSource", "App \"x\" ]"),
                LogField("meta.sequenceId", .integer(7)), LogField("pid", .integer(8710)), LogField("msgid", "ID47"),
            ]))
    }

    @Test func whatIsntKnownIsLeftOut() {
        let record = parse("<11>1 - - - - - -")
        #expect(record == LogRecord(
            timestamp: receivedAt, stream: ["instance": "10.0.0.9", "job": "syslog"], level: .error, body: "", fields: [LogField("facility", "user")]))
    }

    @Test(arguments: [
        ("<34>May  1 12:34:56 mymachine su: 'su root' failed", "mymachine", "su", "'su root' failed", Int64(1_714_566_896)),
        ("<34>May  1 12:34:56 mymachine sshd[42]: Accepted", "mymachine", "sshd", "Accepted", 1_714_566_896),
        ("<34>2024-05-01T12:34:56+00:00 web-1 nginx: GET /", "web-1", "nginx", "GET /", 1_714_566_896),
        ("<34>May  1 12:34:56 su: no host", "10.0.0.9", "su", "no host", 1_714_566_896),
        ("<34>kernel: no time", "10.0.0.9", "kernel", "no time", 1_714_567_000),
        ("<34>just text", "10.0.0.9", "syslog", "just text", 1_714_567_000),
        ("<34>May  1 12:34:56 host-a a message without a tag: really", "host-a", "syslog", "a message without a tag: really", 1_714_566_896),
    ])
    func theOldFormIsReadAsProgramsWriteIt(text: String, host: String, program: String, body: String, seconds: Int64) {
        let record = parse(text)
        #expect(record.stream == ["instance": host, "job": program])
        #expect(record.body == body)
        #expect(record.timestamp.nanoseconds == seconds * 1_000_000_000)
        #expect(record.level == .fatal)
    }

    @Test(arguments: ["", "<", "<999>x", "<34", "plain text", "<34>1 2024-99-01T00:00:00Z a b c d -", "<34>1 - a b c d [x y=\"", "\u{0}\u{0}"])
    func anythingIsALine(text: String) {
        let record = parse(text)
        #expect(text.contains(record.body))
    }

    @Test func invalidUTF8IsKeptAndMarked() {
        let record = parse(Array("<34>1 - h a - - - x".utf8) + [0xC3, 0x28])
        #expect(record.body == "x\u{FFFD}(")
        #expect(record.field("invalid_utf8") == .bool(true))
    }
}

@Suite struct SyslogFramesTests {
    /// The messages of a stream that comes in pieces of `size` bytes.
    private func frames(_ text: String, piece size: Int, messageBytesMax: Int = 100) throws -> [String] {
        var frames = SyslogFrames(messageBytesMax: messageBytesMax)
        var found: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(bytes.count, start + size)].withUnsafeBytes { piece in
                try frames.read(piece) { message, isCut in found.append(String(decoding: message, as: UTF8.self) + (isCut ? "…" : "")) }
            }
        }
        frames.finish { message, _ in found.append(String(decoding: message, as: UTF8.self)) }
        return found
    }

    @Test(arguments: 1...20) func bothFramingsMayMixInOneStream(size: Int) throws {
        let text = "5 <1>ab7 <2>c\nde\n<3>fg\n<4>hi\r\n\n6 <5>jkl<6>last"
        #expect(try frames(text, piece: size) == ["<1>ab", "<2>c\nde", "<3>fg", "<4>hi\r", "<5>jkl", "<6>last"])
    }

    @Test(arguments: [1, 3, 7, 1000]) func giantMessagesAreCutAndPassedOver(size: Int) throws {
        let giant = String(repeating: "x", count: 500)
        let text = "<1>\(giant)\n<2>b\n503 <3>\(giant)5 <4>cd"
        let cut = String(repeating: "x", count: 97)
        #expect(try frames(text, piece: size) == ["<1>\(cut)…", "<2>b", "<3>\(cut)…", "<4>cd"])
    }

    @Test(arguments: ["12x<1>a", "0 <1>", "9999999999 <1>"]) func aLengthThatIsNoneEndsTheStream(text: String) {
        #expect(throws: WireError.self) { try frames(text, piece: 1000) }
    }
}
