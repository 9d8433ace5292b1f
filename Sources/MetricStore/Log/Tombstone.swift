import Foundations
import Model

/// A deletion that blocks don't know of: what matches within the range is hidden in blocks below `blockLimit`.
///
/// The head has forgotten such data itself, so what is written after the deletion is seen.
struct Tombstone: Equatable, Sendable {
    let matchers: [Matcher]
    /// Milliseconds since 1970, ends included.
    let start: Int64
    let end: Int64
    let blockLimit: UInt64

    func hides(_ block: UInt64, from start: Int64, through end: Int64) -> Bool { block < blockLimit && start <= self.end && end >= self.start }

    private static let operators: [Matcher.Operator] = [.equal, .notEqual, .regex, .notRegex]

    func encode(into bytes: inout [UInt8]) {
        bytes.append(zigzag: start)
        bytes.append(zigzag: end)
        bytes.append(varint: blockLimit)
        bytes.append(varint: UInt64(matchers.count))
        for matcher in matchers {
            bytes.append(lengthPrefixed: matcher.name)
            bytes.append(UInt8(Self.operators.firstIndex(of: matcher.op)!))
            bytes.append(lengthPrefixed: matcher.value)
        }
    }

    static func decode(_ reader: inout ByteReader) -> Tombstone? {
        guard let start = reader.readZigzag(), let end = reader.readZigzag(), let limit = reader.readVarint(), let count = reader.readVarint(),
            (1...UInt64(Limits.matchersMax)).contains(count)
        else { return nil }
        var matchers: [Matcher] = []
        for _ in 0..<count {
            guard let name = reader.readString(), let op = reader.readUInt8(), Int(op) < operators.count, let value = reader.readString() else { return nil }
            do { matchers.append(try Matcher(name, operators[Int(op)], value)) } catch { return nil }
        }
        return Tombstone(matchers: matchers, start: start, end: end, blockLimit: limit)
    }
}
