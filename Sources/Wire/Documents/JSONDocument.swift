import Glibc
import Model

/// One JSON object of a body of lines.
enum JSONDocument {
    /// Its members flattened, or nil where it is none. Invalid UTF-8 is repaired, and marked by a field.
    static func fields(_ line: UnsafeRawBufferPointer) -> [LogField]? {
        var fields: [LogField] = []
        if JSONLine.read(line, into: &fields) { return fields }
        guard line.count <= Limits.jsonLineBytesMax / 4, !UTF8Check.isValid(line) else { return nil }
        var repaired = String(decoding: line, as: UTF8.self)
        guard repaired.withUTF8({ JSONLine.read(UnsafeRawBufferPointer($0), into: &fields) }) else { return nil }
        fields.append(LogField("invalid_utf8", .bool(true)))
        return fields
    }

    /// Whether a document is kept as it is since it is longer than what is taken apart: it begins as an object does.
    static func isGiant(_ line: UnsafeRawBufferPointer) -> Bool { line.count > Limits.jsonLineBytesMax && line.first == UInt8(ascii: "{") }
}

/// The lines of a body, without their ends and without empty ones, each with its place.
struct BodyLines: Sequence, IteratorProtocol {
    private let body: UnsafeRawBufferPointer
    private var offset = 0

    init(_ body: UnsafeRawBufferPointer) { self.body = body }

    mutating func next() -> (offset: Int, line: UnsafeRawBufferPointer)? {
        while offset < body.count {
            let start = offset
            let end = Self.lineEnd(body, from: start)
            offset = end + 1
            var last = end
            while last > start, body[last - 1] == 0x0D || body[last - 1] == 0x20 { last -= 1 }
            if last > start { return (start, UnsafeRawBufferPointer(rebasing: body[start..<last])) }
        }
        return nil
    }

    static func lineEnd(_ body: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = body.baseAddress, let found = memchr(base + start, 0x0A, body.count - start) else { return body.count }
        return UnsafeRawPointer(found) - base
    }
}
