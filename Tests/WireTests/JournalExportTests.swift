import Foundations
import Model
import Testing

@testable import Wire

@Suite struct JournalExportTests {
    private static let entry = """
        __CURSOR=s=1;i=2
        __REALTIME_TIMESTAMP=1714566896000001
        _HOSTNAME=web-1
        _SYSTEMD_UNIT=sshd.service
        SYSLOG_IDENTIFIER=sshd
        PRIORITY=3
        _PID=42
        MESSAGE=user=root failed

        """

    private static let record = LogRecord(
        timestamp: NanoTimestamp(nanoseconds: 1_714_566_896_000_001_000), stream: ["instance": "web-1", "job": "sshd", "unit": "sshd.service"], level: .error,
        body: "user=root failed", fields: [LogField("_PID", .integer(42)), LogField("user", "root")])

    private func decode(_ body: [UInt8]) throws -> [LogRecord] { try body.withUnsafeBytes { try JournalExport.decode($0, receivedAt: receivedAt) } }

    private func binary(_ name: String, _ value: [UInt8]) -> [UInt8] {
        Array("\(name)\n".utf8) + withUnsafeBytes(of: UInt64(value.count).littleEndian) { Array($0) } + value + [0x0A]
    }

    @Test func entriesAreReadWithTheirMeaning() throws {
        #expect(try decode(Array((Self.entry + "\n" + Self.entry).utf8)) == [Self.record, Self.record])
    }

    @Test func binaryFieldsHoldLineFeedsAndBlankLines() throws {
        let trace = Array("Traceback:\n\n  File x\nboom".utf8)
        let body = Array("__REALTIME_TIMESTAMP=1\n".utf8) + binary("MESSAGE", trace) + binary("CODE", [0x61, 0x0A, 0xFF]) + [0x0A]
        let records = try decode(body)
        #expect(records.map(\.body) == ["Traceback:\n\n  File x\nboom"])
        #expect(records[0].field("CODE") == .string("a\n\u{FFFD}"))
    }

    @Test func aLongBodyIsReadPieceByPiece() throws {
        var body = Array((Self.entry + "\n").utf8) + binary("MESSAGE", Array("two\n\nlines".utf8)) + [0x0A]
        body += Array((Self.entry + "\n").utf8)
        let whole = try decode(body)
        #expect(whole.count == 3)
        for cut in 0...body.count {
            let (front, bytes) = try body[..<cut].withUnsafeBytes { try JournalExport.decode(prefix: $0, receivedAt: receivedAt) }
            let rest = try decode(Array(body[bytes...]))
            #expect(front + rest == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: [
        ("MESSAGE\n\u{1}\u{0}\u{0}", "cut off"), ("bad name=1\n", "A-Z"), ("__REALTIME_TIMESTAMP=soon\n", "microseconds"), ("=x\n", "A-Z"),
        ("MESSAGE\n\u{9}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}short\n", "behind the end"),
    ])
    func whatIsNoJournalIsRefused(text: String, reason: String) {
        #expect { try decode(Array(text.utf8)) } throws: { "\($0)".contains(reason) }
    }
}
