import Foundation
import Model

/// Labels, annotations and changes as JSON, so that the database can be read with any SQLite tool.
enum StoredText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    static func encode(_ labels: Labels) throws -> String { FlatJSON.encode(labels.pairs.map { ($0.name, $0.value) }) }

    static func labels(_ text: String) throws -> Labels { Labels(try FlatJSON.decode(text).map { (name: $0.0, value: $0.1) }) }

    static func encode(_ annotations: [NamedText]) throws -> String {
        let distinct = Dictionary(annotations.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 })
        return FlatJSON.encode(distinct.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    static func annotations(_ text: String) throws -> [NamedText] { try FlatJSON.decode(text).sorted { $0.0 < $1.0 }.map { NamedText(name: $0.0, text: $0.1) } }
}

/// Objects of texts, which every alert is stored as: a tenth of the time that a general reader takes, where a storm brings ten thousand of them.
enum FlatJSON {
    static func encode(_ pairs: [(String, String)]) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (name, text) in pairs {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            JSONValue.append(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONValue.append(text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What isn't of the plain form is read by the general reader.
    static func decode(_ text: String) throws -> [(String, String)] {
        if let pairs = plain(text) { return pairs }
        return try StoredText.decode([String: String].self, text).map { ($0.key, $0.value) }
    }

    private static func plain(_ text: String) -> [(String, String)]? {
        var text = text
        return text.withUTF8 { bytes -> [(String, String)]? in
            guard bytes.count >= 2, bytes[0] == UInt8(ascii: "{"), bytes[bytes.count - 1] == UInt8(ascii: "}") else { return nil }
            var pairs: [(String, String)] = []
            var position = 1
            /// A text without escapes, up to its quote.
            func string() -> String? {
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
                let start = position + 1
                var end = start
                while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
                    if bytes[end] == UInt8(ascii: "\\") { return nil }
                    end += 1
                }
                guard end < bytes.count else { return nil }
                position = end + 1
                return String(decoding: bytes[start..<end], as: UTF8.self)
            }
            while position < bytes.count - 1 {
                guard let name = string(), position < bytes.count, bytes[position] == UInt8(ascii: ":") else { return nil }
                position += 1
                guard let value = string() else { return nil }
                pairs.append((name, value))
                if bytes[position] == UInt8(ascii: ",") { position += 1 } else if position != bytes.count - 1 { return nil }
            }
            return pairs
        }
    }
}
