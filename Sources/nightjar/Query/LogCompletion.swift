import Foundation
import Foundations
import Model

/// What the shell offers while a question about logs is typed: names and values of labels, and of fields, as the collector has them.
///
/// Silent where the collector isn't there or takes too long: a shell shows nothing rather than an error.
enum LogCompletion {
    /// More than a shell can show.
    private static let candidatesMax = 500
    private static let levels = ["trace", "debug", "info", "warn", "error", "fatal"]

    /// Whole words for the shell: what was typed, with its last name or value completed.
    @Sendable static func candidates(_ arguments: [String], _ index: Int, _ typed: String) async -> [String] {
        guard let place = Place(typed), let connection = QueryCompletion.connection(arguments) else { return [] }
        do {
            let names = try await names(place, connection)
            return names.filter { $0.hasPrefix(place.started) && place.takes($0) }.sorted().prefix(candidatesMax).map { QueryCompletion.literal(place.before + $0 + place.after) }
        } catch {
            return []
        }
    }

    private static func names(_ place: Place, _ connection: CollectorConnection) async throws -> Set<String> {
        switch place.wanted {
        case .name:
            async let labels: [String] = connection.decode([String].self, "/loki/api/v1/labels", [])
            let fields = place.isLogQL ? [] : try await fields(connection)
            return Set(try await labels + fields + ["level"])
        case .value("level"): return Set(levels)
        case .value(let name):
            let values: [String] = try await connection.decode([String].self, "/loki/api/v1/label/\(CollectorConnection.pathPart(name))/values", [])
            if !values.isEmpty || place.isLogQL { return Set(values) }
            struct Values: Decodable { let values: [String] }
            let body = try await connection.get("/loki/api/v1/detected_field/\(CollectorConnection.pathPart(name))/values", [("query", "{}")])
            return Set(try JSONDecoder().decode(Values.self, from: Data(body)).values)
        }
    }

    private static func fields(_ connection: CollectorConnection) async throws -> [String] {
        struct Fields: Decodable {
            struct Field: Decodable { let label: String }
            let fields: [Field]
        }
        let body = try await connection.get("/loki/api/v1/detected_fields", [("query", "{}")])
        return try JSONDecoder().decode(Fields.self, from: Data(body)).fields.map(\.label)
    }

    /// Where in a question the cursor stands.
    struct Place: Equatable {
        enum Wanted: Equatable {
            case name
            case value(String)
        }

        let wanted: Wanted
        /// Within the braces of a selector, where just labels are meant.
        let isLogQL: Bool
        /// What was typed before the name, the name as far as it was typed, and what follows it.
        let before: String
        let started: String
        let after: String

        /// Nil where nothing that is known can follow, such as behind a selector.
        init?(_ typed: String) {
            let open = typed.lastIndex(of: "{")
            if let open {
                guard !typed[open...].contains("}") else { return nil }
                isLogQL = true
            } else {
                isLogQL = false
            }
            // The word that is being typed: behind the last blank, comma or brace.
            let start = typed.lastIndex { $0 == " " || (open != nil && ($0 == "," || $0 == "{")) }.map { typed.index(after: $0) } ?? typed.startIndex
            var word = typed[start...]
            while let first = word.first, first == "'" || first == "-" { word = word.dropFirst() }
            if let separator = word.lastIndex(where: { ":=~".contains($0) }) {
                var value = word[word.index(after: separator)...]
                var quote = isLogQL ? "\"" : ""
                if value.hasPrefix("\"") {
                    value = value.dropFirst()
                    quote = ""
                } else if isLogQL, !value.isEmpty {
                    return nil
                }
                let name = word[..<separator].filter { !"!=~:".contains($0) }
                guard !name.isEmpty else { return nil }
                wanted = .value(String(name))
                started = String(value)
                before = String(typed.dropLast(value.count)) + quote
                after = isLogQL ? "\"" : ""
            } else {
                // A plain word is a text to look for, until it is known to begin a name.
                guard isLogQL || !word.isEmpty else { return nil }
                wanted = .name
                started = String(word)
                before = String(typed.dropLast(word.count))
                after = isLogQL ? "=" : ":"
            }
        }

        /// Nothing that means something to a shell within quotes, or that would have to be quoted.
        func takes(_ name: String) -> Bool {
            let isPlain = name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && ![0x22, 0x27, 0x5C, 0x60, 0x24].contains($0) }
            switch wanted {
            case .name: return LabelName.isLegacy(name)
            case .value: return isPlain && (isLogQL || !name.contains(" "))
            }
        }
    }
}
