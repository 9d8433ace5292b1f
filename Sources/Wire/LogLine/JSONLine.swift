import CSimdjson
import Foundations
import Model

/// A line that is a JSON object: its members as fields, nested names joined with dots, arrays as JSON text, nulls left out.
enum JSONLine {
    private struct Pool: @unchecked Sendable {
        var parsers: [OpaquePointer] = []
    }

    private static let pool = Locked(Pool())

    /// False where the line is no JSON object; `fields` is then as it was.
    static func read(_ bytes: UnsafeRawBufferPointer, into fields: inout [LogField]) -> Bool {
        guard bytes.count <= Limits.jsonLineBytesMax else { return false }
        let parser = pool.withLock { $0.parsers.popLast() } ?? nj_json_parser_create(Limits.jsonLineBytesMax)!
        defer { giveBack(parser) }
        // One allocation for the usual line instead of four.
        fields.reserveCapacity(Limits.lineFieldsUsual)
        return withUnsafeMutablePointer(to: &fields) { collected in
            bytes.withMemoryRebound(to: CChar.self) { text in
                nj_json_flatten(parser, text.baseAddress, text.count, Limits.jsonLineDepthMax, collected) { context, leaf in
                    let fields = context!.assumingMemoryBound(to: [LogField].self)
                    guard fields.pointee.count < Limits.lineFieldsMax else { return false }
                    if let value = JSONLine.value(leaf!.pointee) {
                        let path = JSONLine.name(UnsafeRawBufferPointer(start: leaf!.pointee.path, count: leaf!.pointee.path_length))
                        fields.pointee.append(LogField(String(decoding: path, as: UTF8.self), value))
                    }
                    return true
                } == nil
            }
        }
    }

    /// Cut at a whole character where it is too long.
    private static func name(_ path: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        guard path.count > Limits.jsonNameBytesMax else { return path[...] }
        var end = Limits.jsonNameBytesMax
        while end > 0, path[end] & 0xC0 == 0x80 { end -= 1 }
        return path[..<end]
    }

    /// Nil for null. A number that no type of ours holds exactly stays text.
    private static func value(_ leaf: nj_json_leaf) -> FieldValue? {
        switch leaf.kind {
        case NJ_JSON_STRING, NJ_JSON_RAW:
            .string(String(decoding: UnsafeRawBufferPointer(start: leaf.text, count: leaf.text_length), as: UTF8.self))
        case NJ_JSON_INT: .integer(leaf.int_value)
        case NJ_JSON_UINT: Int64(exactly: leaf.uint_value).map(FieldValue.integer) ?? .string(String(leaf.uint_value))
        case NJ_JSON_DOUBLE: .double(leaf.double_value)
        case NJ_JSON_BOOL: .bool(leaf.bool_value)
        default: nil
        }
    }

    private static func giveBack(_ parser: OpaquePointer) {
        let isKept = pool.withLock { pool in
            guard pool.parsers.count < Limits.pooledJSONParsersMax else { return false }
            pool.parsers.append(parser)
            return true
        }
        if !isKept { nj_json_parser_free(parser) }
    }
}
