/// Cuts a TCP stream of syslog into messages (RFC 6587, RFC 5425): octet counting (`83 <34>1 …`), or a line feed behind each.
///
/// Which of the two a message has is told by its first byte, since a message begins with `<`: a digit is a count.
public struct SyslogFrames: Sendable {
    /// A message over it is cut: the part up to it is given, the rest is passed over.
    public let messageBytesMax: Int
    private var buffer: [UInt8] = []
    /// Bytes of a cut message that are still to come and to be passed over: a number, or up to the next line feed.
    private var passing = Passing.nothing

    private enum Passing: Sendable, Equatable {
        case nothing
        case bytes(Int)
        case line
    }

    /// A message of the stream, and whether it was cut.
    public typealias Visit = (_ message: UnsafeRawBufferPointer, _ isCut: Bool) -> Void

    public init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

    /// Bytes that wait for the rest of their message.
    public var waitingBytes: Int { buffer.count }

    /// Takes the next bytes of the stream and visits the messages that are whole by then.
    /// Throws where a count isn't one; nothing behind it can be read.
    public mutating func read(_ bytes: UnsafeRawBufferPointer, _ visit: Visit) throws(WireError) {
        buffer.append(contentsOf: bytes)
        var taken = 0
        var failure: WireError?
        buffer.withUnsafeBytes { all in
            do throws(WireError) {
                while let next = try Self.next(UnsafeRawBufferPointer(rebasing: all[taken...]), &passing, messageBytesMax, visit) { taken += next }
            } catch {
                failure = error
            }
        }
        if taken == buffer.count { buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 16) } else if taken > 0 { buffer.removeFirst(taken) }
        if let failure { throw failure }
    }

    /// The stream has ended: a last message without its line feed is one all the same.
    public mutating func finish(_ visit: Visit) {
        if passing == .nothing, !buffer.isEmpty, !LineCursor.isDigit(buffer[0]) { buffer.withUnsafeBytes { visit($0, false) } }
        buffer = []
        passing = .nothing
    }

    /// Handles what stands in front; gives the bytes that it took, or nil where more are needed.
    private static func next(
        _ bytes: UnsafeRawBufferPointer, _ passing: inout Passing, _ messageBytesMax: Int, _ visit: Visit
    ) throws(WireError) -> Int? {
        guard let first = bytes.first else { return nil }
        switch passing {
        case .bytes(let count):
            let passed = min(count, bytes.count)
            passing = passed == count ? .nothing : .bytes(count - passed)
            return passed
        case .line:
            let end = BodyLines.lineEnd(bytes, from: 0)
            if end < bytes.count { passing = .nothing }
            return min(end + 1, bytes.count)
        case .nothing: break
        }
        // Between messages: some senders put a line feed behind counted ones too.
        if first == 0x0A || first == 0x0D || first == 0 { return 1 }
        if LineCursor.isDigit(first) { return try counted(bytes, &passing, messageBytesMax, visit) }
        return line(bytes, &passing, messageBytesMax, visit)
    }

    private static func counted(
        _ bytes: UnsafeRawBufferPointer, _ passing: inout Passing, _ messageBytesMax: Int, _ visit: Visit
    ) throws(WireError) -> Int? {
        var (digits, count) = (0, 0)
        while digits < bytes.count, LineCursor.isDigit(bytes[digits]) {
            guard digits < 9 else { throw WireError("a message's length has more than 9 digits", offset: 0) }
            count = count * 10 + Int(bytes[digits] &- 0x30)
            digits += 1
        }
        guard digits < bytes.count else { return nil }
        guard bytes[digits] == 0x20, count > 0 else { throw WireError("a message's length isn't a number over 0 with a space behind it", offset: 0) }
        let start = digits + 1
        if count > messageBytesMax {
            guard bytes.count - start >= messageBytesMax else { return nil }
            visit(UnsafeRawBufferPointer(rebasing: bytes[start..<start + messageBytesMax]), true)
            passing = .bytes(count - messageBytesMax)
            return start + messageBytesMax
        }
        guard bytes.count - start >= count else { return nil }
        visit(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), false)
        return start + count
    }

    private static func line(_ bytes: UnsafeRawBufferPointer, _ passing: inout Passing, _ messageBytesMax: Int, _ visit: Visit) -> Int? {
        let end = BodyLines.lineEnd(bytes, from: 0)
        if end > messageBytesMax {
            visit(UnsafeRawBufferPointer(rebasing: bytes[..<messageBytesMax]), true)
            passing = .line
            return messageBytesMax
        }
        guard end < bytes.count else { return nil }
        visit(UnsafeRawBufferPointer(rebasing: bytes[..<end]), false)
        return end + 1
    }
}
