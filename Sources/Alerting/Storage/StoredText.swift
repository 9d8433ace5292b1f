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

    static func encode(_ labels: Labels) throws -> String {
        try encode(Dictionary(labels.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    }

    static func labels(_ text: String) throws -> Labels {
        Labels(try decode([String: String].self, text).map { (name: $0.key, value: $0.value) })
    }

    static func encode(_ annotations: [NamedText]) throws -> String {
        try encode(Dictionary(annotations.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 }))
    }

    static func annotations(_ text: String) throws -> [NamedText] {
        try decode([String: String].self, text).sorted { $0.key < $1.key }.map { NamedText(name: $0.key, text: $0.value) }
    }
}
