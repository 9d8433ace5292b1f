import CSimdjson
import Foundations
import Model

/// Takes labels out of JSON lines.
enum JSONStage {
    /// All leaves, nested names joined by underscores as in Loki; or the given paths alone. Arrays are taken by path only.
    static func run(_ entry: inout LogEntry, _ expressions: [(name: String, path: String)]) {
        guard let leaves = leaves(entry.line) else {
            return entry.fail("JSONParserErr", "the line is no JSON object")
        }
        if expressions.isEmpty {
            for leaf in leaves where !leaf.isArray { entry.extract(leaf.path.replacing(".", with: "_"), leaf.text) }
            return
        }
        for (name, path) in expressions { entry.set(name, to: value(JSONPath.normalized(path), in: leaves, line: entry.line)) }
    }

    /// Undoes Promtail's `pack`: `_entry` is the line, the other members are labels.
    static func unpack(_ entry: inout LogEntry) {
        guard let leaves = leaves(entry.line) else { return entry.fail("JSONParserErr", "the line is no JSON object") }
        for leaf in leaves where leaf.isString {
            if leaf.path == "_entry" { entry.line = leaf.text } else { entry.extract(leaf.path, leaf.text) }
        }
    }

    private struct Leaf {
        let path: String
        let text: String
        let isArray: Bool
        let isString: Bool
    }

    private static func value(_ path: String, in leaves: [Leaf], line: String) -> String {
        if let leaf = leaves.first(where: { $0.path == path }) { return leaf.text }
        // Below an array: the array's own text is read on.
        for leaf in leaves where leaf.isArray && path.hasPrefix(leaf.path + "[") {
            return JSONPath.element(path.dropFirst(leaf.path.count), of: leaf.text)
        }
        return ""
    }

    private static func leaves(_ line: String) -> [Leaf]? {
        var text = line
        return text.withUTF8 { bytes in
            guard bytes.count <= Limits.jsonBytesMax, bytes.contains(UInt8(ascii: "{")) else { return nil }
            return bytes.withMemoryRebound(to: CChar.self) { flattened($0) }
        }
    }

    private static func flattened(_ bytes: UnsafeBufferPointer<CChar>) -> [Leaf]? {
        let parser = idleParsers.withLock { $0.popLast() } ?? nj_json_parser_create(Limits.jsonBytesMax)
        guard let parser else { return nil }
        defer { idleParsers.withLock { $0.append(parser) } }
        let collected = Collected()
        let error = nj_json_flatten(parser, bytes.baseAddress, bytes.count, Int32(Limits.jsonDepthMax), Unmanaged.passUnretained(collected).toOpaque()) { context, leaf in
            let collected = Unmanaged<Collected>.fromOpaque(context!).takeUnretainedValue()
            collected.leaves.append(JSONStage.leaf(leaf!.pointee))
            return collected.leaves.count < Limits.extractedLabelsMax
        }
        return error == nil ? collected.leaves : nil
    }

    private static func leaf(_ leaf: nj_json_leaf) -> Leaf {
        func string(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
            String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
        }
        let text: String
        switch leaf.kind {
        case NJ_JSON_STRING, NJ_JSON_RAW: text = string(leaf.text, leaf.text_length)
        case NJ_JSON_INT: text = String(leaf.int_value)
        case NJ_JSON_UINT: text = String(leaf.uint_value)
        case NJ_JSON_DOUBLE: text = Arithmetic.text(leaf.double_value)
        case NJ_JSON_BOOL: text = leaf.bool_value ? "true" : "false"
        default: text = ""
        }
        return Leaf(path: string(leaf.path, leaf.path_length), text: text, isArray: leaf.kind == NJ_JSON_RAW, isString: leaf.kind == NJ_JSON_STRING)
    }

    /// A parser keeps its buffers, and serves one line at a time: as many are made as lines are parsed at once.
    private static let idleParsers = Locked<[OpaquePointer]>([])

    private final class Collected {
        var leaves: [Leaf] = []
    }
}

/// Paths such as `request.headers["User-Agent"]` and `servers[0].name`.
enum JSONPath {
    /// Members joined by dots, indices in brackets: `["a"].b[0]` is `a.b[0]`.
    static func normalized(_ path: String) -> String {
        var result = ""
        var rest = Substring(path)
        while let character = rest.first {
            if rest.hasPrefix("[\""), let end = rest.dropFirst(2).firstIndex(of: "\"") {
                let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
                result += (result.isEmpty ? "" : ".") + name
                rest = rest[end...].dropFirst(2)
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// What a path such as `[0].name` finds in the text of an array; empty where it finds nothing.
    static func element(_ path: Substring, of text: String) -> String {
        guard path.hasPrefix("["), let end = path.firstIndex(of: "]"), let index = Int(path[path.index(after: path.startIndex)..<end]), index >= 0 else { return "" }
        let elements = topLevelElements(text)
        guard index < elements.count else { return "" }
        let rest = path[path.index(after: end)...]
        let element = elements[index]
        if rest.isEmpty { return element.hasPrefix("\"") && element.hasSuffix("\"") && element.count >= 2 ? String(element.dropFirst().dropLast()) : element }
        if rest.hasPrefix("[") { return Self.element(rest, of: element) }
        var inner = LogEntry(LogRecord(timestamp: .distantPast, stream: Labels(), body: element))
        JSONStage.run(&inner, [("value", String(rest.dropFirst()))])
        return inner.value("value")
    }

    /// The elements of a minified array, as text.
    private static func topLevelElements(_ text: String) -> [String] {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count > 2 else { return [] }
        var elements: [String] = []
        var element: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in text.utf8.dropFirst().dropLast() {
            if isInString {
                if isEscaped { isEscaped = false } else if byte == UInt8(ascii: "\\") { isEscaped = true } else if byte == UInt8(ascii: "\"") { isInString = false }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                depth += 1
            } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
                depth -= 1
            } else if byte == UInt8(ascii: ","), depth == 0 {
                elements.append(String(decoding: element, as: UTF8.self))
                element = []
                continue
            }
            element.append(byte)
        }
        elements.append(String(decoding: element, as: UTF8.self))
        return elements
    }
}
