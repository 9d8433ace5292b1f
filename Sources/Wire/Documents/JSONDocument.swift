import Foundations
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

    /// A document's members, as they are taken into a batch.
    struct Content {
        var fields: [LogField]
        /// The document is no valid UTF-8: its texts hold stand-ins for the bytes that aren't.
        var hasStandIns = false

        /// The first member of these names that is a text and isn't empty.
        func firstText(_ names: [String]) -> String? {
            for name in names {
                if case .string(let text)? = fields.first(where: { $0.name == name })?.value, !text.isEmpty { return text }
            }
            return nil
        }

        /// Puts `�` in place of the stand-ins, and a field that says so.
        mutating func repair() {
            for index in fields.indices {
                fields[index].name = InvalidBytes.repaired(fields[index].name)
                if case .string(let text) = fields[index].value { fields[index].value = .string(InvalidBytes.repaired(text)) }
            }
            fields.append(LogField("invalid_utf8", .bool(true)))
        }
    }

    /// A document of a body of lines; nil where it is none. A giant one has no members.
    static func content(_ line: UnsafeRawBufferPointer) -> Content? {
        var fields: [LogField] = []
        if JSONLine.read(line, into: &fields) { return Content(fields: fields) }
        if isGiant(line) { return Content(fields: [], hasStandIns: false) }
        guard line.count <= Limits.jsonLineBytesMax / 4, !UTF8Check.isValid(line) else { return nil }
        guard let text = InvalidBytes.standingIn(for: line) else { return self.fields(line).map { Content(fields: $0) } }
        guard text.withUnsafeBytes({ JSONLine.read($0, into: &fields) }) else { return nil }
        return Content(fields: fields, hasStandIns: true)
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
