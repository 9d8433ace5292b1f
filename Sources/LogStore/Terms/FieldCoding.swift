import Foundations
import Model

/// The fields of a record as one run of bytes beside its line (Docs/Formats/log-partition.md).
///
/// A name or text that stands in the line is a reference into it, so fields that were read from the line cost few bytes.
enum FieldCoding {
    private enum Kind: UInt8 {
        case text = 0, integer = 1, double = 2, no = 3, yes = 4
    }

    /// Shorter texts are written out: a reference would be as long.
    private static let referenceBytesMin = 3

    /// Appends nothing where there are no fields.
    static func encode(_ fields: [LogField], line: UnsafeRawBufferPointer, into bytes: inout [UInt8]) {
        if fields.isEmpty { return }
        bytes.append(varint: UInt64(fields.count))
        // Fields follow one another in the line, so the search goes on where the last one was found.
        var searched = 0
        for field in fields {
            var name = field.name
            name.withUTF8 { append(UnsafeRawBufferPointer($0), line, &searched, &bytes) }
            switch field.value {
            case .string(var text):
                bytes.append(Kind.text.rawValue)
                text.withUTF8 { append(UnsafeRawBufferPointer($0), line, &searched, &bytes) }
            case .integer(let number): append(number, &bytes)
            case .double(let number): append(number, &bytes)
            case .bool(let flag): bytes.append((flag ? Kind.yes : Kind.no).rawValue)
            }
        }
    }

    /// The same of a batch's row, within the limits: beyond the 128th fields are left out, long names and texts are cut.
    /// `cutBytes`: how much of the line was cut off, told by one more field. Returns how many fields were left out.
    static func encode(_ fields: LogFields, cutBytes: Int, line: UnsafeRawBufferPointer, into bytes: inout [UInt8]) -> Int {
        let count = fields.reduce(0) { count, _ in count + 1 }
        let kept = min(count, Limits.fieldsMax)
        if kept == 0, cutBytes == 0 { return 0 }
        bytes.append(varint: UInt64(kept + (cutBytes > 0 ? 1 : 0)))
        var searched = 0
        for (name, value) in fields.prefix(kept) {
            append(name.cut(to: Limits.fieldNameBytesMax), line, &searched, &bytes)
            switch value {
            case .text(let text):
                bytes.append(Kind.text.rawValue)
                append(text.cut(to: Limits.fieldValueBytesMax), line, &searched, &bytes)
            case .integer(let number): append(number, &bytes)
            case .double(let number): append(number, &bytes)
            case .bool(let flag): bytes.append((flag ? Kind.yes : Kind.no).rawValue)
            }
        }
        if cutBytes > 0 {
            var name = cutField
            name.withUTF8 { append(UnsafeRawBufferPointer($0), line, &searched, &bytes) }
            append(Int64(cutBytes), &bytes)
        }
        return count - kept
    }

    /// The field that tells how many bytes of a line were cut off.
    static let cutField = "truncated_bytes"

    private static func append(_ number: Int64, _ bytes: inout [UInt8]) {
        bytes.append(Kind.integer.rawValue)
        bytes.append(zigzag: number)
    }

    private static func append(_ number: Double, _ bytes: inout [UInt8]) {
        bytes.append(Kind.double.rawValue)
        bytes.append(double: number)
    }

    private static func append(_ wanted: UnsafeRawBufferPointer, _ line: UnsafeRawBufferPointer, _ searched: inout Int, _ bytes: inout [UInt8]) {
        let found = wanted.count < referenceBytesMin ? nil : firstOffset(of: wanted, in: line, from: searched) ?? (searched > 0 ? firstOffset(of: wanted, in: line) : nil)
        if let found {
            bytes.append(varint: UInt64(wanted.count) << 1 | 1)
            bytes.append(varint: UInt64(found))
            searched = found + wanted.count
        } else {
            bytes.append(varint: UInt64(wanted.count) << 1)
            bytes.append(contentsOf: wanted)
        }
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, line: UnsafeRawBufferPointer) throws(DamagedBytes) -> [LogField] {
        if bytes.isEmpty { return [] }
        var reader = FieldReader(bytes, line: line)
        var fields: [LogField] = []
        fields.reserveCapacity(min(reader.remaining, Limits.fieldsMax + 1))
        while let (name, value) = try reader.next() {
            fields.append(LogField(String(decoding: name, as: UTF8.self), value.fieldValue))
        }
        return fields
    }

    /// The text of the first field of a name; empty where there is none.
    static func text(of name: String, in bytes: UnsafeRawBufferPointer, line: UnsafeRawBufferPointer) throws(DamagedBytes) -> String {
        if bytes.isEmpty { return "" }
        var reader = FieldReader(bytes, line: line)
        while let (found, value) = try reader.next() {
            if found.elementsEqual(name.utf8) { return value.fieldValue.description }
        }
        return ""
    }

    /// Reads one field after the other without copying.
    struct FieldReader {
        enum Value {
            case text(UnsafeRawBufferPointer)
            /// A text that stands in the line at an offset.
            case reference(UnsafeRawBufferPointer, offset: Int)
            case number(FieldValue)

            var fieldValue: FieldValue {
                switch self {
                case .text(let bytes), .reference(let bytes, _): .string(String(decoding: bytes, as: UTF8.self))
                case .number(let value): value
                }
            }
        }

        private var reader: ByteReader
        private let line: UnsafeRawBufferPointer
        private(set) var remaining: Int

        init(_ bytes: UnsafeRawBufferPointer, line: UnsafeRawBufferPointer) {
            reader = ByteReader(bytes)
            self.line = line
            remaining = reader.readVarint().map { Int(clamping: $0) } ?? 0
        }

        mutating func next() throws(DamagedBytes) -> (name: UnsafeRawBufferPointer, value: Value)? {
            try nextPlaced().map { ($0.name, $0.value) }
        }

        /// With the name's place in the line, where it stands there.
        mutating func nextPlaced() throws(DamagedBytes) -> (name: UnsafeRawBufferPointer, nameOffset: Int?, value: Value)? {
            if remaining == 0 { return nil }
            remaining -= 1
            guard let name = readText(), let kind = reader.readUInt8().flatMap(Kind.init), let value = readValue(kind) else { throw DamagedBytes("a record's fields") }
            switch name {
            case .text(let bytes): return (bytes, nil, value)
            case .reference(let bytes, let offset): return (bytes, offset, value)
            case .number: throw DamagedBytes("a record's fields")
            }
        }

        private mutating func readValue(_ kind: Kind) -> Value? {
            switch kind {
            case .text: readText()
            case .integer: reader.readZigzag().map { .number(.integer($0)) }
            case .double: reader.readDouble().map { .number(.double($0)) }
            case .no: .number(.bool(false))
            case .yes: .number(.bool(true))
            }
        }

        private mutating func readText() -> Value? {
            guard let header = reader.readVarint() else { return nil }
            let count = Int(clamping: header >> 1)
            if header & 1 == 0 { return reader.readBytes(count).map { .text($0) } }
            guard let offset = reader.readVarint(), offset <= UInt64(line.count), count <= line.count - Int(offset) else { return nil }
            return .reference(UnsafeRawBufferPointer(rebasing: line[Int(offset)..<Int(offset) + count]), offset: Int(offset))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The text's front, cut between two characters where it is too long.
    func cut(to bytesMax: Int) -> UnsafeRawBufferPointer {
        guard count > bytesMax else { return self }
        var end = bytesMax
        while end > 0, self[end] & 0xC0 == 0x80 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[..<end])
    }
}
