/// Cuts a TCP stream of Fluent forward into messages: MessagePack values, one behind the other.
///
/// Bytes that were passed over are not looked at again when more come, so that a sender of many small pieces costs no more than another.
public struct FluentFrames: Sendable {
    /// A longer message ends the connection.
    public let messageBytesMax: Int
    private var buffer: [UInt8] = []
    /// How far the message in front was passed over, and how many of its values are still to come.
    private var scanned = 0
    private var pending = 1

    public init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

    /// Bytes that wait for the rest of their message.
    public var waitingBytes: Int { buffer.count }

    /// Takes the next bytes of the stream and visits the messages that are whole by then. Throws where no message can stand there.
    public mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ visit: (UnsafeRawBufferPointer) throws(WireError) -> Void
    ) throws(WireError) {
        buffer.append(contentsOf: bytes)
        var taken = 0
        var failure: WireError?
        buffer.withUnsafeBytes { all in
            do throws(WireError) {
                while try scan(all, from: taken) {
                    try visit(UnsafeRawBufferPointer(rebasing: all[taken..<scanned]))
                    taken = scanned
                    pending = 1
                }
            } catch {
                failure = error
            }
        }
        scanned -= taken
        if taken == buffer.count { buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 16) } else if taken > 0 { buffer.removeFirst(taken) }
        if let failure { throw failure }
        guard buffer.count <= messageBytesMax else {
            throw WireError(.overLimit, "a message is longer than \(messageBytesMax) bytes; send smaller ones", offset: 0)
        }
    }

    /// Whether a whole message stands from `start` on.
    private mutating func scan(_ all: UnsafeRawBufferPointer, from start: Int) throws(WireError) -> Bool {
        if scanned == start {
            guard start < all.count else { return false }
            let first = all[start]
            guard first == 0xC0 || first & 0xF0 == 0x90 || first == 0xDC || first == 0xDD else {
                throw WireError("a message of Fluent forward is an array", offset: 0)
            }
        }
        var reader = MessagePackReader(all, at: scanned)
        while pending > 0 {
            do throws(WireError) {
                pending += try reader.skipHead() - 1
            } catch {
                scanned = reader.offset
                if error.what == MessagePackReader.shortReason { return false }
                throw error
            }
        }
        scanned = reader.offset
        return true
    }
}
