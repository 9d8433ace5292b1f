import Foundations
import Model

/// A place among the live tails, given back once.
final class TailPlace: Sendable {
    private let limit: TailLimit
    private let isHeld = Locked(true)

    init(_ limit: TailLimit) { self.limit = limit }

    func leave() {
        let wasHeld = isHeld.withLock { held in
            defer { held = false }
            return held
        }
        if wasHeld { limit.leave() }
    }

    // An answer whose body is never written, because the client left first.
    deinit { leave() }
}

/// A live tail as lines of JSON.
enum TailLines {
    /// A line per item; one empty line where there is none, as a sign of life.
    static func bytes(_ items: [TailItem]) -> [UInt8] {
        if items.isEmpty { return [UInt8(ascii: "\n")] }
        var bytes: [UInt8] = []
        for item in items {
            var writer = JSONWriter()
            writer.object { writer in
                switch item {
                case .skipped(let count): writer.member("skipped", count)
                case .line(let line):
                    writer.key("timestamp")
                    writer.quotedInteger(line.timestamp.nanoseconds)
                    writer.member("level", line.level.name)
                    writer.key("stream")
                    writer.labels(line.stream)
                    writer.member("line", line.line)
                }
            }
            bytes += writer.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
