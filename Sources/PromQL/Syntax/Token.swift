import Model

/// One word of a query.
struct Token: Sendable {
    enum Kind: Equatable, Sendable {
        case leftParenthesis, rightParenthesis, leftBrace, rightBrace, leftBracket, rightBracket
        case comma, colon, at
        case equal, equalEqual, notEqual, matches, matchesNot
        case less, lessOrEqual, greater, greaterOrEqual, trimUpper, trimLower
        case plus, minus, times, divide, modulo, power
        case identifier(String)
        case number(Double)
        /// Milliseconds.
        case duration(Int64)
        /// The bytes between the quotes, escapes resolved; not always UTF-8.
        case string([UInt8])
        case end
    }

    let kind: Kind
    let start: SourcePosition
    let endOffset: Int
    /// As it stands in the query.
    let text: String

    /// How messages name it.
    var named: String {
        switch kind {
        case .end: "end of input"
        case .identifier: "identifier \(quoted(shortened))"
        case .number: "number \(quoted(shortened))"
        case .duration: "duration \(quoted(shortened))"
        case .string: "string \(shortened)"
        default: quoted(shortened)
        }
    }

    private var shortened: String { text.utf8.count > 64 ? String(text.prefix(60)) + "…" : text }
}
