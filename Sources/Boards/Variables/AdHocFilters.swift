import Foundations
import Model

/// Conditions on labels that are added to all queries of a board, as people type them: `instance=~"web.*", env!=test`.
public enum AdHocFilters {
    /// Why a text is no list of conditions.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The conditions, none where the text is blank. Values may stand in quotes; without them they end at a comma.
    public static func parse(_ text: String) throws(Fault) -> [Matcher] {
        guard text.utf8.count <= Limits.filterBytes else { throw Fault(description: "the filters are longer than \(Limits.filterBytes) bytes") }
        var rest = Substring(Text.trimmed(text))
        if rest.first == "{", rest.last == "}" { rest = Substring(Text.trimmed(String(rest.dropFirst().dropLast()))) }
        var matchers: [Matcher] = []
        while !rest.isEmpty {
            matchers.append(try matcher(&rest))
            guard matchers.count <= Limits.filters else { throw Fault(description: "\(Limits.filters) conditions are the most") }
            rest = rest.drop(while: \.isWhitespace)
            if rest.isEmpty { break }
            guard rest.first == "," else { throw Fault(description: "a comma is missing before `\(SafeText(rest.prefix(40)))`") }
            rest = rest.dropFirst().drop(while: \.isWhitespace)
        }
        return matchers
    }

    /// As it is shown, stored and asked: parsing it gives the same conditions.
    public static func text(_ matchers: [Matcher]) -> String { matchers.map(\.description).joined(separator: ", ") }

    /// One condition as a file has it, in parts; `=|` and `!=|` are one, or none, of several values.
    static func matcher(name: String, sign: String, values: [String]) throws(Fault) -> Matcher {
        let value = values.first ?? ""
        switch sign {
        case "=|": return try matcher(name, .regex, values.map(VariableFormat.regexEscaped).joined(separator: "|"))
        case "!=|": return try matcher(name, .notRegex, values.map(VariableFormat.regexEscaped).joined(separator: "|"))
        default:
            guard let op = Matcher.Operator(rawValue: sign) else { throw Fault(description: "`\(SafeText(sign.prefix(8)))` isn't one of = != =~ !~") }
            return try matcher(name, op, value)
        }
    }

    private static func matcher(_ rest: inout Substring) throws(Fault) -> Matcher {
        let name = rest.prefix { !"=!~,\" ".contains($0) }
        rest = rest.dropFirst(name.count).drop(while: \.isWhitespace)
        guard let op = ["=~", "!~", "!=", "="].first(where: { rest.hasPrefix($0) }).flatMap({ Matcher.Operator(rawValue: $0) }) else {
            throw Fault(description: "`\(SafeText(name.prefix(40)))` needs = != =~ or !~ and a value behind it, such as instance=~\"web.*\"")
        }
        rest = rest.dropFirst(op.rawValue.count).drop(while: \.isWhitespace)
        return try matcher(String(name), op, try value(&rest))
    }

    private static func matcher(_ name: String, _ op: Matcher.Operator, _ value: String) throws(Fault) -> Matcher {
        guard LabelName.isLegacy(name) else { throw Fault(description: "`\(SafeText(name.prefix(40)))` is no name of a label: letters, digits and _") }
        do throws(RegularExpression.SyntaxError) {
            return try Matcher(name, op, value)
        } catch {
            throw Fault(description: "\(error)")
        }
    }

    /// In quotes, where a backslash escapes a quote or itself and else stays, or up to a comma.
    private static func value(_ rest: inout Substring) throws(Fault) -> String {
        guard let quote = rest.first, quote == "\"" || quote == "'" || quote == "`" else {
            let bare = rest.prefix { $0 != "," }
            rest = rest.dropFirst(bare.count)
            return Text.trimmed(String(bare))
        }
        rest.removeFirst()
        var value = ""
        while let character = rest.popFirst() {
            if character == quote { return value }
            if character == "\\", quote != "`", let next = rest.first, next == quote || next == "\\" || next == "n" {
                rest.removeFirst()
                value.append(next == "n" ? "\n" : next)
            } else {
                value.append(character)
            }
        }
        throw Fault(description: "the quote \(quote) isn't closed")
    }
}
