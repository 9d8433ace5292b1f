import Foundations

/// Puts GELF messages together that come in several datagrams: `1e 0f`, an id of 8 bytes, the chunk's number and how many there are.
///
/// Bounded in messages, bytes and time: what isn't whole after 5 seconds, as the format says, or is pushed out by others, is lost and counted.
public struct GELFChunks: Sendable {
    private struct Partial: Sendable {
        var chunks: [[UInt8]?]
        var missing: Int
        var bytes = 0
        let startNanoseconds: Int64
    }

    /// Messages that wait for chunks at a time.
    public let messagesMax: Int
    /// Bytes of all of them together.
    public let bytesMax: Int
    /// Messages given up since the start: never whole, or pushed out.
    public private(set) var lostMessages = 0

    private var partial: [UInt64: Partial] = [:]
    private var heldBytes = 0
    /// The format's own bound for bringing all chunks.
    private static let waitNanoseconds: Int64 = 5_000_000_000

    public init(messagesMax: Int = 1024, bytesMax: Int = 16 << 20) {
        self.messagesMax = messagesMax
        self.bytesMax = bytesMax
    }

    public static func isChunk(_ datagram: UnsafeRawBufferPointer) -> Bool { datagram.count >= 2 && datagram[0] == 0x1E && datagram[1] == 0x0F }

    /// Takes a datagram that is a chunk; gives the whole message with its last one.
    public mutating func add(_ datagram: UnsafeRawBufferPointer, monotonicNanoseconds now: Int64) throws(WireError) -> [UInt8]? {
        guard datagram.count >= 12 else { throw WireError("a GELF chunk of \(datagram.count) bytes has no head", offset: 0) }
        let identifier = datagram.loadUnaligned(fromByteOffset: 2, as: UInt64.self)
        let (number, count) = (Int(datagram[10]), Int(datagram[11]))
        guard count >= 1, count <= Limits.gelfChunksMax, number < count else {
            throw WireError("a GELF chunk says that it is number \(number) of \(count); at most \(Limits.gelfChunksMax) are allowed", offset: 10)
        }
        var message = partial[identifier] ?? Partial(chunks: Array(repeating: nil, count: count), missing: count, startNanoseconds: now)
        guard message.chunks.count == count else { throw WireError("two chunks of a GELF message disagree about their count", offset: 11) }
        // A datagram may come twice.
        if message.chunks[number] != nil { return nil }
        let content = Array(datagram[12...])
        message.chunks[number] = content
        message.missing -= 1
        message.bytes += content.count
        heldBytes += content.count
        if message.missing == 0 {
            partial[identifier] = nil
            heldBytes -= message.bytes
            return message.chunks.flatMap { $0 ?? [] }
        }
        partial[identifier] = message
        if partial.count > messagesMax || heldBytes > bytesMax { makeRoom() }
        return nil
    }

    /// Gives up what waits too long.
    public mutating func expire(monotonicNanoseconds now: Int64) {
        for (identifier, message) in partial where now - message.startNanoseconds > Self.waitNanoseconds { giveUp(identifier) }
    }

    /// The oldest quarter goes, so that a flood of first chunks doesn't sort them all each time.
    private mutating func makeRoom() {
        let oldest = partial.sorted { $0.value.startNanoseconds < $1.value.startNanoseconds }.prefix(max(1, partial.count / 4))
        for (identifier, _) in oldest { giveUp(identifier) }
    }

    private mutating func giveUp(_ identifier: UInt64) {
        guard let message = partial.removeValue(forKey: identifier) else { return }
        heldBytes -= message.bytes
        lostMessages += 1
    }
}
