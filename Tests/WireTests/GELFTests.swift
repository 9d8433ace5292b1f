import Compression
import Foundations
import Model
import Testing

@testable import Wire

@Suite struct GELFTests {
    private static let text = """
        {"version":"1.1","host":"web-1","short_message":"boom","full_message":"boom\\n  at x","timestamp":1714566896.25,"level":3,"_user_id":42,"_some_info":"foo",
        "facility":"shop","_level":"odd"}
        """

    private static let record = LogRecord(
        timestamp: NanoTimestamp(nanoseconds: 1_714_566_896_250_000_000), stream: ["instance": "web-1", "job": "gelf", "facility": "shop"], level: .error,
        body: "boom\n  at x", fields: [LogField("level", .integer(3)), LogField("user_id", .integer(42)), LogField("some_info", "foo"), LogField("_level", "odd")])

    private func decode(_ bytes: [UInt8], bytesMax: Int = 1 << 20) throws -> LogRecord {
        try bytes.withUnsafeBytes { try GELFMessage.decode($0, bytesMax: bytesMax, receivedAt: receivedAt) }
    }

    @Test func plainAndCompressedMessagesAreAlike() throws {
        let plain = Array(Self.text.utf8)
        #expect(try decode(plain) == Self.record)
        #expect(try decode(plain + [0]) == Self.record)
        #expect(try decode(ContentEncoding.gzip.encode(plain)) == Self.record)
        #expect(try decode(ContentEncoding.deflate.encode(plain)) == Self.record)
    }

    @Test func aBombIsRefused() {
        let bomb = ContentEncoding.gzip.encode([UInt8](repeating: 0x20, count: 10 << 20))
        #expect { try decode(bomb) } throws: { ($0 as? WireError)?.kind == .overLimit }
    }

    @Test(arguments: ["", "x", "[]", "{}", "{\"host\":\"a\"}"]) func whatIsNoMessageIsRefused(text: String) {
        #expect(throws: WireError.self) { try decode(Array(text.utf8)) }
    }

    /// Chunks of a message, in their order.
    private func chunks(_ message: [UInt8], id: UInt64, count: Int) -> [[UInt8]] {
        let size = (message.count + count - 1) / count
        return (0..<count).map { number in
            [0x1E, 0x0F] + withUnsafeBytes(of: id) { Array($0) } + [UInt8(number), UInt8(count)] + message[min(message.count, number * size)..<min(message.count, (number + 1) * size)]
        }
    }

    @Test(arguments: 0..<20) func chunksMayComeInAnyOrderAndTwice(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var assembler = GELFChunks()
        let messages = (0..<5).map { number in (0..<Int.random(in: 50...400, using: &random)).map { _ in UInt8(number) } }
        var datagrams = messages.enumerated().flatMap { chunks($1, id: UInt64($0), count: Int.random(in: 1...20, using: &random)) }
        datagrams.shuffle(using: &random)
        datagrams.insert(datagrams[0], at: 1)
        var whole: [[UInt8]] = []
        for datagram in datagrams {
            #expect(datagram.withUnsafeBytes { GELFChunks.isChunk($0) })
            if let message = try datagram.withUnsafeBytes({ try assembler.add($0, monotonicNanoseconds: 1) }) { whole.append(message) }
        }
        #expect(Set(messages).isSubset(of: Set(whole)))
        #expect(assembler.lostMessages == 0)
    }

    @Test func messagesThatNeverBecomeWholeAreGivenUpAndCounted() throws {
        var assembler = GELFChunks(messagesMax: 8)
        for id in 0..<100 {
            let datagram = chunks([1, 2, 3, 4], id: UInt64(id), count: 2)[0]
            #expect(try datagram.withUnsafeBytes { try assembler.add($0, monotonicNanoseconds: Int64(id)) } == nil)
        }
        #expect(assembler.lostMessages >= 92)
        assembler.expire(monotonicNanoseconds: 60_000_000_000)
        #expect(assembler.lostMessages == 100)
    }

    @Test func aChunkThatContradictsItselfIsRefused() {
        var assembler = GELFChunks()
        for head: [UInt8] in [[5, 3], [0, 0], [0, 200]] {
            let datagram = [0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8] + head + [1]
            #expect(throws: WireError.self) { try datagram.withUnsafeBytes { try assembler.add($0, monotonicNanoseconds: 0) } }
        }
    }
}
